"""Update invoices and credit notes: members, lines, status; create those that do not exist.

Source: docs/vendors/xero.md#invoice, #messages, #state.
"""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from mockserver.model import EMPTY, Action, Document, Item, Json, Outcome, Path, Problem
from mockserver.sandbox.key_rules import key_rules
from mockserver.sandbox.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero import messages
from mockserver.vendors.xero.contacts import contacts
from mockserver.vendors.xero.dates import parse_date, stored_instant
from mockserver.vendors.xero.invoices import creation, representation, storage
from mockserver.vendors.xero.invoices.history import add_invoice_line
from mockserver.vendors.xero.invoices.kinds import CREDIT_NOTE, INVOICE, DocumentKind, kind_of
from mockserver.vendors.xero.invoices.lines import InvoiceLine, recalculate_tax
from mockserver.vendors.xero.invoices.storage import find_by_number
from mockserver.vendors.xero.invoices.unchanged_lines import are_lines_unchanged
from mockserver.vendors.xero.messages import make_problem
from mockserver.vendors.xero.replies.envelope import ZERO_ID, pick_members

_STATUS_TRANSITIONS: Mapping[str, tuple[str, ...]] = {
    "DRAFT": ("DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"),
    "SUBMITTED": ("SUBMITTED", "AUTHORISED", "DRAFT", "DELETED"),
    "AUTHORISED": ("AUTHORISED", "VOIDED"),
}
"""Transitions of an invoice's status. Source: docs/vendors/xero.md#state."""

_FINAL_STATUSES = ("DELETED", "VOIDED")
_RETAINED_MEMBERS = (
    "Type",
    INVOICE.id,
    INVOICE.number,
    CREDIT_NOTE.id,
    CREDIT_NOTE.number,
    "Reference",
    "Date",
    "DueDate",
    "ExpectedPaymentDate",
    "PlannedPaymentDate",
    "Status",
    "LineAmountTypes",
    "LineItems",
    "CurrencyCode",
    "CurrencyRate",
    "SentToContact",
    "Url",
    "BrandingThemeID",
)
_EMPTY_MEANS_ABSENT = ("Contact", "LineItems", INVOICE.number, CREDIT_NOTE.number)
_CHANGEABLE_WHEN_PART_PAID = (INVOICE.id, "DueDate", "Reference", INVOICE.number)
"""Members of a part-paid sales invoice that may change; its contact may too, unless a credit is allocated.

Source: docs/vendors/xero.md#invoice.
"""


