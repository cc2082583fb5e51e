"""Contract profiles of batch payments: each pays two invoices made for it, in parts or in full.

In parts, a key can be paid any number of times, so that a double payment is visible. In full, paying again
exceeds the amount due until the batch payment is deleted. Source: docs/vendors/xero.md#summarizeerrors,
#messages, #state.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

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
from mockserver.contract.samples import remove_member, set_member
from mockserver.model import Json
from mockserver.vendors.xero.profile.reading import BATCH_PAYMENTS
from mockserver.vendors.xero.profile.requests import (
    WITHOUT_SUMMARY,
    batch_request,
    create_invoices,
    delete_first,
    first_id,
    full_amount,
    invoice_document,
    read_authorised,
    read_paid,
    read_paid_by_reference,
    read_request,
    split_amount,
    write_request,
)

_AMPLE_AMOUNT = Decimal(1_000_000_000_000)
"""Amount due of an invoice that is paid in parts: more than a sequence pays."""


def batch_payments_in_parts(facts: Facts) -> BatchProfile:
    """Batch payments that each pay a part of an invoice."""

    def item(key: str, drawn: DrawnValues) -> Json:
        return _item(facts, key, drawn.amount)

    def upon(before: Record | None, _key: str, drawn: DrawnValues) -> Record:
        earlier = before["Paid"] if before else None
        return {"Paid": drawn.amount + (earlier if isinstance(earlier, Decimal) else 0)}

    return BatchProfile(
        operation="createBatchPayment",
        key=lambda number: f"CB-{number}",
        item=item,
        record=lambda _key, drawn: {"Paid": drawn.amount},
        call=batch_request("PUT", "BatchPayments", **WITHOUT_SUMMARY),
        read=_read,
        shown=read_paid,
        prepare=lambda key, _tenant: create_invoices(
            *(invoice_document(facts, number, _AMPLE_AMOUNT) for number in _invoice_numbers(key))
        ),
        record_after=upon,
        corruptions=_corruptions(facts),
        listing=lambda _tenant: read_authorised("BatchPayments"),
        listed=_LISTED,
        steps=(_DELETE_ONE_PAYMENT,),
        reader=BATCH_PAYMENTS.read,
        amount=_amount,
        twice="each",  # assumed: docs/vendors/xero.md#state
        twice_positions=("first", "none", "call"),
    )


def batch_payments_in_full(facts: Facts) -> BatchProfile:
    """Batch payments of all that is due; failures come as one 400, and the others are saved."""

    def item(key: str, _drawn: DrawnValues) -> Json:
        return _item(facts, key, full_amount(key))

    def prepare(key: str, _tenant: int) -> tuple[Request, ...]:
        pairs = zip(_invoice_numbers(key), split_amount(full_amount(key)), strict=True)
        return create_invoices(*(invoice_document(facts, number, amount) for number, amount in pairs))

    def upon(before: Record | None, key: str, _drawn: DrawnValues) -> Record | RefusedStep:
        return REFUSED_STEP if before else {"Paid": full_amount(key)}

    return BatchProfile(
        operation="createBatchPayment",
        key=lambda number: f"CS-{number}",
        item=item,
        record=lambda key, _drawn: {"Paid": full_amount(key)},
        call=batch_request("PUT", "BatchPayments"),
        read=_read,
        shown=read_paid,
        prepare=prepare,
        record_after=upon,
        corruptions=_corruptions(facts),
        listing=lambda _tenant: read_authorised("BatchPayments"),
        listed=_LISTED,
        steps=(
            Step("delete it", _search_by_key, _after_deletion, _delete_by_id),
            Step(
                "delete it by its address",
                _search_by_key,
                _after_deletion,
                delete_first("BatchPayments", "BatchPaymentID"),
            ),
            _DELETE_ONE_PAYMENT,
        ),
        reader=BATCH_PAYMENTS.read,
        amount=_amount,
    )


def _item(facts: Facts, key: str, amount: Decimal) -> Json:
    return {
        "Account": {"Code": facts["bank"]},
        "Reference": key,
        "Date": facts["date"],
        "Payments": [
            {"Invoice": {"InvoiceNumber": number}, "Amount": part, "Reference": "Hall hire"}
            for number, part in zip(_invoice_numbers(key), split_amount(amount), strict=True)
            if part
        ],
    }


def _amount(sent: Json) -> Decimal:
    return sum((Decimal(one["Amount"]) for one in sent["Payments"]), Decimal(0))


def _invoice_numbers(key: str) -> tuple[str, str]:
    return f"{key}-a", f"{key}-b"


def _read(key: str, _tenant: int) -> Request:
    return read_request("Invoices", InvoiceNumbers=",".join(_invoice_numbers(key)))


_LISTED = read_paid_by_reference("BatchPayments", "TotalAmount")


def _search_by_key(key: str, _drawn: DrawnValues, _tenant: int) -> Request:
    return read_authorised("BatchPayments", f'Reference=="{key}"')


def _after_deletion(before: Record | None, _drawn: DrawnValues) -> RefusedStep | None:
    return None if before else REFUSED_STEP


def _delete_by_id(exchange: Exchange, _key: str, _drawn: DrawnValues, _tenant: int) -> Request:
    named = {"BatchPaymentID": first_id(exchange, "BatchPayments", "BatchPaymentID")}
    return write_request("POST", "BatchPayments", {**named, "Status": "DELETED"})


_DELETE_ONE_PAYMENT = Step(
    "delete one of its payments",
    lambda key, _drawn, _tenant: read_authorised(
        "Payments", f'Invoice.InvoiceNumber=="{_invoice_numbers(key)[0]}"'
    ),
    lambda _before, _drawn: REFUSED_STEP,
    delete_first("Payments", "PaymentID"),
)


def _corruptions(facts: Facts) -> tuple[Corruption, ...]:
    def account(code: str) -> Mapping[str, str]:
        return {"Code": code}

    return (
        Corruption("an account that is not there", set_member("/Account", account("NOPE"))),
        Corruption("an account that takes no payments", set_member("/Account", account(facts["account"]))),
        Corruption("more than is due", set_member("/Payments/0/Amount", _AMPLE_AMOUNT + 1)),
        Corruption(
            "an invoice that is not there", set_member("/Payments/0/Invoice", {"InvoiceNumber": "none such"})
        ),
        Corruption("a payment of nothing", set_member("/Payments/0/Amount", 0)),  # its words are assumed
        Corruption("no payments", set_member("/Payments", [])),  # assumed: docs/vendors/xero.md#batch-payment
        Corruption("no date", remove_member("/Date")),  # assumed, as before
        Corruption("particulars of 13 characters", set_member("/Particulars", "P" * 13)),
        Corruption("a reference of 256 characters", set_member("/Reference", "R" * 256)),
        Corruption("a day that no calendar has", set_member("/Date", "2026-02-30"), refuses_call=True),
        Corruption(
            "an id that is none", set_member("/Payments/0/Invoice", {"InvoiceID": "first"}), refuses_call=True
        ),
        Corruption("a word for an amount", set_member("/Payments/0/Amount", "a lot"), refuses_call=True),
    )
