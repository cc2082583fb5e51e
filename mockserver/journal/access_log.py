"""Write one log line for each call to standard error, without bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import Empty, Queue
from threading import Event, Thread
from typing import TypeAlias

import click

from mockserver.codec import json
from mockserver.journal.entry import Entry
from mockserver.journal.journal import Listener
from mockserver.journal.view import View, log_line
from mockserver.model import Json

Note: TypeAlias = Callable[[str], None]
"""Function that takes a sentence for the log."""

PAUSE_S = 0.05
"""Minimum time between two writes to standard error."""

_MOST_WAITING = 10_000
"""Maximum number of lines that wait to be written."""

_LARGE = 8 * 1024
"""Bytes of an entry above which its line waits in its place."""

_PIECE = 1_000
"""Characters of a piece; a pipe takes 4,096 bytes at once (POSIX `PIPE_BUF`)."""

_MEMBERS = (
    "vendor",
    "method",
    "path",
    "status",
    "operation",
    "refusal",
    "reason",
    "items",
    "outcomes",
    "warned",
    "applied",
    "fault",
    "offContract",
    "durationMillis",
    "delayMillis",
    "number",
)


class AccessLog:
    """Log of calls on standard error, in the style `text`, `json` or `off`.

    A thread makes and writes the lines, at once, but at most every `PAUSE_S` seconds. Calls wait for standard
    error only while `_MOST_WAITING` lines wait. Closing the log writes what is not written yet.
    """

    def __init__(self, style: str, *, numbers: bool = True, worker: int = 0) -> None:
        """Without `numbers`, text lines have no journal number. JSON lines show `worker`, unless it is 0."""
        self._style, self._numbers, self._worker = style, numbers, worker
        self._waiting: Queue[Entry | str | None] = Queue(_MOST_WAITING)
        self._is_closed = Event()
        self._thread = Thread(target=self._write_all, name="log", daemon=True)
        if style != "off":
            self._thread.start()

    @property
    def listeners(self) -> tuple[Listener, ...]:
        return () if self._style == "off" else (self._tell,)

    def note(self, text: str) -> None:
        """Log a sentence."""
        if self._style != "off":
            self._tell(text if self._style == "text" else json.encode({"note": text}).decode())

    def close(self) -> None:
        """Write what is waiting. Later lines are written at once."""
        if self._thread.is_alive():
            self._is_closed.set()
            self._waiting.put(None)
            self._thread.join()

    def _tell(self, one: Entry | str) -> None:
        if self._is_closed.is_set():
            _write([self._line(one)])
        elif isinstance(one, str) or one.size_bytes <= _LARGE:
            self._waiting.put(one)
        else:
            self._waiting.put(self._line(one))

    def _write_all(self) -> None:
        is_last = False
        while not is_last:
            told = [self._waiting.get()]
            with suppress(Empty):
                while told[-1] is not None:
                    told.append(self._waiting.get_nowait())
            is_last = told[-1] is None
            _write([self._line(one) for one in told if one is not None])
            self._is_closed.wait(PAUSE_S)

    def _line(self, one: Entry | str) -> str:
        try:
            if isinstance(one, str):
                return one
            if self._style == "text":
                return text_line(one, numbers=self._numbers)
            return json_line(one, worker=self._worker)
        except Exception as error:  # noqa: BLE001 - the lines of other calls are still to be written
            return f"the log line of a call cannot be made: {error!r}"


def _write(lines: Iterable[str]) -> None:
    """Write lines in pieces that no line of another process can come between, unless a line is too long."""
    pieces = [""]
    for line in lines:
        if len(pieces[-1]) + len(line) > _PIECE:
            pieces.append("")
        pieces[-1] += f"{line}\n"
    with suppress(OSError, ValueError):  # nobody reads standard error any more
        for piece in pieces:
            click.echo(piece, err=True, nl=False)


def ignore_note(_text: str) -> None:
    """Log nothing."""


def text_line(entry: Entry, *, numbers: bool = True) -> str:
    return log_line(View().short(entry), entry.call.sandbox, numbers=numbers)


def json_line(entry: Entry, *, worker: int = 0) -> str:
    """Return the log line of an entry as a JSON object, with `worker` unless it is 0."""
    short = View().short(entry)
    facts: dict[str, Json] = {name: short[name] for name in _MEMBERS}
    named = {"worker": worker} if worker else {}
    return json.encode({**facts, "sandbox": entry.call.sandbox, **named}).decode()
