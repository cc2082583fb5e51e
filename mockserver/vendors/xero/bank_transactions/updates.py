"""Change and delete bank transactions; create those that do not exist.

Source: docs/vendors/xero.md#bank-transactions, #messages.
"""

from collections.abc import Iterator

from mockserver.model import Action, Document, Item, Json, Outcome, Path, Problem
from mockserver.sandbox.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero.bank_transactions import booking
from mockserver.vendors.xero.bank_transactions.representation import BANK_TRANSACTIONS
from mockserver.vendors.xero.dates import stored_instant
from mockserver.vendors.xero.invoices.lines import InvoiceLine, recalculate_tax
from mockserver.vendors.xero.invoices.representation import attach_contact
from mockserver.vendors.xero.messages import item_path, make_problem
from mockserver.vendors.xero.replies.envelope import named_id, pick_members

_ID = "BankTransactionID"
_RETAINED_MEMBERS = (
    "Type",
    "Reference",
    "Url",
    "IsReconciled",
    "Date",
    "Status",
    "LineAmountTypes",
    "LineItems",
)
_EMPTY_MEANS_ABSENT = ("Contact", "LineItems", "BankAccount")


def check_update(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Yield what the books have against the change, or against the new transaction."""
    sent, here = item.document, item_path(item, request)
    key = named_id(sent, _ID, request)
    stored = state.collection(BANK_TRANSACTIONS).get(key)
    if stored is not None:
        yield from _update_problems(stored, sent, request, here, state)
    elif key:
        yield make_problem("not-here", (*here, _ID))
    else:
        yield from booking.new_transaction_problems(item, request)
        yield from booking.check_transaction(item, request, state)


def update_or_create_transaction(item: Item, request: Request, state: State) -> Outcome:
    """Book a change, or a new transaction, that the books have nothing against."""
    stored = state.collection(BANK_TRANSACTIONS).get(named_id(item.document, _ID, request))
    if stored is None:
        return booking.create_transaction(item, request, state)
    sent = _merge(stored, item.document)
    changed = (
        {**stored, "Status": "DELETED", "UpdatedDateUTC": stored_instant(state.now)}
        if sent["Status"] == "DELETED"
        else _update_transaction(stored, sent, request, state)
    )
    state.collection(BANK_TRANSACTIONS)[stored[_ID]] = changed
    return Outcome(item, Action.UPDATED, attach_contact(changed, state))


def _update_problems(
    stored: Document, sent: Document, request: Request, here: Path, state: State
) -> Iterator[Problem]:
    closed = tuple(_transition_problems(stored, sent, here))
    yield from closed
    merged = _merge(stored, sent)
    if closed or merged["Status"] == "DELETED":
        return
    yield from booking.content_problems(merged, here)
    found = _merged_lines(stored, merged, request, here, state)
    yield from booking.booking_problems(merged, found, request.call, here, state)


def _transition_problems(stored: Document, sent: Document, here: Path) -> Iterator[Problem]:
    """Yield why the transaction takes no change at all, or not this one.

    Source: docs/vendors/xero.md#bank-transactions.
    """
    if stored["Type"] not in booking.TYPES or sent.get("Type", stored["Type"]) != stored["Type"]:
        yield make_problem("transaction-type-change", (*here, "Type"))
    if stored["Status"] != "AUTHORISED" or sent.get("Status", "AUTHORISED") not in ("AUTHORISED", "DELETED"):
        yield make_problem("transaction-status", (*here, "Status"))
    elif stored["IsReconciled"]:
        yield make_problem("transaction-reconciled", here)


def _merge(stored: Document, sent: Document) -> dict[str, Json]:
    """Return the transaction with the change in it; empty members count as not sent."""
    changes = {name: value for name, value in sent.items() if value or name not in _EMPTY_MEANS_ABSENT}
    return {
        **pick_members(stored, *_RETAINED_MEMBERS),
        "Contact": {"ContactID": stored["ContactID"]},
        "BankAccount": {"AccountID": stored["AccountID"]},
        **changes,
        _ID: stored[_ID],
    }


def _merged_lines(
    stored: Document, merged: Document, request: Request, here: Path, state: State
) -> list[InvoiceLine]:
    """Return the lines that were sent, computed; else the stored ones, with the tax that is due now."""
    if merged["LineItems"] is not stored["LineItems"]:
        return booking.calculate_lines(merged, request, here, state)
    found = stored["LineItems"]
    if merged["LineAmountTypes"] != stored["LineAmountTypes"]:
        terms = booking.line_terms(merged, request, state)
        found = [recalculate_tax(line, terms) for line in found]
    return [InvoiceLine(line, ()) for line in found]


def _update_transaction(stored: Document, sent: Document, request: Request, state: State) -> Document:
    """Return the changed transaction; a line that is sent with its id keeps it."""
    known = {line["LineItemID"] for line in stored["LineItems"]}
    ids = [str(line.get("LineItemID", "")).lower() for line in sent["LineItems"]]
    found = [
        {**line.document, "LineItemID": key if key in known else state.uuid()}
        for key, line in zip(ids, _merged_lines(stored, sent, request, (), state), strict=True)
    ]
    return {_ID: stored[_ID], **booking.booked_members(sent, found, state)}
