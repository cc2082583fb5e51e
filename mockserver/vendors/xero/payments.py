"""Payments: list and create.

Source: docs/vendors/xero.md#payment, #credits, #error-shapes, #messages, #state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial

from mockserver.model import EMPTY, Action, Document, Item, Json, Outcome, Path, Problem
from mockserver.sandbox.store import State
from mockserver.vendor import BatchHandler, Request
from mockserver.vendors.xero import accounts, books, documents
from mockserver.vendors.xero.access import base_currency, lock_date_problems
from mockserver.vendors.xero.answers import RenderSaved, pick_members
from mockserver.vendors.xero.dates_and_amounts import (
    ARITHMETIC,
    MAX_AMOUNT,
    RATE_STEP,
    amount_members,
    date_or_today,
    round_to,
    round_to_cents,
    stored_instant,
)
from mockserver.vendors.xero.messages import item_path, make_problem
from mockserver.vendors.xero.resources import (
    BATCH_PAYMENT,
    CONTACT,
    INVOICE,
    OVERPAYMENT,
    PAYEE,
    PAYMENT,
    PREPAYMENT,
    STATEMENT,
)

_REFUSED_ACCOUNT = ("AccountID", "Code", "Name", "Status", "Type", "Class", "CurrencyCode")
"""Members of the account that a refused payment shows."""

NON_INVOICE_TARGETS = ("CreditNote", "CreditNoteNumber", "Prepayment", "Overpayment")


def payment_problems(item: Item, request: Request) -> Iterator[Problem]:
    sent, here = item.document, item_path(item, request)
    yield from accounts.unnamed_account_problems(sent.get("Account"), (*here, "Account"))
    if len(payment_targets(sent)) > 1:
        yield make_problem("one-target", here)
    yield from payment_amount_problems(sent, here)


def payment_targets(payment: Document) -> set[str]:
    named = (*NON_INVOICE_TARGETS, "Invoice", "InvoiceNumber")
    return {name.removesuffix("Number") for name in named if name in payment}


def payment_amount_problems(payment: Document, here: Path) -> Iterator[Problem]:
    if round_to_cents(payment.get("Amount", 0)) <= 0:
        yield make_problem("not-positive", (*here, "Amount"))


def represent_payment(payment: Document, printer: documents.ContactPrinter, state: State) -> dict[str, Json]:
    """Return a payment with its whole invoice, taken from `payment` or else from the store.

    If the payment refunds a credit, the credit is shown in short.
    """
    if books.paid_kind(payment) is INVOICE:
        invoice = payment.get("Invoice") or INVOICE.rows(state).get(payment["InvoiceID"])
        if invoice is not None:
            return _represent(payment, documents.represent_paid_invoice(invoice, printer, state), state)
    return _represent(payment, _invoice_member(payment, state), state)


def show_payment(payment: Document, _request: Request, state: State) -> Json:
    return represent_payment(payment, documents.ContactPrinter(), state)


def _show_payment_in_list(payment: Document, _request: Request, state: State) -> Json:
    return _represent(payment, _invoice_member(payment, state), state)


def _represent(payment: Document, invoice: Json, state: State) -> dict[str, Json]:
    batch = BATCH_PAYMENT.rows(state).get(payment.get("BatchPaymentID", ""))
    parts = {
        **({} if batch is None else {"BatchPayment": _embedded_batch_payment(batch)}),
        "HasAccount": True,
        "Account": documents.embedded_account(payment, state, "Code", "Name"),
        "Invoice": invoice,
    }
    return PAYMENT.represent({**payment, **parts})


def _embedded_batch_payment(batch: Document) -> Json:
    """Return a batch payment as its payments show it: without payments and statement texts."""
    shown = BATCH_PAYMENT.represent({**batch, "Account": {"AccountID": batch["AccountID"]}})
    return {name: value for name, value in shown.items() if name not in ("Payments", *STATEMENT)}


def _invoice_member(payment: Document, state: State) -> Json:
    """Return the member `Invoice` of a payment: an invoice, or a refunded credit in an invoice's form."""
    kind = books.paid_kind(payment)
    invoice = kind.rows(state).get(payment[kind.id]) or EMPTY
    contact = CONTACT.rows(state).get(invoice.get("ContactID", ""))
    return {
        **_shown_type(payment, invoice),
        "InvoiceID": payment[kind.id],
        **({"InvoiceNumber": invoice[kind.number]} if kind.number in invoice else {}),
        **books.EMBEDDED_INVOICE,
        **books.NO_ADDRESSES_OR_SERVICES,
        **({} if contact is None else {"Contact": documents.embedded_contact(contact)}),
        "LineItems": [],
        **pick_members(invoice, "CurrencyCode"),
    }


def _shown_type(payment: Document, paid: Document) -> dict[str, Json]:
    """Return the paid document's Type; for an overpayment or prepayment, take it from the PaymentType."""
    if books.paid_kind(payment) in (OVERPAYMENT, PREPAYMENT):
        return {"Type": payment["PaymentType"].removesuffix("PAYMENT")}
    return pick_members(paid, "Type")


