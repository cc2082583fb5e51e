"""Contract profiles of single payments, by PUT and by POST: each pays all of an invoice made for it, once.

Source: docs/vendors/xero.md#payment, #messages, #state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.profile import REFUSED_STEP, BatchProfile, Corruption, DrawnValues, Facts, Step
from mockserver.contract.samples import remove_member, set_member
from mockserver.model import Json
from mockserver.vendors.xero.profile.reading import PAYMENTS, POSTED_PAYMENTS
from mockserver.vendors.xero.profile.requests import (
    WITHOUT_SUMMARY,
    batch_request,
    create_invoices,
    delete_first,
    first_id,
    full_amount,
    invoice_document,
    path_segment,
    payment_document,
    read_authorised,
    read_paid,
    read_paid_by_reference,
    read_request,
    write_request,
)


def _delete_first_by_post(exchange: Exchange, _key: str, _drawn: DrawnValues, _tenant: int) -> Request:
    """Return the deletion of the first payment found, named in the body."""
    named = {"PaymentID": first_id(exchange, "Payments", "PaymentID"), "Status": "DELETED"}
    return write_request("POST", "Payments", {"Payments": [named]})


def _deletion(request: Callable[[Exchange, str, DrawnValues, int], Request]) -> Step:
    return Step(
        "delete it",
        lambda key, _drawn, _tenant: read_authorised("Payments", f'Reference=="{key}"'),
        lambda before, _drawn: None if before else REFUSED_STEP,
        request,
    )


def single_payments(facts: Facts) -> BatchProfile:
    """Payments by themselves."""
    return _payments(facts, "CP", "PUT", "createPayments", _deletion(delete_first("Payments", "PaymentID")))


def posted_payments(facts: Facts) -> BatchProfile:
    """Payments that are posted, and deleted by posting their ids."""
    return replace(
        _payments(facts, "CO", "POST", "createPayment", _deletion(_delete_first_by_post)),
        reader=POSTED_PAYMENTS.read,
    )


def _payments(facts: Facts, prefix: str, method: str, operation: str, delete: Step) -> BatchProfile:
    def item(key: str, _drawn: DrawnValues) -> Json:
        return {**payment_document(facts, key, full_amount(key)), "Reference": key}

    return BatchProfile(
        operation=operation,
        key=lambda number: f"{prefix}-{number}",
        item=item,
        record=lambda key, _drawn: {"Paid": full_amount(key)},
        call=batch_request(method, "Payments", **WITHOUT_SUMMARY),
        read=lambda key, _tenant: read_request(f"Invoices/{path_segment(key)}"),
        shown=read_paid,
        prepare=lambda key, _tenant: create_invoices(invoice_document(facts, key, full_amount(key))),
        record_after=lambda before, key, _drawn: REFUSED_STEP if before else {"Paid": full_amount(key)},
        corruptions=_corruptions(facts),
        listing=lambda _tenant: read_authorised("Payments"),
        listed=read_paid_by_reference("Payments", "Amount"),
        steps=(delete,),
        reader=PAYMENTS.read,
        amount=lambda sent: Decimal(sent["Amount"]),
        twice="each",  # assumed: docs/vendors/xero.md#state
        twice_positions=("first", "none", "call"),
    )


def _corruptions(facts: Facts) -> tuple[Corruption, ...]:
    return (
        Corruption("an account that is not there", set_member("/Account", {"Code": "NOPE"})),
        Corruption("an account that takes no payments", set_member("/Account", {"Code": facts["account"]})),
        Corruption("more than is due", set_member("/Amount", Decimal(9_999_999_999))),
        Corruption("an invoice that is not there", set_member("/Invoice", {"InvoiceNumber": "none such"})),
        Corruption("an amount below zero", set_member("/Amount", Decimal("-0.01"))),
        Corruption("no account", remove_member("/Account")),
        Corruption("a code of 13 characters", set_member("/Code", "C" * 13)),
        Corruption("a day that no calendar has", set_member("/Date", "2026-02-30"), refuses_call=True),
        Corruption("an id that is none", set_member("/Invoice", {"InvoiceID": "first"}), refuses_call=True),
    )
