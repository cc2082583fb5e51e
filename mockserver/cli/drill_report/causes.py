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
"""Maximum number of calls that are shown after the call of an example."""


class Cause(NamedTuple):
    """Findings of one kind with the same cause; the last three members are an example."""

    kind: str
    says: str
    verdict: str
    """`silent`, `doubtful` or `known`."""
    cases: list[str]
    row: DrillRow
    finding: DrillFinding
    call: Mapping[str, Json]
    """The call that shows the finding best, as the control plane returns it; empty without a call."""

    @property
    def title(self) -> str:
        mark = "" if self.verdict == SILENT else f", {self.verdict}"
        return f"{counted(len(self.cases), 'cases')}: {self.says} ({self.kind}{mark})"

    @property
    def rank(self) -> tuple[int, int, int]:
        return WORST_FIRST.index(self.verdict), [*_KINDS, self.kind].index(self.kind), -len(self.cases)


def find_causes(report: DrillReport) -> list[Cause]:
    """Return the causes of all findings: new faults first, then the worst kind, then most cases."""
    found: dict[tuple[str, str, str], Cause] = {}
    for row in report.rows:
        for one in row.result.findings:
            verdict = DOUBTFUL if one.doubtful else KNOWN if one in row.reasons else SILENT
            says, call = report.said(one.cause or one.message), row.result.example_call(one)
            new = Cause(one.kind, says, verdict, [row.id], row, one, call)
            cause = found.setdefault((verdict, one.kind, says), new)
            cases = list(dict.fromkeys([*cause.cases, row.id]))
            example = new if "answer" in call and "answer" not in cause.call else cause
            found[verdict, one.kind, says] = example._replace(cases=cases)
    return sorted(found.values(), key=lambda cause: cause.rank)


def _followed(report: DrillReport, cause: Cause) -> list[str]:
    """Return what the client did after the example's call: a line for each call, and how the client ended."""
    result, number = cause.row.result, cause.call.get("number")
    later = [report.said(one["line"]) for one in result.calls if number and one["number"] > number]
    more = [f"… {counted(len(later) - _MOST_FOLLOWING, 'more calls')}"] if later[_MOST_FOLLOWING:] else []
    return [*later[:_MOST_FOLLOWING], *more, f"the client {ending_words(result)}"]


def call_texts(report: DrillReport, call: Mapping[str, Json]) -> Mapping[str, str]:
    """Return the texts that only calls of findings have, by member, with secrets replaced."""
    return {name: report.hide(call[name]) for name in _TEXTS if name in call}


def example_texts(report: DrillReport, cause: Cause) -> Iterator[tuple[str, str]]:
    """Yield titles and texts of an example, in which secrets are replaced; leave out empty texts."""
    call, texts = cause.call, call_texts(report, cause.call)
    if call:
        yield "request", f"{call['method']} {report.hide(call['path'])}\n{texts.get('request', '')}"
        yield "answer", f"{call['status'] or 'none'}\n{texts.get('answer', '')}"
    for title, name in (("told by", "told"), ("declared in", "schema")):
        if texts.get(name):
            yield title, texts[name]
    yield "then", ";\n".join(_followed(report, cause))


def cause_document(report: DrillReport, cause: Cause) -> Json:
    example = {"case": cause.row.id, "call": cause.call.get("number"), **dict.fromkeys(_TEXTS, "")}
    return {
        "kind": cause.kind,
        "cause": cause.says,
        "cases": cause.cases,
        "doubtful": cause.verdict == DOUBTFUL,
        "known": cause.verdict == KNOWN,
        "example": {**example, **call_texts(report, cause.call), "followed": _followed(report, cause)},
    }
