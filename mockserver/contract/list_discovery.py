"""Lists found in a spec and in answers: paging, filters, identity, counts and links."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from string import Formatter
from typing import Any
from urllib.parse import parse_qsl

from msgspec.structs import replace

from mockserver import model
from mockserver.codec.http import sent_type
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Request, Response, read_json
from mockserver.contract.profile import BatchProfile
from mockserver.contract.profile_reads import Counted, Link, ListFilter, ListProfile, Paging
from mockserver.model import Document, Value, parse_pointer, pointer_of
from mockserver.spec.openapi import Operation, Parameter, Spec, plain, resolve
from mockserver.spec.paging_words import CURSORS, OFFSETS, PAGES, SIZES

_POSITIONS: Mapping[Paging, tuple[str, ...]] = {"cursor": CURSORS, "page": PAGES, "offset": OFFSETS}
_MOST_ROWS = 10_000
"""Maximum page size that is taken from a spec. A larger number only tells the range of the type."""

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


class FoundList(Value, frozen=True):
    """A list operation, and how it is called."""

    operation: Operation
    profile: ListProfile
    query: Mapping[str, str]
    headers: Mapping[str, str]
    batch: BatchProfile | None = None
    """The batch that stores the list's rows, if any."""
    above: FoundList | None = None
    """The list whose rows give the parameter of the path, None if the path has no parameter."""


def find_lists(api: ApiUnderTest, batches: tuple[BatchProfile, ...]) -> Iterator[FoundList]:
    """Yield the lists of profile, batches and spec, then the lists that belong to a record of a list."""
    listed = _listed(api, batches)
    reads = [operation for operation in api.spec.operations.values() if operation.method == "get"]
    above: dict[str, FoundList] = {}
    for operation in reads:
        if "{" not in operation.path and (found := _found(api, operation, *listed.get(operation.id, ()))):
            above[operation.path] = found
            yield found
    for operation in reads:
        prefix, _, rest = operation.path.partition("/{")
        is_below = prefix in above and rest and "{" not in rest and not rest.endswith("}")
        if is_below and (found := _found(api, operation, above=above[prefix])):
            yield found


def _found(
    api: ApiUnderTest,
    operation: Operation,
    batch: BatchProfile | None = None,
    request: Request | None = None,
    above: FoundList | None = None,
) -> FoundList | None:
    """Return an operation's list; None if the operation is no list or a required query value is unknown."""
    stated = next((one for one in api.profile.lists if one.operation == operation.id), None)
    if stated is None and batch is None and not _shows_rows(api.spec, operation):
        return None
    profile = _from_spec(operation, stated or ListProfile(operation.id))
    query = _query(api, profile, request)
    if any(one.required and one.place == "query" and one.name not in query for one in operation.parameters):
        return None
    name = operation.json_content("200")[0]
    headers = {**({"accept": sent_type(name)} if name else {}), **(request.headers if request else {})}
    return FoundList(operation, profile, query, above.headers if above else headers, batch, above)


def _listed(
    api: ApiUnderTest, batches: tuple[BatchProfile, ...]
) -> Mapping[str, tuple[BatchProfile, Request]]:
    """Return for each list operation a batch that stores (preferably creates) rows, and the list request."""
    found: dict[str, tuple[BatchProfile, Request]] = {}
    for batch in sorted(batches, key=lambda one: (not one.creates, one.prepare is not None)):
        if batch.listing is None:
            continue
        request = batch.listing(0)
        if operation := api.operation_of(Request("GET", request.path)):
            found.setdefault(operation, (batch, request))
    return found


def _query(api: ApiUnderTest, profile: ListProfile, request: Request | None) -> Mapping[str, str]:
    """Return the query of every call: the profile's, else that of `request` without paging and order."""
    if profile.query is not None:
        return {name: _filled(text, api.facts) for name, text in profile.query.items()}
    named = parse_qsl(request.query) if request else []
    paging = {profile.position, profile.size, *(order.parameter for order in profile.orders)}
    return {name: text for name, text in named if name not in paging}


def _filled(text: str, facts: Mapping[str, str]) -> str:
    names = {name for _, name, _, _ in Formatter().parse(text) if name}
    return text.format(**{name: facts.get(name, "") for name in names})


