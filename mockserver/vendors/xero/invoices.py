"""Invoices in replies: one, a list in short form, pages in full form, the online address.

Source: docs/vendors/xero.md#online-invoices.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from hashlib import blake2b

from mockserver.errors import NotFound
from mockserver.model import EMPTY, Document, Json, Outcome, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import Handler, Request, find_record
from mockserver.vendors.xero import contacts, lists
from mockserver.vendors.xero.answers import (
    RenderSaved,
    echo_around_id,
    id_parameter,
    pick_members,
    stored_id,
    success_reply,
)
from mockserver.vendors.xero.books import (
    INVOICE,
    INVOICES,
    NO_ADDRESSES_OR_SERVICES,
    PAYMENTS,
    DocumentKind,
    credits_on,
    find_invoice,
)
from mockserver.vendors.xero.contacts import ContactPrinter
from mockserver.vendors.xero.dates_and_amounts import (
    CENT,
    amount_members,
    cut_to_seconds,
    date_members,
    print_amount,
    print_date,
    print_instant_ms,
    round_to,
)
from mockserver.vendors.xero.lists import FieldType, FilterEntity, Operand

FOUR_UNIT_DECIMALS = 4
"""The `unitdp` that keeps the four decimals of UnitAmount.

Source: docs/vendors/xero.md#headers-and-parameters.
"""

_TEXTS = ("Type", "InvoiceNumber", "Reference", "Status", "LineAmountTypes", "CurrencyCode", "Url")
_AMOUNTS = ("AmountDue", "AmountPaid", "AmountCredited", "SubTotal", "TotalTax", "Total", "CurrencyRate")
_EXPECTED_DATES = ("ExpectedPaymentDate", "PlannedPaymentDate")
_FIELDS: Mapping[str, Operand] = {
    **lists.own_fields(FieldType.GUID, "InvoiceID", "BrandingThemeID"),
    **lists.own_fields(FieldType.TEXT, *_TEXTS),
    **lists.own_fields(FieldType.NUMBER, *_AMOUNTS),
    **lists.own_fields(
        FieldType.MOMENT, "Date", "DueDate", "FullyPaidOnDate", "UpdatedDateUTC", *_EXPECTED_DATES
    ),
    **lists.own_fields(FieldType.FLAG, "SentToContact", "HasAttachments"),
    **lists.related_fields("Contact", "ContactID", contacts.CONTACTS, contacts.ENTITY.fields),
}
ENTITY = FilterEntity("Invoice", _FIELDS)
_SETTLING_LISTS = ("Payments", "CreditNotes", "Prepayments", "Overpayments")
_HEAVY_MEMBERS = ("Payments", "HasAttachments", "LineItems")
"""Members that a summary leaves out. Source: docs/vendors/xero.md#headers-and-parameters."""


def list_invoices(request: Request, state: State) -> Reply:
    """Return the invoices that the call asks for: in short, or a page of whole ones.

    Source: docs/vendors/xero.md#filters-and-order.
    """
    asked = request.parameters
    found = lists.select_documents(_filter_invoices(request, state), ENTITY, request, state)
    if asked.get("summaryOnly", False):
        return lists.page_reply("Invoices", found, lambda one: _summarise_invoice(one, state), request, state)
    if lists.is_page_requested(request) or asked.get("Statuses"):
        return lists.page_reply(
            "Invoices", found, lambda one: represent_invoice(one, request, state), request, state
        )
    return lists.list_reply(
        "Invoices", found, lambda one: represent_invoice_in_list(one, state), request, state
    )


def get_invoice(request: Request, state: State) -> Reply:
    """Return one invoice, by its id or its number.

    Raises:
        NotFound: the tenant has none of that id or number.
    """
    found = find_invoice(str(request.parameters["InvoiceID"]), request.call, state)
    if found is None:
        raise NotFound(INVOICES, str(request.parameters["InvoiceID"]))
    return success_reply({"Invoices": [represent_invoice(found, request, state)]}, request.call, state)


def represent_created_invoices() -> RenderSaved:
    """Return the function that shows the invoices of one call, in the answer to it."""
    return partial(_represent_created_invoice, contacts.ContactPrinter())


