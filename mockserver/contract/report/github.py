"""Output of a run for GitHub: the summary of a job, and failures as annotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from itertools import accumulate
from pathlib import Path

from mockserver.contract.exchange import Finding
from mockserver.contract.report.files import call_lines
from mockserver.contract.report.results import (
    ReportRow,
    RowVerdict,
    RunOutcome,
    in_report_order,
    operation_label,
    tally_findings,
)
from mockserver.contract.report.terminal import run_notes
from mockserver.contract.report.text import (
    HiddenSecrets,
    annotation,
    first_annotations,
    markdown_cell,
    number_lines,
    one_line,
)

LONGEST_BYTES = 900_000
"""Maximum length of the summary: GitHub refuses a summary of more than 1 MiB."""

_LONGEST_CALLS = 20_000
_VERDICTS: tuple[RowVerdict, ...] = ("FAIL", "known", "ok")

_LONGEST = 1000


def markdown_summary(outcomes: Iterable[RunOutcome]) -> str:
    """Return the summary as Markdown. If it exceeds GitHub's limit, it is cut and its last line says so."""
    pieces = list(_pieces(list(outcomes)))
    sizes = accumulate(len(piece.encode()) + 1 for piece in pieces)
    kept = [piece for piece, size in zip(pieces, sizes, strict=True) if size <= LONGEST_BYTES]
    if more := len(pieces) - len(kept):
        kept.append(f"\n{more} more parts do not fit here; the report has them.\n")
    return "\n".join(kept) + "\n"


def _pieces(outcomes: list[RunOutcome]) -> Iterator[str]:
    counts = tally_findings(outcomes)
    yield f"### mockserver contract: {', '.join(f'{count:,} {word}' for word, count in counts.items())}\n"
    yield from (f"- {markdown_cell(note)}" for note in run_notes(outcomes))
    yield f"\n{_matrix(outcomes)}\n"
    for outcome in outcomes:
        for row in outcome.having("FAIL"):
            if row.finding:
                yield _folded(outcome, row, row.finding)
    yield f"<details><summary>all operations</summary>\n\n{_operations(outcomes)}\n\n</details>\n"


def _matrix(outcomes: list[RunOutcome]) -> str:
    """Return a table of checks by vendor, whose cells count operations by result."""
    vendors = [outcome.session.api.name for outcome in outcomes]
    names = {row.check.id: row.check.says for outcome in outcomes for row in outcome.rows}
    lines = [f"| check | {' | '.join(map(markdown_cell, vendors))} |", f"|---|{':-:|' * len(vendors)}"]
    for name in in_report_order(names):
        cells = [_verdicts(outcome, name) for outcome in outcomes]
        lines.append(f"| {markdown_cell(names[name])} | {' | '.join(cells)} |")
    lines.append("\n✓ passed · ✕ failed · ! known difference, each with its number of operations")
    return "\n".join(lines)


def _verdicts(outcome: RunOutcome, check: str) -> str:
    counts = Counter(row.verdict for row in outcome.rows if row.check.id == check)
    signs = zip(_VERDICTS, "✕!✓", strict=True)
    return " ".join(f"{sign} {counts[verdict]}" for verdict, sign in signs if counts[verdict]) or "·"


def _operations(outcomes: list[RunOutcome]) -> str:
    lines = ["| vendor | operation | failed | known | passed | calls |", "|---|---|--:|--:|--:|--:|"]
    for outcome in outcomes:
        for group in outcome.groups:
            counts = Counter(row.verdict for row in group.rows)
            cells = [
                markdown_cell(outcome.session.api.name),
                markdown_cell(group.label),
                *(str(counts[verdict]) for verdict in _VERDICTS),
                f"{group.calls:,}",
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _folded(outcome: RunOutcome, row: ReportRow, finding: Finding) -> str:
    hidden = HiddenSecrets(outcome.session.secrets)
    calls = "\n".join(call_lines(outcome.session, finding))
    lines = [
        *number_lines(finding.steps),
        f"expected: {finding.expected}",
        f"came: {finding.received}",
        f"seed: {outcome.session.plan.run_config.seed}",
        f"again: {row.again}",
    ]
    block = "\n".join([*(one_line(hidden.text(one), 1000) for one in lines), "", calls[:_LONGEST_CALLS]])
    title = f"{outcome.session.api.name} {row.operation} {row.check.id}: {hidden.text(finding.message)}"
    heading = escape(one_line(title, 1000))
    return f"<details><summary>{heading}</summary>\n<pre>{escape(block)}</pre>\n</details>\n"


def annotation_lines(outcomes: Iterable[RunOutcome]) -> list[str]:
    lines = [_annotation(outcome, row) for outcome in outcomes for row in outcome.having("FAIL")]
    return first_annotations(lines, "mockserver contract")


def _annotation(outcome: RunOutcome, row: ReportRow) -> str:
    session, hidden = outcome.session, HiddenSecrets(outcome.session.secrets)
    title = one_line(f"{session.api.name} {operation_label(session.api, row.operation)}: {row.check.says}")
    message = one_line(hidden.text(row.finding.message if row.finding else row.check.says), _LONGEST)
    again = one_line(hidden.text(row.again), _LONGEST)
    return annotation(title, f"{message}\nagain: {again}", _place(outcome, row))


def _place(outcome: RunOutcome, row: ReportRow) -> Iterator[tuple[str, str]]:
    """If the spec is a user's file, yield properties with the file and, if found, the operation's line."""
    spec = outcome.session.plan.spec
    if spec is None:
        return
    yield "file", spec.as_posix()
    line = _line_of(spec, row.operation)
    if line:
        yield "line", str(line)


def _line_of(spec: Path, operation: str) -> int:
    try:
        lines = spec.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError):
        return 0
    for number, line in enumerate(lines, 1):
        name, colon, value = line.partition(":")
        if colon and name.strip(" -\"'") == "operationId" and value.strip(" ,\"'") == operation:
            return number
    return 0
