"""Causes of a drill's findings: what to mend in the client, with the cases that show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mockserver.cli.drill_report.results import KNOWN, WORST_FIRST, DrillReport, DrillRow, ending_words
from mockserver.contract.report.text import counted
from mockserver.drill.findings import Kind
from mockserver.model import Json
from mockserver.testing.drill import DOUBTFUL, SILENT, DrillFinding

_KINDS = tuple(Kind.__members__)
_TEXTS = ("request", "answer", "told", "schema")
_MOST_FOLLOWING = 5
"""Maximum number of calls after the one of an example that are shown."""


class CauseExample(NamedTuple):
    """A case that shows a cause."""

    row: DrillRow
    finding: DrillFinding
    call: Mapping[str, Json]
    """The call that shows the cause best, as the control plane returns it; empty if there is no such call."""
    followed: list[str]
    """What the client did after the call: a line for each call, and how the client ended."""


class Cause(NamedTuple):
    """Findings of the same kind with the same cause."""

    kind: str
    says: str
    verdict: str
    """`silent`, `doubtful` or `known`."""
    cases: list[str]
    example: CauseExample

    @property
    def title(self) -> str:
        mark = "" if self.verdict == SILENT else f", {self.verdict}"
        return f"{counted(len(self.cases), 'cases')}: {self.says} ({self.kind}{mark})"


def find_causes(report: DrillReport) -> list[Cause]:
    """Return the causes of all findings: new faults first, then the worst kind, then most cases."""
    grouped: dict[tuple[str, str, str], dict[str, CauseExample]] = {}
    for row in report.rows:
        for one in row.result.findings:
            verdict = DOUBTFUL if one.doubtful else KNOWN if one in row.reasons else SILENT
            examples = grouped.setdefault((verdict, one.kind, report.said(one.cause or one.message)), {})
            examples.setdefault(row.id, _example(report, row, one))
    causes = [
        Cause(kind, says, verdict, list(examples), max(examples.values(), key=_has_texts))
        for (verdict, kind, says), examples in grouped.items()
    ]
    return sorted(causes, key=_rank)


def _has_texts(example: CauseExample) -> bool:
    return "answer" in example.call


def _rank(cause: Cause) -> tuple[int, int, int]:
    kind = _KINDS.index(cause.kind) if cause.kind in _KINDS else len(_KINDS)
    return WORST_FIRST.index(cause.verdict), kind, -len(cause.cases)


def _example(report: DrillReport, row: DrillRow, finding: DrillFinding) -> CauseExample:
    call = row.result.example_call(finding)
    later = [one["line"] for one in row.result.calls if call and one["number"] > call["number"]]
    more = [f"… {counted(len(later) - _MOST_FOLLOWING, 'more calls')}"] if later[_MOST_FOLLOWING:] else []
    lines = map(report.said, later[:_MOST_FOLLOWING])
    return CauseExample(row, finding, call, [*lines, *more, f"the client {ending_words(row.result)}"])


def example_texts(report: DrillReport, example: CauseExample) -> Iterator[tuple[str, str]]:
    """Yield titles and texts of an example, in which secrets are replaced; leave out empty texts."""
    call = example.call
    if call:
        yield "request", report.hide(f"{call['method']} {call['path']}\n{call.get('request', '')}").strip()
        yield "answer", report.hide(f"{call['status'] or 'none'}\n{call.get('answer', '')}").strip()
    for title, member in (("told by", "told"), ("declared in", "schema")):
        if call.get(member):
            yield title, report.said(call[member])
    yield "then", ";\n".join(example.followed)


def call_texts(report: DrillReport, call: Mapping[str, Json]) -> Mapping[str, str]:
    """Return the texts that only calls of findings have, by member, with secrets replaced."""
    return {name: report.hide(call[name]) for name in _TEXTS if name in call}


def cause_document(report: DrillReport, cause: Cause) -> Json:
    row, _, call, followed = cause.example
    texts = {**dict.fromkeys(_TEXTS, ""), **call_texts(report, call)}
    return {
        "kind": cause.kind,
        "cause": cause.says,
        "cases": cause.cases,
        "doubtful": cause.verdict == DOUBTFUL,
        "known": cause.verdict == KNOWN,
        "example": {"case": row.id, "call": call.get("number"), **texts, "followed": followed},
    }
