"""A drill for GitHub: failures as annotations, and the summary of a job."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from mockserver.cli.drill_report.results import DrillReport, Row, count_words, ending_words
from mockserver.contract.report.text import annotation_property, annotation_text, counted, markdown_cell
from mockserver.testing.drill import DOUBTFUL, FAILED

MOST = 10
"""GitHub shows ten annotations of a step and drops the rest without a word."""

LONGEST = 900_000
"""GitHub refuses a summary of more than 1 MiB."""


def annotation_lines(report: DrillReport) -> list[str]:
    """At most ten workflow commands; the last one counts the failures that it stands for."""
    if report.plan.obstacle:
        return [_annotation("the client cannot be drilled", report.said(report.plan.obstacle))]
    failed = [row for row in report.rows if row.verdict == FAILED]
    shown = failed if len(failed) <= MOST else failed[: MOST - 1]
    lines = [
        _annotation(
            f"{report.vendor} {row.id}: {row.word}",
            f"{report.said(row.message)}\nagain: {report.again(row)}",
        )
        for row in shown
    ]
    more = len(failed) - len(shown)
    return [*lines, _annotation("mockserver drill", f"{more} more in the summary")] if more else lines


def _annotation(title: str, text: str) -> str:
    return f"::error title={annotation_property(title)}::{annotation_text(text)}"


def markdown_summary(report: DrillReport) -> str:
    """Markdown, cut to GitHub's limit; a line says so."""
    kept: list[str] = []
    size = 0
    for piece in _pieces(report):
        size += len(piece.encode(errors="replace")) + 1
        if size > LONGEST:
            kept.append("\nThe rest does not fit here; the report has it.\n")
            break
        kept.append(piece)
    return "\n".join(kept) + "\n"


def _pieces(report: DrillReport) -> Iterator[str]:
    yield f"### mockserver drill {report.vendor}: {count_words(report.counts)}\n"
    if report.plan.obstacle:
        yield f"The client cannot be drilled: {markdown_cell(report.said(report.plan.obstacle))}\n"
        return
    yield f"`{report.command_line().replace('`', ' ')}` means to send {markdown_cell(report.plan.says)}.\n"
    rows = [row for row in report.rows if row.result.findings]
    if rows:
        yield "| | case | what was found |\n|---|---|---|"
        for row in rows:
            cells = (markdown_cell(one) for one in (row.word, row.id, report.said(row.message)))
            yield f"| {' | '.join(cells)} |"
        yield ""
    yield from (_folded(report, row) for row in rows if row.verdict in (FAILED, DOUBTFUL))
    others = [row for row in report.rows if not row.result.findings]
    lines = "\n".join(f"{row.word:<6} {row.id}: {report.said(row.message)}" for row in others)
    title = counted(len(others), "other cases")
    yield f"<details><summary>{title}</summary>\n<pre>{escape(lines)}</pre>\n</details>\n"


def _folded(report: DrillReport, row: Row) -> str:
    lines = [
        *(f"{one.kind}: {report.said(one.message)}" for one in row.result.findings),
        f"the case: {row.result.case.says}",
        f"the client {ending_words(row.result)}",
        f"again: {report.again(row)}",
        "",
        *report.output(row.result),
    ]
    text = escape("\n".join(lines))
    return f"<details><summary>{escape(f'{row.word} {row.id}')}</summary>\n<pre>{text}</pre>\n</details>\n"
