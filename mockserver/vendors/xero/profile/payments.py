"""Batches of payments, batch payments and contacts that the contract suite sends.

A payment in part can be repeated, so that a double payment is visible. A payment in full can be repeated
only after its deletion; before, the second payment exceeds the amount due.
Source: docs/vendors/xero.md#payment, #contact, #messages, #state, #summarizeerrors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec.structs import replace

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.profile import (
    REFUSED_STEP,
    BatchProfile,
    DrawnValues,
    Facts,
    Record,
    RefusedStep,
    Step,
    after_change,
    after_deletion,
    always_refused,
)
from mockserver.model import Json
from mockserver.vendors.xero.profile.calls import (
    TABLES,
    added_to,
    batch_request,
    create_invoices,
    delete_first,
    documents_in,
    full_amount,
    invoice_document,
    path_segment,
    payment_document,
    read_authorised,
    read_paid,
    read_request,
    split_amount,
    sums_by_reference,
    write_request,
)

_AMPLE_AMOUNT = Decimal(1_000_000_000_000)
"""Amount due of an invoice that is paid in parts: more than a sequence pays."""

_LISTED = sums_by_reference("BatchPayments", "TotalAmount")
_ACTIVE, _ARCHIVED = "ACTIVE", "ARCHIVED"
_MEMBERS = ("FirstName", "EmailAddress", "ContactStatus")


def _search_by_key(plural: str) -> Callable[[str, DrawnValues, int], Request]:
    return lambda key, _drawn, _tenant: read_authorised(plural, f'Reference=="{key}"')


def single_payments(facts: Facts) -> BatchProfile:
    """Return the profile of single payments that are created with PUT, and deleted by the id in the path."""
    return _payments(facts, "CP", "PUT", "createPayments", delete_first("Payments"))


def posted_payments(facts: Facts) -> BatchProfile:
    """Return the profile of single payments that are created with POST, and deleted with POST of the ids."""
    delete = delete_first("Payments", lambda named: {"Payments": [named]})
    return _payments(facts, "CO", "POST", "createPayment", delete)


def _payments(
    facts: Facts,
    prefix: str,
    method: str,
    operation: str,
    delete: Callable[[Exchange, str, DrawnValues, int], Request],
) -> BatchProfile:
    def item(key: str, _drawn: DrawnValues) -> Json:
        return {**payment_document(facts, key, full_amount(key)), "Reference": key}

    return BatchProfile(
        operation=operation,
        key=lambda number: f"{prefix}-{number}",
        item=item,
        record=lambda key, _drawn: {"Paid": full_amount(key)},
        call=batch_request(method, "Payments"),
        read=lambda key, _tenant: read_request(f"Invoices/{path_segment(key)}"),
        shown=read_paid,
        prepare=lambda key, _tenant: create_invoices(invoice_document(facts, key, full_amount(key))),
        record_after=_after_full_payment,
        listing=lambda _tenant: read_authorised("Payments"),
        listed=sums_by_reference("Payments", "Amount"),
        steps=(Step("delete it", _search_by_key("Payments"), after_deletion, delete),),
        amount=lambda sent: Decimal(sent["Amount"]),
    )


def batch_payments_in_parts(facts: Facts) -> BatchProfile:
    """Return the profile of batch payments that each pay two invoices in part."""

    def item(key: str, drawn: DrawnValues) -> Json:
        return _batch_payment(facts, key, drawn.amount)

    return BatchProfile(
        operation="createBatchPayment",
        key=lambda number: f"CB-{number}",
        item=item,
        record=lambda _key, drawn: {"Paid": drawn.amount},
        call=batch_request("PUT", "BatchPayments"),
        read=_read,
        shown=read_paid,
        prepare=lambda key, _tenant: create_invoices(
            *(invoice_document(facts, number, _AMPLE_AMOUNT) for number in _invoice_numbers(key))
        ),
        record_after=added_to("Paid"),
        listing=lambda _tenant: read_authorised("BatchPayments"),
        listed=_LISTED,
        steps=(_DELETE_ONE_PAYMENT,),
        amount=_amount,
    )


def batch_payments_in_full(facts: Facts) -> BatchProfile:
    """Return the profile of batch payments that pay in full. Good elements are saved even in a 400."""

    def item(key: str, _drawn: DrawnValues) -> Json:
        return _batch_payment(facts, key, full_amount(key))

    def prepare(key: str, _tenant: int) -> tuple[Request, ...]:
        pairs = zip(_invoice_numbers(key), split_amount(full_amount(key)), strict=True)
        return create_invoices(*(invoice_document(facts, number, amount) for number, amount in pairs))

    search = _search_by_key("BatchPayments")
    by_id, by_address = delete_first("BatchPayments", lambda named: named), delete_first("BatchPayments")
    return replace(
        batch_payments_in_parts(facts),
        key=lambda number: f"CS-{number}",
        item=item,
        record=lambda key, _drawn: {"Paid": full_amount(key)},
        call=batch_request("PUT", "BatchPayments", summarised=True),
        prepare=prepare,
        record_after=_after_full_payment,
        steps=(
            # It is assumed that batch payments can be deleted: docs/vendors/xero.md#state.
            Step("delete it", search, after_deletion, by_id, may_be_refused=True),
            Step("delete it by its address", search, after_deletion, by_address, may_be_refused=True),
            _DELETE_ONE_PAYMENT,
        ),
    )


def _after_full_payment(before: Record | None, key: str, _drawn: DrawnValues) -> Record | RefusedStep:
    return REFUSED_STEP if before else {"Paid": full_amount(key)}


def _batch_payment(facts: Facts, key: str, amount: Decimal) -> Json:
    parts = [
        TABLES.document("part", {"key": number, "amount": part})
        for number, part in zip(_invoice_numbers(key), split_amount(amount), strict=True)
        if part
    ]
    return TABLES.document("batch-payment", {**facts, "key": key, "parts": parts})


def _amount(sent: Json) -> Decimal:
    return sum((Decimal(payment["Amount"]) for payment in sent["Payments"]), Decimal(0))


def _invoice_numbers(key: str) -> tuple[str, str]:
    return f"{key}-a", f"{key}-b"


def _read(key: str, _tenant: int) -> Request:
    return read_request("Invoices", InvoiceNumbers=",".join(_invoice_numbers(key)))


_DELETE_ONE_PAYMENT = Step(
    "delete one of its payments",
    lambda key, _drawn, _tenant: read_authorised(
        "Payments", f'Invoice.InvoiceNumber=="{_invoice_numbers(key)[0]}"'
    ),
    always_refused,
    delete_first("Payments"),
)


def updated_contacts() -> BatchProfile:
    """Return the profile of contacts that are created, changed and archived, and identified by number."""
    return BatchProfile(
        operation="updateOrCreateContacts",
        key=lambda number: f"Contact CT-{number}",
        item=_contact,
        record=_record,
        call=batch_request("POST", "Contacts"),
        read=lambda key, _tenant: read_request("Contacts", where=f'Name=="{key}"', includeArchived="true"),
        shown=lambda key, exchange: _by_name(exchange).get(key),
        record_after=_after_upsert,
        listing=lambda _tenant: read_request("Contacts", includeArchived="true"),
        listed=_by_name,
        steps=(
            Step("change its first name", _rename, after_change(_renamed, _is_active)),
            Step("archive it", _archive, after_change(lambda _: {"ContactStatus": _ARCHIVED}, _is_active)),
        ),
    )


def _contact(key: str, drawn: DrawnValues) -> Json:
    return {"Name": key, "ContactNumber": key, **_sent_members(drawn)}


def _record(_key: str, drawn: DrawnValues) -> Record:
    return {**_sent_members(drawn), "ContactStatus": _ACTIVE}


def _sent_members(drawn: DrawnValues) -> Record:
    return {"FirstName": f"Anne & {drawn.number}", "EmailAddress": f"n{drawn.number}@example.org"}


def _by_name(exchange: Exchange) -> Mapping[str, Record]:
    return {
        document["Name"]: {member: document.get(member) for member in _MEMBERS}
        for document in documents_in(exchange, "Contacts")
    }


def _is_active(record: Record) -> bool:
    return record["ContactStatus"] != _ARCHIVED


def _after_upsert(before: Record | None, key: str, drawn: DrawnValues) -> Record | RefusedStep:
    return _record(key, drawn) if before is None or _is_active(before) else REFUSED_STEP


def _renamed(drawn: DrawnValues) -> Record:
    return {"FirstName": f"Changed to {drawn.number}"}


def _rename(key: str, drawn: DrawnValues, _tenant: int) -> Request:
    return write_request("POST", f"Contacts/{path_segment(key)}", {"Contacts": [_renamed(drawn)]})


def _archive(key: str, _drawn: DrawnValues, _tenant: int) -> Request:
    change = {"ContactNumber": key, "ContactStatus": _ARCHIVED}
    return write_request("POST", "Contacts", {"Contacts": [change]})
