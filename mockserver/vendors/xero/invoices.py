"""Invoices as they are shown: one, a list in short, or pages of whole ones."""

from collections.abc import Mapping
from decimal import Decimal

from mockserver.errors import NotFound
from mockserver.model import NOTHING, Call, Document, Json, Outcome, Reply
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero import contacts, fields, lists
from mockserver.vendors.xero.batches import PAYMENTS
from mockserver.vendors.xero.fields import Entity, Kind, Operand
from mockserver.vendors.xero.naming import INVOICES, numbered
from mockserver.vendors.xero.replies import enveloped
from mockserver.vendors.xero.wire import (
    CENT,
    dated,
    is_guid,
    ms_date,
    ms_instant,
    optional,
    printed,
    printed_members,
    rounded,
    seconds_of,
)

PRECISE = 4
"""The `unitdp` that keeps the four decimals of UnitAmount. Source: Xero fact sheet §1.1."""

_TEXTS = ("Type", "InvoiceNumber", "Reference", "Status", "LineAmountTypes", "CurrencyCode", "Url")
_AMOUNTS = ("AmountDue", "AmountPaid", "AmountCredited", "SubTotal", "TotalTax", "Total", "CurrencyRate")
_OTHER_DATES = ("ExpectedPaymentDate", "PlannedPaymentDate")
_FIELDS: Mapping[str, Operand] = {
    **fields.own(Kind.GUID, "InvoiceID", "BrandingThemeID"),
    **fields.own(Kind.TEXT, *_TEXTS),
    **fields.own(Kind.NUMBER, *_AMOUNTS),
    **fields.own(Kind.MOMENT, "Date", "DueDate", "FullyPaidOnDate", "UpdatedDateUTC", *_OTHER_DATES),
    **fields.own(Kind.FLAG, "SentToContact"),
    **fields.related(Kind.GUID, "Contact", "ContactID", contacts.COLLECTION, "ContactID"),
    **fields.related(Kind.TEXT, "Contact", "ContactID", contacts.COLLECTION, "Name", "ContactNumber"),
}
ENTITY = Entity("Invoice", _FIELDS)


def listing(request: Request, state: State) -> Reply:
    """The invoices that the call asks for: in short, or a page of whole ones.

    Source: Xero fact sheet §1.2.
    """
    asked = request.parameters
    found = lists.chosen(_filtered(request, state), ENTITY, request, state)
    if asked.get("summaryOnly", False):
        return lists.paged("Invoices", found, lambda one: _summary(one, state), request, state)
    if lists.asks_for_page(request) or asked.get("Statuses"):
        return lists.paged("Invoices", found, lambda one: shown_whole(one, request, state), request, state)
    return lists.answered("Invoices", found, lambda one: shown_in_short(one, state), request, state)


def show(request: Request, state: State) -> Reply:
    """One invoice, by its id or its number.

    Raises:
        NotFound: the tenant has none of that id or number.
    """
    found = named(str(request.parameters["InvoiceID"]), request.call, state)
    if found is None:
        raise NotFound(INVOICES, str(request.parameters["InvoiceID"]))
    return enveloped({"Invoices": [shown_whole(found, request, state)]}, request.call, state)


def named(key: str, call: Call, state: State) -> Document | None:
    """The invoice of that id or number."""
    invoices = state.collection(INVOICES)
    found = invoices.get(key.lower()) if is_guid(key) else None
    return found or next(iter(numbered(key, call, state)), None)


def created(outcome: Outcome, request: Request, state: State) -> Json:
    """An invoice in the answer to the call that made it.

    The outcome brings the contact along: that is shown even if it is not kept after all.
    Source: Xero fact sheet §3.2.
    """
    shown = _whole(outcome.document, outcome.document["Contact"], request, state)
    return {**shown, "StatusAttributeString": "OK"}


def with_contact(invoice: Document, state: State) -> Document:
    """A stored invoice and, as no stored one has it, the contact that it names."""
    return {**invoice, "Contact": _contact(invoice, state)}


def shown_whole(invoice: Document, request: Request, state: State) -> Json:
    """An invoice with its lines and the whole contact, in the order of the vendor's document.

    Source: Xero fact sheet §2.6.
    """
    return _whole(invoice, _contact(invoice, state), request, state)


def shown_in_short(invoice: Document, state: State) -> Json:
    """An invoice without lines and with a short contact."""
    return _shown(invoice, _payments(invoice, state), contacts.shown_within(_contact(invoice, state)), [])


