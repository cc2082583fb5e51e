"""A run as people read it on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from click import style

from mockserver.contract.finding import Finding
from mockserver.contract.report.document import tally
from mockserver.contract.report.rows import Group, Outcome, Row
from mockserver.contract.report.text import Hidden, counted, line, numbered

_COLOURS = {"ok": "green", "FAIL": "red", "known": "yellow"}
_MARGIN = " " * 8
_LEAST = 30
_BODY = 300
_STEPS = 40


def lines(outcome: Outcome, folder: Path | None, *, quiet: bool = False) -> Iterator[str]:
    """The table of one vendor; quiet: what did not hold alone. `folder` is where reports are written."""
    visit = outcome.visit
    calls = f"{counted(visit.ledger.calls.total(), 'calls')} · {visit.seconds:.1f} s"
    yield f"{visit.contracted.name}  {visit.url}     seed {visit.plan.effort.seed} · {calls}"
    for group in outcome.groups:
        rows = [row for row in group.rows if row.verdict == "FAIL" or not quiet]
        if rows:
            yield from _group(outcome, group, rows, folder)
    for one in outcome.gone:
        yield f"gone: {one.check} at {one.operation} was known and holds now: take it out of the baseline"
    if visit.stopped:
        yield style(f"stopped early: {line(visit.stopped)}", fg="red")


def summed(outcomes: Iterable[Outcome], files: Iterable[Path]) -> str:
    """The last line: how many checks came out how, and where to read more."""
    counts = tally(outcomes)
    told = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count or word != "known")
    return "      ".join([told, "  ".join(str(file) for file in files)]).rstrip()


def _group(outcome: Outcome, group: Group, rows: list[Row], folder: Path | None) -> Iterator[str]:
    yield f"{outcome.visit.contracted.name}  {line(group.label)}     {counted(group.calls, 'calls')}"
    width = max(_LEAST, *(len(row.check.says) for row in rows))
    for row in rows:
        sign = style(f"{row.verdict:<6}", fg=_COLOURS[row.verdict], bold=row.verdict == "FAIL")
        told = "1 case" if row.verdict == "FAIL" else counted(row.made, row.check.counts)
        reason = f"   {line(row.reason)}" if row.reason else ""
        yield f"  {sign}{row.check.says:<{width}}  {told}{reason}"
        if row.finding and row.verdict == "FAIL":
            yield from (f"{_MARGIN}{one}" for one in _failure(outcome, row, row.finding, folder))


def _failure(outcome: Outcome, row: Row, finding: Finding, folder: Path | None) -> Iterator[str]:
    hidden = Hidden(outcome.visit.secrets)
    at = f"      {line(hidden.text(finding.pointer))}" if finding.pointer else ""
    yield style(f"{line(hidden.text(finding.said), 1000)}{at}", bold=True)
    if finding.told:
        yield from (line(hidden.text(one)) for one in numbered(finding.told)[:_STEPS])
        if len(finding.told) > _STEPS:
            yield f"… {len(finding.told) - _STEPS} more steps in the report"
    if finding.exchanges:
        last = finding.exchanges[-1]
        body = line(hidden.body(last.request.body), _BODY)
        yield f"sent      {last.request.method} {line(hidden.path(last.request.path))}  {body}".rstrip()
    if finding.expected:
        yield f"expected  {line(hidden.text(finding.expected))}"
    if finding.came:
        yield f"came      {line(hidden.text(finding.came))}"
    elif finding.exchanges:
        came = finding.exchanges[-1].response
        yield f"came      {came.status}  {line(hidden.body(came.body), _BODY)}".rstrip()
    yield f"again:    {hidden.text(row.again)}"
    if folder and finding.exchanges:
        yield f"curl:     {folder / row.name}.sh"
