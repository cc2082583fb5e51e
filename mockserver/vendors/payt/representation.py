"""Records in replies: lists, pages, single and deleted ones, the `fields` parameter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TypeAlias

from mockserver.codec import json
from mockserver.codec.http import json_reply
from mockserver.codec.instants import parse_instant
from mockserver.errors import InvalidCall, NotFound
from mockserver.model import Document, Json, Reply, Value
from mockserver.sandbox.store import Collection, State
from mockserver.vendor import Handler, Request
from mockserver.vendors.payt import invoices
from mockserver.vendors.payt.access import ADMINISTRATIONS, access_refusal, is_visible
from mockserver.vendors.payt.amounts_and_dates import (
    ZERO,
    exact_arithmetic,
    print_amount,
    print_optional_amount,
    read_instant,
)
from mockserver.vendors.payt.messages import unreadable_value

Entity: TypeAlias = dict[str, Json]
Represent: TypeAlias = Callable[[Document, State], Entity]

_SITE = "https://app.example.com"
_INVOICE_INSTANTS = (
    "sent_at",
    "pre_reminder_at",
    "first_reminder_at",
    "reminder_1_at",
    "reminder_2_at",
    "reminder_3_at",
    "reminder_4_at",
    "latest_reminder_at",
    "final_reminder_at",
    "pre_summons_at",
    "first_summons_at",
    "summons_1_at",
    "summons_2_at",
    "summons_3_at",
    "summons_4_at",
    "latest_summons_at",
    "notice_of_default_at",
    "pre_judicial_at",
    "bailiff_at",
    "collectable_at",
    "debt_collection_at",
    "end_of_service_announcement_at",
    "end_of_service_at",
    "paused_at",
)
_DEBTOR_CONTACTS = (
    "primary_email_address",
    "debtor_provided_email_address",
    "invoice_email_address",
    "invoice_cc_email_address",
    "invoice_bcc_email_address",
    "reminder_email_address",
    "reminder_cc_email_address",
    "reminder_bcc_email_address",
    "call_phone_number",
    "sms_phone_number",
    "paused_at",
    "reminding_paused_at",
)
_ADMINISTRATION_MEMBERS = (
    "id",
    "name",
    "internal_name",
    "status",
    "email_address",
    "contact_name",
    "commercial_registration_number",
    "street_name",
    "house_number",
    "postal_code",
    "city",
    "country_code",
    "timezone",
    "currency_code",
    "administration_url",
    "bank_account_name",
    "bank_account_number",
    "bank_account_bic",
    "vat_number",
    "paused_at",
    "reminding_paused_at",
)


class RecordType(Value, frozen=True):
    collection: str
    shown: Represent
    on_request: Represent


def _invoice(stored: Document, state: State) -> Entity:
    debtor = state.collection("debtors").get(stored["debtor_id"])
    return {
        **_members(stored, "id", "administration_id", "debtor_id"),
        "debtor_number": debtor["debtor_number"] if debtor else None,
        **_members(stored, "invoice_number", "invoice_identifier", "currency_code"),
        # A method that was never given is unknown (assumed).
        "payment_method": stored.get("payment_method") or "unknown",
        **_members(stored, "invoice_date", "due_date", "payment_date"),
        "total_amount": print_amount(stored["amount_total"]),
        "open_amount": print_amount(stored["amount_open"]),
        "book_total_amount": print_amount(stored["book_amount_total"]),
        "book_open_amount": print_amount(stored["book_amount_open"]),
        "administration_costs_total": print_amount(stored["administration_costs_total"]),
        "administration_costs_open": print_amount(stored["administration_costs_open"]),
        **_members(stored, "category", "description", "order_number", "purchase_order_number"),
        **_members(
            stored, "active_credit_case_id", "credit_case_id", "active_payment_plan_id", "payment_plan_id"
        ),
        "paused_by_user": stored.get("paused_by_user", False),
        **_members(stored, *_INVOICE_INSTANTS),
        "updated_at": stored["updated_at"],
    }


def _invoice_on_request(stored: Document, _state: State) -> Entity:
    page = f"{_SITE}/administrations/{stored['administration_id']}/invoices/{stored['id']}"
    return {
        "public_url": f"{_SITE}/portal/invoices/{stored['id']}",
        "deeplink_url": page,
        "flow_code": stored.get("flow_code"),
        "document_url": f"{page}/document" if stored["document"] else None,
        "ubl_document_url": f"{page}/ubl_document" if stored["ubl_document"] else None,
        **_members(stored, "internal_note_email_address", "peppol_identifier"),
        "labels": _labels(stored),
        "invoice_lines": [_line(line) for line in stored["invoice_lines"]],
    }


def _line(line: Document) -> Entity:
    return {
        **_members(line, "description", "vat_rate_code", "vat_percentage"),
        **{
            member: print_optional_amount(line[member])
            for member in ("vat_amount", "total_excl_tax_amount", "total_incl_tax_amount", "product_price")
        },
        **_members(line, "product_unit", "product_quantity", "line_order"),
    }


def _payment(stored: Document, _state: State) -> Entity:
    return {
        **_members(stored, "id", "administration_id", "invoice_id"),
        "total_amount": print_amount(stored["amount"]),
        "total_book_amount": print_amount(stored["book_amount"]),
        **_members(stored, "payment_date", "cost_type", "transaction_type", "payment_method"),
        **_members(stored, "description", "reason", "reversal_code", "updated_at"),
    }


def _payment_on_request(stored: Document, _state: State) -> Entity:
    return _members(stored, "psp_transaction", "bank_transaction")


def _debtor(stored: Document, _state: State) -> Entity:
    address = stored.get("postal_address", {})
    return {
        **_members(stored, "id", "administration_id", "debtor_number", "debtor_identifier", "name"),
        "postal_address": _members(
            address, "city", "country_code", "postal_code", "region", "street_1", "street_2"
        ),
        **_members(stored, "language_code", "vat_number", "coc_number", "relation_manager"),
        "credit_limit_amount": print_optional_amount(stored.get("credit_limit_amount")),
        **_members(stored, *_DEBTOR_CONTACTS),
        "updated_at": stored["updated_at"],
    }


def _debtor_on_request(stored: Document, state: State) -> Entity:
    page = f"{_SITE}/administrations/{stored['administration_id']}/debtors/{stored['id']}"
    return {
        "labels": _labels(stored),
        **_members(stored, "remark", "peppol_identifier", "peppol_enabled"),
        "book_open_amount": print_amount(_book_open(stored, state)),
        **_members(stored, "payment_behaviour"),
        "autogenerated_credit_limit_amount": print_optional_amount(
            stored.get("autogenerated_credit_limit_amount")
        ),
        "external_credit_limit_amount": print_optional_amount(stored.get("external_credit_limit_amount")),
        **_members(stored, "external_credit_limit_currency_code"),
        "public_url": f"{_SITE}/portal/debtors/{stored['id']}",
        "deeplink_url": page,
        **_members(stored, "internal_note_email_address"),
    }


def _book_open(debtor: Document, state: State) -> Decimal:
    with exact_arithmetic():
        open_amounts = (
            invoice["book_amount_open"]
            for invoice in state.collection("invoices").find("debtor_id", debtor["id"])
        )
        return sum(open_amounts, ZERO)


def _administration(stored: Document, _state: State) -> Entity:
    return _members(stored, *_ADMINISTRATION_MEMBERS)


def _administration_on_request(stored: Document, _state: State) -> Entity:
    return _members(stored, "import_origin_identifier", "last_successful_import_at")


def _members(stored: Document, *members: str) -> Entity:
    return {member: stored.get(member) for member in members}


def _labels(stored: Document) -> list[Json]:
    return [{"name": name} for name in stored.get("labels", ())]


INVOICE = RecordType("invoices", _invoice, _invoice_on_request)
PAYMENT = RecordType("payments", _payment, _payment_on_request)
DEBTOR = RecordType("debtors", _debtor, _debtor_on_request)
ADMINISTRATION = RecordType("administrations", _administration, _administration_on_request)


FieldSelection: TypeAlias = list[Json]
"""Names, and `{name: [names]}` for parts of a member."""


def read_fields(request: Request) -> FieldSelection | None:
    """The names in `fields`, None for the ordinary answer; the spec has checked its form."""
    text = request.parameters.get("fields")
    if text is None:
        return None
    named: FieldSelection = json.decode(text.encode())["only"]
    return ["id", *named] if request.call.assumptions["only_fields"] == "with_id" else list(named)


def represent(stored: Document, kind: RecordType, selection: FieldSelection | None, state: State) -> Entity:
    entity = kind.shown(stored, state)
    return entity if selection is None else _select(entity | kind.on_request(stored, state), selection)


def _select(entity: Entity, selection: FieldSelection) -> Entity:
    chosen: Entity = {}
    for wanted in selection:
        parts = wanted if isinstance(wanted, dict) else {wanted: None}
        chosen |= {
            name: _select_member(entity[name], inner) for name, inner in parts.items() if name in entity
        }
    return chosen


def _select_member(value: Json, inner: FieldSelection | None) -> Json:
    if inner is None:
        return value
    if isinstance(value, list):
        return [_select(one, inner) for one in value]
    return _select(value, inner) if isinstance(value, dict) else value


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
    """Filters of a list of invoices; a paid one has nothing open (assumed)."""
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
    yield from _by_names(parameters, {"ids": "id"})
    yield from _by_references(
        parameters, _PAYMENT_INVOICE_COLUMNS, "invoice_id", state.collection("invoices")
    )
    yield from _updated_after(parameters)


def debtor_filters(parameters: Document, _state: State) -> Iterator[Predicate]:
    yield from _by_names(parameters, {"ids": "id", **_DEBTOR_COLUMNS})
    yield from _updated_after(parameters)


def contact_filters(parameters: Document, state: State) -> Iterator[Predicate]:
    """Filters of a list of contacts; a debtor has the contact that it names."""
    yield from _by_names(parameters, {"ids": "id", "contact_identifiers": "contact_identifier"})
    tests = list(_by_names(parameters, {"debtor_numbers": "debtor_number"}))
    if tests:
        debtors = [one for one in state.collection("debtors").values() if tests[0](one)]
        codes = {debtor["contact_identifier"] for debtor in debtors if debtor.get("contact_identifier")}
        yield partial(_is_one_of, "contact_identifier", codes)
    yield from _updated_after(parameters)


def no_filters(_parameters: Document, _state: State) -> Iterator[Predicate]:
    yield from ()


def cut_page(
    records: Iterable[Document], request: Request, collection: Collection, state: State, sequence: str = ""
) -> tuple[list[Document], str | None]:
    """One page in the order asked for, else by id, and the cursor of the next one, None on the last.

    `sequence` counted the records' ids, "" for none. Source: docs/vendors/payt.md#lists (the last cursor is
    assumed). Raises InvalidCall: the cursor was never an id, and the assumption checks that.
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
    counted = state.collection("sequences", "").get(sequence)
    if counted is None or int(cursor) > counted["last"]:
        raise InvalidCall((unreadable_value(("query", "cursor")),))


