"""Batch payments as they are shown: one, or a list."""

from collections.abc import Iterable, Mapping

from mockserver.model import NOTHING, Call, Document, Json, Outcome, Reply
from mockserver.store import State
from mockserver.vendor import Request, record
from mockserver.vendors.xero import accounts, fields, lists
from mockserver.vendors.xero.fields import Entity, Kind, Operand
from mockserver.vendors.xero.naming import INVOICES
from mockserver.vendors.xero.replies import enveloped
from mockserver.vendors.xero.wire import dated, ms_instant, optional, printed_members

COLLECTION = "batch-payments"
PAYMENTS = "payments"
STATEMENT = ("Reference", "Particulars", "Code", "Details", "Narrative")
PAYEE = ("BankAccountNumber", "Particulars", "Code", "Reference", "Details")
STUB: Mapping[str, Json] = {
    "Payments": [],
    "CreditNotes": [],
    "Prepayments": [],
    "Overpayments": [],
    "HasErrors": False,
    "IsDiscounted": False,
}
"""What an invoice inside a payment carries, whatever the real one holds. Source: Xero fact sheet §2.2."""

_FIELDS: Mapping[str, Operand] = {
    **fields.own(Kind.GUID, "BatchPaymentID"),
    **fields.own(Kind.TEXT, *STATEMENT, "Type", "Status"),
    **fields.own(Kind.NUMBER, "TotalAmount"),
    **fields.own(Kind.MOMENT, "Date", "UpdatedDateUTC"),
    **fields.own(Kind.FLAG, "IsReconciled"),
    **fields.related(Kind.GUID, "Account", "AccountID", accounts.COLLECTION, "AccountID"),
    **fields.related(Kind.TEXT, "Account", "AccountID", accounts.COLLECTION, "Code", "Name", "CurrencyCode"),
}
ENTITY = Entity("BatchPayment", _FIELDS)


def listing(request: Request, state: State) -> Reply:
    """The batch payments that the call asks for."""
    found = lists.chosen(state.collection(COLLECTION).values(), ENTITY, request, state)
    return lists.answered("BatchPayments", found, lambda one: shown(one, request.call, state), request, state)


def show(request: Request, state: State) -> Reply:
    """One batch payment.

    Raises:
        NotFound: the tenant has none of that id.
    """
    found = record(COLLECTION, str(request.parameters["BatchPaymentID"]).lower(), state)
    return enveloped({"BatchPayments": [shown(found, request.call, state)]}, request.call, state)


def created(outcome: Outcome, request: Request, state: State) -> Json:
    """A batch payment in the answer to the call that made it: as it is always shown.

    The outcome brings the payments along: they are shown even if they are not kept after all.
    """
    return _shown(outcome.document, outcome.document["Payments"], request.call, state)


def shown(batch: Document, call: Call, state: State) -> Json:
    """A batch payment with its payments, in the order of the vendor's sample; a deleted one shows none.

    Source: seed; Xero fact sheet §2.3, §4.4, §6.3.
    """
    payments = state.collection(PAYMENTS)
    kept = () if batch["Status"] == "DELETED" else batch["Payments"]
    return _shown(batch, [payments[key] for key in kept], call, state)


def _shown(batch: Document, paid: Iterable[Document], call: Call, state: State) -> Json:
    newer = call.assumptions["seed_exact"] == "off"
    return {
        "Account": _account(batch, state, newer=newer),
        **optional(batch, *STATEMENT, "BatchPaymentID"),
        **dated("Date", batch),
        "Payments": [_payment(one, state, newer=newer) for one in paid],
        **_tail(batch),
    }


def head(batch: Document) -> Json:
    """A batch payment as its payments show it, without them.

    Source: Xero fact sheet §2.4.
    """
    return {
        "Account": {"AccountID": batch["AccountID"]},
        **optional(batch, "BatchPaymentID"),
        **dated("Date", batch),
        **_tail(batch),
    }


def _tail(batch: Document) -> Mapping[str, Json]:
    return {
        **optional(batch, "Type", "Status"),
        **printed_members(batch, "TotalAmount"),
        "UpdatedDateUTC": ms_instant(batch["UpdatedDateUTC"]),
        "IsReconciled": batch["IsReconciled"],
    }


def _account(batch: Document, state: State, *, newer: bool) -> Json:
    account = state.collection(accounts.COLLECTION).get(batch["AccountID"]) or NOTHING
    return {"AccountID": batch["AccountID"], **(optional(account, "CurrencyCode") if newer else {})}


def _payment(payment: Document, state: State, *, newer: bool) -> Json:
    """A payment as its batch shows it; `newer` adds what came in 2025."""
    invoice = state.collection(INVOICES).get(payment["InvoiceID"]) or NOTHING
    stub = {
        "InvoiceID": payment["InvoiceID"],
        **STUB,
        "LineItems": [],
        **(optional(invoice, "CurrencyCode") if newer else {}),
    }
    return {
        "Invoice": stub,
        "PaymentID": payment["PaymentID"],
        **optional(payment, *PAYEE),
        **printed_members(payment, "Amount"),
        **(printed_members(payment, "BankAmount") if newer else {}),
    }
