"""Find assumptions, here or on a running server, and write them as a table, a list or JSON."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.cli.options import EXIT_USAGE, fail, nearest, shown
from mockserver.cli.server import ServerOptions, connected
from mockserver.codec import json
from mockserver.engine.registry import discover_vendors, list_assumptions

_GAP = "  "
_NARROWEST = 24
_WIDEST_VALUE = 24
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
    """Yield the lines of the list; a table where the terminal is wide enough."""
    columns = shutil.get_terminal_size((100, 24)).columns
    if shape.as_json:
        yield json.encode(found).decode()
        return
    rows = _rows(found, shape)
    widths = [max(len(row[0]) for row in rows)]
    widths += [min(max(len(row[i]) for row in rows), _WIDEST_VALUE) for i in range(1, len(rows[0]) - 1)]
    last = columns - sum(widths) - len(_GAP) * len(widths)
    if shape.verbose or last < _NARROWEST:
        for one in found:
            yield from _paragraph(one, shape, columns)
    else:
        yield from _table(rows, [*widths, last])


def _searched(one: dict[str, Any]) -> str:
    values = (one["default"], *one["alternatives"])
    return " ".join((one["id"], *values, one["meaning"], one["source"])).casefold()


def _rows(found: Sequence[dict[str, Any]], shape: Shape) -> list[list[str]]:
    rows = [["assumption", "value", "default", "or", "what it decides"]]
    rows += [[one["id"], _marked(one), one["default"], _others(one), one["meaning"]] for one in found]
    return rows if shape.on_server else [[first, *rest] for first, _, *rest in rows]


def _table(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    for row in rows:
        cells = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, widths, strict=True)]
        for line in range(max(map(len, cells))):
            parts = [cell[line] if line < len(cell) else "" for cell in cells]
            padded = [part.ljust(width) for part, width in zip(parts, widths, strict=True)]
            yield _GAP.join(padded).rstrip()


def _paragraph(one: dict[str, Any], shape: Shape, columns: int) -> Iterator[str]:
    now = f"{_GAP}now {_marked(one)}" if shape.on_server else ""
    head = f"{one['id']}{now}{_GAP}default {one['default']}{_GAP}or {_others(one)}"
    indent = " " * 4
    yield from textwrap.wrap(head, columns, subsequent_indent=indent)
    texts = (one["meaning"], f"source: {one['source']}") if shape.verbose else (one["meaning"],)
    for text in texts:
        yield from textwrap.wrap(text, columns, initial_indent=indent, subsequent_indent=indent)


def _marked(one: dict[str, Any]) -> str:
    return f"{one['value']}{'' if one['value'] == one['default'] else _MARK}"


def _others(one: dict[str, Any]) -> str:
    examples = ", ".join(one["alternatives"])
    return f"{examples} …" if one["pattern"] else examples
