"""Stored invoices: find them by id, number or reference; check, book and reverse payments on them.

Source: docs/catalogue.md#38-key-case, #39-key-whitespace, #41-ids-disagree; docs/vendors/xero.md#payment,
#messages, #state.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from mockserver.model import EMPTY, Call, Document, Path, Problem, Value
from mockserver.sandbox.key_rules import key_rules
from mockserver.sandbox.store import State
from mockserver.vendors.xero.accounts import reference_conflict_problems
from mockserver.vendors.xero.dates import stored_instant
from mockserver.vendors.xero.invoices.amounts import round_to_cents
from mockserver.vendors.xero.messages import make_problem
from mockserver.vendors.xero.replies.envelope import stored_id

PAYMENTS = "payments"

INVOICES = "invoices"
INVOICE_NUMBER = "InvoiceNumber"


def find_by_number(number: str, call: Call, state: State) -> Sequence[Document]:
    """Return the invoices of that number, as the assumptions `ci_keys` and `trim` let numbers be alike."""
    return key_rules(call.assumptions).find(INVOICE_NUMBER, number, state.collection(INVOICES))


PAYMENT_TYPES = {"ACCREC": "ACCRECPAYMENT", "ACCPAY": "ACCPAYPAYMENT"}


class InvoicePayment(Value, frozen=True):
    """A payment: its place and content, the invoice that it pays, and the amount."""

    path: Path
    sent: Document
    invoice: Document
    amount: Decimal


def match_invoice(payment: Document, path: Path, call: Call, state: State) -> InvoicePayment | None:
    """Return the payment with its invoice, named by id or else by number; None when that is not there."""
    by_id = "InvoiceID" in (payment.get("Invoice") or EMPTY)
    found = _invoice_by_id(payment, state) if by_id else _invoice_by_number(payment, call, state)
    return (
        None
        if found is None
        else InvoicePayment(path, payment, found, round_to_cents(payment.get("Amount", 0)))
    )


def invoice_conflict_problems(payment: Document, path: Path, call: Call, state: State) -> Iterator[Problem]:
    """Return the problem of a reference whose id and number name different invoices."""
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
    """Yield why invoices cannot be paid, or not so much of them; a paid one is both, its status first.

    Source: docs/vendors/xero.md#messages.
    """
    before: dict[str, Decimal] = {}
    for one in payables:
        key = one.invoice["InvoiceID"]
        before[key] = before.get(key, Decimal(0)) + one.amount
        if one.invoice["Status"] != "AUTHORISED":
            yield make_problem("not-authorised", one.path)
        if before[key] > one.invoice["AmountDue"]:
            yield make_problem("over-paid", (*one.path, "Amount"))


def book_payment(payment: Document, state: State) -> None:
    """Keep a payment, and take what it pays off what is due."""
    state.collection(PAYMENTS)[payment["PaymentID"]] = payment
    invoices = state.collection(INVOICES)
    invoice = invoices[payment["InvoiceID"]]
    due = invoice["AmountDue"] - payment["Amount"]
    invoices[invoice["InvoiceID"]] = {
        **invoice,
        "AmountPaid": invoice["AmountPaid"] + payment["Amount"],
        "AmountDue": due,
        "UpdatedDateUTC": payment["UpdatedDateUTC"],
        **({} if due else {"Status": "PAID", "FullyPaidOnDate": payment["Date"]}),
    }


def reverse_payment(payment: Document, state: State) -> Document:
    """Mark a payment as deleted, restore the invoice's amount due, and return the payment."""
    now = stored_instant(state.now)
    deleted = {**payment, "Status": "DELETED", "UpdatedDateUTC": now}
    state.collection(PAYMENTS)[payment["PaymentID"]] = deleted
    invoices = state.collection(INVOICES)
    invoice = invoices[payment["InvoiceID"]]
    invoices[invoice["InvoiceID"]] = {
        **{name: value for name, value in invoice.items() if name != "FullyPaidOnDate"},
        "AmountPaid": invoice["AmountPaid"] - payment["Amount"],
        "AmountDue": invoice["AmountDue"] + payment["Amount"],
        "Status": "AUTHORISED",
        "UpdatedDateUTC": now,
    }
    return deleted


def find_invoice(key: str, call: Call, state: State) -> Document | None:
    """Return the invoice of that id or number."""
    invoices = state.collection(INVOICES)
    return invoices.get(stored_id(key)) or next(iter(find_by_number(key, call, state)), None)
