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
from mockserver.cli.drill_report.strip import FATES, draw_strip
from mockserver.codec import json as exact_json
from mockserver.contract.report.text import xml
from mockserver.testing.drill import DOUBTFUL, FAILED, OK

_LONGEST_SCENARIO = 20_000
_COLOURS = {FAILED: "bad", DOUBTFUL: "known", KNOWN: "known", OK: "good"}


def html_page(report: DrillReport) -> str:
    counts = report.counts
    pages = Environment(loader=PackageLoader(__package__), autoescape=True, trim_blocks=True)
    pages.filters.update(colour=lambda row: _COLOURS.get(row.verdict, "quiet"), said=report.said)
    return pages.get_template("page.html").render(
        report=report,
        plan=report.plan,
        passed=counts[OK] + counts[DOUBTFUL],
        failed=counts[FAILED],
        counts=count_words(counts),
        rows=sorted(report.rows, key=lambda row: WORST_FIRST.index(row.verdict)),
        clean=report.row(report.plan.clean),
        ending=ending_words,
        fates=FATES,
        scenario=_scenario,
        strip=draw_strip,
        version=__version__,
    )


def _scenario(row: Row) -> str:
    """The scenario as YAML, as scenarios are written."""
    plain = json.loads(exact_json.encode(row.result.case.scenario))
    return xml(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100))[:_LONGEST_SCENARIO]
