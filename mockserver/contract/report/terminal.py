"""The result of a run on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from click import style

from mockserver.contract.exchange import Finding
from mockserver.contract.report.results import (
    ReportRow,
    RowGroup,
    RunOutcome,
    group_causes,
    tally_findings,
)
from mockserver.contract.report.text import HiddenSecrets, counted, number_lines, one_line
from mockserver.contract.run_state import SizeTime, SizeTimes
from mockserver.contract.session import INTERRUPTED

_COLOURS = {"ok": "green", "FAIL": "red", "known": "yellow"}
_MARGIN = " " * 8
_LEAST = 30
_BODY = 300
_STEPS = 40
_NAMED = 8
"""Maximum number of failed checks that the last line names; further failed checks are counted."""


def vendor_lines(outcome: RunOutcome, *, verbose: bool = False) -> Iterator[str]:
    session = outcome.session
    calls = f"{counted(session.ledger.calls.total(), 'calls')} · {session.seconds:.1f} s"
    yield f"{session.api.name}  {session.where}     seed {session.plan.run_config.seed} · {calls}"
    for group in outcome.groups:
        rows = [row for row in group.rows if verbose or row.verdict == "known"]
        if rows:
            yield from _group(outcome, group, rows)
        if verbose:
            for sizes in session.ledger.sizes:
                if sizes.operation == group.operation:
                    yield from size_lines(sizes)
    for one in outcome.resolved:
        yield f"gone: {one.check} at {one.operation} is in the baseline and passes now: take it out"


def failure_lines(outcomes: Iterable[RunOutcome], folder: Path | None) -> Iterator[str]:
    """Yield the first failure of each cause, a command to repeat it, and its script in `folder` (if any)."""
    for outcome in outcomes:
        labels = {group.operation: group.label for group in outcome.groups}
        for row, *others in group_causes(outcome):
            sign = style("FAILED", fg="red", bold=True)
            yield f"{sign}  {outcome.session.api.name} {one_line(labels[row.operation])}  {row.check.says}"
            if row.finding:
                yield from (f"{_MARGIN}{one}" for one in _failure(outcome, row, row.finding, folder))
            also = [one_line(labels[one.operation]) for one in others if one.operation != row.operation]
            if also:
                yield f"{_MARGIN}also at:  {', '.join(dict.fromkeys(also))}"


def closing_lines(outcomes: Iterable[RunOutcome], files: Iterable[Path]) -> Iterator[str]:
    made = list(outcomes)
    yield from (style(f"note: {note}", fg="yellow") for note in run_notes(made))
    paths = "  ".join(str(file) for file in files)
    if paths:
        yield f"reports: {paths}"
    yield result_line(made)


def run_notes(outcomes: Iterable[RunOutcome]) -> Iterator[str]:
    for outcome in outcomes:
        session = outcome.session
        hidden = HiddenSecrets(session.secrets)
        if session.stopped:
            is_ours = session.ledger.fault or session.stopped == INTERRUPTED
            why = session.stopped if is_ours else f"no answer: {session.stopped}"
            yield f"{session.api.name}: stopped early, {one_line(hidden.text(why))}"
        yield from (f"{session.api.name}: {one_line(hidden.text(note))}" for note in session.ledger.notes)


def result_line(outcomes: Iterable[RunOutcome]) -> str:
    """Return the last line of the output: the number of checks by result, and the names of failed checks."""
    made = list(outcomes)
    counts = tally_findings(made)
    causes = sum(len(group_causes(one)) for one in made)
    totals = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count or word != "known")
    if causes < counts["failed"]:
        totals = totals.replace("failed", f"failed ({counted(causes, 'causes')})", 1)
    if any(one.session.stopped for one in made):
        totals = f"{totals}, stopped early"
    names = list(
        dict.fromkeys(f"{one.session.api.name} {row.check.id}" for one in made for row in one.having("FAIL"))
    )
    if len(names) > _NAMED:
        names[_NAMED:] = [f"and {len(names) - _NAMED} more"]
    return f"{totals}: {', '.join(names)}" if names else totals


def _group(outcome: RunOutcome, group: RowGroup, rows: list[ReportRow]) -> Iterator[str]:
    yield f"{outcome.session.api.name}  {one_line(group.label)}     {counted(group.calls, 'calls')}"
    width = max(_LEAST, *(len(row.check.says) for row in rows))
    for row in rows:
        sign = style(f"{row.verdict:<6}", fg=_COLOURS[row.verdict], bold=row.verdict == "FAIL")
        count = "1 case" if row.verdict == "FAIL" else counted(row.made, row.check.counts)
        reason = f"   {one_line(row.reason)}" if row.reason else ""
        yield f"  {sign}{row.check.says:<{width}}  {count}{reason}"


def _failure(outcome: RunOutcome, row: ReportRow, finding: Finding, folder: Path | None) -> Iterator[str]:
    hidden = HiddenSecrets(outcome.session.secrets)
    at = f"      {one_line(hidden.text(finding.pointer))}" if finding.pointer else ""
    yield style(f"{one_line(hidden.text(finding.message), 1000)}{at}", bold=True)
    if finding.steps:
        yield from (one_line(hidden.text(line)) for line in number_lines(finding.steps)[:_STEPS])
        if len(finding.steps) > _STEPS:
            yield f"… {len(finding.steps) - _STEPS} more steps in the report"
    if finding.exchanges:
        last = finding.exchanges[-1]
        body = one_line(hidden.body(last.request.body), _BODY)
        yield f"sent      {last.request.method} {one_line(hidden.path(last.request.path))}  {body}".rstrip()
    if finding.expected:
        yield f"expected  {one_line(hidden.text(finding.expected))}"
    if finding.received:
        yield f"came      {one_line(hidden.text(finding.received))}"
    elif finding.exchanges:
        received = finding.exchanges[-1].response
        yield f"came      {received.status}  {one_line(hidden.body(received.body), _BODY)}".rstrip()
    yield f"again:    {hidden.text(row.again)}"
    if folder and finding.exchanges:
        yield f"curl:     {folder / row.name}.sh"


def size_lines(sizes: SizeTimes) -> Iterator[str]:
    """Yield lines about the sizes of a batch operation: limit, budget, times, and sizes not tried."""
    limit = "unknown" if sizes.limit.most is None else counted(sizes.limit.most, "items")
    calls, items = counted(sizes.budget.calls, "calls"), counted(sizes.budget.items, "items")
    budget = f"{calls}, {items} and {sizes.budget.seconds} s"
    yield f"  sizes: the limit is {limit}, by {one_line(sizes.limit.source)}; at most {budget}"
    for size in dict.fromkeys(time.size for time in sizes.times):
        times = ", ".join(_time(time) for time in sizes.times if time.size == size)
        yield f"    {counted(size, 'items'):>12}  {times}"
    for size, reason in sizes.left_out.items():
        yield f"    {counted(size, 'items'):>12}  not tried: {one_line(reason)}"


def _time(time: SizeTime) -> str:
    """Return the time of a batch, as "0.015 s (last bad; 507 of 1,000 read back)"."""
    bad = [f"{time.bad} bad"] if time.bad != "none" else []
    late = [f"late after {time.due:.1f} s"] if time.seconds > time.due > 0 else []
    some = [f"{time.compared:,} of {time.size:,} read back"] if time.compared < time.size else []
    message = "; ".join([*bad, *late, *some])
    return f"{time.seconds:.3f} s ({message})" if message else f"{time.seconds:.3f} s"
