"""Batches of invoices, credit notes and bank transactions that the contract suite sends.

Source: docs/vendors/xero.md#invoice, #messages, #state, #credits, #bank-transactions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.profile import (
    REFUSED_STEP,
    BatchProfile,
    DrawnValues,
    Facts,
    Record,
    RefusedStep,
    Step,
)
from mockserver.model import Json
from mockserver.vendors.xero.profile.calls import (
    READERS,
    TABLES,
    WITHOUT_SUMMARY,
    added_to,
    batch_request,
    create_invoices,
    documents_in,
    invoice_document,
    path_segment,
    payment_document,
    read_authorised,
    read_request,
    split_amount,
    sums_by_reference,
    write_request,
)

_OPEN, _PAID, _VOIDED, _DRAFT, _DELETED = "AUTHORISED", "PAID", "VOIDED", "DRAFT", "DELETED"
_AMPLE_AMOUNT = Decimal(1_000_000_000_000)
"""Amount due of the invoice that credit notes are allocated to: more than a sequence allocates."""


def updated_invoices(facts: Facts) -> BatchProfile:
    """Invoices that are created or changed, approved at once, paid and voided."""
    return BatchProfile(
        operation="updateOrCreateInvoices",
        key=lambda number: f"CI-{number}",
        item=partial(_item, facts, _OPEN),
        record=partial(_record, _OPEN),
        call=batch_request("POST", "Invoices", **WITHOUT_SUMMARY),
        read=_read,
        shown=_read_record,
        record_after=_after_upsert,
        corruptions=TABLES.corruptions("invoices", facts),
        listing=lambda _tenant: read_request("Invoices"),
        listed=_read_records,
        steps=_steps_of_open(facts),
        reader=READERS["updateOrCreateInvoices"].read,
        amount=_amount,
    )


def new_invoices(facts: Facts) -> BatchProfile:
    """Invoices that are only created, as drafts; their numbers are taken forever."""
    return replace(
        updated_invoices(facts),
        operation="createInvoices",
        key=lambda number: f"CN-{number}",
        item=partial(_item, facts, _DRAFT),
        record=partial(_record, _DRAFT),
        call=batch_request("PUT", "Invoices", **WITHOUT_SUMMARY),
        record_after=lambda before, _key, drawn: (
            _record(_DRAFT, "", drawn) if before is None else REFUSED_STEP
        ),
        corruptions=(*TABLES.corruptions("invoices", facts), *TABLES.corruptions("new-invoices", facts)),
        steps=_STEPS_OF_DRAFTS,
        reader=READERS["createInvoices"].read,
    )


def _item(facts: Facts, status: str, key: str, drawn: DrawnValues) -> Json:
    sent = invoice_document(facts, key, *split_amount(drawn.amount))
    return {**sent, "Reference": _reference(drawn), "Status": status}


def _amount(item: Json) -> Decimal:
    return sum((Decimal(line["UnitAmount"]) for line in item["LineItems"]), Decimal(0))


def _reference(drawn: DrawnValues) -> str:
    return f"Order {drawn.number} & more"


def _record(status: str, _key: str, drawn: DrawnValues) -> Record:
    return {
        "Reference": _reference(drawn),
        "Status": status,
        "Total": drawn.amount,
        "AmountDue": drawn.amount,
    }


def _after_upsert(before: Record | None, key: str, drawn: DrawnValues) -> Record | RefusedStep:
    """Return the record after a change; a voided or partly paid invoice does not change."""
    return _record(_OPEN, key, drawn) if before is None or _is_untouched(before) else REFUSED_STEP


def _is_untouched(record: Record) -> bool:
    return record["Status"] in (_OPEN, _DRAFT) and record["AmountDue"] == record["Total"]


def _read(key: str, _tenant: int) -> Request:
    return read_request(f"Invoices/{path_segment(key)}")


def _read_record(key: str, exchange: Exchange) -> Record | None:
    return _read_records(exchange).get(key)


def _read_records(exchange: Exchange) -> Mapping[str, Record]:
    found = documents_in(exchange, "Invoices")
    return {one["InvoiceNumber"]: _record_of(one) for one in found if one.get("InvoiceNumber")}


def _record_of(shown: Mapping[str, Any]) -> Record:
    """Return the compared members; no document states the open amount of an ended invoice."""
    ended = shown["Status"] in (_VOIDED, _DELETED)
    return {
        "Reference": shown.get("Reference"),
        "Status": shown["Status"],
        "Total": Decimal(shown["Total"]),
        "AmountDue": None if ended else Decimal(shown["AmountDue"]),
    }


def _after_status_change(
    change: Mapping[str, str | None],
) -> Callable[[Record | None, DrawnValues], Record | RefusedStep]:
    return lambda before, _drawn: {**before, **change} if before and _is_untouched(before) else REFUSED_STEP


def _after_rename(before: Record | None, drawn: DrawnValues) -> Record | RefusedStep:
    """Return the record with its new reference; a partly paid one takes it too, a paid one does not."""
    if before is None or before["Status"] not in (_OPEN, _DRAFT):
        return REFUSED_STEP
    return {**before, "Reference": f"Changed to {drawn.number}"}


def _after_payment(before: Record | None, drawn: DrawnValues) -> Record | RefusedStep:
    due = before["AmountDue"] if before and before["Status"] == _OPEN else None
    if before is None or not isinstance(due, Decimal) or not 0 < drawn.amount <= due:
        return REFUSED_STEP
    left = due - drawn.amount
    return {**before, "AmountDue": left, "Status": _OPEN if left else _PAID}


def _after_settlement(before: Record | None, _drawn: DrawnValues) -> Record | RefusedStep:
    if before is None or before["Status"] != _OPEN or not before["AmountDue"]:
        return REFUSED_STEP
    return {**before, "AmountDue": Decimal(0), "Status": _PAID}


def _steps_of_open(facts: Facts) -> tuple[Step, ...]:
    def pay(key: str, drawn: DrawnValues, _tenant: int) -> Request:
        return write_request("PUT", "Payments", {"Payments": [payment_document(facts, key, drawn.amount)]})

    def settle(exchange: Exchange, key: str, drawn: DrawnValues, _tenant: int) -> Request:
        record = _read_record(key, exchange)
        due = record["AmountDue"] if record else None
        amount = due if isinstance(due, Decimal) and due else drawn.amount
        return write_request("PUT", "Payments", payment_document(facts, key, amount))

    return (
        Step("pay some of it", pay, _after_payment),
        Step(
            "pay what is due of it", lambda key, _drawn, tenant: _read(key, tenant), _after_settlement, settle
        ),
        Step("change its reference", _rename, _after_rename),
        Step(
            "void it", _change_status(_VOIDED), _after_status_change({"Status": _VOIDED, "AmountDue": None})
        ),
    )


def _rename(key: str, drawn: DrawnValues, _tenant: int) -> Request:
    """Return a change by number in the path; whether reading alone accepts a number there is open."""
    return write_request(
        "POST", f"Invoices/{path_segment(key)}", {"Invoices": [{"Reference": f"Changed to {drawn.number}"}]}
    )


def _change_status(status: str) -> Callable[[str, DrawnValues, int], Request]:
    return lambda key, _drawn, _tenant: write_request(
        "POST", "Invoices", {"Invoices": [{"InvoiceNumber": key, "Status": status}]}
    )


def _after_approval(before: Record | None, _drawn: DrawnValues) -> Record | RefusedStep:
    may = before is not None and before["Status"] in (_DRAFT, _OPEN)
    return {**before, "Status": _OPEN} if before and may else REFUSED_STEP


def _after_deletion(before: Record | None, _drawn: DrawnValues) -> Record | RefusedStep:
    may = before is not None and before["Status"] == _DRAFT
    return {**before, "Status": _DELETED, "AmountDue": None} if before and may else REFUSED_STEP


_STEPS_OF_DRAFTS = (
    Step("change its reference", _rename, _after_rename),
    Step("approve it", _change_status(_OPEN), _after_approval),
    Step("delete it", _change_status(_DELETED), _after_deletion),
)


def credit_notes(facts: Facts) -> BatchProfile:
    """Credit notes that are created or changed, approved at once, allocated and voided."""
    return BatchProfile(
        operation="updateOrCreateCreditNotes",
        key=lambda number: f"CC-{number}",
        item=partial(_credit_note, facts),
        record=_credit_note_record,
        call=batch_request("POST", "CreditNotes", **WITHOUT_SUMMARY),
        read=_read_credit_note,
        shown=lambda key, exchange: _credit_notes_by_number(exchange).get(key),
        prepare=lambda key, _tenant: create_invoices(
            invoice_document(facts, _invoice_number(key), _AMPLE_AMOUNT)
        ),
        record_after=_credit_note_after_upsert,
        corruptions=TABLES.corruptions("credit-notes", facts),
        listing=lambda _tenant: read_request("CreditNotes"),
        listed=_credit_notes_by_number,
        steps=(
            Step("allocate some of it", _allocate, _after_allocation),
            Step("void it", _void, _after_voiding),
        ),
        reader=READERS["updateOrCreateCreditNotes"].read,
        amount=_amount,
    )


def _credit_note(facts: Facts, key: str, drawn: DrawnValues) -> Json:
    sent = invoice_document(facts, key, *split_amount(drawn.amount))
    kept = {name: value for name, value in sent.items() if name not in ("InvoiceNumber", "DueDate")}
    return {**kept, "Type": "ACCRECCREDIT", "CreditNoteNumber": key, "Reference": f"Order {drawn.number}"}


def _credit_note_record(_key: str, drawn: DrawnValues) -> Record:
    return {
        "Reference": f"Order {drawn.number}",
        "Status": "AUTHORISED",
        "Total": drawn.amount,
        "Left": drawn.amount,
    }


def _credit_note_after_upsert(before: Record | None, key: str, drawn: DrawnValues) -> Record | RefusedStep:
    untouched = before is None or (before["Status"] == "AUTHORISED" and before["Left"] == before["Total"])
    return _credit_note_record(key, drawn) if untouched else REFUSED_STEP


def _invoice_number(key: str) -> str:
    return f"{key}-a"


def _read_credit_note(key: str, _tenant: int) -> Request:
    return read_request(f"CreditNotes/{path_segment(key)}")


def _credit_notes_by_number(exchange: Exchange) -> Mapping[str, Record]:
    found = documents_in(exchange, "CreditNotes")
    return {one["CreditNoteNumber"]: _shown_credit_note(one) for one in found if one.get("CreditNoteNumber")}


def _shown_credit_note(shown: Mapping[str, Any]) -> Record:
    """Return the compared members; no document states the rest of a voided one."""
    return {
        "Reference": shown.get("Reference"),
        "Status": shown["Status"],
        "Total": Decimal(shown["Total"]),
        "Left": None if shown["Status"] == "VOIDED" else Decimal(shown["RemainingCredit"]),
    }


def _allocate(key: str, drawn: DrawnValues, _tenant: int) -> Request:
    element = {"Invoice": {"InvoiceNumber": _invoice_number(key)}, "Amount": drawn.amount}
    return write_request("PUT", f"CreditNotes/{path_segment(key)}/Allocations", {"Allocations": [element]})


def _after_allocation(before: Record | None, drawn: DrawnValues) -> Record | RefusedStep:
    left = before["Left"] if before and before["Status"] == "AUTHORISED" else None
    if before is None or not isinstance(left, Decimal) or not 0 < drawn.amount <= left:
        return REFUSED_STEP
    return {**before, "Left": left - drawn.amount, "Status": "AUTHORISED" if left > drawn.amount else "PAID"}


def _void(key: str, _drawn: DrawnValues, _tenant: int) -> Request:
    return write_request(
        "POST", "CreditNotes", {"CreditNotes": [{"CreditNoteNumber": key, "Status": "VOIDED"}]}
    )


def _after_voiding(before: Record | None, _drawn: DrawnValues) -> Record | RefusedStep:
    if before is None or before["Status"] != "AUTHORISED" or before["Left"] != before["Total"]:
        return REFUSED_STEP
    return {**before, "Status": "VOIDED", "Left": None}


def received_money(facts: Facts) -> BatchProfile:
    """Receive money transactions; a repeated one is a new one."""

    def item(key: str, drawn: DrawnValues) -> Json:
        return {
            "Type": "RECEIVE",
            "Reference": key,
            "Contact": {"Name": facts["contact"]},
            "BankAccount": {"Code": facts["bank"]},
            "Date": facts["date"],
            "LineAmountTypes": "NoTax",
            "LineItems": [
                {"Description": "Hall hire", "UnitAmount": drawn.amount, "AccountCode": facts["account"]}
            ],
        }

    return BatchProfile(
        operation="createBankTransactions",
        key=lambda number: f"BT-{number}",
        item=item,
        record=lambda _key, drawn: {"Received": drawn.amount},
        call=batch_request("PUT", "BankTransactions", **WITHOUT_SUMMARY),
        read=lambda key, _tenant: read_authorised("BankTransactions", f'Reference=="{key}"'),
        shown=lambda key, exchange: _received(exchange).get(key),
        record_after=added_to("Received"),
        corruptions=TABLES.corruptions("bank-transactions", facts),
        listing=lambda _tenant: read_authorised("BankTransactions"),
        listed=_received,
        reader=READERS["createBankTransactions"].read,
        amount=lambda sent: Decimal(sent["LineItems"][0]["UnitAmount"]),
    )


_received = sums_by_reference("BankTransactions", "Total", "Received")
