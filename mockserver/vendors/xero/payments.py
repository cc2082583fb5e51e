"""Payments: those that batches made, and others; one, or a list."""

from collections.abc import Mapping

from mockserver.model import NOTHING, Document, Json, Reply
from mockserver.store import State
from mockserver.vendor import Request, record
from mockserver.vendors.xero import accounts, batches, contacts, fields, lists
from mockserver.vendors.xero.batches import PAYMENTS
from mockserver.vendors.xero.fields import Entity, Kind, Operand
from mockserver.vendors.xero.naming import INVOICES
from mockserver.vendors.xero.replies import enveloped
from mockserver.vendors.xero.wire import ms_date, ms_instant, optional, printed_members, seconds_of

_FIELDS: Mapping[str, Operand] = {
    **fields.own(Kind.GUID, "PaymentID", "BatchPaymentID"),
    **fields.own(Kind.TEXT, *batches.PAYEE, "PaymentType", "Status"),
    **fields.own(Kind.NUMBER, "Amount", "BankAmount", "CurrencyRate"),
    **fields.own(Kind.MOMENT, "Date", "UpdatedDateUTC"),
    **fields.own(Kind.FLAG, "IsReconciled"),
    **fields.related(Kind.GUID, "Invoice", "InvoiceID", INVOICES, "InvoiceID"),
    **fields.related(Kind.TEXT, "Invoice", "InvoiceID", INVOICES, "InvoiceNumber", "Type"),
    **fields.related(Kind.GUID, "Account", "AccountID", accounts.COLLECTION, "AccountID"),
    **fields.related(Kind.TEXT, "Account", "AccountID", accounts.COLLECTION, "Code"),
}
ENTITY = Entity("Payment", _FIELDS)


def listing(request: Request, state: State) -> Reply:
    """The payments that the call asks for; paged when it names a page."""
    found = lists.chosen(state.collection(PAYMENTS).values(), ENTITY, request, state)
    answer = lists.paged if lists.asks_for_page(request) else lists.answered
    return answer("Payments", found, lambda one: shown(one, state), request, state)


def show(request: Request, state: State) -> Reply:
    """One payment.

    Raises:
        NotFound: the tenant has none of that id.
    """
    found = record(PAYMENTS, str(request.parameters["PaymentID"]).lower(), state)
    return enveloped({"Payments": [shown(found, state)]}, request.call, state)


def shown(payment: Document, state: State) -> Json:
    """A payment with what it belongs to.

    Source: Xero fact sheet §2.4.
    """
    return {
        **optional(payment, "PaymentID", "BatchPaymentID"),
        **_batch(payment, state),
        "Date": ms_date(payment["Date"]),
        **printed_members(payment, "BankAmount", "Amount"),
        **optional(payment, *batches.PAYEE),
        **printed_members(payment, "CurrencyRate"),
        **optional(payment, "PaymentType", "Status"),
        "UpdatedDateUTC": ms_instant(payment["UpdatedDateUTC"]),
        "UpdatedDateUTCString": f"{seconds_of(payment['UpdatedDateUTC'])}Z",
        "HasAccount": True,
        "IsReconciled": payment["IsReconciled"],
        "Account": _account(payment, state),
        "Invoice": _invoice(payment, state),
        "HasValidationErrors": False,
    }


def _batch(payment: Document, state: State) -> Mapping[str, Json]:
    found = state.collection(batches.COLLECTION).get(payment.get("BatchPaymentID", ""))
    return {} if found is None else {"BatchPayment": batches.head(found)}


def _account(payment: Document, state: State) -> Json:
    account = state.collection(accounts.COLLECTION).get(payment["AccountID"]) or NOTHING
    return {"AccountID": payment["AccountID"], **optional(account, "Code")}


def _invoice(payment: Document, state: State) -> Json:
    invoice = state.collection(INVOICES).get(payment["InvoiceID"]) or NOTHING
    contact = state.collection(contacts.COLLECTION).get(invoice.get("ContactID", ""))
    return {
        **optional(invoice, "Type"),
        "InvoiceID": payment["InvoiceID"],
        **optional(invoice, "InvoiceNumber"),
        **batches.STUB,
        **({} if contact is None else {"Contact": contacts.shown_within(contact)}),
        "LineItems": [],
        **optional(invoice, "CurrencyCode"),
    }
