"""Report of a drill for GitHub: annotations of failures, and the summary of a job."""

from __future__ import annotations

from collections.abc import Sequence

from mockserver.cli.drill_report.causes import find_causes
from mockserver.cli.drill_report.results import DrillReport, count_words
from mockserver.contract.report.text import annotation, counted, first_annotations, markdown_cell
from mockserver.testing.drill import SILENT

MOST_ROWS = 100
"""Maximum number of rows in a summary, because GitHub refuses a summary of more than 1 MiB."""


def annotation_lines(report: DrillReport) -> list[str]:
    if report.plan.obstacle:
        return [annotation("the client cannot be drilled", report.said(report.plan.obstacle))]
    again = {row.id: report.again(row) for row in report.rows}
    failed = [
        annotation(
            f"{report.vendor} {cause.title}",
            f"{cause.example['case']}: {cause.example['message']}\nagain: {again[cause.example['case']]}",
        )
        for cause in find_causes(report)
        if cause.verdict == SILENT
    ]
    return first_annotations(failed, "mockserver drill")


def markdown_summary(report: DrillReport) -> str:
    """Return Markdown: the counts, then the obstacle or, without obstacle, causes and runs with findings."""
    lines = [f"### mockserver drill {report.vendor}: {count_words(report)}\n"]
    if report.plan.obstacle:
        lines.append(f"The client cannot be drilled: {markdown_cell(report.said(report.plan.obstacle))}")
        return "\n".join([*lines, ""])
    command = report.command_line().replace("`", " ")
    lines.append(f"`{command}` means to send {markdown_cell(report.plan.says)}.\n")
    found = [row for row in report.rows if row.result.findings]
    if found:
        causes = [
            (one.kind, str(len(one.cases)), one.cause, one.example["case"], one.example["answer"])
            for one in find_causes(report)
        ]
        rows = [(row.word, row.id, report.said(row.message), report.again(row)) for row in found]
        lines += _table("| | cases | cause | for example | its answer |\n|---|---|---|---|---|", causes)
        lines.append(f"\n<details><summary>{counted(len(found), 'cases')} with findings</summary>\n")
        lines += _table("| | case | what was found | again |\n|---|---|---|---|", rows)
        lines.append("\n</details>")
    if len(found) > MOST_ROWS:
        lines.append(f"\n{len(found) - MOST_ROWS} more are in the report.")
    return "\n".join([*lines, ""])


def _table(head: str, rows: Sequence[Sequence[str]]) -> list[str]:
    return [head, *(f"| {' | '.join(map(markdown_cell, cells))} |" for cells in rows[:MOST_ROWS])]
