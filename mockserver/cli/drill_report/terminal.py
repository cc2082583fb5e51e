"""A drill on the terminal."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from click import style

from mockserver.cli.drill_report.results import KNOWN, DrillReport, Row, count_words
from mockserver.contract.report.text import CUT
from mockserver.testing.drill import DOUBTFUL, FAILED, OK, UNMET

_COLOURS = {OK: "green", FAILED: "red", DOUBTFUL: "yellow", KNOWN: "yellow", UNMET: "white"}
_WORD = 9
_MARGIN = "  "
_LEAST_TEXT = 30
"""Columns that a message has at least: on a narrower terminal it runs over."""


def terminal_width() -> int | None:
    """Columns of the terminal; None if the output goes elsewhere: then nothing is cut or wrapped."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def row_lines(report: DrillReport, row: Row, width: int | None) -> Iterator[str]:
    """The row of a case; what is fine is cut to the width, all else is wrapped."""
    column = max((len(case.id) for case in report.plan.cases), default=0)
    head = f"{_MARGIN}{row.word:<{_WORD}}{row.id:<{column}}  "
    message, more = report.said(row.message), len(row.result.findings) - 1
    message += f" (and {more} more)" if more > 0 else ""
    room = None if width is None else max(_LEAST_TEXT, width - len(head))
    if room is None:
        lines = [message]
    elif row.verdict in (OK, UNMET):
        lines = [message if len(message) <= room else f"{message[: room - 1]}{CUT}"]
    else:
        lines = textwrap.wrap(message, room) or [message]
    sign = style(row.word, fg=_COLOURS[row.verdict], bold=row.verdict == FAILED)
    for at, line in enumerate(lines):
        yield f"{head.replace(row.word, sign, 1)}{line}" if at == 0 else f"{' ' * len(head)}{line}"


def closing_lines(report: DrillReport, files: Iterable[Path], width: int | None) -> Iterator[str]:
    """Known faults that are gone, then the counts, the reports and how the first failure is run again."""
    for one in report.gone:
        yield f"gone: {one.kind} in {one.case} is in the baseline and was not found: take it out"
    failed = next((row for row in report.rows if row.verdict == FAILED), None)
    parts = [
        f"{count_words(report.counts)} · {report.seconds:.0f} s",
        "  ".join(str(file) for file in files),
        f"again: {report.again(failed)}" if failed else "",
    ]
    line = "      ".join(filter(None, parts))
    yield from [line] if width is None or len(line) <= width else filter(None, parts)
