"""What a payment does to the invoice that it pays, and how it is undone.

Source: Xero fact sheet §4.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from mockserver.model import NOTHING, Call, Document, Path, Problem, Value
from mockserver.store import State
from mockserver.vendors.xero.batches import PAYMENTS
from mockserver.vendors.xero.naming import INVOICES, disagreeing, numbered
from mockserver.vendors.xero.wire import amount, stamp
from mockserver.vendors.xero.words import say

PAYMENT_TYPES = {"ACCREC": "ACCRECPAYMENT", "ACCPAY": "ACCPAYPAYMENT"}


class Payable(Value, frozen=True):
    """One payment: where and what was sent, the invoice that it pays, how much of it."""

    path: Path
    sent: Document
    invoice: Document
    amount: Decimal


def payable(payment: Document, path: Path, call: Call, state: State) -> Payable | None:
    """The payment with its invoice, named by id or else by number; None when that is not there."""
    by_id = "InvoiceID" in (payment.get("Invoice") or NOTHING)
    found = _by_id(payment, state) if by_id else _by_number(payment, call, state)
    return None if found is None else Payable(path, payment, found, amount(payment.get("Amount", 0)))


def disagreeing_payment(payment: Document, path: Path, call: Call, state: State) -> Iterator[Problem]:
    """Why it cannot be said which invoice is to be paid: the id is that of one, the number of another."""
    named = {"InvoiceID": _by_id(payment, state), "InvoiceNumber": _by_number(payment, call, state)}
    yield from disagreeing(named, "InvoiceID", call, (*path, "Invoice"))


def _by_id(payment: Document, state: State) -> Document | None:
    key = str((payment.get("Invoice") or NOTHING).get("InvoiceID", ""))
    return state.collection(INVOICES).get(key.lower())


def _by_number(payment: Document, call: Call, state: State) -> Document | None:
    number = (payment.get("Invoice") or NOTHING).get("InvoiceNumber") or payment.get("InvoiceNumber")
    return next(iter(numbered(number, call, state)), None) if number else None


def unpayable(payables: Iterable[Payable]) -> Iterator[Problem]:
    """Why invoices cannot be paid, or not so much of them; a paid one is both, its status first.

    Source: Xero fact sheet §3.7.
    """
    before: dict[str, Decimal] = {}
    for one in payables:
        key = one.invoice["InvoiceID"]
        before[key] = before.get(key, Decimal(0)) + one.amount
        if one.invoice["Status"] != "AUTHORISED":
            yield say("not-authorised", one.path)
        if before[key] > one.invoice["AmountDue"]:
            yield say("over-paid", (*one.path, "Amount"))


def locked(day: str | None, books: Document, call: Call, path: Path) -> Iterator[Problem]:
    """Why nothing may be dated `day`: the period, or the year, is locked up to its lock date.

    Source: Xero fact sheet §4.10.
    """
    if day is None:
        return
    for name, rule in (("PeriodLockDate", "period-locked"), ("EndOfYearLockDate", "year-locked")):
        end = books.get(name, "")
        if day < end or (day == end and call.assumptions["lock_date"] == "inclusive"):
            lock = date.fromisoformat(end)
            yield say(rule, path, date=f"{lock.day} {lock:%B %Y}")


def book(payment: Document, state: State) -> None:
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


def take_back(payment: Document, state: State) -> Document:
    """Delete a payment, which stays to be seen, and make due again what it had paid; what it is now."""
    now = stamp(state.now)
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
