"""The one line on a terminal that is written over again and again while a command works."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import click

LOADING = "loading…"
"""Shown while the slow imports go on."""

_CUT = "…"
_FALLBACK = (80, 24)


class ProgressLine:
    """Writes progress to a stream, stderr as a rule; on a terminal the last line is replaced by the next.

    `is_live`: the stream is a terminal that can do that. A silent one shows nothing and writes nothing.
    """

    def __init__(self, stream: TextIO, *, is_live: bool, is_silent: bool = False) -> None:
        self.is_live = is_live and not is_silent
        self.is_silent = is_silent
        self._stream = stream
        self._shown = 0

    def show(self, text: str) -> None:
        """Show a text, in place of the one before; only on a terminal."""
        if not self.is_live:
            return
        width = shutil.get_terminal_size(_FALLBACK).columns - 1
        cut = text if len(text) <= width else f"{text[: width - 1]}{_CUT}"
        self._write(f"\r{cut.ljust(min(self._shown, width))}")
        self._shown = len(cut)

    def clear(self) -> None:
        """Remove what is shown."""
        if self._shown:
            self._write(f"\r{' ' * self._shown}\r")
            self._shown = 0

    def write(self, text: str) -> None:
        """Write a line that stays."""
        self.clear()
        if not self.is_silent:
            click.echo(text, file=self._stream)

    @contextmanager
    def showing(self, text: str, *, stays: bool = False) -> Iterator[None]:
        """Show a text until the end of the block, however it ends; `stays`: elsewhere write it as a line."""
        self.show(text)
        if stays and not self.is_live:
            self.write(text)
        try:
            yield
        finally:
            self.clear()

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def open_progress_line(*, is_silent: bool) -> ProgressLine:
    """Return the line for stderr; it is live where that is a terminal and TERM is not "dumb"."""
    is_live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    return ProgressLine(sys.stderr, is_live=is_live, is_silent=is_silent)
