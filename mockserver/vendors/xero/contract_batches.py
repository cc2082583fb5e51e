"""Xero's batch payments as stories tell of them: each pays two invoices that were made for it.

A key's invoices are paid in parts, as often as one likes: what is paid twice shows. Or they are paid as a
whole: then paying them again is more than is due, until the batch payment is deleted.
Source: Xero fact sheet §3.1, §3.7, §4.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.spoils import lacking, setting
from mockserver.contract.subject import REFUSED, Drawn, Facts, Json, Record, Refused, Spoil, Step, Subject
from mockserver.vendors.xero.contract_calls import (
    EACH,
    batch,
    deletion,
    first_id,
    get,
    halves,
    invoice,
    live,
    made,
    paid,
    paid_by_reference,
    send,
    whole,
)
from mockserver.vendors.xero.contract_reading import BATCH_PAYMENTS

_MUCH = Decimal(1_000_000_000_000)
"""What is due of an invoice that is paid in parts: more than a story pays."""


def in_parts(facts: Facts) -> Subject:
    """Batch payments of what is drawn, each told for itself."""

    def item(key: str, drawn: Drawn) -> Json:
        return _item(facts, key, drawn.amount)

    def upon(before: Record | None, _key: str, drawn: Drawn) -> Record:
        earlier = before["Paid"] if before else None
        return {"Paid": drawn.amount + (earlier if isinstance(earlier, Decimal) else 0)}

    return Subject(
        operation="createBatchPayment",
        key=lambda number: f"CB-{number}",
        item=item,
        record=lambda _key, drawn: {"Paid": drawn.amount},
        call=batch("PUT", "BatchPayments", **EACH),
        read=_read,
        shown=paid,
        prepare=lambda key, _tenant: made(*(invoice(facts, number, _MUCH) for number in _numbers(key))),
        upon=upon,
        spoils=_spoils(facts),
        listing=lambda _tenant: live("BatchPayments"),
        listed=_LISTED,
        steps=(_DELETE_A_PART,),
        reader=BATCH_PAYMENTS.told,
        amount=_amount,
        twice="each",
    )


def in_whole(facts: Facts) -> Subject:
    """Batch payments of all that is due; failures come as one 400, and the others are saved."""

    def item(key: str, _drawn: Drawn) -> Json:
        return _item(facts, key, whole(key))

    def prepare(key: str, _tenant: int) -> tuple[Request, ...]:
        pairs = zip(_numbers(key), halves(whole(key)), strict=True)
        return made(*(invoice(facts, number, amount) for number, amount in pairs))

    def upon(before: Record | None, key: str, _drawn: Drawn) -> Record | Refused:
        return REFUSED if before else {"Paid": whole(key)}

    return Subject(
        operation="createBatchPayment",
        key=lambda number: f"CS-{number}",
        item=item,
        record=lambda key, _drawn: {"Paid": whole(key)},
        call=batch("PUT", "BatchPayments"),
        read=_read,
        shown=paid,
        prepare=prepare,
        upon=upon,
        spoils=_spoils(facts),
        listing=lambda _tenant: live("BatchPayments"),
        listed=_LISTED,
        steps=(
            Step("delete it", _of_key, _undone, _deletion_by_name),
            Step("delete it by its address", _of_key, _undone, deletion("BatchPayments", "BatchPaymentID")),
            _DELETE_A_PART,
        ),
        reader=BATCH_PAYMENTS.told,
        amount=_amount,
    )


def _item(facts: Facts, key: str, amount: Decimal) -> Json:
    return {
        "Account": {"Code": facts["bank"]},
        "Reference": key,
        "Date": facts["date"],
        "Payments": [
            {"Invoice": {"InvoiceNumber": number}, "Amount": part}
            for number, part in zip(_numbers(key), halves(amount), strict=True)
            if part
        ],
    }


def _amount(sent: Json) -> Decimal:
    return sum((Decimal(one["Amount"]) for one in sent["Payments"]), Decimal(0))


def _numbers(key: str) -> tuple[str, str]:
    return f"{key}-a", f"{key}-b"


def _read(key: str, _tenant: int) -> Request:
    return get("Invoices", InvoiceNumbers=",".join(_numbers(key)))


_LISTED = paid_by_reference("BatchPayments", "TotalAmount")


def _of_key(key: str, _drawn: Drawn, _tenant: int) -> Request:
    return live("BatchPayments", f'Reference=="{key}"')


def _undone(before: Record | None, _drawn: Drawn) -> Refused | None:
    return None if before else REFUSED


def _deletion_by_name(exchange: Exchange, _key: str, _drawn: Drawn, _tenant: int) -> Request:
    named = {"BatchPaymentID": first_id(exchange, "BatchPayments", "BatchPaymentID")}
    return send("POST", "BatchPayments", {**named, "Status": "DELETED"})


_DELETE_A_PART = Step(
    "delete one of its payments",
    lambda key, _drawn, _tenant: live("Payments", f'Invoice.InvoiceNumber=="{_numbers(key)[0]}"'),
    lambda _before, _drawn: REFUSED,
    deletion("Payments", "PaymentID"),
)


def _spoils(facts: Facts) -> tuple[Spoil, ...]:
    def account(code: str) -> Mapping[str, str]:
        return {"Code": code}

    return (
        Spoil("an account that is not there", setting("/Account", account("NOPE"))),
        Spoil("an account that takes no payments", setting("/Account", account(facts["account"]))),
        Spoil("more than is due", setting("/Payments/0/Amount", _MUCH + 1)),
        Spoil("an invoice that is not there", setting("/Payments/0/Invoice", {"InvoiceNumber": "none such"})),
        Spoil("a payment of nothing", setting("/Payments/0/Amount", 0)),  # its words are assumed
        Spoil("no payments", setting("/Payments", [])),  # assumed: Xero fact sheet §2.3
        Spoil("no date", lacking("/Date")),  # assumed, as before
        Spoil("particulars of 13 characters", setting("/Particulars", "P" * 13)),
        Spoil("a reference of 256 characters", setting("/Reference", "R" * 256)),
        Spoil("a day that no calendar has", setting("/Date", "2026-02-30"), refuses=True),
        Spoil("an id that is none", setting("/Payments/0/Invoice", {"InvoiceID": "first"}), refuses=True),
        Spoil("a word for an amount", setting("/Payments/0/Amount", "a lot"), refuses=True),
    )
