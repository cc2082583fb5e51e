"""Lists: filtered, sorted, and cut into pages with links between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from urllib.parse import unquote_plus

from mockserver.errors import Rejected
from mockserver.model import Document, Json, Problem
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.guidewire import instants
from mockserver.vendors.guidewire.assumed import PAGE_SIZE
from mockserver.vendors.guidewire.records import PAYEES
from mockserver.vendors.guidewire.render import link

Row = Callable[[Document, Request, State], Json]

_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "eq": lambda found, wanted: found == wanted,
    "ne": lambda found, wanted: found != wanted,
    "lt": lambda found, wanted: found < wanted,
    "gt": lambda found, wanted: found > wanted,
    "le": lambda found, wanted: found <= wanted,
    "ge": lambda found, wanted: found >= wanted,
    "in": lambda found, wanted: found in wanted.split(","),
    "ni": lambda found, wanted: found not in wanted.split(","),
    "sw": lambda found, wanted: found.startswith(wanted),
    "cn": lambda found, wanted: wanted in found,
}
_NEGATIVE = frozenset({"ne", "ni"})


def page(request: Request, documents: Iterable[Document], row: Row, state: State) -> Json:
    """The page of `documents` that the call asks for, as a collection.

    Source: Guidewire fact sheet §1.3, §1.4.
    """
    found = _sorted(request, _filtered(request, documents, state))
    size = request.parameters.get("pageSize", PAGE_SIZE)
    offset = request.parameters.get("pageOffset", 0)
    rows = [row(document, request, state) for document in found[offset : offset + size]]
    collection = {"count": len(rows), "data": rows, "links": _links(request, size, offset, len(found))}
    if request.parameters.get("includeTotal"):
        collection["total"] = len(found)
    return collection


def _filtered(request: Request, documents: Iterable[Document], state: State) -> list[Document]:
    """What keeps all filters."""
    found = list(documents)
    for place, text in enumerate(request.parameters.get("filter", ())):
        field, operator, wanted = _parsed(place, text)
        compare = _OPERATORS[operator]
        found = [
            document
            for document in found
            if (
                operator in _NEGATIVE
                if (value := _value(document, field, state)) is None
                else compare(value, wanted)
            )
        ]
    return found


def _parsed(place: int, text: str) -> tuple[str, str, str]:
    """Field, operator and value of a filter; instants are put into the form in which they are stored."""
    field, operator, value = text.split(":", 2)
    value = value.replace("::", ":")
    if field != "scheduledSendDate":
        return field, operator, value
    moments = [instants.normal(moment) for moment in value.split(",")]
    if None in moments:
        raise Rejected(Problem("bad-format", ("query", "filter", place), rule="filter", found=text))
    return field, operator, ",".join(filter(None, moments))


def _value(document: Document, field: str, state: State) -> str | None:
    if field == "payTo":
        name: str = state.collection(PAYEES)[document["payeeAddressBookUID"]]["displayName"]
        return name
    return document.get(field)


def _sorted(request: Request, documents: list[Document]) -> list[Document]:
    """Sorted by the last field first, so that the first counts most; ids part ties."""
    if "sort" in request.parameters:
        documents.sort(key=lambda document: document["id"])
    for name in reversed(request.parameters.get("sort", ())):
        field = name.removeprefix("-")
        documents.sort(key=lambda document: _rank(document, field), reverse=name != field)
    return documents


def _rank(document: Document, field: str) -> tuple[bool, str | Decimal]:
    value = document.get(field)
    if value is None:
        return False, ""
    return True, Decimal(value) if field == "amount" else value


def _links(request: Request, size: int, offset: int, total: int) -> Json:
    links = {"first": _page_link(request, 0), "self": link(_href(request, request.call.query), "get")}
    if offset + size < total:
        links["next"] = _page_link(request, offset + size)
    if min(offset, total) > 0:
        links["prev"] = _page_link(request, max(0, min(offset, total) - size))
    return {name: links[name] for name in sorted(links)}


def _page_link(request: Request, offset: int) -> Json:
    """The same call from another row on."""
    pairs = [pair for pair in request.call.query.split("&") if pair and not _is_offset(pair)]
    if offset:
        pairs.append(f"pageOffset={offset}")
    return link(_href(request, "&".join(pairs)), "get")


def _is_offset(pair: str) -> bool:
    return unquote_plus(pair.partition("=")[0]) == "pageOffset"


def _href(request: Request, query: str) -> str:
    return request.call.path + ("?" + query if query else "")
