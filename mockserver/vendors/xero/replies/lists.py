"""Select, sort and page the documents of a list."""

import re
from collections.abc import Callable, Iterable, Sequence
from email.utils import parsedate_to_datetime

from mockserver.codec.instants import parse_instant
from mockserver.model import Document, Json, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero.dates import cut_to_seconds
from mockserver.vendors.xero.messages import message_text
from mockserver.vendors.xero.replies.envelope import common_headers, success_reply
from mockserver.vendors.xero.replies.filter_parser import parse_filter
from mockserver.vendors.xero.replies.filters import FilterEntity, find_field, refuse_query

PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000

_ORDER = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_.]*)(?:\s+(ASC|DESC))?\s*", re.IGNORECASE)
_CHANGE_MEMBER = "UpdatedDateUTC"
_SINCE_HEADER = "If-Modified-Since"


def select_documents(
    documents: Iterable[Document], entity: FilterEntity, request: Request, state: State
) -> list[Document]:
    """Return the documents that the call asks for, in the order that it asks for.

    Source: docs/vendors/xero.md#headers-and-parameters, #filters-and-order.

    Raises:
        InvalidCall: `where` or `order` cannot be parsed.
    """
    found = list(documents)
    if since := request.parameters.get(_SINCE_HEADER):
        found = _changed_since(found, since)
    if expression := request.parameters.get("where"):
        predicate = parse_filter(expression, entity)
        found = [one for one in found if predicate(one, state)]
    return _sort_documents(found, entity, request.parameters.get("order") or entity.order, state)


def list_reply(
    plural: str, found: Sequence[Document], show: Callable[[Document], Json], request: Request, state: State
) -> Reply:
    """Return the found documents as a list reply; without newer ones it may be 304 by an assumption.

    Source: docs/vendors/xero.md#headers-and-parameters.
    """
    if _is_unmodified(found, request):
        return _not_modified_reply(request, state)
    return success_reply({plural: [show(one) for one in found]}, request.call, state)


def page_reply(
    plural: str, found: Sequence[Document], show: Callable[[Document], Json], request: Request, state: State
) -> Reply:
    """Return one page and its paging members; an invalid page size becomes the nearest valid one.

    Source: docs/vendors/xero.md#headers-and-parameters, #envelope.
    """
    if _is_unmodified(found, request):
        return _not_modified_reply(request, state)
    page = request.parameters.get("page", 1)
    size = min(max(request.parameters.get("pageSize", PAGE_SIZE), 1), MAX_PAGE_SIZE)
    pagination = {
        "page": page,
        "pageSize": size,
        "pageCount": -(-len(found) // size),
        "itemCount": len(found),
    }
    shown = [show(one) for one in found[(page - 1) * size : page * size]]
    return success_reply({"pagination": pagination, plural: shown}, request.call, state)


def is_page_requested(request: Request) -> bool:
    """Return whether the call names a page or its size."""
    return "page" in request.parameters or "pageSize" in request.parameters


def search_documents(documents: Iterable[Document], term: str, *names: str) -> list[Document]:
    """Return those with `term` in one of the named members, in any letter case."""
    wanted = term.lower()
    return [one for one in documents if any(wanted in str(one.get(name, "")).lower() for name in names)]


def _is_unmodified(found: Sequence[Document], request: Request) -> bool:
    asked = bool(request.parameters.get(_SINCE_HEADER))
    return asked and not found and request.call.assumptions["unmodified"] == "304"


def _not_modified_reply(request: Request, state: State) -> Reply:
    return Reply(304, headers=common_headers(request.call, state))


def _changed_since(found: list[Document], since: str) -> list[Document]:
    iso = since if since[:4].isdigit() else parsedate_to_datetime(since).isoformat()
    threshold = cut_to_seconds(parse_instant(iso).isoformat())
    return [one for one in found if cut_to_seconds(one[_CHANGE_MEMBER]) > threshold]


def _sort_documents(found: list[Document], entity: FilterEntity, order: str, state: State) -> list[Document]:
    """Sorted by one field, ties by id: both sorts are stable and the documents come in the order of ids."""
    parsed = _ORDER.fullmatch(order)
    if parsed is None:
        refuse_query("order", message_text("syntax", at=0))
    field = find_field(parsed[1], entity, parsed.start(1), "order")

    def rank(one: Document) -> tuple[bool, Json]:
        value = field.read(one, state)
        return (value is not None, "" if value is None else value)

    return sorted(found, key=rank, reverse=(parsed[2] or "").upper() == "DESC")
