"""Report of a drill on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from click import style

from mockserver.cli.drill_report.results import KNOWN, DrillReport, DrillRow, count_words
from mockserver.testing.drill import DOUBTFUL, SILENT, SURVIVED, TOLD, UNMET

_COLOURS = {
    SURVIVED: "green",
    TOLD: "green",
    SILENT: "red",
    DOUBTFUL: "yellow",
    KNOWN: "yellow",
    UNMET: "white",
}


def row_line(report: DrillReport, row: DrillRow) -> str:
    column = max((len(case.id) for case in report.plan.cases), default=0)
    word = style(f"{row.word:<9}", fg=_COLOURS[row.verdict], bold=row.verdict == SILENT)
    more = len(row.result.findings) - 1
    others = f" (and {more} more)" if more > 0 else ""
    return f"  {word}{row.id:<{column}}  {report.said(row.message)}{others}"


def closing_lines(report: DrillReport, files: Iterable[Path]) -> Iterator[str]:
    """Yield the known faults that are gone, the counts, the reports, and how to repeat the first failure."""
    for _, case, kind in report.gone:
        yield f"gone: {kind} in {case} is in the baseline and was not found: take it out"
    yield f"{count_words(report)} · {report.seconds:.0f} s"
    yield from map(str, files)
    failed = next((row for row in report.rows if row.verdict == SILENT), None)
    if failed:
        yield f"again: {report.again(failed)}"