def _sort_key(member: str, record: Document) -> tuple[str, int]:
    return record[member] if member else "", int(record["id"])


def _by_names(parameters: Document, columns: Mapping[str, str]) -> Iterator[Predicate]:
    for parameter, member in columns.items():
        wanted = {part.strip() for part in parameters.get(parameter, "").split(",")} - {""}
        if wanted:
            yield partial(_is_one_of, member, wanted)


def _by_references(
    parameters: Document, columns: Mapping[str, str], member: str, others: Collection
) -> Iterator[Predicate]:
    """Records whose `member` is the id of another record that the parameters name."""
    tests = list(_by_names(parameters, columns))
    if tests:
        yield partial(
            _is_one_of, member, {other["id"] for other in others.values() if all(t(other) for t in tests)}
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
    return record


def as_sent_by_now(invoice: Document, request: Request, state: State) -> Document:
    """The invoice, perhaps sent by Payt since it was stored."""
    return invoices.sent_by_now(invoice, state, request.call.assumptions)


def list_handler(kind: RecordType, filters: BuildFilters, now: AsOfNow = as_stored) -> Handler:
    """List an administration's records. Source: docs/vendors/payt.md#lists."""

    def handle(request: Request, state: State) -> Reply:
        collection = state.collection(kind.collection)
        tests = tuple(filters(request.parameters, state))
        records = [now(one, request, state) for one in collection.values()]
        wanted = [record for record in records if all(test(record) for test in tests)]
        rows, cursor = cut_page(wanted, request, collection, state, kind.collection)
        return _page_reply(request, kind, rows, cursor, state)

    return handle


def show_handler(kind: RecordType, now: AsOfNow = as_stored) -> Handler:
    def handle(request: Request, state: State) -> Reply:
        member = request.parameters.get("identifier_type", "id")
        found = state.collection(kind.collection).find(member, request.parameters["id"])
        if not found:
            raise NotFound(kind.collection, request.parameters["id"])
        record = now(found[0], request, state)
        return json_reply(200, represent(record, kind, read_fields(request), state))

    return handle


def list_administrations(request: Request, state: State) -> Reply:
    """List the administrations of the caller's token. Source: docs/vendors/payt.md#tokens, #other-answers."""
    collection = state.collection(ADMINISTRATIONS, "")
    records = [
        _with_status_word(one, request)
        for one in collection.values()
        if is_visible(one, request.call.principal, state)
    ]
    rows, cursor = cut_page(records, request, collection, state)
    return _page_reply(request, ADMINISTRATION, rows, cursor, state)


def show_administration(request: Request, state: State) -> Reply:
    administration_id = str(request.parameters["administration_id"])
    found = state.collection(ADMINISTRATIONS, "").get(administration_id)
    if found is None or not is_visible(found, request.call.principal, state):
        raise access_refusal(administration_id, request.call)
    return json_reply(200, represent(_with_status_word(found, request), ADMINISTRATION, None, state))


def _with_status_word(administration: Document, request: Request) -> Document:
    """The administration with the assumed word for its status.

    Source: docs/vendors/payt.md#administrations.
    """
    if administration["status"] != "inactive":
        return administration
    return {**administration, "status": request.call.assumptions["inactive_word"]}


def _page_reply(
    request: Request, kind: RecordType, rows: list[Document], cursor: str | None, state: State
) -> Reply:
    chosen = read_fields(request)
    data = [represent(row, kind, chosen, state) for row in rows]
    return json_reply(200, {"data": data, "pagination": {"cursor": cursor}})


RepresentDeleted: TypeAlias = Callable[[Document], dict[str, Json]]

_KEPT_FOR = timedelta(days=90)


def deleted_invoice(gone: Document) -> dict[str, Json]:
    return {
        **{name: gone[name] for name in ("id", "administration_id", "debtor_id", "invoice_number")},
        "origin_identifier": gone["invoice_identifier"],
        "deleted_at": gone["deleted_at"],
    }


def deleted_payment(gone: Document) -> dict[str, Json]:
    members = ("id", "administration_id", "invoice_id", "origin_identifier", "deleted_at")
    return {name: gone[name] for name in members}


def deleted_list_handler(kind: str, remains: RepresentDeleted) -> Handler:
    """List deleted records of an administration. Source: docs/vendors/payt.md#operations-and-paths."""

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
