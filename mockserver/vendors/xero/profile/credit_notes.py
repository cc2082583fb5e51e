"""Contract profile of credit notes: created or changed, allocated to an invoice made for them, voided.

Source: docs/vendors/xero.md#credits.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.profile import (
    REFUSED_STEP,
    BatchProfile,
    Corruption,
    DrawnValues,
    Facts,
    Record,
    RefusedStep,
    Step,
)
from mockserver.contract.samples import set_member
from mockserver.model import Json
from mockserver.vendors.xero.profile.reading import CREDIT_NOTES
from mockserver.vendors.xero.profile.requests import (
    UNKNOWN_ID,
    WITHOUT_SUMMARY,
    batch_request,
    create_invoices,
    documents_in,
    invoice_document,
    path_segment,
    read_request,
    split_amount,
    write_request,
)

_AMPLE_AMOUNT = Decimal(1_000_000_000_000)
"""Amount due of the invoice that credit notes are allocated to: more than a sequence allocates."""

_CORRUPTIONS = (
    Corruption("an account that is not there", set_member("/LineItems/0/AccountCode", "NOPE")),
    Corruption("a contact that is not there", set_member("/Contact", {"ContactID": UNKNOWN_ID})),
    Corruption("a type of invoices", set_member("/Type", "ACCREC"), refuses_call=True),
    Corruption("a day that no calendar has", set_member("/Date", "2026-02-30"), refuses_call=True),
)


def credit_notes(facts: Facts) -> BatchProfile:
    """Credit notes that are created or changed, approved at once, allocated and voided."""
    return BatchProfile(
        operation="updateOrCreateCreditNotes",
        key=lambda number: f"CC-{number}",
        item=partial(_item, facts),
        record=_record,
        call=batch_request("POST", "CreditNotes", **WITHOUT_SUMMARY),
        read=_read,
        shown=lambda key, exchange: _by_number(exchange).get(key),
        prepare=lambda key, _tenant: create_invoices(
            invoice_document(facts, _invoice_number(key), _AMPLE_AMOUNT)
        ),
        record_after=_after_upsert,
        corruptions=_CORRUPTIONS,
        listing=lambda _tenant: read_request("CreditNotes"),
        listed=_by_number,
        steps=(
            Step("allocate some of it", _allocate, _after_allocation),
            Step("void it", _void, _after_voiding),
        ),
        reader=CREDIT_NOTES.read,
        amount=lambda item: sum((Decimal(line["UnitAmount"]) for line in item["LineItems"]), Decimal(0)),
        twice="each",  # assumed: docs/vendors/xero.md#state
        twice_positions=("first", "none", "call"),
    )


def _item(facts: Facts, key: str, drawn: DrawnValues) -> Json:
    sent = invoice_document(facts, key, *split_amount(drawn.amount))
    kept = {name: value for name, value in sent.items() if name not in ("InvoiceNumber", "DueDate")}
    return {**kept, "Type": "ACCRECCREDIT", "CreditNoteNumber": key, "Reference": f"Order {drawn.number}"}


def _record(_key: str, drawn: DrawnValues) -> Record:
    return {
        "Reference": f"Order {drawn.number}",
        "Status": "AUTHORISED",
        "Total": drawn.amount,
        "Left": drawn.amount,
    }


def _after_upsert(before: Record | None, key: str, drawn: DrawnValues) -> Record | RefusedStep:
    untouched = before is None or (before["Status"] == "AUTHORISED" and before["Left"] == before["Total"])
    return _record(key, drawn) if untouched else REFUSED_STEP


def _invoice_number(key: str) -> str:
    return f"{key}-a"


def _read(key: str, _tenant: int) -> Request:
    return read_request(f"CreditNotes/{path_segment(key)}")


def _by_number(exchange: Exchange) -> Mapping[str, Record]:
    found = documents_in(exchange, "CreditNotes")
    return {one["CreditNoteNumber"]: _record_of(one) for one in found if one.get("CreditNoteNumber")}


def _record_of(shown: Mapping[str, Any]) -> Record:
    """Return what is compared; of what is voided no document says how much is left."""
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
