"""Write one log line for each call to standard error, without bodies."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import click

from mockserver.codec import json
from mockserver.journal.entry import Entry
from mockserver.journal.journal import Listener
from mockserver.journal.view import View
from mockserver.model import Json

_MEMBERS = (
    "vendor",
    "method",
    "path",
    "status",
    "operation",
    "refusal",
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
_NO_STATUS = "---"
_VIOLATION_MARK = "!"


def log_listeners(style: str, *, numbers: bool = True) -> tuple[Listener, ...]:
    """Return the listeners that log entries to standard error, in the style `text`, `json` or `off`.

    Without `numbers` a text line omits the journal number, like replies without Mock-* headers.
    """
    if style == "off":
        return ()
    render = partial(text_line, numbers=numbers) if style == "text" else json_line
    return (lambda entry: click.echo(render(entry), err=True),)


def text_line(entry: Entry, *, numbers: bool = True) -> str:
    """Return the text line of an entry, see `text_line_of`."""
    return text_line_of(View().short(entry), entry.call.sandbox, numbers=numbers)


def text_line_of(short: Mapping[str, Json], sandbox: str, *, numbers: bool = True) -> str:
    """Format an entry as listed by the control plane.

    The line has vendor, method, path, status, items or operation, milliseconds, sandbox, number, rules,
    fault, and `!` for a contract violation.
    """
    status = _NO_STATUS if short["status"] is None else str(short["status"])
    parts = [
        f"{short['vendor']} {short['method']} {_escape_path(short['path'])} {status}",
        _item_counts(short) or short["refusal"] or short["operation"] or "",
        f"{short['durationMillis']:.0f} ms",
        f"[{sandbox}]",
        f"#{short['number']}" if numbers and short["number"] else "",
        _scenario_effects(short),
    ]
    return "  ".join(part for part in parts if part)


def json_line(entry: Entry) -> str:
    """Return the same facts as one JSON object."""
    short = View().short(entry)
    facts: dict[str, Json] = {name: short[name] for name in _MEMBERS}
    return json.encode({**facts, "sandbox": entry.call.sandbox}).decode()


def _item_counts(short: Mapping[str, Json]) -> str:
    if not (total := short["items"]):
        return ""
    shares = " ".join(f"{count:,} {action}" for action, count in short["outcomes"].items())
    warned = f" {short['warned']:,} warned" if short["warned"] else ""
    return f"{total:,} item{'' if total == 1 else 's'}: {shares}{warned}"


def _scenario_effects(short: Mapping[str, Json]) -> str:
    """Return the applied rules, the fault, and the mark of a contract violation."""
    fault = f"~{short['fault']}" if short["fault"] else ""
    return " ".join(filter(None, (*short["applied"], fault, _VIOLATION_MARK if short["offContract"] else "")))


def _escape_path(path: str) -> str:
    return path.encode("unicode_escape").decode()
