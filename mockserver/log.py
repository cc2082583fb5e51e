"""The terminal's log: exactly one line a call, bodies never (people §2c)."""

from __future__ import annotations

from functools import partial

import click

from mockserver.codec import json
from mockserver.journal import Listener
from mockserver.journal.entry import Entry
from mockserver.journal.view import View
from mockserver.model import Json

_FACTS = (
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
_OFF_CONTRACT = "!"


def listener(style: str, *, numbers: bool = True) -> tuple[Listener, ...]:
    """What writes each entry to standard error: `text`, `json`, or nothing for `off`.

    Without `numbers` a text line leaves out the journal's, as an answer does that carries none.
    """
    if style == "off":
        return ()
    line = partial(text_line, numbers=numbers) if style == "text" else json_line
    return (lambda entry: click.echo(line(entry), err=True),)


def text_line(entry: Entry, *, numbers: bool = True) -> str:
    """Vendor, method, path, status, items or operation, milliseconds, sandbox, number, rules, fault, `!`."""
    call = entry.call
    status = _NO_STATUS if entry.status is None else str(entry.status)
    parts = [
        f"{call.vendor} {call.method} {_shown(call.path)} {status}",
        _items(entry) or entry.refusal or entry.operation or "",
        f"{entry.duration_ms:.0f} ms",
        f"[{call.sandbox}]",
        f"#{entry.number}" if numbers and entry.number else "",
        _bent(entry),
    ]
    return "  ".join(part for part in parts if part)


def json_line(entry: Entry) -> str:
    """The same facts as one JSON object."""
    short = View().short(entry)
    facts: dict[str, Json] = {name: short[name] for name in _FACTS}
    return json.encode({**facts, "sandbox": entry.call.sandbox}).decode()


def _items(entry: Entry) -> str:
    counts = entry.decided.counts
    if not (total := sum(counts.values())):
        return ""
    shares = " ".join(f"{count:,} {action}" for action, count in counts.items())
    warned = f" {len(entry.decided.warnings):,} warned" if entry.decided.warnings else ""
    return f"{total:,} item{'' if total == 1 else 's'}: {shares}{warned}"


def _bent(entry: Entry) -> str:
    """What scenarios did to the answer."""
    fault = f"~{entry.fault}" if entry.fault else ""
    return " ".join(filter(None, (*entry.applied, fault, _OFF_CONTRACT if entry.off_contract else "")))


def _shown(path: str) -> str:
    return path.encode("unicode_escape").decode()