def _represent_created_invoice(
    printer: ContactPrinter, outcome: Outcome, request: Request, state: State
) -> Json:
    """Return an invoice in the answer to the call that made it.

    The outcome brings the contact along: that is shown even if it is not kept after all.
    Source: docs/vendors/xero.md#error-shapes.
    """
    shown = _represent_in_full(
        outcome.document, printer.represent(outcome.document["Contact"]), request, state
    )
    shown["StatusAttributeString"] = "OK"
    return shown


def attach_contact(invoice: Document, state: State) -> Document:
    """Return a stored invoice with its contact, which is stored separately."""
    return {**invoice, "Contact": contact_of(invoice, state)}


def represent_invoice(invoice: Document, request: Request, state: State) -> Json:
    """Return an invoice with its lines and the whole contact, in the order of the vendor's document.

    Source: docs/vendors/xero.md#invoice.
    """
    contact = contacts.represent_contact(contact_of(invoice, state))
    return _represent_in_full(invoice, contact, request, state)


def represent_paid_invoice(invoice: Document, printer: ContactPrinter, state: State) -> Json:
    """Return the invoice of a payment as the answer about that one payment shows it: with lines and amounts.

    Its payments and credits are left out: a batch of payments of one invoice would list all with each.
    Source: docs/vendors/xero.md#payment.
    """
    lines = [_represent_line(line, precise=False) for line in invoice["LineItems"]]
    contact = printer.represent(contact_of(invoice, state))
    return _represent(invoice, {name: [] for name in _SETTLING_LISTS}, contact, lines)


def represent_invoice_in_list(invoice: Document, state: State) -> Json:
    """Return an invoice without lines and with a short contact."""
    contact = contacts.embedded_contact(contact_of(invoice, state))
    return _represent(invoice, _settled_by(invoice, state), contact, [])


def _represent_in_full(invoice: Document, contact: Json, request: Request, state: State) -> dict[str, Json]:
    return _represent(invoice, _settled_by(invoice, state), contact, represent_lines(invoice, request))


def represent_lines(document: Document, request: Request) -> list[Json]:
    """Return the lines of a document, units as precise as the call asks for."""
    precise = request.parameters.get("unitdp") == FOUR_UNIT_DECIMALS
    return [_represent_line(line, precise=precise) for line in document["LineItems"]]


def _summarise_invoice(invoice: Document, state: State) -> Json:
    shown = represent_invoice_in_list(invoice, state)
    return {name: value for name, value in shown.items() if name not in _HEAVY_MEMBERS}


def _filter_invoices(request: Request, state: State) -> list[Document]:
    asked = request.parameters
    found = list(state.collection(INVOICES).values())
    for parameter, member in (
        ("IDs", "InvoiceID"),
        ("ContactIDs", "ContactID"),
        ("InvoiceNumbers", "InvoiceNumber"),
        ("Statuses", "Status"),
    ):
        if given := asked.get(parameter):
            wanted = {stored_id(str(one)) if member.endswith("ID") else one for one in given}
            found = [one for one in found if one.get(member) in wanted]
    if asked.get("createdByMyApp", False):
        found = [one for one in found if one.get("App") == request.call.principal.name]
    if term := asked.get("searchTerm"):
        found = lists.search_documents(found, term, "InvoiceNumber", "Reference")
    return found


def _represent(
    invoice: Document, settled_by: Mapping[str, list[Json]], contact: Json, lines: list[Json]
) -> dict[str, Json]:
    return {
        **pick_members(invoice, "Type", "InvoiceID", "InvoiceNumber", "Reference"),
        **settled_by,
        **amount_members(invoice, "AmountDue", "AmountPaid", "AmountCredited"),
        "SentToContact": invoice.get("SentToContact", False),
        **amount_members(invoice, "CurrencyRate"),
        "HasErrors": False,
        "IsDiscounted": "TotalDiscount" in invoice,
        "HasAttachments": invoice.get("HasAttachments", False),
        **NO_ADDRESSES_OR_SERVICES,
        "Contact": contact,
        **date_members("Date", invoice),
        **date_members("DueDate", invoice),
        **{name: print_date(invoice[name]) for name in _EXPECTED_DATES if name in invoice},
        **pick_members(invoice, "Status", "LineAmountTypes"),
        "LineItems": lines,
        **amount_members(invoice, "SubTotal", "TotalTax", "Total", "TotalDiscount"),
        "UpdatedDateUTC": print_instant_ms(invoice["UpdatedDateUTC"]),
        "UpdatedDateUTCString": f"{cut_to_seconds(invoice['UpdatedDateUTC'])}Z",
        **pick_members(invoice, "CurrencyCode"),
        **(
            {"FullyPaidOnDate": print_date(invoice["FullyPaidOnDate"])}
            if "FullyPaidOnDate" in invoice
            else {}
        ),
        **pick_members(invoice, "BrandingThemeID", "Url"),
    }


