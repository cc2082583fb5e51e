"""Credit notes, overpayments and prepayments in replies: lists, pages, one by its id, rejected ones.

Source: docs/vendors/xero.md#credits.
"""

from collections.abc import Mapping
from functools import partial

from mockserver.errors import NotFound
from mockserver.model import Document, Json, Outcome, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import Handler, Request
from mockserver.vendors.xero.contacts import contacts
from mockserver.vendors.xero.dates import cut_to_seconds, date_members, print_date, print_instant_ms
from mockserver.vendors.xero.invoices.allocations import allocations_of
from mockserver.vendors.xero.invoices.amounts import amount_members
from mockserver.vendors.xero.invoices.kinds import CREDIT_NOTE, DocumentKind
from mockserver.vendors.xero.invoices.representation import (
    contact_of,
    payments_of,
    represent_lines,
)
from mockserver.vendors.xero.invoices.storage import find_by_number
from mockserver.vendors.xero.replies import filters, lists
from mockserver.vendors.xero.replies.batch_results import (
    RenderSaved,
    echo_around_id,
)
from mockserver.vendors.xero.replies.envelope import id_parameter, pick_members, success_reply
from mockserver.vendors.xero.replies.filters import FieldType, FilterEntity, Operand

_TEXTS = (
    "Type",
    "Reference",
    "Status",
    "LineAmountTypes",
    "CurrencyCode",
    "CreditNoteNumber",
    "InvoiceNumber",
)
_AMOUNTS = ("RemainingCredit", "SubTotal", "TotalTax", "Total", "CurrencyRate")
_MOMENTS = ("Date", "DueDate", "FullyPaidOnDate", "UpdatedDateUTC")
_LIST_PARAMETERS = {"References": "Reference", "InvoiceNumbers": "InvoiceNumber"}


def list_credits(kind: DocumentKind) -> Handler:
    """Return the operation that lists the documents of a kind; a page shows their lines."""
    entity = FilterEntity(kind.name, _fields(kind))

    def handle(request: Request, state: State) -> Reply:
        found = list(state.collection(kind.collection).values())
        for parameter, member in _LIST_PARAMETERS.items():
            if wanted := request.parameters.get(parameter):
                found = [one for one in found if one.get(member) in wanted]
        found = lists.select_documents(found, entity, request, state)
        if lists.is_page_requested(request):
            return lists.page_reply(
                kind.plural, found, lambda one: represent_credit(one, kind, request, state), request, state
            )
        return lists.list_reply(
            kind.plural, found, lambda one: _represent_in_list(one, kind, state), request, state
        )

    return handle


def _fields(kind: DocumentKind) -> Mapping[str, Operand]:
    return {
        **filters.own_fields(FieldType.GUID, kind.id, "BrandingThemeID"),
        **filters.own_fields(FieldType.TEXT, *_TEXTS),
        **filters.own_fields(FieldType.NUMBER, *_AMOUNTS),
        **filters.own_fields(FieldType.MOMENT, *_MOMENTS),
        **filters.own_fields(FieldType.FLAG, "SentToContact"),
        **filters.related_fields("Contact", "ContactID", contacts.CONTACTS, contacts.ENTITY.fields),
    }


def get_credit(kind: DocumentKind) -> Handler:
    """Return the operation that shows one document of a kind."""

    def handle(request: Request, state: State) -> Reply:
        found = find_credit(kind, request, state)
        if found is None:
            raise NotFound(kind.collection, str(request.parameters[kind.id]))
        return success_reply(
            {kind.plural: [represent_credit(found, kind, request, state)]}, request.call, state
        )

    return handle


def find_credit(kind: DocumentKind, request: Request, state: State) -> Document | None:
    """Return the document that the path names, by its id or, where the kind has numbers, by its number."""
    found = state.collection(kind.collection).get(id_parameter(request, kind.id))
    if found is not None or not kind.number:
        return found
    return next(iter(find_by_number(str(request.parameters[kind.id]), request.call, state, kind)), None)


def represent_credit(credit: Document, kind: DocumentKind, request: Request, state: State) -> dict[str, Json]:
    """Return a credit with its lines and the whole contact."""
    contact = contacts.represent_contact(contact_of(credit, state))
    return _represent(credit, kind, contact, represent_lines(credit, request), state)


def _represent_in_list(credit: Document, kind: DocumentKind, state: State) -> dict[str, Json]:
    contact = contacts.embedded_contact(contact_of(credit, state))
    return _represent(credit, kind, contact, [], state)


def _represent(
    credit: Document, kind: DocumentKind, contact: Json, lines: list[Json], state: State
) -> dict[str, Json]:
    """Return a credit in the order of the vendor's document."""
    return {
        **pick_members(credit, kind.id, "CreditNoteNumber"),
        "Payments": _refunds_of(credit, kind, state),
        "ID": credit[kind.id],
        **amount_members(credit, "CurrencyRate"),
        **pick_members(credit, "Type", "Reference", "InvoiceNumber", "SentToContact"),
        **amount_members(credit, "RemainingCredit"),
        "Allocations": allocations_of(credit, kind, state),
        "HasAttachments": False,
        **({"HasErrors": False} if kind is CREDIT_NOTE else {}),
        "Contact": contact,
        **date_members("Date", credit),
        **date_members("DueDate", credit),
        **pick_members(credit, "Status", "LineAmountTypes"),
        "LineItems": lines,
        **amount_members(credit, "SubTotal", "TotalTax", "Total"),
        "UpdatedDateUTC": print_instant_ms(credit["UpdatedDateUTC"]),
        "UpdatedDateUTCString": f"{cut_to_seconds(credit['UpdatedDateUTC'])}Z",
        **pick_members(credit, "CurrencyCode"),
        **({"FullyPaidOnDate": print_date(credit["FullyPaidOnDate"])} if "FullyPaidOnDate" in credit else {}),
        **pick_members(credit, "BrandingThemeID"),
    }


def _refunds_of(credit: Document, kind: DocumentKind, state: State) -> list[Json]:
    unused = credit["RemainingCredit"] == credit["Total"]
    return [] if unused else payments_of(credit, kind, state)


def represent_created_credit_notes() -> RenderSaved:
    """Return the function that shows the credit notes of one call, in the answer to it."""
    return partial(_represent_created_credit_note, contacts.ContactPrinter())


def _represent_created_credit_note(
    printer: contacts.ContactPrinter, outcome: Outcome, request: Request, state: State
) -> Json:
    """Return a credit note in the answer to the call that made it.

    The outcome brings the contact along: that is shown even if it is not kept after all.
    """
    contact = printer.represent(outcome.document["Contact"])
    lines = represent_lines(outcome.document, request)
    shown = _represent(outcome.document, CREDIT_NOTE, contact, lines, state)
    return {**shown, "StatusAttributeString": "OK"}


_BEFORE_ID = ("Type",)
_AFTER_ID = (
    "CreditNoteNumber",
    "Reference",
    "CurrencyRate",
    "Contact",
    "Date",
    "DueDate",
    "Status",
    "LineAmountTypes",
    "LineItems",
    "CurrencyCode",
    "BrandingThemeID",
)

represent_rejected_credit_note = echo_around_id(CREDIT_NOTE.id, _BEFORE_ID, _AFTER_ID, "HasErrors")
