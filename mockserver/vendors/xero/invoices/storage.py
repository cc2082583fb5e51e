"""Stored invoices: find them by id, number or reference; check, book and reverse payments on them.

Source: docs/catalogue.md#38-key-case, #39-key-whitespace, #41-ids-disagree; docs/vendors/xero.md#payment,
#messages, #state.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from mockserver.model import EMPTY, Call, Document, Path, Problem, Value
from mockserver.sandbox.key_rules import key_rules
from mockserver.sandbox.store import State
from mockserver.vendors.xero.accounts import reference_conflict_problems
from mockserver.vendors.xero.dates import stored_instant
from mockserver.vendors.xero.history.history import add_history_line
from mockserver.vendors.xero.invoices.amounts import round_to_cents
from mockserver.vendors.xero.invoices.kinds import CREDITS, INVOICE, DocumentKind
from mockserver.vendors.xero.messages import make_problem, message_text
from mockserver.vendors.xero.replies.envelope import stored_id

PAYMENTS = "payments"

INVOICES = INVOICE.collection


def find_by_number(number: str, call: Call, state: State, kind: DocumentKind = INVOICE) -> Sequence[Document]:
    """Return the documents of that number, as the assumptions `ci_keys` and `trim` let numbers be alike."""
    return key_rules(call.assumptions).find(kind.number, number, state.collection(kind.collection))


PAYMENT_TYPES = {
    "ACCREC": "ACCRECPAYMENT",
    "ACCPAY": "ACCPAYPAYMENT",
    "ACCRECCREDIT": "ARCREDITPAYMENT",
    "ACCPAYCREDIT": "APCREDITPAYMENT",
    "RECEIVE-OVERPAYMENT": "AROVERPAYMENTPAYMENT",
    "AROVERPAYMENT": "AROVERPAYMENTPAYMENT",
    "SPEND-OVERPAYMENT": "APOVERPAYMENTPAYMENT",
    "RECEIVE-PREPAYMENT": "ARPREPAYMENTPAYMENT",
    "ARPREPAYMENT": "ARPREPAYMENTPAYMENT",
    "SPEND-PREPAYMENT": "APPREPAYMENTPAYMENT",
    "APPREPAYMENT": "APPREPAYMENTPAYMENT",
}
"""Type of a payment by the type of what it pays, or pays out."""


class InvoicePayment(Value, frozen=True):
    """A payment: its place and content, the invoice that it pays or credit that it pays out, the amount."""

    path: Path
    sent: Document
    invoice: Document
    amount: Decimal
    kind: DocumentKind = INVOICE


def match_invoice(payment: Document, path: Path, call: Call, state: State) -> InvoicePayment | None:
    """Return the payment with its invoice, named by id or else by number; None when that is not there."""
    by_id = "InvoiceID" in (payment.get("Invoice") or EMPTY)
    found = _invoice_by_id(payment, state) if by_id else _invoice_by_number(payment, call, state)
    return (
        None
        if found is None
        else InvoicePayment(path, payment, found, round_to_cents(payment.get("Amount", 0)))
    )


def match_payment(payment: Document, path: Path, call: Call, state: State) -> InvoicePayment | None:
    """Return the payment with its invoice, else with the credit that it pays out; None without either."""
    kind = next((one for one in (INVOICE, *CREDITS) if one.name in payment or one.number in payment), INVOICE)
    if kind is INVOICE:
        return match_invoice(payment, path, call, state)
    named = payment.get(kind.name) or EMPTY
    number = named.get(kind.number) or payment.get(kind.number)
    if kind.id in named or not number:
        found = state.collection(kind.collection).get(str(named.get(kind.id, "")).lower())
    else:
        found = next(iter(find_by_number(number, call, state, kind)), None)
    amount = round_to_cents(payment.get("Amount", 0))
    return None if found is None else InvoicePayment(path, payment, found, amount, kind)


def paid_kind(payment: Document) -> DocumentKind:
    """Return what kind of document a stored payment pays, or pays out."""
    return next(one for one in (INVOICE, *CREDITS) if one.id in payment)


def invoice_conflict_problems(payment: Document, path: Path, call: Call, state: State) -> Iterator[Problem]:
    """Yield the problem of a reference whose id and number name different invoices."""
    if "InvoiceID" not in (payment.get("Invoice") or EMPTY):
        return
    named = {
        "InvoiceID": _invoice_by_id(payment, state),
        "InvoiceNumber": _invoice_by_number(payment, call, state),
    }
    yield from reference_conflict_problems(named, "InvoiceID", call, (*path, "Invoice"))


def _invoice_by_id(payment: Document, state: State) -> Document | None:
    key = str((payment.get("Invoice") or EMPTY).get("InvoiceID", ""))
    return state.collection(INVOICES).get(key.lower())


def _invoice_by_number(payment: Document, call: Call, state: State) -> Document | None:
    number = (payment.get("Invoice") or EMPTY).get("InvoiceNumber") or payment.get("InvoiceNumber")
    return next(iter(find_by_number(number, call, state)), None) if number else None


def unpayable_invoice_problems(payables: Iterable[InvoicePayment]) -> Iterator[Problem]:
    """Yield why documents cannot be paid, or not so much of them; a paid one is both, its status first.

    Source: docs/vendors/xero.md#messages.
    """
    before: dict[str, Decimal] = {}
    for one in payables:
        key = one.invoice[one.kind.id]
        before[key] = before.get(key, Decimal(0)) + one.amount
        if one.invoice["Status"] != "AUTHORISED":
            yield make_problem("not-authorised", one.path)
        if before[key] > one.invoice[one.kind.unsettled]:
            yield make_problem("over-paid", (*one.path, "Amount"))


def book_payment(payment: Document, state: State) -> None:
    """Keep a payment, and take what it pays off what is due, or off the credit that it pays out."""
    state.collection(PAYMENTS)[payment["PaymentID"]] = payment
    paid = _settle_target(payment, payment["Amount"], payment["UpdatedDateUTC"], state)
    add_history_line(payment["PaymentID"], "history-begun", state)
    _add_payment_line(payment, "history-paid" if paid["Status"] == "PAID" else "history-part-paid", state)


def _add_payment_line(payment: Document, change: str, state: State) -> None:
    """Write into the history of what is paid which payment changed it."""
    details = message_text("history-amount-paid", amount=payment["Amount"], day=payment["Date"])
    add_history_line(payment[paid_kind(payment).id], change, state, details)


def reverse_payment(payment: Document, state: State) -> Document:
    """Mark a payment as deleted, give back what it had paid, and return the payment."""
    now = stored_instant(state.now)
    deleted = {**payment, "Status": "DELETED", "UpdatedDateUTC": now}
    state.collection(PAYMENTS)[payment["PaymentID"]] = deleted
    _settle_target(payment, -payment["Amount"], now, state)
    add_history_line(payment["PaymentID"], "history-deleted", state)
    _add_payment_line(payment, "history-payment-deleted", state)
    return deleted


def _settle_target(payment: Document, amount: Decimal, now: str, state: State) -> Document:
    """Take an amount off what the payment pays, store that and return it."""
    kind = paid_kind(payment)
    documents = state.collection(kind.collection)
    paid = settle(documents[payment[kind.id]], kind, {"AmountPaid": amount}, payment["Date"], now)
    documents[paid[kind.id]] = paid
    return paid


def settle(
    document: Document, kind: DocumentKind, counted: Mapping[str, Decimal], day: str, now: str
) -> Document:
    """Return a document after an amount, counted as the member says, was taken off what is left of it.

    A negative amount is given back. Nothing left makes it PAID on that day.
    """
    left = document[kind.unsettled] - sum(counted.values())
    return {
        **{name: value for name, value in document.items() if name != "FullyPaidOnDate"},
        **{name: document[name] + amount for name, amount in counted.items() if name in kind.settled},
        kind.unsettled: left,
        "UpdatedDateUTC": now,
        **({"Status": "AUTHORISED"} if left else {"Status": "PAID", "FullyPaidOnDate": day}),
    }


def find_invoice(key: str, call: Call, state: State, kind: DocumentKind = INVOICE) -> Document | None:
    """Return the invoice, or document of another kind, of that id or number."""
    found = state.collection(kind.collection).get(stored_id(key))
    return found or next(iter(find_by_number(key, call, state, kind)), None)
