"""Xero's payments as stories tell of them: each pays all of an invoice that was made for it, once.

Source: Xero fact sheet §2.4, §3.7, §4.
"""

from __future__ import annotations

from decimal import Decimal

from mockserver.contract.spoils import lacking, setting
from mockserver.contract.subject import REFUSED, Drawn, Facts, Json, Spoil, Step, Subject
from mockserver.vendors.xero.contract_calls import (
    EACH,
    batch,
    deletion,
    get,
    invoice,
    live,
    made,
    paid,
    paid_by_reference,
    payment,
    segment,
    whole,
)
from mockserver.vendors.xero.contract_reading import PAYMENTS

_DELETE = Step(
    "delete it",
    lambda key, _drawn, _tenant: live("Payments", f'Reference=="{key}"'),
    lambda before, _drawn: None if before else REFUSED,
    deletion("Payments", "PaymentID"),
)


def payments(facts: Facts) -> Subject:
    """Payments by themselves."""

    def item(key: str, _drawn: Drawn) -> Json:
        return {**payment(facts, key, whole(key)), "Reference": key}

    return Subject(
        operation="createPayments",
        key=lambda number: f"CP-{number}",
        item=item,
        record=lambda key, _drawn: {"Paid": whole(key)},
        call=batch("PUT", "Payments", **EACH),
        read=lambda key, _tenant: get(f"Invoices/{segment(key)}"),
        shown=paid,
        prepare=lambda key, _tenant: made(invoice(facts, key, whole(key))),
        upon=lambda before, key, _drawn: REFUSED if before else {"Paid": whole(key)},
        spoils=_spoils(facts),
        listing=lambda _tenant: live("Payments"),
        listed=paid_by_reference("Payments", "Amount"),
        steps=(_DELETE,),
        reader=PAYMENTS.told,
        amount=lambda sent: Decimal(sent["Amount"]),
        twice="each",
    )


def _spoils(facts: Facts) -> tuple[Spoil, ...]:
    return (
        Spoil("an account that is not there", setting("/Account", {"Code": "NOPE"})),
        Spoil("an account that takes no payments", setting("/Account", {"Code": facts["account"]})),
        Spoil("more than is due", setting("/Amount", Decimal(9_999_999_999))),
        Spoil("an invoice that is not there", setting("/Invoice", {"InvoiceNumber": "none such"})),
        Spoil("an amount below zero", setting("/Amount", Decimal("-0.01"))),
        Spoil("no account", lacking("/Account")),
        Spoil("a code of 13 characters", setting("/Code", "C" * 13)),
        Spoil("a day that no calendar has", setting("/Date", "2026-02-30"), refuses=True),
        Spoil("an id that is none", setting("/Invoice", {"InvoiceID": "first"}), refuses=True),
    )
