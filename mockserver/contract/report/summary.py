"""A run as the summary of a GitHub job: a matrix of checks and vendors, failures folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape

from mockserver.contract.catalogue import all_checks
from mockserver.contract.finding import Finding
from mockserver.contract.report.document import tally_findings
from mockserver.contract.report.rows import ReportRow, RowVerdict, RunOutcome
from mockserver.contract.report.shell import call_lines
from mockserver.contract.report.terminal import run_notes
from mockserver.contract.report.text import HiddenSecrets, number_lines, one_line

LONGEST_BYTES = 900_000
"""GitHub refuses one of more than 1 MiB."""

_LONGEST_CALLS = 20_000
_VERDICTS: tuple[RowVerdict, ...] = ("FAIL", "known", "ok")


def markdown_summary(outcomes: Iterable[RunOutcome]) -> str:
    """Markdown; what is too much is left out, and a line says so."""
    told = list(outcomes)
    kept: list[str] = []
    size = 0
    pieces = list(_pieces(told))
    for at, piece in enumerate(pieces):
        size += len(piece.encode()) + 1
        if size > LONGEST_BYTES:
            kept.append(f"\n{len(pieces) - at} more parts do not fit here; the report has them.\n")
            break
        kept.append(piece)
    return "\n".join(kept) + "\n"


def _pieces(outcomes: list[RunOutcome]) -> Iterator[str]:
    counts = tally_findings(outcomes)
    yield f"### mockserver contract: {', '.join(f'{count:,} {word}' for word, count in counts.items())}\n"
    yield from (f"- {_cell(note)}" for note in run_notes(outcomes))
    yield f"\n{_matrix(outcomes)}\n"
    for outcome in outcomes:
        for row in outcome.having("FAIL"):
            if row.finding:
                yield _folded(outcome, row, row.finding)
    yield f"<details><summary>all operations</summary>\n\n{_operations(outcomes)}\n\n</details>\n"


def _matrix(outcomes: list[RunOutcome]) -> str:
    """Return the table of checks by vendor; a cell counts operations."""
    vendors = [outcome.session.api.name for outcome in outcomes]
    by_check: dict[str, list[str]] = {}
    order = {name: place for place, name in enumerate(all_checks())}
    names = {row.check.id: row.check.says for outcome in outcomes for row in outcome.rows}
    for name in sorted(names, key=lambda one: (order.get(one, len(order)), one)):
        by_check[name] = [_verdicts(outcome, name) for outcome in outcomes]
    lines = [f"| check | {' | '.join(map(_cell, vendors))} |", f"|---|{':-:|' * len(vendors)}"]
    lines += [f"| {_cell(names[name])} | {' | '.join(cells)} |" for name, cells in by_check.items()]
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
                _cell(outcome.session.api.name),
                _cell(group.label),
                *(str(counts[verdict]) for verdict in _VERDICTS),
                f"{group.calls:,}",
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _folded(outcome: RunOutcome, row: ReportRow, finding: Finding) -> str:
    hidden = HiddenSecrets(outcome.session.secrets)
    calls = "\n".join(call_lines(outcome.session, finding))
    told = [
        *number_lines(finding.told),
        f"expected: {finding.expected}",
        f"came: {finding.came}",
        f"seed: {outcome.session.plan.run_config.seed}",
        f"again: {row.again}",
    ]
    block = "\n".join([*(one_line(hidden.text(one), 1000) for one in told), "", calls[:_LONGEST_CALLS]])
    title = f"{outcome.session.api.name} {row.operation} {row.check.id}: {hidden.text(finding.said)}"
    heading = escape(one_line(title, 1000))
    return f"<details><summary>{heading}</summary>\n<pre>{escape(block)}</pre>\n</details>\n"


def _cell(text: str) -> str:
    return escape(one_line(text)).replace("|", "\\|").replace("`", "\\`")
