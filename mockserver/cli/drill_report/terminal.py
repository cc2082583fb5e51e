"""Report of a drill on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from click import style

from mockserver.cli.drill_report.causes import EVIDENCE, find_causes
from mockserver.cli.drill_report.results import KNOWN, DrillReport, DrillRow, count_words, gone_words
from mockserver.contract.report.text import one_line
from mockserver.testing.drill import DOUBTFUL, SILENT, SURVIVED, TOLD, UNMET

_COLOURS = {
    SURVIVED: "green",
    TOLD: "green",
    SILENT: "red",
    DOUBTFUL: "yellow",
    KNOWN: "yellow",
    UNMET: "white",
}

_LONGEST_TEXT = 300


def row_line(report: DrillReport, row: DrillRow) -> str:
    column = max((len(case.id) for case in report.plan.cases), default=0)
    word = style(f"{row.word:<9}", fg=_COLOURS[row.verdict], bold=row.verdict == SILENT)
    more = len(row.result.findings) - 1
    others = f" (and {more} more)" if more > 0 else ""
    return f"  {word}{row.id:<{column}}  {report.said(row.message)}{others}"


def cause_lines(report: DrillReport) -> Iterator[str]:
    """Yield each cause with an example; for the first, if it is a new fault, also the call that shows it."""
    for at, cause in enumerate(find_causes(report)):
        example = cause.example
        is_first = at == 0 and cause.verdict == SILENT
        yield style(f"mend this first: {cause.title}", bold=True) if is_first else cause.title
        yield f"  {example['case']}: {one_line(example['message'], _LONGEST_TEXT)}"
        texts = {**example, "then": "; ".join(example["followed"])}
        for name in ("ledger", *EVIDENCE, "then") if is_first else ():
            if text := texts[name]:
                yield f"    {name:<9}{one_line(' '.join(text.split()), _LONGEST_TEXT)}"


def closing_lines(report: DrillReport, files: Iterable[Path]) -> Iterator[str]:
    """Yield the known faults that are gone, the counts, the reports, and how to repeat the first failure."""
    yield from (f"gone: {report.said(gone_words(place))}" for place in report.gone)
    yield f"{count_words(report)} · {report.seconds:.0f} s"
    yield from map(str, files)
    first = next((one.example["case"] for one in find_causes(report)), "")
    failed = next((row for row in report.rows if row.verdict == SILENT and row.id == first), None)
    if failed:
        yield f"again: {report.again(failed)}"
