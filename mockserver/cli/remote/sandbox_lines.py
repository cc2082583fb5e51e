"""Lines that describe sandboxes and their differences."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.cli.output import counted, shorten
from mockserver.codec import json
from mockserver.model import Document, Json

_MAX_LINES = 100
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400


def sandbox_row(found: Document) -> tuple[str, ...]:
    """Return name, records, calls, clock and idle time of a sandbox."""
    clock = found["clock"]
    time = f"clock {clock['mode']} {clock['now']}" if clock["mode"] == "frozen" else f"clock {clock['mode']}"
    ahead = f" +{clock['aheadSeconds']:,} s" if clock["aheadSeconds"] and clock["mode"] != "frozen" else ""
    return (
        str(found["name"]),
        counted(found["records"], "record"),
        counted(found["calls"], "call"),
        time + ahead,
        f"idle {_duration(found['idleSeconds'])}",
    )


def difference_lines(found: Document) -> Iterator[str]:
    """Yield a line for each document that was added (+), removed (-) or changed (~), and its changes."""
    lines = list(_all_lines(found))
    yield from lines[:_MAX_LINES]
    if lines[_MAX_LINES:]:
        yield f"… {counted(len(lines) - _MAX_LINES, 'more line')}: --json"
    counts = ", ".join(
        f"{len(found[kind]):,} {kind}" for kind in ("added", "removed", "changed") if found[kind]
    )
    yield f"{counts or 'no difference'}  against {found['against']}"


def _all_lines(found: Document) -> Iterator[str]:
    for sign, kind in (("+", "added"), ("-", "removed")):
        for one in found[kind]:
            yield f"{sign} {_place(one)}  {_value(one['document'])}"
    for one in found["changed"]:
        yield f"~ {_place(one)}"
        for change in one["changes"]:
            yield f"    {change['pointer']}  {_side(change, 'old')} → {_side(change, 'new')}"


def _place(one: Document) -> str:
    return shorten(f"{one['scope']} {one['collection']} {one['key']}", 120)


def _side(change: Document, side: str) -> str:
    return _value(change[side]) if side in change else "absent"


def _value(value: Json) -> str:
    return shorten(json.encode(value).decode(), 100)


def _duration(seconds: int) -> str:
    for size, unit in ((_DAY_S, "d"), (_HOUR_S, "h"), (_MINUTE_S, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
