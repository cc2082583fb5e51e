"""Creating payments one by one, each for an invoice of its own.

Source: Xero fact sheet §2.4, §3.7.
"""

from collections.abc import Iterator
from decimal import Decimal

from mockserver.model import NOTHING, Action, Document, Item, Json, Outcome, Path, Problem
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero import accounts, batches, payments
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
from mockserver.vendors.xero.wire import ARITHMETIC, LIMIT, RATE, amount, optional, read_date, rounded, stamp
from mockserver.vendors.xero.words import say


def check(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """What the books have against a payment."""
    sent: Document = item.document
    here: Path = ("Payments", item.index)
    books = organisation(state)
    account = accounts.referred(sent.get("Account") or {}, state)
    found = payable(sent, here, request.call, state)
    yield from accounts.disagreeing_account(
        sent.get("Account") or {}, (*here, "Account"), request.call, state
    )
    yield from accounts.unpayable(account, (*here, "Account"))
    yield from locked(_day(sent, state), books, request.call, (*here, "Date"))
    if not 0 < rounded(sent.get("CurrencyRate", 1), RATE) <= LIMIT:
        yield say("rate-invalid", (*here, "CurrencyRate"))
    yield from disagreeing_payment(sent, here, request.call, state)
    if found is None:
        yield say("document-unknown", (*here, "Invoice"))
        return
    yield from unpayable([found])
    base = books["BaseCurrency"]
    if (account or NOTHING).get("CurrencyCode", base) not in (base, found.invoice["CurrencyCode"]):
        yield say("other-currency", (*here, "Account"))


def create(item: Item, request: Request, state: State) -> Outcome:
    """Book a payment that the books have nothing against."""
    sent: Document = item.document
    account = accounts.referred(sent["Account"], state) or NOTHING
    found = payable(sent, (), request.call, state)
    assert found is not None  # noqa: S101 - the check has refused every other payment
    document = {
        "PaymentID": state.uuid(),
        "InvoiceID": found.invoice["InvoiceID"],
        "AccountID": account["AccountID"],
        "Date": _day(sent, state),
        "Amount": found.amount,
        **_exchanged(found, account, organisation(state)),
        "PaymentType": PAYMENT_TYPES[found.invoice["Type"]],
        "Status": "AUTHORISED",
        "IsReconciled": sent.get("IsReconciled", False),
        "UpdatedDateUTC": stamp(state.now),
        **optional(sent, *batches.PAYEE),
    }
    book(document, state)
    return Outcome(item, Action.CREATED, document)


def created(outcome: Outcome, _request: Request, state: State) -> Json:
    """A payment in the answer to the call that made it.

    Source: Xero fact sheet §3.2.
    """
    return {**payments.shown(outcome.document, state), "StatusAttributeString": "OK"}


def _day(sent: Document, state: State) -> str:
    """The payment's date, today where none was sent."""
    return read_date(sent.get("Date")) or state.now.date().isoformat()


def _exchanged(found: Payable, account: Document, books: Document) -> dict[str, Decimal]:
    """What the account has of it: the amount itself, or at the rate of the payment, else of the invoice.

    Source: Xero fact sheet §4.11 (495 AUD at 0.916667 are 540 NZD).
    """
    base, currency = books["BaseCurrency"], found.invoice["CurrencyCode"]
    if currency == base:
        return {"BankAmount": found.amount, "CurrencyRate": Decimal(1)}
    rate = rounded(found.sent.get("CurrencyRate", found.invoice["CurrencyRate"]), RATE)
    if account.get("CurrencyCode", base) == currency:
        return {"BankAmount": found.amount, "CurrencyRate": rate}
    return {"BankAmount": amount(ARITHMETIC.divide(found.amount, rate)), "CurrencyRate": rate}