def check_payment(item: Item, request: Request, state: State) -> Iterator[Problem]:
    sent: Document = item.document
    here: Path = ("Payments", item.index)
    reference = sent.get("Account") or EMPTY
    payable = books.match_payment(sent, here, request.call, state)
    yield from accounts.paying_account_problems(reference, (*here, "Account"), request.call, state)
    yield from lock_date_problems(date_or_today(sent, state), (*here, "Date"), request.call, state)
    if not 0 < round_to(sent.get("CurrencyRate", 1), RATE_STEP) <= MAX_AMOUNT:
        yield make_problem("rate-invalid", (*here, "CurrencyRate"))
    yield from books.invoice_conflict_problems(sent, here, request.call, state)
    if payable is None:
        yield make_problem("document-unknown", (*here, "Invoice"))
        return
    yield from books.unpayable_invoice_problems([payable])
    base = base_currency(state)
    account = accounts.find_account(reference, state) or EMPTY
    if account.get("CurrencyCode", base) not in (base, payable.invoice["CurrencyCode"]):
        yield make_problem("other-currency", (*here, "Account"))


def create_payment(item: Item, request: Request, state: State) -> Outcome:
    sent: Document = item.document
    account = accounts.find_account(sent["Account"], state) or EMPTY
    payable = books.match_payment(sent, (), request.call, state)
    assert payable is not None  # noqa: S101 - the check has refused every other payment
    document = {
        "PaymentID": state.uuid(),
        payable.kind.id: payable.invoice[payable.kind.id],
        "AccountID": account["AccountID"],
        "Date": date_or_today(sent, state),
        "Amount": payable.amount,
        **_bank_amount(payable, account, state),
        "PaymentType": payable.kind.payment_type(payable.invoice),
        "Status": "AUTHORISED",
        "IsReconciled": sent.get("IsReconciled", False),
        "UpdatedDateUTC": stored_instant(state.now),
        **pick_members(sent, *PAYEE),
    }
    books.book_payment(document, state)
    kind = payable.kind
    paid = kind.rows(state)[document[kind.id]]
    early = kind is INVOICE and document["Date"] < paid.get("Date", "")
    warnings = (make_problem("payment-early", ("Payments", item.index, "Date")),) if early else ()
    return Outcome(item, Action.CREATED, {**document, kind.name: paid}, warnings=warnings)


def represent_created_payments() -> RenderSaved:
    return partial(_represent_created_payment, documents.ContactPrinter())


def _represent_created_payment(
    printer: documents.ContactPrinter, outcome: Outcome, _request: Request, state: State
) -> Json:
    """Return a payment as the answer to its creation shows it.

    The invoice is taken from the outcome, so it is shown even if a rule prevents storage of the payment.
    """
    kind = books.paid_kind(outcome.document)
    shown = {**represent_payment(outcome.document, printer, state), "StatusAttributeString": "OK"}
    if kind is INVOICE:
        return shown
    del shown["Invoice"]
    return {**shown, kind.name: pick_members(outcome.document[kind.name], kind.id, kind.number)}


def _bank_amount(payable: books.InvoicePayment, account: Document, state: State) -> dict[str, Decimal]:
    """Return the amount in the account's currency, and the sent rate or else the invoice's rate.

    Source: docs/vendors/xero.md#batch-payment (495 AUD at 0.916667 are 540 NZD).
    """
    base, currency = base_currency(state), payable.invoice["CurrencyCode"]
    if currency == base:
        return {"BankAmount": payable.amount, "CurrencyRate": Decimal(1)}
    rate = round_to(payable.sent.get("CurrencyRate", payable.invoice["CurrencyRate"]), RATE_STEP)
    if account.get("CurrencyCode", base) == currency:
        return {"BankAmount": payable.amount, "CurrencyRate": rate}
    return {"BankAmount": round_to_cents(ARITHMETIC.divide(payable.amount, rate)), "CurrencyRate": rate}


def represent_rejected_payment(outcome: Outcome, request: Request, state: State) -> dict[str, Json]:
    """Return a refused payment, without id, with what is stored of its account and its invoice.

    Source: docs/vendors/xero.md#error-shapes.
    """
    shown = documents.echo_rejected(PAYMENT, HasValidationErrors=True)(outcome, request, state)
    if not documents.is_filled(request):
        return shown
    sent = outcome.item.document if isinstance(outcome.item.document, dict) else EMPTY
    account = accounts.find_account(sent.get("Account") or EMPTY, state)
    payable = books.match_payment(sent, (), request.call, state)
    shown = {name: value for name, value in shown.items() if name not in ("PaymentID", "DateString")}
    if account is not None:
        shown |= {"HasAccount": True, "Account": pick_members(account, *_REFUSED_ACCOUNT)}
    if payable is not None and payable.kind is INVOICE:
        invoice = payable.invoice
        contact = pick_members(documents.contact_of(invoice, state), "ContactID", "Name")
        amounts = amount_members(invoice, "AmountDue", "AmountPaid")
        named = pick_members(invoice, "Type", "InvoiceID", "InvoiceNumber")
        shown["Invoice"] = {**named, **amounts, "Contact": contact}
    return shown


BATCHES: Mapping[str, BatchHandler] = {
    "createPayments": documents.batch_handler(
        PAYMENT,
        check_payment,
        create_payment,
        payment_problems,
        saved=represent_created_payments,
        rejected=represent_rejected_payment,
    )
}
OPERATIONS = {
    "getPayments": documents.list_handler(PAYMENT, _show_payment_in_list),
    "getPayment": documents.get_handler(PAYMENT, show_payment, documents.find_by_id),
}
