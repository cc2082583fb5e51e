"""The table of checks on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from click import style

from mockserver.contract.finding import Finding
from mockserver.contract.report.document import tally_findings
from mockserver.contract.report.rows import ReportRow, RowGroup, RunOutcome
from mockserver.contract.report.text import HiddenSecrets, counted, number_lines, one_line

_COLOURS = {"ok": "green", "FAIL": "red", "known": "yellow"}
_MARGIN = " " * 8
_LEAST = 30
_BODY = 300
_STEPS = 40


def table_lines(outcome: RunOutcome, folder: Path | None, *, quiet: bool = False) -> Iterator[str]:
    """Return the table of one vendor; quiet shows failures alone. `folder` holds the reports."""
    visit = outcome.session
    calls = f"{counted(visit.ledger.calls.total(), 'calls')} · {visit.seconds:.1f} s"
    yield f"{visit.api.name}  {visit.url}     seed {visit.plan.run_config.seed} · {calls}"
    for group in outcome.groups:
        rows = [row for row in group.rows if row.verdict == "FAIL" or not quiet]
        if rows:
            yield from _group(outcome, group, rows, folder)
    for one in outcome.resolved:
        yield f"gone: {one.check} at {one.operation} was known and holds now: take it out of the baseline"
    if visit.stopped:
        yield style(f"stopped early: {one_line(visit.stopped)}", fg="red")


def summary_line(outcomes: Iterable[RunOutcome], files: Iterable[Path]) -> str:
    """Return the last line: number of checks by result, and where the report is."""
    counts = tally_findings(outcomes)
    told = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count or word != "known")
    return "      ".join([told, "  ".join(str(file) for file in files)]).rstrip()


def _group(outcome: RunOutcome, group: RowGroup, rows: list[ReportRow], folder: Path | None) -> Iterator[str]:
    yield f"{outcome.session.api.name}  {one_line(group.label)}     {counted(group.calls, 'calls')}"
    width = max(_LEAST, *(len(row.check.says) for row in rows))
    for row in rows:
        sign = style(f"{row.verdict:<6}", fg=_COLOURS[row.verdict], bold=row.verdict == "FAIL")
        told = "1 case" if row.verdict == "FAIL" else counted(row.made, row.check.counts)
        reason = f"   {one_line(row.reason)}" if row.reason else ""
        yield f"  {sign}{row.check.says:<{width}}  {told}{reason}"
        if row.finding and row.verdict == "FAIL":
            yield from (f"{_MARGIN}{one}" for one in _failure(outcome, row, row.finding, folder))


def _failure(outcome: RunOutcome, row: ReportRow, finding: Finding, folder: Path | None) -> Iterator[str]:
    hidden = HiddenSecrets(outcome.session.secrets)
    at = f"      {one_line(hidden.text(finding.pointer))}" if finding.pointer else ""
    yield style(f"{one_line(hidden.text(finding.said), 1000)}{at}", bold=True)
    if finding.told:
        yield from (one_line(hidden.text(one)) for one in number_lines(finding.told)[:_STEPS])
        if len(finding.told) > _STEPS:
            yield f"… {len(finding.told) - _STEPS} more steps in the report"
    if finding.exchanges:
        last = finding.exchanges[-1]
        body = one_line(hidden.body(last.request.body), _BODY)
        yield f"sent      {last.request.method} {one_line(hidden.path(last.request.path))}  {body}".rstrip()
    if finding.expected:
        yield f"expected  {one_line(hidden.text(finding.expected))}"
    if finding.came:
        yield f"came      {one_line(hidden.text(finding.came))}"
    elif finding.exchanges:
        came = finding.exchanges[-1].response
        yield f"came      {came.status}  {one_line(hidden.body(came.body), _BODY)}".rstrip()
    yield f"again:    {hidden.text(row.again)}"
    if folder and finding.exchanges:
        yield f"curl:     {folder / row.name}.sh"
