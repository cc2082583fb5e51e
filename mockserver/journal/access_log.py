"""Write one log line for each call to standard error, without bodies."""

from __future__ import annotations

from collections.abc import Callable
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
"""Maximum number of lines that wait to be written; while there are more, calls wait."""

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

    A thread makes and writes the lines, so that no call waits for standard error: at once, but at most every
    `PAUSE_S` seconds. What is not written yet is written when the log is closed.
    """

    def __init__(self, style: str, *, numbers: bool = True, worker: int = 0) -> None:
        """Without `numbers`, text lines have no journal number. JSON lines show `worker`, unless it is 0."""
        self._style, self._numbers, self._worker = style, numbers, worker
        self._waiting: Queue[Entry | str | None] = Queue(_MOST_WAITING)
        self._is_closed = Event()
        self._thread = Thread(target=self._write_all, name="log", daemon=True)
        self._thread.start()

    @property
    def listeners(self) -> tuple[Listener, ...]:
        return () if self._style == "off" else (self._tell,)

    def note(self, text: str) -> None:
        """Log a sentence."""
        if self._style != "off":
            self._tell(text)

    def close(self) -> None:
        """Write what is waiting. Later calls are not logged."""
        if not self._is_closed.is_set():
            self._is_closed.set()
            self._waiting.put(None)
            self._thread.join()

    def _tell(self, one: Entry | str) -> None:
        if not self._is_closed.is_set():
            self._waiting.put(one)

    def _write_all(self) -> None:
        while (first := self._waiting.get()) is not None:
            told = [first]
            with suppress(Empty):
                while (one := self._waiting.get_nowait()) is not None:
                    told.append(one)
                self._waiting.put(None)
            with suppress(OSError):  # nobody reads standard error any more
                click.echo("\n".join(map(self._line, told)), err=True)
            self._is_closed.wait(PAUSE_S)

    def _line(self, one: Entry | str) -> str:
        if isinstance(one, str):
            return one if self._style == "text" else json.encode({"note": one}).decode()
        if self._style == "text":
            return text_line(one, numbers=self._numbers)
        return json_line(one, worker=self._worker)


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
