"""Overpayments and prepayments: made by a bank transaction, used by allocations and refunds.

Source: docs/vendors/xero.md#credits.
"""

from collections.abc import Mapping

from mockserver.model import Document
from mockserver.sandbox.store import State
from mockserver.vendors.xero.invoices.kinds import OVERPAYMENT, PREPAYMENT, DocumentKind
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
