"""Report of a drill for GitHub: annotations of failures, and the summary of a job."""

from __future__ import annotations

from mockserver.cli.drill_report.causes import find_causes
from mockserver.cli.drill_report.results import DrillReport, count_words
from mockserver.contract.report.text import annotation, first_annotations, markdown_cell
from mockserver.testing.drill import SILENT

MOST_ROWS = 100
"""Maximum number of rows in a summary, because GitHub refuses a summary of more than 1 MiB."""


def annotation_lines(report: DrillReport) -> list[str]:
    if report.plan.obstacle:
        return [annotation("the client cannot be drilled", report.said(report.plan.obstacle))]
    failed = [
        annotation(
            f"{report.vendor} {row.id}: {row.word}",
            f"{report.said(row.message)}\nagain: {report.again(row)}",
        )
        for row in report.rows
        if row.verdict == SILENT
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
    causes = find_causes(report)
    if causes:
        lines.append("| | cases | cause | for example | its answer |\n|---|---|---|---|---|")
    for one in causes[:MOST_ROWS]:
        answer = report.hide(one.example.call.get("answer", ""))
        cells = [one.kind, str(len(one.cases)), one.says, one.example.row.id, answer]
        lines.append(f"| {' | '.join(map(markdown_cell, cells))} |")
    found = [row for row in report.rows if row.result.findings]
    if found:
        lines.append("\n| | case | what was found | again |\n|---|---|---|---|")
    for row in found[:MOST_ROWS]:
        cells = [row.word, row.id, report.said(row.message), report.again(row)]
        lines.append(f"| {' | '.join(map(markdown_cell, cells))} |")
    if len(found) > MOST_ROWS:
        lines.append(f"\n{len(found) - MOST_ROWS} more are in the report.")
    return "\n".join([*lines, ""])
