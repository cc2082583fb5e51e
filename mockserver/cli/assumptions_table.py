"""Find assumptions, here or on a running server, and write them as a table, a list or JSON."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.cli.control_plane import connected
from mockserver.cli.options import EXIT_USAGE, fail
from mockserver.cli.server_options import ServerOptions
from mockserver.cli.suggestions import nearest, shown
from mockserver.codec import json
from mockserver.engine.registry import discover_vendors, list_assumptions

_GAP = "  "
_NARROWEST = 20
_MARK = "*"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which assumptions, and whose values: those of the server at `url`, None: the defaults."""

    vendors: tuple[str, ...]
    search: str
    url: str | None
    sandbox: str
    token: str


@dataclass(frozen=True, slots=True)
class Shape:
    """How the list is written; `on_server` adds the value that is set there."""

    as_json: bool
    verbose: bool
    on_server: bool


def find_assumptions(wanted: Wanted) -> list[dict[str, Any]]:
    """Return the assumptions, each as the control plane lists it.

    Exits with status 2 if nothing fits the search, 3 without a server, 4 if it refuses.
    """
    if wanted.url is None:
        listed: list[Any] = list_assumptions(discover_vendors(only=wanted.vendors))
    else:
        server = ServerOptions(wanted.url, wanted.sandbox, json=False, token=wanted.token)
        with connected(server) as control:
            listed = control.here("GET", "/assumptions")
    found = [
        one
        for one in listed
        if (not wanted.vendors or one["id"].partition(".")[0] in wanted.vendors)
        and wanted.search.casefold() in _searched(one)
    ]
    if not found:
        words = {word for one in listed for word in one["id"].replace(".", "_").split("_")}
        near = nearest(wanted.search, words)
        cure = f"mockserver assumptions --search {near}" if near else "mockserver assumptions"
        fail(
            f"no assumption has the text {shown(wanted.search)}",
            f"--search {shown(wanted.search)}",
            cure,
            EXIT_USAGE,
        )
    return found


def rendered(found: Sequence[dict[str, Any]], shape: Shape) -> Iterator[str]:
    """Yield the lines of the list."""
    if shape.as_json:
        yield json.encode(found).decode()
    elif shape.verbose:
        for one in found:
            yield from _paragraph(one, shape)
    else:
        yield from _table(found, shape)


def _searched(one: dict[str, Any]) -> str:
    values = (one["default"], *one["alternatives"])
    return " ".join((one["id"], *values, one["meaning"], one["source"])).casefold()


def _table(found: Sequence[dict[str, Any]], shape: Shape) -> Iterator[str]:
    value = ["value"] if shape.on_server else []
    rows = [["assumption", *value, "default", "or", "what it decides"]]
    rows += [
        [
            one["id"],
            *([_marked(one)] if shape.on_server else []),
            one["default"],
            _others(one),
            one["meaning"],
        ]
        for one in found
    ]
    columns = shutil.get_terminal_size((100, 24)).columns
    widths = [min(max(len(row[i]) for row in rows), columns // 4) for i in range(len(rows[0]) - 1)]
    last = max(columns - sum(widths) - len(_GAP) * len(widths), _NARROWEST)
    for row in rows:
        cells = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, [*widths, last], strict=True)]
        for line in range(max(map(len, cells))):
            parts = [cell[line] if line < len(cell) else "" for cell in cells]
            padded = [part.ljust(width) for part, width in zip(parts, [*widths, 0], strict=True)]
            yield _GAP.join(padded).rstrip()


def _paragraph(one: dict[str, Any], shape: Shape) -> Iterator[str]:
    now = f"{_GAP}now {_marked(one)}" if shape.on_server else ""
    yield f"{one['id']}{now}{_GAP}default {one['default']}{_GAP}or {_others(one)}"
    columns = shutil.get_terminal_size((100, 24)).columns
    for text in (one["meaning"], f"source: {one['source']}"):
        yield from textwrap.wrap(
            text, max(columns - 4, _NARROWEST), initial_indent="    ", subsequent_indent="    "
        )


def _marked(one: dict[str, Any]) -> str:
    return f"{one['value']}{'' if one['value'] == one['default'] else _MARK}"


def _others(one: dict[str, Any]) -> str:
    examples = ", ".join(one["alternatives"])
    return f"{examples} …" if one["pattern"] else examples
