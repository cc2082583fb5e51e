"""A drill as a JSON document."""

from __future__ import annotations

from mockserver import __version__
from mockserver.cli.drill_report.results import KNOWN, DrillReport, Row
from mockserver.model import Json
from mockserver.testing.drill import DOUBTFUL, OK

VERSION = 1


def report_document(report: DrillReport) -> Json:
    """The whole report. Calls and items are those of runs with findings, and of the run without faults."""
    counts, plan = report.counts, report.plan
    return {
        "version": VERSION,
        "mockserver": __version__,
        "began": report.began,
        "seconds": round(report.seconds, 3),
        "passed": counts[OK] + counts[DOUBTFUL],
        "failed": counts["fail"] + counts["hangs"],
        "known": counts[KNOWN],
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
        "gone": [{"case": one.case, "kind": one.kind, "reason": one.reason} for one in report.gone],
    }


def _run(report: DrillReport, row: Row, *, is_whole: bool) -> Json:
    result, case = row.result, row.result.case
    document: dict[str, Json] = {
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
                "meaning": one.meaning,
                "message": report.said(one.message),
                "items": [report.hide(key) for key in one.items],
                "calls": list(one.calls),
                "doubtful": one.doubtful,
                "known": one.kind in row.reasons,
                "reason": row.reasons.get(one.kind, ""),
            }
            for one in result.findings
        ],
        "status": result.ending.status,
        "starts": list(result.ending.starts),
        "seconds": round(result.duration_s, 3),
        "output": list(report.output(result)),
        "again": report.again(row),
    }
    if is_whole:
        document |= {"scenario": case.scenario, "items": list(result.items), "calls": list(result.calls)}
    return document
