"""The reading operations: lists, and single records.

Source: Payt fact sheet §1.1, §1.3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from mockserver.errors import NotFound
from mockserver.model import Document, Reply
from mockserver.reply import json_reply
from mockserver.store import State
from mockserver.vendor import Handler, Request
from mockserver.vendors.payt import selection, sending
from mockserver.vendors.payt.access import ADMINISTRATIONS, no_access, visible
from mockserver.vendors.payt.entities import ADMINISTRATION, Kind
from mockserver.vendors.payt.lists import Filters, page

Now: TypeAlias = Callable[[Document, Request, State], Document]
"""A stored record as it is by now."""


def as_stored(record: Document, _request: Request, _state: State) -> Document:
    """The record, which time does nothing to."""
    return record


def as_sent(invoice: Document, request: Request, state: State) -> Document:
    """The invoice, which Payt may have sent since it was stored."""
    return sending.as_of(invoice, state, request.call.assumptions)


def listing(kind: Kind, filters: Filters, now: Now = as_stored) -> Handler:
    """A page of an administration's records.

    Source: Payt fact sheet §1.3.
    """

    def handle(request: Request, state: State) -> Reply:
        collection = state.collection(kind.collection)
        tests = tuple(filters(request.parameters, state))
        records = [now(one, request, state) for one in collection.values()]
        wanted = [one for one in records if all(test(one) for test in tests)]
        rows, cursor = page(wanted, request, collection, state, kind.collection)
        return _page(request, kind, rows, cursor, state)

    return handle


def showing(kind: Kind, now: Now = as_stored) -> Handler:
    """One record, by the identifier that `identifier_type` says the path holds.

    Raises:
        NotFound: there is none.
    """

    def handle(request: Request, state: State) -> Reply:
        member = request.parameters.get("identifier_type", "id")
        found = state.collection(kind.collection).find(member, request.parameters["id"])
        if not found:
            raise NotFound(kind.collection, request.parameters["id"])
        record = now(found[0], request, state)
        return json_reply(200, selection.show(record, kind, selection.read(request), state))

    return handle


def list_administrations(request: Request, state: State) -> Reply:
    """The administrations that the caller's token reaches.

    Source: Payt fact sheet §1.4, §2.9.
    """
    collection = state.collection(ADMINISTRATIONS, "")
    records = [
        _called(one, request) for one in collection.values() if visible(one, request.call.principal, state)
    ]
    rows, cursor = page(records, request, collection, state)
    return _page(request, ADMINISTRATION, rows, cursor, state)


def show_administration(request: Request, state: State) -> Reply:
    """One administration.

    Raises:
        Forbidden, NotFound: it is unknown, or not granted to the caller.
    """
    administration_id = str(request.parameters["administration_id"])
    found = state.collection(ADMINISTRATIONS, "").get(administration_id)
    if found is None or not visible(found, request.call.principal, state):
        raise no_access(administration_id, request.call)
    return json_reply(200, selection.show(_called(found, request), ADMINISTRATION, None, state))


def _called(administration: Document, request: Request) -> Document:
    """The administration with its status in the word that the switch chooses.

    Source: Payt fact sheet §5.8.
    """
    if administration["status"] != "inactive":
        return administration
    return {**administration, "status": request.call.assumptions["inactive_word"]}


def _page(request: Request, kind: Kind, rows: list[Document], cursor: str | None, state: State) -> Reply:
    chosen = selection.read(request)
    data = [selection.show(row, kind, chosen, state) for row in rows]
    return json_reply(200, {"data": data, "pagination": {"cursor": cursor}})