def check_invoice_update(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Yield what the books have against the change, or against the new invoice."""
    sent: Document = item.document
    here = messages.item_path(item, request)
    stored = _find_target(sent, request, state)
    if stored is not None:
        yield from _update_problems(stored, _changes(stored, sent, kind_of(request)), request, here, state)
    elif _has_id(sent, request):
        yield make_problem("not-here", (*here, kind_of(request).id))
    else:
        yield from creation.new_invoice_problems(item, request)
        yield from creation.check_invoice(item, request, state)


def update_or_create_invoice(item: Item, request: Request, state: State) -> Outcome:
    """Book a change, or a new invoice, that the books have nothing against."""
    kind = kind_of(request)
    stored = _find_target(item.document, request, state)
    if stored is None:
        outcome, sent = creation.create_invoice(item, request, state), item.document
    else:
        sent = _merge(stored, _changes(stored, item.document, kind), kind)
        ended = sent["Status"] in _FINAL_STATUSES
        changed = (
            _end_invoice(stored, sent, state) if ended else _update_invoice(stored, sent, request, state)
        )
        state.collection(kind.collection)[stored[kind.id]] = changed
        if kind is INVOICE:
            add_invoice_line(stored, changed, state)
        outcome = Outcome(item, Action.UPDATED, representation.attach_contact(changed, state))
    warnings = creation.invoice_warnings(Item(item.index, item.key, sent), request)
    return replace(outcome, warnings=tuple(warnings))


def identify_rejected(outcome: Outcome, request: Request, state: State) -> Document:
    """Return the id of the document that a failed element names by its number, in the body or the path."""
    kind, sent = kind_of(request), outcome.item.document
    named = sent if isinstance(sent, dict) else EMPTY
    by_number = not _has_id(named, request) and isinstance(named.get(kind.number), str)
    if kind.id not in request.parameters and not by_number:
        return EMPTY
    stored = _find_target(named, request, state)
    return EMPTY if stored is None else pick_members(stored, kind.id)


def _find_target(sent: Document, request: Request, state: State) -> Document | None:
    """Return the invoice to change: by path, else by id, else the sale of that number."""
    kind = kind_of(request)
    if kind.id in request.parameters:
        return storage.find_invoice(str(request.parameters[kind.id]), request.call, state, kind)
    if _has_id(sent, request):
        return state.collection(kind.collection).get(sent[kind.id].lower())
    number = sent.get(kind.number)
    if not number or sent.get("Type", kind.sale) != kind.sale:
        return None
    found = find_by_number(number, request.call, state, kind)
    return next((one for one in found if one["Type"] == kind.sale), None)


def _has_id(sent: Document, request: Request) -> bool:
    name = kind_of(request).id
    return name in request.parameters or sent.get(name, ZERO_ID) != ZERO_ID


def _update_problems(
    stored: Document, changes: Document, request: Request, here: Path, state: State
) -> Iterator[Problem]:
    kind = kind_of(request)
    closed = tuple(_transition_problems(stored, changes, here, kind, state))
    yield from closed
    merged = _merge(stored, changes, kind)
    if closed or merged["Status"] in _FINAL_STATUSES:
        return
    yield from creation.invoice_content_problems(merged, here, kind)
    found = _merged_lines(stored, merged, request, here, state)
    yield from creation.booking_problems(merged, found, request, here, state)


def _transition_problems(
    stored: Document, changes: Document, here: Path, kind: DocumentKind, state: State
) -> Iterator[Problem]:
    """Yield why the document takes no change at all, or not this one.

    Source: docs/vendors/xero.md#messages.
    """
    status = stored["Status"]
    if changes.get("Type", stored["Type"]) != stored["Type"]:
        yield make_problem("type-unmodifiable", (*here, "Type"), document=kind.label)
    if changes.get("Status", status) not in _STATUS_TRANSITIONS.get(status, ()):
        yield make_problem("status-unmodifiable", (*here, "Status"), document=kind.label)
    if _is_partly_settled(stored, kind) and not _may_change_when_part_paid(stored, changes, state):
        yield make_problem("has-payments", here)


def _is_partly_settled(stored: Document, kind: DocumentKind) -> bool:
    return bool(stored[kind.unsettled] != stored["Total"])


def _may_change_when_part_paid(stored: Document, changes: Document, state: State) -> bool:
    """Return whether it is a sale with something due, and every change one that it takes.

    A credit and the invoice that it is allocated to have the same contact. Source:
    docs/vendors/xero.md#invoice.
    """
    if stored["Type"] != INVOICE.sale or stored["Status"] != "AUTHORISED":
        return False
    if stored["AmountCredited"] and "Contact" in changes:
        contact = contacts.find_contact(changes["Contact"], state)
        if contact is None or contact["ContactID"] != stored["ContactID"]:
            return False
    return all(
        name in _CHANGEABLE_WHEN_PART_PAID or _is_stored(name, value, stored)
        for name, value in changes.items()
        if name in _RETAINED_MEMBERS
    )


def _is_stored(name: str, value: Json, stored: Document) -> bool:
    kept = stored.get(name)
    return bool(parse_date(value) == kept if name.endswith("Date") else value == kept)


def _changes(stored: Document, sent: Document, kind: DocumentKind) -> Document:
    """Return what was sent; empty members count as not sent, as do a part-paid invoice's own lines."""
    changes = {name: value for name, value in sent.items() if value or name not in _EMPTY_MEANS_ABSENT}
    own_lines = (
        "LineItems" in changes
        and _is_partly_settled(stored, kind)
        and are_lines_unchanged(changes["LineItems"], stored["LineItems"])
    )
    return {name: value for name, value in changes.items() if not (own_lines and name == "LineItems")}


def _merge(stored: Document, changes: Document, kind: DocumentKind) -> dict[str, Json]:
    """Merge the change into the invoice.

    A rate belongs to its currency: another currency comes with its own.
    """
    kept = pick_members(stored, *_RETAINED_MEMBERS)
    if changes.get("CurrencyCode", stored["CurrencyCode"]) != stored["CurrencyCode"]:
        del kept["CurrencyRate"]
    return {
        **kept,
        "Contact": {"ContactID": stored["ContactID"]},
        **changes,
        kind.id: stored[kind.id],
    }


def _merged_lines(
    stored: Document, merged: Document, request: Request, here: Path, state: State
) -> list[InvoiceLine]:
    """Return the lines that were sent, computed; else the stored ones, which approval may reject."""
    if merged["LineItems"] is not stored["LineItems"]:
        return creation.calculate_lines(merged, request, here, state)
    wanting = creation.is_approved(merged)
    found = stored["LineItems"]
    if merged["LineAmountTypes"] != stored["LineAmountTypes"]:
        terms = creation.line_terms(merged, request, state)
        found = [recalculate_tax(line, terms) for line in found]
    return [
        InvoiceLine(
            line,
            (make_problem("line-account-missing", (*here, "LineItems", index, "AccountCode")),)
            if wanting and "AccountCode" not in line
            else (),
        )
        for index, line in enumerate(found)
    ]


def _end_invoice(stored: Document, sent: Document, state: State) -> Document:
    return {**stored, "Status": sent["Status"], "UpdatedDateUTC": stored_instant(state.now)}


def _update_invoice(stored: Document, sent: Document, request: Request, state: State) -> Document:
    kind = kind_of(request)
    known = {line["LineItemID"] for line in stored["LineItems"]}
    worked_out = _merged_lines(stored, sent, request, (), state)
    ids = [str(line.get("LineItemID", "")).lower() for line in sent["LineItems"]]
    found = [
        {**line.document, "LineItemID": key if key in known else state.uuid()}
        for key, line in zip(ids, worked_out, strict=True)
    ]
    return {
        **creation.invoice_header(sent, state),
        **pick_members(stored, kind.id, "App", "HasAttachments"),
        **(
            {kind.number: key_rules(request.call.assumptions).stored(sent[kind.number])}
            if kind.number in sent
            else {}
        ),
        "LineItems": found,
        **creation.invoice_totals(found, sent, kind),
        **(pick_members(stored, kind.unsettled, *kind.settled) if _is_partly_settled(stored, kind) else {}),
    }
