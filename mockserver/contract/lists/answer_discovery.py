"""Find in an answer what the spec does not say of a list: rows, identity, cursor, counts, links, filters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mockserver.contract.exchange import Response
from mockserver.contract.list_profile import Counted, Link, ListFilter, ListProfile
from mockserver.contract.lists.places import json_of, plain_name, value_in
from mockserver.model import pointer_of

_ROWS = ("data", "items", "results", "value", "values", "records", "rows", "content", "entries")
_CURSORS = ("nextcursor", "cursor", "nextpagetoken", "nexttoken", "continuationtoken", "endcursor")
_COUNTS: Mapping[Counted, tuple[str, ...]] = {
    "all": (
        "total", "totalcount", "totalitems", "totalresults", "totalelements", "totalrecords", "totalrows",
        "xtotalcount", "xtotal",
    ),
    "pages": ("totalpages", "pagecount", "pages", "xtotalpages"),
    "number": ("currentpage", "pagenumber"),
    "size": ("pagesize", "perpage"),
    "either": ("count",),
}  # fmt: skip
_LINKS: Mapping[Link, tuple[str, ...]] = {
    "next": ("next", "nextlink", "nextpageurl", "nexturl", "odatanextlink"),
    "prev": ("prev", "previous", "prevpageurl", "previouslink"),
    "first": ("first", "firstpageurl"),
    "last": ("last", "lastpageurl"),
    "self": ("self",),
}
_IN_HEADERS = ("x-pagination", "pagination")


def find_rows(document: Any) -> str | None:
    """Return the pointer to the rows of an answer, None if they cannot be told from other members."""
    if isinstance(document, list):
        return ""
    if not isinstance(document, Mapping):
        return None
    lists = [name for name, value in document.items() if _holds_rows(value)]
    named = [name for name in lists if plain_name(name) in _ROWS]
    found = named if len(named) == 1 else lists
    return pointer_of((found[0],)) if len(found) == 1 else None


def _holds_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, Mapping) for one in value)


def complete(
    profile: ListProfile, response: Response, rows: Sequence[Any], key: Sequence[str]
) -> ListProfile:
    """Return the profile with what an answer with rows shows; `key` are members that identify an item."""
    places = {plain_name(name): place for place, name, _ in _values(response)}
    links = profile.links or _links(response)
    cursor = profile.cursor or next((places[name] for name in _CURSORS if name in places), "")
    return replace(
        profile,
        paging=profile.paging or ("link" if "next" in links else ""),
        cursor=cursor if profile.paging == "cursor" else "",
        identity=profile.identity or _identity(rows, key),
        links=links,
        counts=profile.counts or _counts(response),
        filters=tuple(_filters(profile.filters, rows)),
    )


def _values(response: Response) -> Iterator[tuple[str, str, Any]]:
    """Yield place, name and value of what may describe the page, in the body and in headers."""
    document = json_of(response.body)
    for name, value in document.items() if isinstance(document, Mapping) else ():
        yield pointer_of((name,)), name, value
        if isinstance(value, Mapping):
            yield from ((pointer_of((name, inner)), inner, one) for inner, one in value.items())
    for header, text in response.headers.items():
        yield header, header, text
        found = json_of(text) if header in _IN_HEADERS else None
        if isinstance(found, Mapping):
            yield from ((f"{header}#{pointer_of((inner,))}", inner, one) for inner, one in found.items())


def _counts(response: Response) -> Mapping[Counted, str]:
    found: dict[Counted, str] = {}
    for place, name, value in _values(response):
        is_number = isinstance(value, int) or (isinstance(value, str) and value.isdecimal())
        for meaning, names in _COUNTS.items():
            if is_number and not isinstance(value, bool) and plain_name(name) in names:
                found.setdefault(meaning, place)
    return found


def _links(response: Response) -> Mapping[Link, str]:
    found: dict[Link, str] = {}
    for place, name, value in _values(response):
        if not place.startswith("/"):
            continue
        target = f"{place}/href" if isinstance(value, Mapping) and "href" in value else place
        is_link = target != place or (isinstance(value, str) and re.match(r"https?://|/|\?", value))
        for link, names in _LINKS.items():
            if is_link and plain_name(name) in names:
                found.setdefault(link, target)
    for link in ("next", "prev", "first", "last"):
        if link_in_header(response, link):
            found.setdefault(link, "link")
    return found


def link_in_header(response: Response, relation: str) -> str:
    """Return the target of a relation in the header `Link`, "" without one."""
    pattern = rf'<([^>]*)>[^,]*;\s*rel="?{relation}"?(?:[;,\s]|$)'
    found = re.search(pattern, response.headers.get("link", ""), re.IGNORECASE)
    return found[1] if found else ""


def _identity(rows: Sequence[Any], key: Sequence[str]) -> str:
    """Return the member that identifies a row: the batch's key, else one that is named so and never twice."""
    names = [*key, *(name for name in _first_names(rows) if plain_name(name) in {"id", "key", "uuid"})]
    names += [name for name in _first_names(rows) if name.lower().endswith(("id", "key", "number"))]
    for name in names:
        values = [value_in(row, pointer_of((name,))) for row in rows]
        if all(isinstance(one, str | int) for one in values) and len(set(values)) == len(values):
            return pointer_of((name,))
    return ""


def _first_names(rows: Sequence[Any]) -> tuple[str, ...]:
    return tuple(rows[0]) if rows and isinstance(rows[0], Mapping) else ()


def _filters(filters: Sequence[ListFilter], rows: Sequence[Any]) -> Iterator[ListFilter]:
    """Yield the filters whose member is known, by its name where it is not stated."""
    members = {plain_name(name): name for name in _first_names(rows)}
    for one in filters:
        name = members.get(plain_name(one.parameter))
        if one.member:
            yield one
        elif name is not None:
            yield replace(one, member=pointer_of((name,)))
