"""Read operations: filtered and paged lists, single records, deleted records, administrations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import TypeAlias

from mockserver.codec.http import json_reply
from mockserver.codec.instants import parse_instant
from mockserver.errors import InvalidCall, NotFound
from mockserver.model import Document, Json, Reply
from mockserver.sandbox.store import Collection, State
from mockserver.vendor import Handler, Request
from mockserver.vendors.payt import representation
from mockserver.vendors.payt.access import ADMINISTRATIONS, access_refusal, is_visible
from mockserver.vendors.payt.dates import read_instant
from mockserver.vendors.payt.messages import unreadable_value
from mockserver.vendors.payt.records import invoices
from mockserver.vendors.payt.representation import ADMINISTRATION, RecordType

Predicate: TypeAlias = Callable[[Document], bool]
BuildFilters: TypeAlias = Callable[[Document, State], Iterator[Predicate]]

_DEFAULT_PAGE_SIZE = 100
_INVOICE_COLUMNS: Mapping[str, str] = {
    "ids": "id",
    "invoice_numbers": "invoice_number",
    "invoice_identifiers": "invoice_identifier",
    "debtor_ids": "debtor_id",
    "credit_case_ids": "active_credit_case_id",
}
_DEBTOR_COLUMNS: Mapping[str, str] = {
    "debtor_numbers": "debtor_number",
    "debtor_identifiers": "debtor_identifier",
}
_PAYMENT_INVOICE_COLUMNS: Mapping[str, str] = {
    "invoice_numbers": "invoice_number",
    "invoice_identifiers": "invoice_identifier",
    "credit_case_ids": "active_credit_case_id",
    "credit_case_numbers": "active_credit_case_number",
}


def invoice_filters(parameters: Document, state: State) -> Iterator[Predicate]:
    """Yield what the parameters of a list of invoices ask for; paid is what has nothing open (assumed)."""
    yield from _by_names(parameters, _INVOICE_COLUMNS)
    yield from _by_references(parameters, _DEBTOR_COLUMNS, "debtor_id", state.collection("debtors"))
    if (paid := parameters.get("paid")) is not None:
        yield lambda invoice: (invoice["amount_open"] == 0) is paid
    if (most := parameters.get("book_amount_total_lte")) is not None:
        yield lambda invoice: bool(invoice["book_amount_total"] <= most)
    if (least := parameters.get("book_amount_total_gte")) is not None:
        yield lambda invoice: bool(invoice["book_amount_total"] >= least)
    yield from _updated_after(parameters)


def payment_filters(parameters: Document, state: State) -> Iterator[Predicate]:
    """Yield what the parameters of a list of payments ask for."""
    yield from _by_names(parameters, {"ids": "id"})
    yield from _by_references(
        parameters, _PAYMENT_INVOICE_COLUMNS, "invoice_id", state.collection("invoices")
    )
    yield from _updated_after(parameters)


def debtor_filters(parameters: Document, _state: State) -> Iterator[Predicate]:
    """Yield what the parameters of a list of debtors ask for."""
    yield from _by_names(parameters, {"ids": "id", **_DEBTOR_COLUMNS})
    yield from _updated_after(parameters)


def contact_filters(parameters: Document, state: State) -> Iterator[Predicate]:
    """Yield what the parameters of a list of contacts ask for; a debtor has the contact that it names."""
    yield from _by_names(parameters, {"ids": "id", "contact_identifiers": "contact_identifier"})
    tests = list(_by_names(parameters, {"debtor_numbers": "debtor_number"}))
    if tests:
        debtors = [one for one in state.collection("debtors").values() if tests[0](one)]
        codes = {one["contact_identifier"] for one in debtors if one.get("contact_identifier")}
        yield partial(_is_one_of, "contact_identifier", codes)
    yield from _updated_after(parameters)


def no_filters(_parameters: Document, _state: State) -> Iterator[Predicate]:
    """Yield everything."""
    yield from ()


def cut_page(
    records: Iterable[Document], request: Request, collection: Collection, state: State, sequence: str = ""
) -> tuple[list[Document], str | None]:
    """Return one page in the order asked for, else by id, and the cursor of the next one, None on the last.

    `sequence` is where the records' ids were counted, "" where nobody counts them.
    Source: docs/vendors/payt.md#lists (the last cursor is assumed).

    Raises:
        InvalidCall: the cursor is an id that no record ever had, and the assumption counts that.
    """
    parameters = request.parameters
    member, _, way = parameters.get("order", "").rpartition("_")
    place = partial(_sort_key, member)
    rows = sorted(records, key=place, reverse=way == "desc")
    if (cursor := parameters.get("cursor")) is not None:
        if request.call.assumptions["unknown_cursor"] == "refused" and cursor not in collection:
            _check_cursor(cursor, sequence, state)
        last = collection.get(cursor) or {"id": cursor, member: ""}
        rows = [
            row for row in rows if (place(row) < place(last) if way == "desc" else place(row) > place(last))
        ]
    size = parameters.get("per_page", _DEFAULT_PAGE_SIZE)
    shown = rows[:size]
    leads_on = len(rows) > size or request.call.assumptions["last_cursor"] == "last_id"
    return shown, shown[-1]["id"] if shown and leads_on else None


def _check_cursor(cursor: str, sequence: str, state: State) -> None:
    """Raise unless the cursor is the id of a record of this sandbox, deleted or not."""
    counted = state.collection("sequences", "").get(sequence)
    if counted is None or int(cursor) > counted["last"]:
        raise InvalidCall((unreadable_value(("query", "cursor")),))


def _sort_key(member: str, record: Document) -> tuple[str, int]:
    """Return where a record stands; the id orders those of one day."""
    return record[member] if member else "", int(record["id"])


def _by_names(parameters: Document, columns: Mapping[str, str]) -> Iterator[Predicate]:
    for parameter, member in columns.items():
        wanted = {part.strip() for part in parameters.get(parameter, "").split(",")} - {""}
        if wanted:
            yield partial(_is_one_of, member, wanted)


def _by_references(
    parameters: Document, columns: Mapping[str, str], member: str, others: Collection
) -> Iterator[Predicate]:
    """Return the records whose `member` is the id of another record that the parameters name."""
    tests = list(_by_names(parameters, columns))
    if tests:
        yield partial(
            _is_one_of, member, {one["id"] for one in others.values() if all(t(one) for t in tests)}
        )


def _is_one_of(member: str, wanted: set[str], record: Document) -> bool:
    return record.get(member) in wanted


def _updated_after(parameters: Document) -> Iterator[Predicate]:
    if (text := parameters.get("updated_after")) is not None:
        moment = read_instant(text)
        yield lambda record: parse_instant(record["updated_at"]) > moment


AsOfNow: TypeAlias = Callable[[Document, Request, State], Document]
"""A stored record as it is by now."""


def as_stored(record: Document, _request: Request, _state: State) -> Document:
    """Return the record, which time does nothing to."""
    return record


def as_sent_by_now(invoice: Document, request: Request, state: State) -> Document:
    """Return the invoice, which Payt may have sent since it was stored."""
    return invoices.sent_by_now(invoice, state, request.call.assumptions)


def list_handler(kind: RecordType, filters: BuildFilters, now: AsOfNow = as_stored) -> Handler:
    """Return a page of an administration's records.

    Source: docs/vendors/payt.md#lists.
    """

    def handle(request: Request, state: State) -> Reply:
        collection = state.collection(kind.collection)
        tests = tuple(filters(request.parameters, state))
        records = [now(one, request, state) for one in collection.values()]
        wanted = [one for one in records if all(test(one) for test in tests)]
        rows, cursor = cut_page(wanted, request, collection, state, kind.collection)
        return _page_reply(request, kind, rows, cursor, state)

    return handle


def show_handler(kind: RecordType, now: AsOfNow = as_stored) -> Handler:
    """Return one record, by the identifier that `identifier_type` says the path holds.

    Raises:
        NotFound: there is none.
    """

    def handle(request: Request, state: State) -> Reply:
        member = request.parameters.get("identifier_type", "id")
        found = state.collection(kind.collection).find(member, request.parameters["id"])
        if not found:
            raise NotFound(kind.collection, request.parameters["id"])
        record = now(found[0], request, state)
        return json_reply(
            200, representation.represent(record, kind, representation.read_fields(request), state)
        )

    return handle


def list_administrations(request: Request, state: State) -> Reply:
    """Return the administrations that the caller's token reaches.

    Source: docs/vendors/payt.md#tokens, #other-answers.
    """
    collection = state.collection(ADMINISTRATIONS, "")
    records = [
        _with_status_word(one, request)
        for one in collection.values()
        if is_visible(one, request.call.principal, state)
    ]
    rows, cursor = cut_page(records, request, collection, state)
    return _page_reply(request, ADMINISTRATION, rows, cursor, state)


def show_administration(request: Request, state: State) -> Reply:
    """Return one administration.

    Raises:
        Forbidden, NotFound: it is unknown, or not granted to the caller.
    """
    administration_id = str(request.parameters["administration_id"])
    found = state.collection(ADMINISTRATIONS, "").get(administration_id)
    if found is None or not is_visible(found, request.call.principal, state):
        raise access_refusal(administration_id, request.call)
    return json_reply(
        200, representation.represent(_with_status_word(found, request), ADMINISTRATION, None, state)
    )


def _with_status_word(administration: Document, request: Request) -> Document:
    """Return the administration with its status in the word that the assumption chooses.

    Source: docs/vendors/payt.md#administrations.
    """
    if administration["status"] != "inactive":
        return administration
    return {**administration, "status": request.call.assumptions["inactive_word"]}


def _page_reply(
    request: Request, kind: RecordType, rows: list[Document], cursor: str | None, state: State
) -> Reply:
    chosen = representation.read_fields(request)
    data = [representation.represent(row, kind, chosen, state) for row in rows]
    return json_reply(200, {"data": data, "pagination": {"cursor": cursor}})


RepresentDeleted: TypeAlias = Callable[[Document], dict[str, Json]]

_KEPT_FOR = timedelta(days=90)


def deleted_invoice(gone: Document) -> dict[str, Json]:
    """Represent a deleted invoice; its identifier has another name here."""
    return {
        **{name: gone[name] for name in ("id", "administration_id", "debtor_id", "invoice_number")},
        "origin_identifier": gone["invoice_identifier"],
        "deleted_at": gone["deleted_at"],
    }


def deleted_payment(gone: Document) -> dict[str, Json]:
    """Represent a deleted payment."""
    members = ("id", "administration_id", "invoice_id", "origin_identifier", "deleted_at")
    return {name: gone[name] for name in members}


def deleted_list_handler(kind: str, remains: RepresentDeleted) -> Handler:
    """Return a page of an administration's deleted records.

    Source: docs/vendors/payt.md#operations-and-paths.
    """

    def handle(request: Request, state: State) -> Reply:
        after = max(read_instant(request.parameters["deleted_after"]), state.now - _KEPT_FOR)
        before = request.parameters.get("deleted_before")
        until = None if before is None else read_instant(before)
        collection = state.collection(kind)
        rows, cursor = cut_page(
            [
                gone
                for gone in collection.values()
                if after < (at := parse_instant(gone["deleted_at"])) and (until is None or at < until)
            ],
            request,
            collection,
            state,
            kind.removeprefix("deleted_"),
        )
        data = [remains(row) for row in rows]
        return json_reply(200, {"data": data, "pagination": {"cursor": cursor}})

    return handle