def _from_spec(operation: Operation, stated: ListProfile) -> ListProfile:
    """Complete the profile from the names and schemas of the operation's parameters."""
    asked = {
        plain(parameter.name): parameter for parameter in operation.parameters if parameter.place == "query"
    }
    paging, position = stated.paging, stated.position
    if not paging:
        paging, position = _position(asked)
    size = stated.size or next((asked[name].name for name in SIZES if name in asked), "")
    size = size if paging != "none" else ""
    by_name = {parameter.name: parameter.schema for parameter in operation.parameters}
    sized, placed = by_name.get(size, {}), by_name.get(position, {})
    return replace(
        stated,
        paging=paging,
        position=position,
        size=size,
        first=_first(paging, placed) if stated.first is None else stated.first,
        largest=stated.largest or _bounded(sized.get("maximum")),
        usual=stated.usual or _bounded(sized.get("default")),
        filters=stated.filters or _filters(operation, {position, size}),
    )


def _position(asked: Mapping[str, Parameter]) -> tuple[Paging, str]:
    for paging, names in _POSITIONS.items():
        for name in names:
            if name in asked:
                return paging, asked[name].name
    return "", ""


def _first(paging: Paging, schema: Document) -> int:
    """Return the first page's number: 0 for offsets, else a `default` or `minimum` of 0 or 1, else 1."""
    if paging == "offset":
        return 0
    stated = (schema.get("default"), schema.get("minimum"))
    return next((int(one) for one in stated if one in {0, 1} and not isinstance(one, bool)), 1)


def _bounded(number: Any) -> int:
    return number if isinstance(number, int) and 0 < number <= _MOST_ROWS else 0


def _filters(operation: Operation, paging: set[str]) -> tuple[ListFilter, ...]:
    """Return the parameters that may be filters. The `member` of each filter is empty until rows are read."""
    return tuple(
        ListFilter(parameter.name, "", selects="like", unknown=_unknown(parameter.schema))
        for parameter in operation.parameters
        if parameter.place == "query"
        and not parameter.required
        and parameter.name not in paging
        and _is_plain(parameter.schema)
    )


def _is_plain(schema: Document) -> bool:
    """Return whether a value of the schema has only one spelling."""
    if schema.get("format") not in {None, "uuid", "int32", "int64"} or "pattern" in schema:
        return False
    return schema.get("type") in {"string", "integer", "boolean"}


def _unknown(schema: Document) -> str:
    if schema.get("type") != "string" or {"enum", "format", "pattern", "maxLength"} & set(schema):
        return ""
    return "no-such-value"


def _shows_rows(spec: Spec, operation: Operation) -> bool:
    """Return whether the operation has a paging parameter, and its answer is or has one list of objects."""
    schema = resolve(spec.document, operation.json_content("200")[1].get("schema", {}))
    members = [schema, *schema.get("properties", {}).values()]
    found = [resolve(spec.document, member) for member in members if isinstance(member, Mapping)]
    rows = [one for one in found if one.get("type") == "array" and _is_object(spec, one.get("items", {}))]
    asked = {plain(parameter.name) for parameter in operation.parameters if parameter.place == "query"}
    return len(rows) == 1 and not asked.isdisjoint((*SIZES, *CURSORS, *PAGES, *OFFSETS))


def _is_object(spec: Spec, node: Document) -> bool:
    schema = resolve(spec.document, node)
    return "properties" in schema or "allOf" in schema


def find_rows(document: Any) -> str | None:
    """Return the pointer to the rows of an answer, or None if it is unclear which member has the rows."""
    if isinstance(document, list):
        return ""
    if not isinstance(document, Mapping):
        return None
    lists = [
        name
        for name, value in document.items()
        if isinstance(value, list) and all(isinstance(one, Mapping) for one in value)
    ]
    named = [name for name in lists if plain(name) in _ROWS]
    found = named if len(named) == 1 else lists
    return pointer_of((found[0],)) if len(found) == 1 else None


def complete(
    profile: ListProfile, response: Response, rows: Sequence[Any], key: Sequence[str]
) -> ListProfile:
    places = {plain(name): place for place, name, _ in _values(response)}
    links = profile.links or _links(response)
    cursor = profile.cursor or next((places[name] for name in _CURSORS if name in places), "")
    is_known = profile.paging and (profile.paging != "cursor" or cursor)
    return replace(
        profile,
        paging="link" if "next" in links and not is_known else profile.paging,
        cursor=cursor if profile.paging == "cursor" else "",
        identity=profile.identity or _identity(rows, key),
        links=links,
        counts=profile.counts or _counts(response),
        filters=tuple(_known_filters(profile.filters, rows)),
    )


