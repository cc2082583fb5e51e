"""Lists of stored records by the usual names of parameters: filtered, sorted, cut, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.engine.declared_values import COUNTS, SchemaFilling, value_check
from mockserver.model import EMPTY, Document, Json
from mockserver.spec.openapi import plain

_SIZES = ("limit", "perpage", "pagesize", "size", "count", "maxresults", "top", "first")
_OFFSETS = ("offset", "skip", "start", "startat")
_PAGES = ("page", "pagenumber", "pageindex")
_CURSORS = ("cursor", "after", "startingafter", "pagetoken", "nexttoken", "marker", "continuationtoken")
_SORTS = ("sort", "sortby", "orderby", "order")
_DIRECTIONS = ("direction", "sortdirection", "sortorder", "order", "dir")
_SEARCHES = ("q", "search", "query", "filter")
_TOTALS = ("itemstotal", "itemcount", "totalitems", "totalresults", "totalrecords")
_PREVIOUS = ("prev", "previous", "prevcursor", "previouscursor", "prevmarker", "prevpage", "previouspage")
_NEXT = ("nextcursor", "nextmarker", "nexttoken", "nextpagetoken", "endcursor", "cursor", "next", "nextpage")


@dataclass(frozen=True, slots=True)
class Page:
    """The records of a page; `facts` are what an envelope may tell of it, by plain names of members."""

    records: list[Document]
    facts: Mapping[str, Json]


def page_of(records: Sequence[Document], parameters: Mapping[str, Json], key: str) -> Page:
    """The page that the parameters of a call ask for; a cursor is the key of the last record before it."""
    query = {plain(name): one for name, one in parameters.items()}
    found = _sorted([one for one in records if _agrees(one, query)], query)
    page = _cut(found, query, key)
    is_last = not page or found[-1:] == page[-1:]
    return Page(list(page), _facts_of_page(query, len(found), "" if is_last else str(page[-1][key])))


def with_facts(
    filling: SchemaFilling, node: Document, drawn: Document, facts: Mapping[str, Json]
) -> dict[str, Any]:
    """The drawn envelope of a list with what is known of the page, in its objects too."""
    made: dict[str, Any] = {}
    for name, value in drawn.items():
        schema = filling.merged(node.get("properties", EMPTY).get(name, EMPTY))
        if isinstance(value, dict):
            made[name] = with_facts(filling, schema, value, facts)
        elif plain(name) not in facts:
            made[name] = value
        elif value_check(schema)(fact := facts[plain(name)]) or (fact is None and schema.get("nullable")):
            made[name] = fact
        elif name in node.get("required", ()):
            made[name] = "" if fact is None and value_check(schema)("") else value
    return made


def _first(query: Document, names: Sequence[str]) -> Any:
    return next((query[name] for name in names if name in query), None)


def _agrees(record: Document, query: Document) -> bool:
    """Whether a record agrees with the parameters that have the name of a member, and has the text sought."""
    members = {plain(name): one for name, one in record.items()}
    for name, wanted in query.items():
        value = members.get(name, wanted)
        if value != wanted and not (isinstance(wanted, list) and value in wanted):
            return False
    text = str(_first(query, _SEARCHES) or "").lower()
    return not text or any(text in one.lower() for one in record.values() if isinstance(one, str))


def _sorted(records: Sequence[Document], query: Document) -> Sequence[Document]:
    """The records by the members that a parameter such as `sort=-total,name` or `sort=total:desc` names."""
    wanted = _first(query, _SORTS)
    names = wanted if isinstance(wanted, list) else str(wanted or "").split(",")
    is_down = str(_first(query, _DIRECTIONS) or "").lower().startswith("desc")
    for text in reversed(names):
        name = plain(text.partition(":")[0].partition(" ")[0])
        known = [{plain(member): one for member, one in record.items()} for record in records]
        if not name or not all(name in members for members in known):
            continue
        reverse = is_down or text.startswith("-") or text.lower().endswith("desc")
        order = sorted(range(len(records)), key=lambda one: _rank(known[one][name]), reverse=reverse)
        records = [records[one] for one in order]
    return records


def _rank(value: Json) -> tuple[int, Any]:
    """A key for sorting values of several types."""
    is_number = not isinstance(value, str | bool | list | dict) and value is not None
    return (0, value) if is_number else (1, str(value))


def _cut(records: Sequence[Document], query: Document, key: str) -> Sequence[Document]:
    size, offset, page = (_first(query, names) for names in (_SIZES, _OFFSETS, _PAGES))
    length = size if isinstance(size, int) and size >= 0 else len(records)
    begin = offset if isinstance(offset, int) and offset > 0 else 0
    if isinstance(page, int) and page > 1:
        begin = (page - 1) * length
    cursor = _first(query, _CURSORS)
    if cursor is not None:
        keys = [str(one[key]) for one in records]
        begin = keys.index(str(cursor)) + 1 if str(cursor) in keys else 0
    return records[begin : begin + length]


def _facts_of_page(query: Document, total: int, cursor: str) -> Document:
    """What an envelope may tell of a page, by the plain names of its members; `cursor` "" is the end."""
    size, offset, page = (_first(query, names) for names in (_SIZES, _OFFSETS, _PAGES))
    length = size if isinstance(size, int) and size > 0 else max(total, 1)
    begin = offset if isinstance(offset, int) else 0
    return {
        **dict.fromkeys(("limit", "perpage", "pagesize"), length),
        **dict.fromkeys(("offset", "skip"), begin),
        **dict.fromkeys(("page", "pagenumber", "currentpage"), page or begin // length + 1),
        **dict.fromkeys(("pages", "pagecount", "totalpages", "pagestotal"), -(-total // length) or 1),
        **dict.fromkeys((*COUNTS["total"], *_TOTALS), total),
        **dict.fromkeys(_PREVIOUS, None),
        **dict.fromkeys(("hasmore", "hasnext", "hasnextpage", "more"), bool(cursor)),
        **dict.fromkeys(_NEXT, cursor or None),
        **{name: query[name] for name in (*_SIZES, *_OFFSETS, *_PAGES) if isinstance(query.get(name), int)},
    }
