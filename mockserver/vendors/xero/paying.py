"""Creating a batch payment: all of its payments are booked, or none and the batch is not there.

Source: Xero fact sheet §3.1, §4.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from mockserver.model import Action, Call, Document, Item, Outcome, Path, Problem
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero import accounts, batches, history
from mockserver.vendors.xero.access import organisation
from mockserver.vendors.xero.booking import (
    PAYMENT_TYPES,
    Payable,
    book,
    disagreeing_payment,
    locked,
    payable,
    unpayable,
)
from mockserver.vendors.xero.rules import OTHER_TARGETS
from mockserver.vendors.xero.wire import optional, read_date, stamp
from mockserver.vendors.xero.words import say

_TYPES = {"ACCREC": "RECBATCH", "ACCPAY": "PAYBATCH"}
_ONE = Decimal(1)


def check(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """What the books have against a batch payment.

    Source: Xero fact sheet §3.7.
    """
    batch: Document = item.document
    here: Path = ("BatchPayments", item.index)
    books = organisation(state)
    account = accounts.referred(batch.get("Account") or {}, state)
    payments: Sequence[Document] = batch.get("Payments") or ()
    payables, unknown = _payables(payments, (*here, "Payments"), request.call, state)
    yield from accounts.disagreeing_account(
        batch.get("Account") or {}, (*here, "Account"), request.call, state
    )
    yield from accounts.unpayable(account, (*here, "Account"))
    yield from locked(read_date(batch.get("Date")), books, request.call, (*here, "Date"))
    for index, one in enumerate(payments):
        yield from disagreeing_payment(one, (*here, "Payments", index), request.call, state)
    yield from unknown
    yield from unpayable(payables)
    yield from _mixed(payables, account, books["BaseCurrency"], here)
    if request.call.assumptions["pay_twice"] == "refused" and _pays_twice(payables):
        yield say("paid-twice", (*here, "Payments"))


def create(item: Item, request: Request, state: State) -> Outcome:
    """Book a batch payment that the books have nothing against."""
    batch: Document = item.document
    account = accounts.referred(batch["Account"], state) or {}
    payables, _ = _payables(batch["Payments"], (), request.call, state)
    return Outcome(item, Action.CREATED, _booked(batch, account, payables, state))


def _payables(
    payments: Sequence[Document], path: Path, call: Call, state: State
) -> tuple[list[Payable], list[Problem]]:
    """The payments whose invoice is there, and a problem for each of the others that should have one."""
    payables: list[Payable] = []
    unknown: list[Problem] = []
    for index, payment in enumerate(payments):
        here = (*path, index)
        found = payable(payment, here, call, state)
        if found is not None:
            payables.append(found)
        elif not any(name in payment for name in OTHER_TARGETS):
            unknown.append(say("document-unknown", (*here, "Invoice")))
    return payables, unknown


def _mixed(payables: Sequence[Payable], account: Document | None, base: str, here: Path) -> Iterator[Problem]:
    """What the payments may not be together: of two types, or in another currency.

    Source: Xero fact sheet §3.7.
    """
    currencies = {one.invoice["CurrencyCode"] for one in payables} | {
        (account or {}).get("CurrencyCode", base)
    }
    if len({one.invoice["Type"] for one in payables}) > 1:
        yield say("mixed-types", (*here, "Payments"))
    if currencies != {base}:
        yield say("foreign-currency", here)


def _pays_twice(payables: Sequence[Payable]) -> bool:
    return len({one.invoice["InvoiceID"] for one in payables}) < len(payables)


def _booked(batch: Document, account: Document, payables: Sequence[Payable], state: State) -> Document:
    """Keep a batch payment; what it is now, with its payments where only their ids are kept."""
    kind = payables[0].invoice["Type"]
    key = state.uuid()
    common = {
        "BatchPaymentID": key,
        "AccountID": account["AccountID"],
        "Date": read_date(batch["Date"]),
        "Status": "AUTHORISED",
        "IsReconciled": False,
        "UpdatedDateUTC": stamp(state.now),
    }
    paid = [_paid(one, {**common, "PaymentType": PAYMENT_TYPES[kind]}, state) for one in payables]
    document = {
        **common,
        **optional(batch, *batches.STATEMENT),
        "Type": _TYPES[kind],
        "TotalAmount": sum((one.amount for one in payables), Decimal(0)),
        "Payments": [one["PaymentID"] for one in paid],
    }
    state.collection(batches.COLLECTION)[key] = document
    history.enter(key, "history-created", state)
    return {**document, "Payments": paid}


def _paid(one: Payable, common: Document, state: State) -> Document:
    """Book one payment of a batch; what is kept of it."""
    payment = {
        **common,
        "PaymentID": state.uuid(),
        "InvoiceID": one.invoice["InvoiceID"],
        "Amount": one.amount,
        "BankAmount": one.amount,
        "CurrencyRate": _ONE,
        **optional(one.sent, *batches.PAYEE),
    }
    book(payment, state)
    return payment