def contact_of(invoice: Document, state: State) -> Document:
    """Return the stored contact of an invoice, or of a credit."""
    return state.collection(contacts.CONTACTS)[invoice["ContactID"]]


def _settled_by(invoice: Document, state: State) -> Mapping[str, list[Json]]:
    """Return what was paid on an invoice, and what credits took off it."""
    return {"Payments": payments_of(invoice, INVOICE, state), **credits_on(invoice, state)}


def payments_of(document: Document, kind: DocumentKind, state: State) -> list[Json]:
    """Return what was paid on a document and not taken back, oldest first.

    Source: docs/vendors/xero.md#state, its members assumed.
    """
    found = state.collection(PAYMENTS).find(kind.id, document[kind.id])
    kept = [one for one in found if one["Status"] != "DELETED"]
    return [
        _embedded_payment(one) for one in sorted(kept, key=lambda one: (one["Date"], one["UpdatedDateUTC"]))
    ]


def _embedded_payment(payment: Document) -> Json:
    return {
        **pick_members(payment, "PaymentID", "BatchPaymentID"),
        "Date": print_date(payment["Date"]),
        **amount_members(payment, "Amount"),
        **pick_members(payment, "Reference"),
        **amount_members(payment, "CurrencyRate"),
        "HasAccount": False,
        "HasValidationErrors": False,
    }


def _represent_line(line: Document, *, precise: bool) -> Json:
    unit = Decimal(line["UnitAmount"])
    return {
        **pick_members(line, "LineItemID", "Description"),
        **amount_members(line, "Quantity"),
        "UnitAmount": print_amount(unit if precise else round_to(unit, CENT)),
        **pick_members(line, "ItemCode", "AccountCode", "AccountID", "TaxType"),
        **amount_members(line, "TaxAmount", "LineAmount", "DiscountRate", "DiscountAmount"),
        "Tracking": line.get("Tracking", EMPTY) or [],
    }


_BEFORE_ID = ("Type",)
_AFTER_ID = (
    "InvoiceNumber",
    "Reference",
    "SentToContact",
    "CurrencyRate",
    "Attachments",
    "Contact",
    "Date",
    "DueDate",
    "ExpectedPaymentDate",
    "PlannedPaymentDate",
    "Status",
    "LineAmountTypes",
    "LineItems",
    "CurrencyCode",
    "BrandingThemeID",
    "RepeatingInvoiceID",
    "Url",
)

represent_rejected_invoice = echo_around_id("InvoiceID", _BEFORE_ID, _AFTER_ID, "HasErrors")


_HOST = "https://in.xero.example"
_UNSEEN = ("DRAFT", "DELETED")


def get_online_invoice(request: Request, state: State) -> Reply:
    """Return the address of a sales invoice; always the same for the same invoice.

    Raises:
        NotFound: there is no such invoice, or it is a bill, a draft or deleted.
    """
    key = id_parameter(request, "InvoiceID")
    invoice = find_record(INVOICES, key, state)
    if invoice["Type"] != "ACCREC" or invoice["Status"] in _UNSEEN:
        what = f"{invoice['Type']} {invoice['Status']}"
        hint = f"only sales invoices that are no drafts are online; this is {what}"
        raise NotFound(INVOICES, key, hint=hint)
    token = blake2b(f"{request.tenant}/{key}".encode(), digest_size=20).hexdigest()
    return success_reply({"OnlineInvoices": [{"OnlineInvoiceUrl": f"{_HOST}/{token}"}]}, request.call, state)


OPERATIONS: Mapping[str, Handler] = {"getOnlineInvoice": get_online_invoice}
