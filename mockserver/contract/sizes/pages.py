"""Read a list page after page, as far as records are expected in it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.list_profile import ListProfile
from mockserver.contract.lists.discovery import find_lists
from mockserver.contract.lists.places import value_at
from mockserver.contract.profile import Record
from mockserver.contract.stateful import sentences
from mockserver.contract.stateful.narrowing import operation_of
from mockserver.contract.stateful.sequence import CallSequence, SequenceContext

_PAGES = 10
"""Most pages that are read after a batch."""


@dataclass(frozen=True, slots=True)
class ReadPages:
    """The rows of the pages that were read, by key, with the first and the last page."""

    first: Exchange
    last: Exchange
    rows: dict[str, Record]


def read_pages(sequence: CallSequence, expected: Collection[str], tenant: int) -> ReadPages | None:
    """Read the list until all expected keys are there, or a page has nothing new; None without an answer."""
    subject = sequence.context.batch_profile
    if subject.listing is None:
        return None
    request = subject.listing(tenant)
    pages = _read(sequence, request, tenant)
    paged = _paging(sequence.context, request)
    if pages is None or paged is None:
        return pages
    for number in range(1, _PAGES):
        if not pages.rows or pages.rows.keys() >= set(expected):
            break
        position = _position(paged, number, pages)
        more = _read(sequence, _at(paged, request, position), tenant) if position else None
        if more is None or more.rows.keys() <= pages.rows.keys():
            break
        pages = ReadPages(pages.first, more.last, {**pages.rows, **more.rows})
    return pages


def _read(sequence: CallSequence, request: Request, tenant: int) -> ReadPages | None:
    listed = sequence.context.batch_profile.listed
    exchange = sequence.call(request, tenant)
    if exchange is None or listed is None:
        return None
    sequence.told.append(f"{sentences.call(exchange.request)} → {exchange.response.status}")
    with sequence.readable(exchange, "the list"):
        return ReadPages(exchange, exchange, dict(listed(exchange)))
    return None


def _paging(context: SequenceContext, request: Request) -> ListProfile | None:
    """Return how the list is paged, None if that is not known."""
    operation = operation_of(context.api.spec, request)
    for one in find_lists(context.api, (context.batch_profile,)):
        if one.operation.id == operation and one.profile.paging in {"page", "offset", "cursor"}:
            return one.profile
    return None


def _position(paged: ListProfile, number: int, pages: ReadPages) -> str:
    """Return where the page after so many begins, "" if there is none."""
    if paged.paging == "page":
        return str((paged.first or 0) + number)
    if paged.paging == "offset":
        return str(len(pages.rows))
    found = value_at(pages.last.response, paged.cursor)
    return "" if found is None or found is False else str(found)


def _at(paged: ListProfile, request: Request, position: str) -> Request:
    """Return the request for the page at a position."""
    path, _, query = request.path.partition("?")
    named = [(name, text) for name, text in parse_qsl(query) if name != paged.position]
    return replace(request, path=f"{path}?{urlencode([*named, (paged.position, position)])}")
