"""Creating a batch payment: all of its payments are booked, or none and the batch is not there.

Source: Xero fact sheet §3.1, §4.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from mockserver.model import Action, Document, Item, Outcome, Path, Problem, Value
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero import accounts, batches
from mockserver.vendors.xero.access import organisation
from mockserver.vendors.xero.rules import OTHER_TARGETS
from mockserver.vendors.xero.wire import amount, optional, read_date, stamp
from mockserver.vendors.xero.words import say

_BATCH_TYPES = {"ACCREC": ("RECBATCH", "ACCRECPAYMENT"), "ACCPAY": ("PAYBATCH", "ACCPAYPAYMENT")}
_ONE = Decimal(1)


class Payable(Value, frozen=True):
    """One payment of a batch: where and what was sent, the invoice that it pays, how much of it."""

    path: Path
    sent: Document
    invoice: Document
    amount: Decimal


def check(item: Item, _request: Request, state: State) -> Iterator[Problem]:
    """What the books have against a batch payment.

    Source: Xero fact sheet §3.7.
    """
    batch: Document = item.document
    here: Path = ("BatchPayments", item.index)
    books = organisation(state)
    account = accounts.referred(batch.get("Account") or {}, state)
    payables, unknown = _payables(batch.get("Payments") or (), (*here, "Payments"), state)
    yield from accounts.unpayable(account, (*here, "Account"))
    yield from locked(read_date(batch.get("Date")), books, (*here, "Date"))
    yield from unknown
    for one in payables:
        yield from _unpayable(one)
    yield from _mixed(payables, account, books["BaseCurrency"], here)


def create(item: Item, _request: Request, state: State) -> Outcome:
    """Book a batch payment that the books have nothing against."""
    batch: Document = item.document
    account = accounts.referred(batch["Account"], state) or {}
    payables, _ = _payables(batch["Payments"], (), state)
    return Outcome(item, Action.CREATED, _booked(batch, account, payables, state))


def locked(day: str | None, books: Document, path: Path) -> Iterator[Problem]:
    """Why nothing may be dated `day`: the period, or the year, is locked up to and including its lock date.

    Source: Xero fact sheet §4.10.
    """
    for name, rule in (("PeriodLockDate", "period-locked"), ("EndOfYearLockDate", "year-locked")):
        if day is not None and day <= books.get(name, ""):
            lock = date.fromisoformat(books[name])
            yield say(rule, path, date=f"{lock.day} {lock:%B %Y}")


def _payables(payments: Sequence[Document], path: Path, state: State) -> tuple[list[Payable], list[Problem]]:
    """The payments whose invoice is there, and a problem for each of the others that should have one."""
    payables: list[Payable] = []
    unknown: list[Problem] = []
    for index, payment in enumerate(payments):
        here = (*path, index)
        invoice = _invoice(payment, state)
        if invoice is not None:
            payables.append(Payable(here, payment, invoice, amount(payment.get("Amount", 0))))
        elif not any(name in payment for name in OTHER_TARGETS):
            unknown.append(say("document-unknown", (*here, "Invoice")))
    return payables, unknown


def _invoice(payment: Document, state: State) -> Document | None:
    """The invoice that a payment names, by id or else by number."""
    invoices = state.collection(batches.INVOICES)
    reference = payment.get("Invoice") or {}
    if "InvoiceID" in reference:
        return invoices.get(str(reference["InvoiceID"]).lower())
    number = reference.get("InvoiceNumber") or payment.get("InvoiceNumber")
    return next(iter(invoices.find("InvoiceNumber", number)), None) if number else None


def _unpayable(one: Payable) -> Iterator[Problem]:
    """Why the invoice cannot be paid, or not so much of it; a paid one is both, its status first.

    Source: Xero fact sheet §3.7.
    """
    if one.invoice["Status"] != "AUTHORISED":
        yield say("not-authorised", one.path)
    if one.amount > one.invoice["AmountDue"]:
        yield say("over-paid", (*one.path, "Amount"))


def _mixed(payables: Sequence[Payable], account: Document | None, base: str, here: Path) -> Iterator[Problem]:
    """What the payments may not be together: of two types, in another currency, twice on one invoice.

    Source: Xero fact sheet §3.7; that an invoice may be paid once only is assumed (§7.13).
    """
    currencies = {one.invoice["CurrencyCode"] for one in payables} | {
        (account or {}).get("CurrencyCode", base)
    }
    if len({one.invoice["Type"] for one in payables}) > 1:
        yield say("mixed-types", (*here, "Payments"))
    if currencies != {base}:
        yield say("foreign-currency", here)
    if len({one.invoice["InvoiceID"] for one in payables}) < len(payables):
        yield say("paid-twice", (*here, "Payments"))


def _booked(batch: Document, account: Document, payables: Sequence[Payable], state: State) -> Document:
    kind, payment_kind = _BATCH_TYPES[payables[0].invoice["Type"]]
    now = stamp(state.now)
    key = state.uuid()
    common = {
        "BatchPaymentID": key,
        "AccountID": account["AccountID"],
        "Date": read_date(batch["Date"]),
        "Status": "AUTHORISED",
        "IsReconciled": False,
        "UpdatedDateUTC": now,
    }
    document = {
        **common,
        **optional(batch, *batches.STATEMENT),
        "Type": kind,
        "TotalAmount": sum((one.amount for one in payables), Decimal(0)),
        "Payments": [_paid(one, {**common, "PaymentType": payment_kind}, state) for one in payables],
    }
    state.collection(batches.COLLECTION)[key] = document
    return document


def _paid(payable: Payable, common: Document, state: State) -> str:
    """Book one payment and what it does to its invoice; the payment's id."""
    invoice = payable.invoice
    key = state.uuid()
    state.collection(batches.PAYMENTS)[key] = {
        **common,
        "PaymentID": key,
        "InvoiceID": invoice["InvoiceID"],
        "Amount": payable.amount,
        "BankAmount": payable.amount,
        "CurrencyRate": _ONE,
        **optional(payable.sent, *batches.PAYEE),
    }
    due = invoice["AmountDue"] - payable.amount
    state.collection(batches.INVOICES)[invoice["InvoiceID"]] = {
        **invoice,
        "AmountPaid": invoice["AmountPaid"] + payable.amount,
        "AmountDue": due,
        "UpdatedDateUTC": common["UpdatedDateUTC"],
        **({} if due else {"Status": "PAID", "FullyPaidOnDate": common["Date"]}),
    }
    return key
