"""Filter, sort and page lists of stored records by parameters with usual names; tell facts about a page."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mockserver.engine.batch_facts import COUNTS
from mockserver.engine.declared_values import value_check
from mockserver.engine.resources import Resource
from mockserver.model import EMPTY, Document, Json
from mockserver.spec.openapi import merged, plain
from mockserver.spec.paging_words import CURSORS, OFFSETS, PAGES, SIZES
from mockserver.vendor import Request

_SORTS = ("sort", "sortby", "orderby", "order")
_DIRECTIONS = ("direction", "sortdirection", "sortorder", "dir")
_RESERVED = frozenset({*SIZES, *OFFSETS, *PAGES, *CURSORS, *_SORTS, *_DIRECTIONS})
_SEARCHES = ("q", "search", "query")
_TOTALS = (
    *("itemstotal", "itemcount", "totalitems", "totalelements", "totalresults", "totalrecords"),
    "totalentries",
)
_PREVIOUS = (
    *("prev", "previous", "prevcursor", "previouscursor", "prevmarker", "prevpage", "previouspage"),
    "before",
)
_NEXT = (
    *("nextcursor", "nextmarker", "nexttoken", "nextpagetoken", "endcursor", "cursor", "next", "nextpage"),
    "after",
)
_ANY_VALUE = ("all", "any", "*")
"""Words of a filter that let every record pass."""

_DOWN = re.compile(r"[: ]desc(ending)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """Parameters of a call that lists records."""

    values: Mapping[str, Json]
    """Values of parameters, by name in the form that `plain` returns."""
    first: int = 1
    """Number of the first page: 0 or 1."""

    def value(self, names: Sequence[str]) -> Any:
        return next((self.values[name] for name in names if name in self.values), None)

    def number(self, names: Sequence[str]) -> int | None:
        found = self.value(names)
        if isinstance(found, Decimal) and found.is_finite() and found == int(found):  # of `type: number`
            found = int(found)
        return found if type(found) is int and found >= 0 else None


def read_query(request: Request) -> Query:
    """Return the sent query parameters, and the defaults of unsent parameters that page or sort the list."""
    values: dict[str, Json] = {}
    first = 1
    for one in (one for one in request.operation.parameters if one.place == "query"):
        name = plain(one.name)
        if one.name in request.parameters:
            values[name] = request.parameters[one.name]
        elif name in _RESERVED and "default" in one.schema:
            values[name] = one.schema["default"]
        if name in PAGES and 0 in (one.schema.get("minimum"), one.schema.get("default")):
            first = 0
    return Query(values, first)


def page_of(
    records: Iterable[Document], query: Query, resource: Resource
) -> tuple[list[Document], Mapping[str, Json]]:
    """Return the page that a call asks for, and the page's facts for an envelope, by `plain` member names.

    A cursor is the key of the last record before the page.
    """
    declared = {plain(name) for name in resource.members}
    ordered = sorted(records, key=lambda one: _rank(resource.key_in(one)))
    found = _sorted(_agreeing(ordered, query, declared), query)
    size = query.number(SIZES)
    length = len(found) if size is None else size
    begin = _begin(found, query, resource, length)
    page = list(found[begin : begin + length])
    cursor = str(resource.key_in(page[-1])) if page and begin + length < len(found) else ""
    return page, {
        **dict.fromkeys((*COUNTS["total"], *_TOTALS), len(found)),
        **dict.fromkeys(("numberofelements", "returned"), len(page)),
        "empty": not page,
        **_facts(query, begin, max(length, 1), len(found)),
        **_facts_of_next(query, cursor),
    }


def with_facts(
    document: Document, node: Document, drawn: Document, facts: Mapping[str, Json]
) -> dict[str, Any]:
    """Return `drawn` with `facts` by `plain` name, at any depth; omit optional members with invalid facts."""
    made: dict[str, Any] = {}
    for name, value in drawn.items():
        schema = merged(document, node.get("properties", EMPTY).get(name, EMPTY))
        if isinstance(value, dict):
            # On the last page, an object that must have the cursor of the next page is left out if it may be.
            needed = (facts.get(plain(one), "") for one in value if one in schema.get("required", ()))
            if name in node.get("required", ()) or None not in needed:
                made[name] = with_facts(document, schema, value, facts)
        elif plain(name) not in facts:
            made[name] = value
        elif value_check(schema)(fact := facts[plain(name)]) or (fact is None and schema.get("nullable")):
            made[name] = fact
        elif name in node.get("required", ()):
            made[name] = "" if fact is None and value_check(schema)("") else value
    return made


def _agreeing(records: Sequence[Document], query: Query, declared: Container[str]) -> Sequence[Document]:
    """Return the records that have the searched text and agree with each parameter named like a member."""
    wanted = {name: one for name, one in query.values.items() if name in declared and name not in _RESERVED}
    wanted = {name: one for name, one in wanted.items() if str(one).lower() not in _ANY_VALUE}
    if isinstance(of_filter := query.values.get("filter"), dict):
        wanted |= {plain(name): one for name, one in of_filter.items()}
    text = query.value(_SEARCHES)
    sought = text.lower() if isinstance(text, str) else ""
    if wanted:
        texts = {name: set(_texts(one)) for name, one in wanted.items()}
        records = [one for one in records if _has_texts(one, texts)]
    if sought:
        records = [
            one
            for one in records
            if any(sought in text.lower() for text in one.values() if isinstance(text, str))
        ]
    return records


def _has_texts(record: Document, texts: Mapping[str, set[str]]) -> bool:
    members = {plain(name): one for name, one in record.items()}
    return not any(wanted.isdisjoint(_texts(members.get(name))) for name, wanted in texts.items())


def _texts(value: Json) -> list[str]:
    return [str(one) for one in (value if isinstance(value, list) else [value])]


def _sorted(records: Sequence[Document], query: Query) -> Sequence[Document]:
    """Return the records, sorted as a parameter such as `sort=-total,name` or `sort=total:desc` says."""
    wanted = query.value(_SORTS)
    if not wanted:
        return records
    names = wanted if isinstance(wanted, list) else str(wanted).split(",")
    is_down = str(query.value(_DIRECTIONS) or "").lower().startswith("desc")
    for text in map(str, reversed(names)):
        name = plain(re.split("[: ]", text.strip())[0])
        known = [{plain(member): one for member, one in record.items()} for record in records]
        if not any(name in members for members in known):
            continue
        reverse = is_down or text.startswith("-") or _DOWN.search(text) is not None
        there = [place for place, members in enumerate(known) if name in members]
        there.sort(key=lambda place: _rank(known[place][name]), reverse=reverse)
        absent = [place for place, members in enumerate(known) if name not in members]
        records = [records[place] for place in (*there, *absent)]
    return records


def _rank(value: Json) -> tuple[int, Any]:
    """Return a key for sorting values of several types."""
    is_number = not isinstance(value, str | bool | list | dict) and value is not None
    return (0, value) if is_number else (1, str(value))


def _begin(records: Sequence[Document], query: Query, resource: Resource, length: int) -> int:
    cursor, page = query.value(CURSORS), query.number(PAGES)
    if cursor is not None and cursor != "":
        keys = [str(resource.key_in(one)) for one in records]
        return keys.index(str(cursor)) + 1 if str(cursor) in keys else len(keys)
    if page is not None:
        return max(0, page - query.first) * length
    return query.number(OFFSETS) or 0


def _facts(query: Query, begin: int, length: int, total: int) -> Mapping[str, Json]:
    """Return facts about the position of a page in the whole list, by `plain` member names of an envelope."""
    return {
        **dict.fromkeys(("limit", "perpage", "pagesize", "size", "maxresults"), length),
        **dict.fromkeys(OFFSETS, begin),
        **dict.fromkeys((*PAGES, "number"), begin // length + query.first),
        **dict.fromkeys(
            ("pages", "pagecount", "totalpages", "pagestotal", "lastpage"), -(-total // length) or 1
        ),
        **dict.fromkeys(_PREVIOUS, None),
        **dict.fromkeys(("hasprevious", "hasprev", "haspreviouspage"), begin > 0),
        **dict.fromkeys(("first", "isfirst"), begin == 0),
    }


def _facts_of_next(query: Query, cursor: str) -> Mapping[str, Json]:
    """Return facts about the next page, by `plain` member names. If `cursor` is "", there is no next page."""
    page = query.number(PAGES)
    return {
        **dict.fromkeys(("hasmore", "hasnext", "hasnextpage", "more"), bool(cursor)),
        **dict.fromkeys(("last", "islast"), not cursor),
        **dict.fromkeys(_NEXT, cursor or None),
        **({"nextpage": page + 1} if cursor and page is not None else {}),
    }