def _values(response: Response) -> Iterator[tuple[str, str, Any]]:
    """Yield place, name and value of members and headers that may describe the page."""
    document = read_json(response.body)
    for name, value in document.items() if isinstance(document, Mapping) else ():
        yield pointer_of((name,)), name, value
        if isinstance(value, Mapping):
            yield from ((pointer_of((name, inner)), inner, one) for inner, one in value.items())
    for header, text in response.headers.items():
        yield header, header, text
        found = read_json(text) if header in _IN_HEADERS else None
        if isinstance(found, Mapping):
            yield from ((f"{header}#{pointer_of((inner,))}", inner, one) for inner, one in found.items())


def _counts(response: Response) -> Mapping[Counted, str]:
    found: dict[Counted, str] = {}
    for place, name, value in _values(response):
        is_number = isinstance(value, int) or (isinstance(value, str) and value.isdecimal())
        for meaning, names in _COUNTS.items():
            if is_number and not isinstance(value, bool) and plain(name) in names:
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
            if is_link and plain(name) in names:
                found.setdefault(link, target)
    for link in ("next", "prev", "first", "last"):
        if link_in_header(response, link):
            found.setdefault(link, "link")
    return found


def link_in_header(response: Response, relation: str) -> str:
    """Return the URL of a relation in the header `Link`, or "" if the header lacks the relation."""
    pattern = rf'<([^>]*)>[^,]*;\s*rel="?{relation}"?(?:[;,\s]|$)'
    match = re.search(pattern, response.headers.get("link", ""), re.IGNORECASE)
    return match[1] if match else ""


def _identity(rows: Sequence[Any], key: Sequence[str]) -> str:
    """Return the pointer to a key member or id-like member that is different in each row, or else ""."""
    names = [*key, *(name for name in _first_names(rows) if plain(name) in {"id", "key", "uuid"})]
    names += [name for name in _first_names(rows) if name.lower().endswith(("id", "key", "number"))]
    for name in names:
        values = [value_in(row, pointer_of((name,))) for row in rows]
        if all(isinstance(value, str | int) for value in values) and len(set(values)) == len(values):
            return pointer_of((name,))
    return ""


def _first_names(rows: Sequence[Any]) -> tuple[str, ...]:
    return tuple(rows[0]) if rows and isinstance(rows[0], Mapping) else ()


def _known_filters(filters: Sequence[ListFilter], rows: Sequence[Any]) -> Iterator[ListFilter]:
    """Yield the filters with a known member: the stated member, else the member with the parameter's name."""
    members = {plain(name): name for name in _first_names(rows)}
    for one in filters:
        name = members.get(plain(one.parameter))
        if one.member:
            yield one
        elif name is not None:
            yield replace(one, member=pointer_of((name,)))


def value_in(document: Any, pointer: str) -> Any:
    return model.value_at(document, parse_pointer(pointer))


def value_at(response: Response, place: str) -> Any:
    if not place:
        return None
    if place.startswith("/"):
        return value_in(read_json(response.body), place)
    header, mark, pointer = place.partition("#")
    text = response.headers.get(header.lower())
    return text if text is None or not mark else value_in(read_json(text), pointer)


def next_position(profile: ListProfile, pages: int, rows: int, last: Response) -> str:
    """Return number, offset or cursor of the page after `pages` pages with `rows` rows in all, or ""."""
    if profile.paging == "page":
        return str((profile.first or 0) + pages)
    if profile.paging == "offset":
        return str(rows)
    return str(value_at(last, profile.cursor) or "") if profile.paging == "cursor" else ""


def number_at(response: Response, place: str) -> int | None:
    """Return the whole number at a place, even if it is written as text, or None if there is no number."""
    value = value_at(response, place)
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    return int(value) if isinstance(value, int | Decimal) else None


def shown_place(place: str) -> str:
    """Return a place in words: "/total", or "the header x-total-count"."""
    return place if place.startswith("/") else f"the header {place.replace('#/', ', ')}"
