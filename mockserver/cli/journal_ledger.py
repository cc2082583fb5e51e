"""The ledger as `journal summary` and `journal check` print it, and what a client reported as failed."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from mockserver.cli.options import choices
from mockserver.cli.output import ended_lines, ledger_lines, shorten
from mockserver.cli.server import ServerOptions, connected, end_usage, in_sandbox, write_result
from mockserver.codec import json
from mockserver.errors import MalformedBody
from mockserver.testing.ledger import FIGURES, figure_words

if TYPE_CHECKING:
    from mockserver.model import Document

LISTED = {figure: figure_words(figure).replace(" ", "-") for figure in FIGURES[2:]}
"""Flags of `journal list` by figure of the ledger."""

_MAX_NAMED = 10
"""Maximum number of items of a figure, and of keys, that are printed."""

_STORED = ("created", "updated", "unchanged", "doubled")
"""Ends of items that are stored."""

_DELIMITERS = ",;\t"


def write_ledger(
    server: ServerOptions, figures: Iterable[str], vendor: str, *, is_check: bool, told: Any = None
) -> bool:
    """Write the ledger and the first items of each figure; return whether items were sent, none in a figure.

    Return False if older calls are no longer kept, because they may have such items, or if the client's file
    `told` lacks an item.
    """
    of_vendor = f" --vendor {vendor}" if vendor else ""
    with connected(server) as control:
        ledger = control.here("GET", "/ledger", vendor=vendor)
        lines = list(ledger_lines(ledger, has_money=not is_check))
        wrong, shown = [figure for figure in figures if ledger[figure]["items"]], ledger
        for figure in wrong if is_check or not server.json else ():
            found = control.here("GET", "/journal/items", figure=figure, vendor=vendor)
            shown = {**shown, figure: {**ledger[figure], "found": found}}
            lists = in_sandbox(server, f"mockserver journal list --{LISTED[figure]}{of_vendor}")
            rest = [f"  and {len(found) - _MAX_NAMED:,} more: {lists}"] if len(found) > _MAX_NAMED else []
            lines += [f"{figure_words(figure)}:", *ended_lines(found[:_MAX_NAMED]), *rest]
        if told is not None:
            found = control.here("GET", "/journal/items", vendor=vendor)
            shown = {**shown, "told": _compare_told(server, found, told)}
            lines += _told_lines(shown["told"])
        is_empty = not ledger["sent"]["items"]
        used = [one["name"] for one in control.call("GET", "/sandboxes") if one["calls"]] if is_empty else []
    is_quiet = told is not None and shown["told"]["keptQuiet"]
    passed = not (wrong or is_quiet or is_empty or ledger["dropped"])
    if is_empty:
        places = f"; calls are in {shorten(', '.join(used), 200)}" if used else ""
        lines.append(f"no item was sent in {server.sandbox}{of_vendor and f' to {vendor}'}{places}")
    if passed and is_check:
        said = (f"none {figure_words(one)}{' (by key)' if one == 'doubled' else ''}" for one in figures)
        report = "the client's own report was not asked (--told FILE)"
        if told is not None:
            report = "the client's report has each item that is not stored"
        lines.append(f"ok: {', '.join(said)}; {report}")
    write_result(server, {**shown, "passed": passed} if is_check else ledger, lines)
    return passed


def _compare_told(server: ServerOptions, items: Sequence[Document], file: Any) -> Document:
    """Return the items that are not stored and that the client's file does not name, and what it names."""
    ends = {str(name): one["end"] for one in items for name in (one.get("name"), one["key"]) if name}
    try:
        keys = read_told_keys(file.read(), ends.keys())
    except (MalformedBody, UnicodeDecodeError, csv.Error) as error:
        detail = f"the keys cannot be read: {shorten(str(error), 200)}"
        name = getattr(file, "name", "-")
        end_usage(server, "no-document", detail, f"--told {name}", "a file with a key in each line")
    unstored = [one for one in items if one["end"] not in (*_STORED, "phantom")]
    return {
        "keptQuiet": [one for one in unstored if {one.get("name"), one["key"]}.isdisjoint(keys)],
        "stored": [key for key in keys if ends.get(key) in _STORED],
        "neverSent": [key for key in keys if key not in ends],
    }


def _told_lines(told: Document) -> Iterator[str]:
    if quiet := told["keptQuiet"]:
        yield "not stored, and not in the client's report:"
        yield from ended_lines(quiet[:_MAX_NAMED])
        if len(quiet) > _MAX_NAMED:
            yield f"  and {len(quiet) - _MAX_NAMED:,} more: --json has all"
    for member, words in (("stored", "stored"), ("neverSent", "never sent")):
        if keys := told[member]:
            yield f"in the client's report as failed, but {words}: {choices(keys, _MAX_NAMED)}"


def read_told_keys(text: str, known: AbstractSet[str]) -> list[str]:
    """Return the keys in the order of the file; `known` are the keys of the items that were sent.

    The keys are in the column of CSV, or in the member of the objects in a list of JSON, that has the most
    `known` keys. An object of JSON has the keys as names, or in its only list. Raises MalformedBody.
    """
    rows = list(_read_json(text, known) if text.lstrip()[:1] in ("[", "{") else _read_lines(text, known))
    columns = list(dict.fromkeys(name for row in rows for name in row))
    best = max(columns, key=lambda name: sum(row.get(name) in known for row in rows), default="")
    return list(dict.fromkeys(row[best] for row in rows if row.get(best)))


def _read_json(text: str, known: AbstractSet[str]) -> Iterable[Mapping[object, str]]:
    found = json.decode(text.encode())
    if isinstance(found, dict):
        lists = [one for one in found.values() if isinstance(one, list)]
        found = lists[0] if len(lists) == 1 and known.isdisjoint(found) else list(found)
    for row in found:
        members = row if isinstance(row, dict) else {"": row}
        yield {name: str(one) for name, one in members.items() if one is not None}


def _read_lines(text: str, known: AbstractSet[str]) -> Iterable[Mapping[object, str]]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or lines[0] in known:
        return [{0: line} for line in lines]
    table = list(csv.reader(lines, delimiter=max(_DELIMITERS, key=lines[0].count)))
    first = table[0]
    has_header = known.isdisjoint(first) and (len(first) > 1 or not any(map(str.isdigit, first[0])))
    return [{at: cell.strip() for at, cell in enumerate(row)} for row in table[has_header:]]
