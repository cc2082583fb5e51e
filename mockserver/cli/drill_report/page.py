"""A drill as one page that can be handed to somebody who was not there."""

from __future__ import annotations

import json

import yaml
from jinja2 import Environment, PackageLoader

from mockserver import __version__
from mockserver.cli.drill_report.results import (
    KNOWN,
    WORST_FIRST,
    DrillReport,
    Row,
    count_words,
    ending_words,
)
from mockserver.cli.drill_report.strip import FATES, Strip, draw_strip
from mockserver.codec import json as exact_json
from mockserver.contract.report.text import xml
from mockserver.testing.drill import DOUBTFUL, FAILED, OK

_MOST_ROWS, _MOST_ROWS_OF_OK = 100, 30
"""Rows of a strip: of what was found, and of a run that is fine."""

_LONGEST_SCENARIO = 20_000
_COLOURS = {FAILED: "bad", DOUBTFUL: "known", KNOWN: "known", OK: "good"}


def html_page(report: DrillReport) -> str:
    counts = report.counts
    rows = sorted(report.rows, key=lambda row: WORST_FIRST.index(row.verdict))
    pages = Environment(loader=PackageLoader(__package__), autoescape=True, trim_blocks=True)
    pages.filters.update(colour=lambda row: _COLOURS.get(row.verdict, "quiet"), said=report.said)
    return pages.get_template("page.html").render(
        report=report,
        plan=report.plan,
        passed=counts[OK] + counts[DOUBTFUL],
        failed=counts["fail"] + counts["hangs"],
        counts=count_words({name: counts[name] for name in (FAILED, "hangs", *counts)}),
        rows=rows,
        clean=report.row(report.plan.clean),
        ending=ending_words,
        fates=FATES,
        scenario=_scenario,
        strip=_strip,
        version=__version__,
    )


def _strip(row: Row) -> Strip:
    return draw_strip(row.result, _MOST_ROWS if row.result.findings else _MOST_ROWS_OF_OK)


def _scenario(row: Row) -> str:
    """The scenario as YAML, as scenarios are written; "" for none."""
    document = row.result.case.scenario
    if not document:
        return ""
    plain = json.loads(exact_json.encode(document))
    return xml(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100))[:_LONGEST_SCENARIO]
