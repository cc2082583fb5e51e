"""Overpayments and prepayments: made by a bank transaction, used by allocations and refunds.

Source: docs/vendors/xero.md#credits.
"""

from collections.abc import Mapping

from mockserver.model import Document, Json
from mockserver.sandbox.store import State
from mockserver.vendors.xero.accounts import ACCOUNTS
from mockserver.vendors.xero.invoices.kinds import OVERPAYMENT, PREPAYMENT, DocumentKind
from mockserver.vendors.xero.invoices.lines import NO_TAX
from mockserver.vendors.xero.replies.envelope import pick_members

_TRANSACTION_MEMBERS = (
    "Type",
    "Reference",
    "ContactID",
    "Date",
    "LineAmountTypes",
    "LineItems",
    "SubTotal",
    "TotalTax",
    "Total",
    "CurrencyCode",
    "CurrencyRate",
    "UpdatedDateUTC",
)
CREDIT_OF_TRANSACTION: Mapping[str, DocumentKind] = {
    kind.sale: kind for kind in (OVERPAYMENT, PREPAYMENT)
} | {kind.purchase: kind for kind in (OVERPAYMENT, PREPAYMENT)}
"""What the types of bank transactions bring about; those of other types bring about nothing."""

_DEBTORS, _CREDITORS = "DEBTORS", "CREDITORS"
_ITEM_AND_TAX = ("ItemCode", "TaxType", "TaxAmount")
_ACCOUNT = ("AccountCode", "AccountID")


def is_overpayment(transaction: Document) -> bool:
    """Return whether a bank transaction, sent or stored, brings an overpayment about."""
    return CREDIT_OF_TRANSACTION.get(transaction.get("Type", "")) is OVERPAYMENT


def credit_terms(sent: Document, state: State) -> Document:
    """Return a new bank transaction as it is booked: without what its type does not take.

    Only money spent or received has a reference and items. An overpayment has no tax, and its line is on the
    account of what customers, or to suppliers, is owed. Source: docs/vendors/xero.md#bank-transactions.
    """
    if sent.get("Type") not in CREDIT_OF_TRANSACTION:
        return sent
    kept = {name: value for name, value in sent.items() if name != "Reference"}
    lines = sent.get("LineItems") or ()
    if not is_overpayment(sent):
        return {**kept, "LineItems": [_without(line, "ItemCode") for line in lines]}
    system = _DEBTORS if sent["Type"] == OVERPAYMENT.sale else _CREDITORS
    owed = next(iter(state.collection(ACCOUNTS).find("SystemAccount", system)), None)
    booked = [_without(line, *_ITEM_AND_TAX) for line in lines]
    if owed:
        booked = [{**_without(line, *_ACCOUNT), "AccountID": owed["AccountID"]} for line in booked]
    return {**kept, "LineAmountTypes": NO_TAX, "LineItems": booked}


def open_credit(transaction: Document, state: State) -> Document:
    """Keep and return the overpayment or prepayment that a stored bank transaction brings about.

    The transaction has the members of a stored invoice: contact, date, lines, totals, currency, and its type
    is one of `CREDIT_OF_TRANSACTION`. The credit takes its id from the transaction.
    """
    kind = CREDIT_OF_TRANSACTION[transaction["Type"]]
    key = transaction["BankTransactionID"]
    credit = {
        kind.id: key,
        **pick_members(transaction, *_TRANSACTION_MEMBERS),
        "Status": "AUTHORISED",
        kind.unsettled: transaction["Total"],
    }
    state.collection(kind.collection)[key] = credit
    return credit


def _without(line: Document, *names: str) -> dict[str, Json]:
    return {name: value for name, value in line.items() if name not in names}
