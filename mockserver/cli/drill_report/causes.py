"""Causes of a drill's findings: what to mend in the client, with the cases that show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mockserver.cli.drill_report.results import KNOWN, WORST_FIRST, DrillReport, DrillRow, ending_words
from mockserver.contract.report.text import counted
from mockserver.drill.findings import Kind
from mockserver.model import Json
from mockserver.testing.drill import DOUBTFUL, SILENT, DrillFinding

EVIDENCE = ("line", "request", "answer", "told", "schema")
"""Members of a call that reports show of an example; only calls that a finding names have all of them."""

_KINDS = tuple(Kind.__members__)
_MOST_FOLLOWING = 5
"""Maximum number of calls that are shown after the call of an example."""


class Cause(NamedTuple):
    """Findings of one kind with the same cause."""

    kind: str
    cause: str
    verdict: str
    """`silent`, `doubtful` or `known`."""
    cases: list[str]
    example: Mapping[str, Json]
    """One of the findings: case, message, ledger, a call with the members of `EVIDENCE`, what followed."""

    @property
    def title(self) -> str:
        mark = "" if self.verdict == SILENT else f", {self.verdict}"
        return f"{counted(len(self.cases), 'cases')}: {self.cause} ({self.kind}{mark})"

    @property
    def rank(self) -> tuple[int, int, int]:
        return WORST_FIRST.index(self.verdict), [*_KINDS, self.kind].index(self.kind), -len(self.cases)

    def document(self) -> Json:
        return {**self._asdict(), "doubtful": self.verdict == DOUBTFUL}


def find_causes(report: DrillReport) -> list[Cause]:
    """Return the causes of all findings: new faults first, then the worst kind, then most cases."""
    found: dict[tuple[str, str, str], Cause] = {}
    for row in report.rows:
        for one in row.result.findings:
            verdict = DOUBTFUL if one.doubtful else KNOWN if one in row.reasons else SILENT
            place = one.kind, report.said(one.cause or one.message), verdict
            cause = found.setdefault(place, Cause(*place, [], _show(report, row, one)))
            if row.id not in cause.cases:
                cause.cases.append(row.id)
    return sorted(found.values(), key=lambda cause: cause.rank)


def _show(report: DrillReport, row: DrillRow, finding: DrillFinding) -> Mapping[str, Json]:
    result, call = row.result, row.result.example_call(finding)
    later = [report.said(one["line"]) for one in result.calls if call and one["number"] > call["number"]]
    more = [f"… {counted(len(later) - _MOST_FOLLOWING, 'more calls')}"] if later[_MOST_FOLLOWING:] else []
    return {
        "case": row.id,
        "message": report.said(finding.message),
        "ledger": result.ledger.get("says", ""),
        "call": call.get("number"),
        **{name: report.hide(call.get(name, "")) for name in EVIDENCE},
        "followed": [*later[:_MOST_FOLLOWING], *more, f"the client {ending_words(result)}"],
    }
