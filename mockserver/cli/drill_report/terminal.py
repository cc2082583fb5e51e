"""A drill on the terminal."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from click import style

from mockserver.cli.drill_report.results import KNOWN, DrillReport, Row, count_words
from mockserver.testing.drill import DOUBTFUL, FAILED, OK, UNMET

_COLOURS = {OK: "green", FAILED: "red", DOUBTFUL: "yellow", KNOWN: "yellow", UNMET: "white"}
_LEAST_TEXT = 30
"""Columns that a message has at least: on a narrower terminal it runs over."""


def terminal_width() -> int | None:
    """Columns of the terminal; None if the output goes elsewhere: then nothing is wrapped."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def row_lines(report: DrillReport, row: Row, width: int | None) -> Iterator[str]:
    """The row of a case, wrapped to the width."""
    column = max((len(case.id) for case in report.plan.cases), default=0)
    head = f"  {row.word:<9}{row.id:<{column}}  "
    message, more = report.said(row.message), len(row.result.findings) - 1
    message += f" (and {more} more)" if more > 0 else ""
    room = len(message) if width is None else max(_LEAST_TEXT, width - len(head))
    first, *others = textwrap.wrap(message, max(room, 1)) or [""]
    sign = style(row.word, fg=_COLOURS[row.verdict], bold=row.verdict == FAILED)
    yield f"{head.replace(row.word, sign, 1)}{first}"
    yield from (f"{' ' * len(head)}{line}" for line in others)


def closing_lines(report: DrillReport, files: Iterable[Path]) -> Iterator[str]:
    """Known faults that are gone, then the counts, the reports and how the first failure is run again."""
    for _, case, kind in report.gone:
        yield f"gone: {kind} in {case} is in the baseline and was not found: take it out"
    yield f"{count_words(report.counts)} · {report.seconds:.0f} s"
    yield from map(str, files)
    failed = next((row for row in report.rows if row.verdict == FAILED), None)
    if failed:
        yield f"again: {report.again(failed)}"
