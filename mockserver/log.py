"""The terminal's log: exactly one line a call, bodies never."""

from __future__ import annotations

import click

from mockserver.codec import json
from mockserver.journal import Entry, Listener
from mockserver.model import Json


def listener(style: str) -> tuple[Listener, ...]:
    """What writes each entry to standard error: `text`, `json`, or nothing for `off`."""
    if style == "off":
        return ()
    line = text_line if style == "text" else json_line
    return (lambda entry: click.echo(line(entry), err=True),)


def text_line(entry: Entry) -> str:
    """Vendor, method, path, status, items or operation, milliseconds, sandbox, number."""
    call = entry.call
    parts = [
        f"{call.vendor} {call.method} {_shown(call.path)} {entry.reply.status}",
        _items(entry) or entry.refusal or entry.operation or "",
        f"{entry.duration_ms:.0f} ms",
        f"[{call.sandbox}]",
        f"#{entry.number}",
    ]
    return "  ".join(part for part in parts if part)


def json_line(entry: Entry) -> str:
    """The same facts as one JSON object."""
    call, counts = entry.call, dict(entry.decided.counts)
    facts: dict[str, Json] = {
        "vendor": call.vendor,
        "method": call.method,
        "path": call.path,
        "status": entry.reply.status,
        "operation": entry.operation,
        "refusal": entry.refusal,
        "items": sum(counts.values()),
        "outcomes": counts,
        "durationMillis": round(entry.duration_ms, 3),
        "sandbox": call.sandbox,
        "number": entry.number,
    }
    return json.encode(facts).decode()


def _items(entry: Entry) -> str:
    counts = entry.decided.counts
    if not (total := sum(counts.values())):
        return ""
    shares = " ".join(f"{count} {action}" for action, count in counts.items())
    return f"{total:,} item{'' if total == 1 else 's'}: {shares}"


def _shown(path: str) -> str:
    return path.encode("unicode_escape").decode()
