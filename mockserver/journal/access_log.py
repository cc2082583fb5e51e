"""Write one log line for each call to standard error, without bodies."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import click

from mockserver.codec import json
from mockserver.journal.entry import Entry
from mockserver.journal.journal import Listener
from mockserver.journal.view import View, log_line
from mockserver.model import Json

Note: TypeAlias = Callable[[str], None]
"""Function that takes a sentence for the log."""

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


def log_listeners(style: str, *, numbers: bool = True, worker: int = 0) -> tuple[Listener, ...]:
    """Return listeners that log entries to standard error, in the style `text`, `json` or `off`.

    Without `numbers` text lines have no journal number. `worker` is the id of the process, which JSON lines
    show; 0 if there is only one process.
    """
    if style == "off":
        return ()
    lines: dict[str, Callable[[Entry], str]] = {
        "text": partial(text_line, numbers=numbers),
        "json": partial(json_line, worker=worker),
    }
    render = lines[style]
    return (lambda entry: click.echo(render(entry), err=True),)


def log_note(style: str) -> Note:
    """Return a function that logs a sentence to standard error, in the style `text`, `json` or `off`."""

    def write(text: str) -> None:
        click.echo(text if style == "text" else json.encode({"note": text}), err=True)

    return ignore_note if style == "off" else write


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
