"""Report of a drill as files: HTML page, JUnit XML, JSON document, badge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import yaml
from msgspec.structs import replace

from mockserver import __version__
from mockserver.cli.drill_report.badge import badge_svg
from mockserver.cli.drill_report.causes import EVIDENCE, find_causes
from mockserver.cli.drill_report.results import (
    KNOWN,
    WORST_FIRST,
    DrillReport,
    DrillRow,
    count_words,
    ending_words,
    gone_words,
)
from mockserver.cli.drill_report.strip import FATES, draw_strip
from mockserver.codec import json
from mockserver.console.report_file import report_templates, result_words, run_document
from mockserver.contract.report.junit import JunitCase, junit_xml
from mockserver.contract.report.text import counted, one_line, xml
from mockserver.journal.ledger import FIGURES
from mockserver.model import Json
from mockserver.testing.control_client import plain_json
from mockserver.testing.drill import CLEAN, DOUBTFUL, SILENT, SURVIVED, TOLD, UNMET

VERSION = 1
_LONGEST_SCENARIO = 20_000


def junit_suite(report: DrillReport) -> tuple[Mapping[str, object], list[JunitCase]]:
    counts, obstacle = report.counts, report.said(report.plan.obstacle)
    totals = {
        "name": f"drill {report.vendor}",
        "time": f"{report.seconds:.3f}",
        "tests": sum(counts.values()),
        "failures": counts[SILENT] - bool(obstacle),
        "skipped": counts[KNOWN] + counts[UNMET],
        "errors": int(bool(obstacle)),
    }
    cases = [_junit_case(report, row) for row in report.rows]
    if obstacle:
        cases.insert(0, JunitCase(f"drill.{report.vendor}", CLEAN, kind="error", message=obstacle))
    return totals, cases


def _junit_case(report: DrillReport, row: DrillRow) -> JunitCase:
    result, message = row.result, report.said(row.message)
    text = ""
    if result.findings:
        lines = [
            *(
                f"{one.kind}{', doubtful' * one.doubtful}: {report.said(one.message)}"
                f"\n  the cause: {report.said(one.cause)}"
                for one in result.findings
            ),
            f"the case: {result.case.says}",
            f"again: {report.again(row)}",
            f"the client {ending_words(result)}",
            *report.output(result),
        ]
        text = "\n".join(lines)
    case = JunitCase(f"drill.{report.vendor}", row.id, result.duration_s, message=message)
    if row.verdict == SILENT:
        return replace(case, kind="failure", failure_type=row.word, text=text)
    if row.verdict == KNOWN:
        reason = next(filter(None, row.reasons.values()), "no reason is written down")
        case = replace(case, message=f"known: {reason}: {message}")
    return replace(case, kind="skipped" if row.verdict in (KNOWN, UNMET) else "", output=text)


def _run_document(report: DrillReport) -> Json:
    return run_document("drill", report.vendor, result_words(_totals(report)), one_line(report.whole_line))


def _totals(report: DrillReport) -> Mapping[str, int]:
    counts = report.counts
    passed = counts[SURVIVED] + counts[TOLD] + counts[DOUBTFUL]
    return {"failed": counts[SILENT], "passed": passed, "known": counts[KNOWN], "unmet": counts[UNMET]}


def report_document(report: DrillReport) -> Json:
    """Return the report as JSON; in `cases`, a run without findings lacks scenario, items and calls."""
    counts, plan = report.counts, report.plan
    return {
        "version": VERSION,
        "mockserver": __version__,
        "run": _run_document(report),
        "began": report.began,
        "seconds": round(report.seconds, 3),
        **_totals(report),
        "counts": dict(counts),
        "vendor": report.vendor,
        "command": report.command_line(),
        "plan": {
            "says": plan.says,
            "obstacle": report.said(plan.obstacle) or None,
            "operation": plan.operation,
            "items": len(plan.keys),
            "calls": plan.calls,
            "largest": plan.largest,
        },
        "clean": _run(report, report.row(plan.clean), is_whole=True),
        "cases": [_run(report, row, is_whole=bool(row.result.findings)) for row in report.rows],
        "gone": [{"case": case, "kind": kind, "item": item} for _, case, kind, item in report.gone],
        "causes": [cause.document() for cause in find_causes(report)],
    }


def _run(report: DrillReport, row: DrillRow, *, is_whole: bool) -> Json:
    result, case = row.result, row.result.case
    calls = [
        {**call, **{name: report.hide(call[name]) for name in EVIDENCE if name in call}}
        for call in result.calls
    ]
    whole = {"scenario": case.scenario, "items": list(result.items), "calls": calls}
    return {
        "case": case.id,
        "says": case.says,
        "tags": list(case.tags),
        "rows": list(case.rows),
        "verdict": row.verdict,
        "word": row.word,
        "message": report.said(row.message),
        "findings": [
            {
                "kind": one.kind,
                "message": report.said(one.message),
                "cause": report.said(one.cause),
                "items": [report.hide(key) for key in one.items],
                "calls": list(one.calls),
                "doubtful": one.doubtful,
                "known": one in row.reasons,
                "reason": row.reasons.get(one, ""),
            }
            for one in result.findings
        ],
        "ledger": dict(result.ledger),
        "status": result.ending.status,
        "starts": list(result.ending.starts),
        "seconds": round(result.duration_s, 3),
        "output": list(report.output(result)),
        "again": report.again(row),
        **(whole if is_whole else {}),
    }


def html_page(report: DrillReport) -> str:
    pages = report_templates(__package__)
    pages.filters.update(counted=counted, said=report.said, xml=xml)
    return pages.get_template("page.html").render(
        report=report,
        plan=report.plan,
        run=_run_document(report),
        began=report.began,
        title=result_words(_totals(report)),
        counts=count_words(report),
        causes=find_causes(report),
        evidence=EVIDENCE,
        gone=gone_words,
        rows=sorted(report.rows, key=lambda row: WORST_FIRST.index(row.verdict)),
        clean=report.row(report.plan.clean),
        ending=ending_words,
        fates=FATES,
        figures=FIGURES,
        scenario=_scenario,
        strip=draw_strip,
    )


def _scenario(row: DrillRow) -> str:
    """Return the scenario of a row as YAML, cut after `_LONGEST_SCENARIO` characters."""
    plain = plain_json(row.result.case.scenario)
    return xml(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100))[:_LONGEST_SCENARIO]


KINDS: Mapping[str, tuple[str, Callable[[DrillReport], bytes]]] = {
    "html": ("index.html", lambda report: html_page(report).encode(errors="backslashreplace")),
    "junit": ("junit.xml", lambda report: junit_xml([junit_suite(report)], report.counts.items())),
    "json": ("report.json", lambda report: json.encode(report_document(report)) + b"\n"),
    "badge": ("badge.svg", lambda report: badge_svg(report.counts).encode()),
}
"""For each value of `--report` that means a file: the file's name and the function that makes its content."""


def write_reports(kinds: Sequence[str], folder: Path, report: DrillReport) -> list[Path]:
    """Write reports of these kinds (keys of `KINDS`), and return their files. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in map(KINDS.__getitem__, kinds):
        (folder / name).write_bytes(make(report))
    return [folder / KINDS[kind][0] for kind in kinds]
