"""A run as the summary of a GitHub job: a table, failures folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from mockserver.contract.finding import Finding
from mockserver.contract.report.document import tally_findings
from mockserver.contract.report.rows import ReportRow, RunOutcome
from mockserver.contract.report.shell import exchange_command
from mockserver.contract.report.text import HiddenSecrets, number_lines, one_line

LONGEST_BYTES = 900_000
"""GitHub refuses one of more than 1 MiB."""

_LONGEST_CALLS = 20_000


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
    yield "| vendor | operation | failed | known | passed | calls |\n|---|---|--:|--:|--:|--:|"
    for outcome in outcomes:
        for group in outcome.groups:
            counted = [sum(row.verdict == one for row in group.rows) for one in ("FAIL", "known", "ok")]
            cells = [
                outcome.session.api.name,
                _cell(group.label),
                *map(str, counted),
                f"{group.calls:,}",
            ]
            yield f"| {' | '.join(cells)} |"
    yield ""
    for outcome in outcomes:
        for row in outcome.having("FAIL"):
            if row.finding:
                yield _folded(outcome, row, row.finding)


def _folded(outcome: RunOutcome, row: ReportRow, finding: Finding) -> str:
    hidden = HiddenSecrets(outcome.session.secrets)
    calls = "\n".join(exchange_command(one, outcome.session) for one in finding.exchanges)
    told = [
        *number_lines(finding.told),
        f"expected: {finding.expected}",
        f"came: {finding.came}",
        f"again: {row.again}",
    ]
    block = "\n".join([*(one_line(hidden.text(one), 1000) for one in told), "", calls[:_LONGEST_CALLS]])
    title = f"{outcome.session.api.name} {row.operation} {row.check.id}: {hidden.text(finding.said)}"
    heading = escape(one_line(title, 1000))
    return f"<details><summary>{heading}</summary>\n<pre>{escape(block)}</pre>\n</details>\n"


def _cell(text: str) -> str:
    return escape(one_line(text)).replace("|", "\\|").replace("`", "\\`")
