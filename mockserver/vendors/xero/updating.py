"""Changing an invoice: what it says, its lines, or how far it has got; what is not there is created.

Source: Xero fact sheet §2.6, §3.7, §4.8.
"""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from mockserver.model import Action, Document, Item, Json, Outcome, Path, Problem
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero import invoices, invoicing, rules
from mockserver.vendors.xero.lines import Line, taxed_anew
from mockserver.vendors.xero.naming import INVOICES, NUMBER, kept, numbered
from mockserver.vendors.xero.replies import ZERO_ID
from mockserver.vendors.xero.wire import optional, stamp
from mockserver.vendors.xero.words import say

_ID = "InvoiceID"
_MOVES: Mapping[str, tuple[str, ...]] = {
    "DRAFT": ("DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"),
    "SUBMITTED": ("SUBMITTED", "AUTHORISED", "DRAFT", "DELETED"),
    "AUTHORISED": ("AUTHORISED", "VOIDED"),
}
"""Where the status of an invoice may go from where. Source: Xero fact sheet §4.8."""

_ENDS = ("DELETED", "VOIDED")
_KEPT = (
    "Type",
    _ID,
    "InvoiceNumber",
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
_MAY_BE_EMPTY = ("Contact", "LineItems", "InvoiceNumber")


def check(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """What the books have against the change, or against the new invoice."""
    sent: Document = item.document
    here = rules.place(item, request)
    stored = _target(sent, request, state)
    if stored is not None:
        yield from _modification(stored, sent, request, here, state)
    elif _names_one(sent, request):
        yield say("not-here", (*here, _ID))
    else:
        yield from rules.invoice(item, request)
        yield from invoicing.check(item, request, state)


def keep(item: Item, request: Request, state: State) -> Outcome:
    """Book a change, or a new invoice, that the books have nothing against."""
    stored = _target(item.document, request, state)
    if stored is None:
        outcome, sent = invoicing.create(item, request, state), item.document
    else:
        sent = _merged(stored, item.document)
        ended = sent["Status"] in _ENDS
        changed = _ended(stored, sent, state) if ended else _changed(stored, sent, request, state)
        state.collection(INVOICES)[stored[_ID]] = changed
        outcome = Outcome(item, Action.UPDATED, invoices.with_contact(changed, state))
    warnings = rules.invoice_warnings(Item(item.index, item.key, sent), request)
    return replace(outcome, warnings=tuple(warnings))


def _target(sent: Document, request: Request, state: State) -> Document | None:
    """The invoice that is to be changed: that of the path, else of the id, else the sale of that number."""
    if _ID in request.parameters:
        return invoices.named(str(request.parameters[_ID]), request.call, state)
    found = state.collection(INVOICES)
    if _names_one(sent, request):
        return found.get(sent[_ID].lower())
    number = sent.get("InvoiceNumber")
    if not number or sent.get("Type", "ACCREC") != "ACCREC":
        return None
    return next((one for one in numbered(number, request.call, state) if one["Type"] == "ACCREC"), None)


def _names_one(sent: Document, request: Request) -> bool:
    return _ID in request.parameters or sent.get(_ID, ZERO_ID) != ZERO_ID


def _modification(
    stored: Document, sent: Document, request: Request, here: Path, state: State
) -> Iterator[Problem]:
    closed = tuple(_closed(stored, sent, here))
    yield from closed
    merged = _merged(stored, sent)
    if closed or merged["Status"] in _ENDS:
        return
    yield from rules.content(merged, here)
    found = _lines(stored, merged, request, here, state)
    yield from invoicing.problems(merged, found, request.call, here, state)


def _closed(stored: Document, sent: Document, here: Path) -> Iterator[Problem]:
    """Why the invoice takes no change at all, or not this one.

    Source: Xero fact sheet §3.7.
    """
    status = stored["Status"]
    if sent.get("Type", stored["Type"]) != stored["Type"]:
        yield say("type-unmodifiable", (*here, "Type"))
    if sent.get("Status", status) not in _MOVES.get(status, ()):
        yield say("status-unmodifiable", (*here, "Status"))
    if stored["AmountPaid"] or stored["AmountCredited"]:
        yield say("has-payments", here)


def _merged(stored: Document, sent: Document) -> dict[str, Json]:
    """The invoice as it would have been sent whole; clients send what is empty for what they do not send.

    A rate belongs to its currency: another currency comes with its own.
    """
    changes = {name: value for name, value in sent.items() if value or name not in _MAY_BE_EMPTY}
    kept = optional(stored, *_KEPT)
    if changes.get("CurrencyCode", stored["CurrencyCode"]) != stored["CurrencyCode"]:
        del kept["CurrencyRate"]
    return {**kept, "Contact": {"ContactID": stored["ContactID"]}, **changes, _ID: stored[_ID]}


def _lines(stored: Document, merged: Document, request: Request, here: Path, state: State) -> list[Line]:
    """The lines that were sent, worked out; else those there are, which an approval may find wanting."""
    if merged["LineItems"] is not stored["LineItems"]:
        return invoicing.lines(merged, request, here, state)
    wanting = invoicing.is_approved(merged)
    found = stored["LineItems"]
    if merged["LineAmountTypes"] != stored["LineAmountTypes"]:
        terms = invoicing.terms(merged, request, state)
        found = [taxed_anew(line, terms) for line in found]
    return [
        Line(
            line,
            (say("line-account-missing", (*here, "LineItems", index, "AccountCode")),)
            if wanting and "AccountCode" not in line
            else (),
        )
        for index, line in enumerate(found)
    ]


def _ended(stored: Document, sent: Document, state: State) -> Document:
    return {**stored, "Status": sent["Status"], "UpdatedDateUTC": stamp(state.now)}


def _changed(stored: Document, sent: Document, request: Request, state: State) -> Document:
    known = {line["LineItemID"] for line in stored["LineItems"]}
    worked_out = _lines(stored, sent, request, (), state)
    ids = [str(line.get("LineItemID", "")).lower() for line in sent["LineItems"]]
    found = [
        {**line.document, "LineItemID": key if key in known else state.uuid()}
        for key, line in zip(ids, worked_out, strict=True)
    ]
    return {
        **invoicing.head(sent, state),
        **optional(stored, _ID, "App"),
        **({NUMBER: kept(sent[NUMBER], request.call)} if NUMBER in sent else {}),
        "LineItems": found,
        **invoicing.totals(found, sent),
    }