def _whole(invoice: Document, contact: Document, request: Request, state: State) -> dict[str, Json]:
    precise = request.parameters.get("unitdp") == PRECISE
    lines = [_line(line, precise=precise) for line in invoice["LineItems"]]
    return _shown(invoice, _payments(invoice, state), contacts.shown_whole(contact), lines)


def _summary(invoice: Document, state: State) -> Json:
    shown = shown_in_short(invoice, state)
    absent = ("Payments", "CreditNotes", "Prepayments", "Overpayments", "LineItems")
    return {name: value for name, value in shown.items() if name not in absent}


def _filtered(request: Request, state: State) -> list[Document]:
    asked = request.parameters
    found = list(state.collection(INVOICES).values())
    for parameter, member in (
        ("IDs", "InvoiceID"),
        ("ContactIDs", "ContactID"),
        ("InvoiceNumbers", "InvoiceNumber"),
        ("Statuses", "Status"),
    ):
        if given := asked.get(parameter):
            wanted = {str(one).lower() if member.endswith("ID") else one for one in given}
            found = [one for one in found if one.get(member) in wanted]
    if asked.get("createdByMyApp", False):
        found = [one for one in found if one.get("App") == request.call.principal.name]
    if term := asked.get("searchTerm"):
        found = lists.contains(found, term, "InvoiceNumber", "Reference")
    return found


def _shown(invoice: Document, payments: list[Json], contact: Json, lines: list[Json]) -> dict[str, Json]:
    return {
        **optional(invoice, "Type", "InvoiceID", "InvoiceNumber", "Reference"),
        "Payments": payments,
        "CreditNotes": [],
        "Prepayments": [],
        "Overpayments": [],
        **printed_members(invoice, "AmountDue", "AmountPaid", "AmountCredited"),
        **optional(invoice, "SentToContact"),
        **printed_members(invoice, "CurrencyRate"),
        "HasErrors": False,
        "IsDiscounted": "TotalDiscount" in invoice,
        "HasAttachments": False,
        "Contact": contact,
        **dated("Date", invoice),
        **dated("DueDate", invoice),
        **{name: ms_date(invoice[name]) for name in _OTHER_DATES if name in invoice},
        **optional(invoice, "Status", "LineAmountTypes"),
        "LineItems": lines,
        **printed_members(invoice, "SubTotal", "TotalTax", "Total", "TotalDiscount"),
        "UpdatedDateUTC": ms_instant(invoice["UpdatedDateUTC"]),
        "UpdatedDateUTCString": f"{seconds_of(invoice['UpdatedDateUTC'])}Z",
        **optional(invoice, "CurrencyCode"),
        **({"FullyPaidOnDate": ms_date(invoice["FullyPaidOnDate"])} if "FullyPaidOnDate" in invoice else {}),
        **optional(invoice, "BrandingThemeID", "Url"),
    }


def _contact(invoice: Document, state: State) -> Document:
    return state.collection(contacts.COLLECTION)[invoice["ContactID"]]


def _payments(invoice: Document, state: State) -> list[Json]:
    """What was paid on an invoice and not taken back, oldest first.

    Source: Xero fact sheet §4.2, its members assumed.
    """
    found = state.collection(PAYMENTS).find("InvoiceID", invoice["InvoiceID"])
    kept = [one for one in found if one["Status"] != "DELETED"]
    return [_payment(one) for one in sorted(kept, key=lambda one: (one["Date"], one["UpdatedDateUTC"]))]


def _payment(payment: Document) -> Json:
    return {
        **optional(payment, "PaymentID"),
        "Date": ms_date(payment["Date"]),
        **printed_members(payment, "Amount"),
        **optional(payment, "Reference"),
        "HasAccount": False,
        "HasValidationErrors": False,
    }


def _line(line: Document, *, precise: bool) -> Json:
    unit = Decimal(line["UnitAmount"])
    return {
        **optional(line, "LineItemID", "Description"),
        **printed_members(line, "Quantity"),
        "UnitAmount": printed(unit if precise else rounded(unit, CENT)),
        **optional(line, "ItemCode", "AccountCode", "AccountID", "TaxType"),
        **printed_members(line, "TaxAmount", "LineAmount", "DiscountRate", "DiscountAmount"),
        "Tracking": line.get("Tracking", NOTHING) or [],
    }
