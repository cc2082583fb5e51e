"""What happens to a submitted invoice: approval, item processing, escalation, and the bank's answers.

Source: Guidewire fact sheet §4.1, §4.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from mockserver.model import Document
from mockserver.store import State
from mockserver.vendors.guidewire import instants
from mockserver.vendors.guidewire.assumed import FIRST_CHECK
from mockserver.vendors.guidewire.lifecycle import MOVES, PROCESSING
from mockserver.vendors.guidewire.readings import present
from mockserver.vendors.guidewire.records import CLAIMS, INVOICES, in_order, items_of, keep
from mockserver.vendors.guidewire.settling import Whole, drafted, unapproved, with_status
from mockserver.vendors.guidewire.texts import EXPLANATIONS


def submit(invoice: Document, assumptions: Mapping[str, str], state: State) -> Document:
    """Approve the invoice if its total is within the limit, else have it looked at."""
    items = items_of(invoice, state)
    if Decimal(invoice["totalAmount"]) <= Decimal(assumptions["approval_limit"]):
        return approve(invoice, assumptions, state)
    waiting = unapproved({**invoice, "status": "inreview"})
    return keep(waiting, with_status(items, "inreview"), state)


def approve(invoice: Document, assumptions: Mapping[str, str], state: State) -> Document:
    """Approve the invoice with its items; in fast mode they are processed at once."""
    approved: Document = {
        **invoice,
        "approvalDate": instants.printed(state.now),
        "approvalStatus": "approved",
        "approvedAmount": invoice["totalAmount"],
        "status": "pendingitemvalidation",
    }
    items = with_status(items_of(invoice, state), "approved")
    if assumptions["item_processing"] == "fast":
        approved, items = _processed(approved, items, assumptions, state)
    return keep(approved, items, state)


def reject(invoice: Document, state: State) -> Document:
    """Reject the invoice with its items."""
    rejected = {**unapproved(invoice), "approvalStatus": "rejected", "status": "rejected"}
    items = with_status(items_of(invoice, state), "rejected", EXPLANATIONS["rejected"])
    return keep(rejected, items, state)


def request(invoice: Document, assumptions: Mapping[str, str], state: State) -> Document:
    """Send a due invoice downstream; one that is not due yet, or held back, stays as it is."""
    if not _is_due(invoice, state) or invoice["deliveryMethod"] == "hold":
        return invoice
    status = "requested" if assumptions["item_processing"] == "fast" else "requesting"
    return keep({**invoice, "status": status}, with_status(items_of(invoice, state), "submitting"), state)


def move(action: str, invoice: Document, state: State) -> Document:
    """Take an action that leads to one status, and its items to one."""
    chosen, items = MOVES[action], items_of(invoice, state)
    moved = {**invoice, "status": chosen.target}
    if action == "issue" and "checkNumber" not in invoice:
        number = str(FIRST_CHECK + state.next("check"))
        moved = {**moved, "checkNumber": number, "issueDate": instants.printed(state.now)}
    return keep(moved, with_status(items, chosen.items) if chosen.items else (), state)


def reset(invoice: Document, state: State) -> Document:
    """Make the invoice a draft as if nothing had happened to it since it was made."""
    draft, items = drafted({**invoice, "valid": False}, items_of(invoice, state))
    forgotten = dict.fromkeys(("checkNumber", "issueDate", "lastValidatedDate", "validationAlerts"))
    return keep(present({**draft, **forgotten}), items, state)


def run_escalation(assumptions: Mapping[str, str], state: State) -> list[Document]:
    """Take every invoice that waits for a batch process one status further; those that went on."""
    moved = []
    for invoice in in_order(state.collection(INVOICES).values()):
        after = _escalated(invoice, assumptions, state)
        if after is not invoice:
            moved.append(after)
    return moved


def _escalated(invoice: Document, assumptions: Mapping[str, str], state: State) -> Document:
    status = invoice["status"]
    if status in PROCESSING[assumptions["item_processing"]]:
        return keep(*_processed(invoice, items_of(invoice, state), assumptions, state), state)
    if status == "requesting":
        return keep({**invoice, "status": "requested"}, (), state)
    return request(invoice, assumptions, state) if status == "awaitingsubmission" else invoice


def _processed(
    invoice: Document, items: Sequence[Document], assumptions: Mapping[str, str], state: State
) -> Whole:
    """One step on, or, where an item turns out to be bad, invalid."""
    looked_at = [_looked_at(item, state) for item in items]
    if any(item["status"] == "notvalid" for item in looked_at):
        return {**invoice, "status": "invaliditems"}, looked_at
    status = PROCESSING[assumptions["item_processing"]][invoice["status"]]
    done = status == "awaitingsubmission"
    return {**invoice, "status": status}, with_status(items, status) if done else list(items)


def _looked_at(item: Document, state: State) -> Document:
    """The item, not valid if its claim cannot be paid on (assumed)."""
    claim = state.collection(CLAIMS)[item["claim"]]
    if claim.get("abilityToPay", True):
        return item
    explanation = EXPLANATIONS["no-ability-to-pay"].format(claim=claim["claimNumber"])
    return {**item, "status": "notvalid", "explanation": explanation}


def _is_due(invoice: Document, state: State) -> bool:
    """Whether the send date is today or earlier. Source: §4.1."""
    today = instants.day(instants.printed(state.now))
    return "scheduledSendDate" in invoice and instants.day(invoice["scheduledSendDate"]) <= today
