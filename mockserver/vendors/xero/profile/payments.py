"""Contract profile of single payments: each pays all of an invoice made for it, once.

Source: Xero fact sheet §2.4, §3.7, §4."""

from __future__ import annotations

from decimal import Decimal

from mockserver.contract.spoils import lacking, setting
from mockserver.contract.subject import REFUSED, Drawn, Facts, Json, Spoil, Step, Subject
from mockserver.vendors.xero.profile.reading import PAYMENTS
from mockserver.vendors.xero.profile.requests import (
    WITHOUT_SUMMARY,
    batch_request,
    create_invoices,
    delete_first,
    full_amount,
    invoice_document,
    path_segment,
    payment_document,
    read_authorised,
    read_paid,
    read_paid_by_reference,
    read_request,
)

_DELETE = Step(
    "delete it",
    lambda key, _drawn, _tenant: read_authorised("Payments", f'Reference=="{key}"'),
    lambda before, _drawn: None if before else REFUSED,
    delete_first("Payments", "PaymentID"),
)


def single_payments(facts: Facts) -> Subject:
    """Payments by themselves."""

    def item(key: str, _drawn: Drawn) -> Json:
        return {**payment_document(facts, key, full_amount(key)), "Reference": key}

    return Subject(
        operation="createPayments",
        key=lambda number: f"CP-{number}",
        item=item,
        record=lambda key, _drawn: {"Paid": full_amount(key)},
        call=batch_request("PUT", "Payments", **WITHOUT_SUMMARY),
        read=lambda key, _tenant: read_request(f"Invoices/{path_segment(key)}"),
        shown=read_paid,
        prepare=lambda key, _tenant: create_invoices(invoice_document(facts, key, full_amount(key))),
        upon=lambda before, key, _drawn: REFUSED if before else {"Paid": full_amount(key)},
        spoils=_corruptions(facts),
        listing=lambda _tenant: read_authorised("Payments"),
        listed=read_paid_by_reference("Payments", "Amount"),
        steps=(_DELETE,),
        reader=PAYMENTS.read,
        amount=lambda sent: Decimal(sent["Amount"]),
        twice="each",
    )


def _corruptions(facts: Facts) -> tuple[Spoil, ...]:
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
