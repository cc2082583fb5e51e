"""Stored bulk invoices and items: lookup, versions, statuses, transitions, recalculation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from mockserver.errors import NotFound
from mockserver.model import Document, Problem, Value
from mockserver.sandbox.assumptions import ON
from mockserver.sandbox.key_rules import KeyRules
from mockserver.sandbox.store import Collection, State
from mockserver.vendors.guidewire import attributes
from mockserver.vendors.guidewire.attributes import TYPELISTS, without_nulls

_REQUESTED = frozenset({"requesting", "requested"})
_PENDING = frozenset({"pendingvoid", "pendingstop"})
_ANSWERED_BY_BANK = _REQUESTED | _PENDING | {"voided", "stopped"}

EDITABLE = frozenset(
    {
        "draft",
        "rejected",
        "invaliditems",
        "inreview",
        "pendingitemvalidation",
        "awaitingsubmission",
        "onhold",
    }
)
"""The statuses in which an invoice and its items may change. Assumed."""

REOPENED = frozenset({"rejected", "awaitingsubmission"})
"""The statuses from which a change leads back to draft, if the assumption says so. Assumed."""

INVALID_ITEMS = "invaliditems"
"""From here a change always leads back to draft: nothing else would. Assumed."""


class Transition(Value, frozen=True):
    """An action: statuses that allow it, the next status, and that of the items.

    `items` that are "" stay as they are; without a `target` it is found out by what the action does.
    """

    sources: frozenset[str]
    target: str = ""
    items: str = ""


TRANSITIONS: Mapping[str, Transition] = {
    "validate": Transition(EDITABLE),
    "submit": Transition(frozenset({"draft", "rejected", "onhold", "pendingitemvalidation"})),
    "request": Transition(frozenset({"awaitingsubmission"})),
    "place-hold": Transition(_REQUESTED, "onhold"),
    "stop": Transition(_REQUESTED | {"issued", "onhold"}, "pendingstop", "pendingstop"),
    "void": Transition(_REQUESTED | {"issued", "cleared", "onhold"}, "pendingvoid", "pendingvoid"),
    "delete": Transition(frozenset({"draft", "inreview", "pendingitemvalidation", "awaitingsubmission"})),
    "force-approve": Transition(frozenset({"inreview"})),
    "force-reject": Transition(frozenset({"inreview"})),
    "issue": Transition(_ANSWERED_BY_BANK, "issued", "submitted"),
    "clear": Transition(_ANSWERED_BY_BANK | {"issued"}, "cleared", "submitted"),
    "confirm-stop": Transition(_PENDING, "stopped", "stopped"),
    "confirm-void": Transition(_PENDING, "voided", "voided"),
    "reset": Transition(frozenset(TYPELISTS["BulkInvoiceStatus"])),
}
"""Every action by the last segment of its path, deletion beside them."""

CUSTOM_ACTIONS = ("validate", "submit", "request", "place-hold", "stop", "void")
"""Actions of the vendor's own API."""

_CHECK_CREATION: Mapping[str, str] = {
    "pendingitemvalidation": "initiatingcheckcreation",
    "initiatingcheckcreation": "creatingchecks",
    "creatingchecks": "awaitingsubmission",
}
_DIRECT: Mapping[str, str] = dict.fromkeys(_CHECK_CREATION, "awaitingsubmission")
NEXT_STATUS: Mapping[str, Mapping[str, str]] = {
    "fast": _DIRECT,
    "slow": _DIRECT,
    "slow_with_check_creation": _CHECK_CREATION,
}
"""Next status while items are processed, by the value of the assumption `item_processing`."""


def transition_problems(action: str, invoice: Document) -> Iterator[Problem]:
    """Yield what the status has against an action."""
    if invoice["status"] not in TRANSITIONS[action].sources:
        yield Problem("wrong-state", expected=action, found=status_name(invoice))


def edit_problems(invoice: Document) -> Iterator[Problem]:
    """Yield what keeps an invoice and its items as they are."""
    if invoice["status"] not in EDITABLE:
        yield Problem("not-editable", expected="update", found=status_name(invoice))


def status_name(invoice: Document) -> str:
    """Return the status by its name."""
    return TYPELISTS["BulkInvoiceStatus"][invoice["status"]]


def allowed_actions(invoice: Document) -> list[str]:
    """Return the vendor's own custom actions that the status allows."""
    return sorted(action for action in CUSTOM_ACTIONS if invoice["status"] in TRANSITIONS[action].sources)


InvoiceWithItems = tuple[Document, list[Document]]
"""An invoice with its items."""


def recalculate(
    invoice: Document, items: Sequence[Document], assumptions: Mapping[str, str]
) -> InvoiceWithItems:
    """Share out the total where that is asked for, print every amount in the currency, and sum up.

    Source: docs/vendors/guidewire.md#rules.
    """
    currency = invoice["currency"]
    whole = Decimal(invoice["bulkInvoiceTotal"])
    each: Sequence[Decimal] = [Decimal(item["amount"]) for item in items]
    if invoice["splitEqually"] and items:
        each = attributes.split_evenly(whole, len(items), currency, assumptions["split_remainder"])
    summed = {
        **invoice,
        "approvedAmount": attributes.print_amount(Decimal(invoice["approvedAmount"]), currency),
        "bulkInvoiceTotal": attributes.print_amount(whole, currency),
        "totalAmount": attributes.print_amount(attributes.sum_amounts(each), currency),
    }
    return summed, [
        {**item, "amount": attributes.print_amount(amount, currency), "currency": currency}
        for item, amount in zip(items, each, strict=True)
    ]


def invalidate(invoice: Document) -> Document:
    """Return the invoice with neither validity nor approval."""
    return withdraw_approval({**invoice, "valid": False})


def withdraw_approval(invoice: Document) -> Document:
    """Return the invoice without its approval or rejection."""
    amount = attributes.print_amount(attributes.ZERO, invoice["currency"])
    return without_nulls(
        {**invoice, "approvalStatus": "unapproved", "approvedAmount": amount, "approvalDate": None}
    )


def reopens(invoice: Document, assumptions: Mapping[str, str]) -> bool:
    """Return whether a change reopens the invoice as draft.

    Source: docs/vendors/guidewire.md#editing (assumed).
    """
    return invoice["status"] == INVALID_ITEMS or (
        invoice["status"] in REOPENED and assumptions["reopen_on_change"] == ON
    )


def reopen(invoice: Document, items: Sequence[Document], assumptions: Mapping[str, str]) -> InvoiceWithItems:
    """Back to draft with all items, where a change leads there."""
    return to_draft(invoice, items) if reopens(invoice, assumptions) else (invoice, list(items))


def to_draft(invoice: Document, items: Sequence[Document]) -> InvoiceWithItems:
    """Return the invoice and its items as drafts."""
    return withdraw_approval({**invoice, "status": "draft"}), with_status(items, "draft")


def with_status(items: Sequence[Document], status: str, explanation: str | None = None) -> list[Document]:
    """Return the items in that status; an older explanation is forgotten."""
    return [without_nulls({**item, "status": status, "explanation": explanation}) for item in items]


INVOICES = "bulk-invoices"
ITEMS = "bulk-invoice-items"
PAYEES = "payees"
CLAIMS = "claims"
EXPOSURES = "exposures"
BANK_ACCOUNTS = "bank-accounts"
"""By the payee's id in the address book."""


_ID_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
_SIGN_OF_OCTET = bytes(_ID_ALPHABET[octet % len(_ID_ALPHABET)] for octet in range(256))


def find_invoice(invoice_id: str, state: State, rules: KeyRules) -> Document:
    """Return the invoice of that id, in any letter case only where none has it exactly.

    Raises:
        NotFound: there is none.
    """
    return _find(INVOICES, invoice_id, state, rules)


def find_item(invoice: Document, item_id: str, state: State, rules: KeyRules) -> Document:
    """Return the item of that id in the invoice, likewise.

    Raises:
        NotFound: it has no such item.
    """
    found = _find(ITEMS, item_id, state, rules)
    if found["bulkInvoice"] != invoice["id"]:
        raise NotFound(ITEMS, item_id)
    return found


def in_creation_order(documents: Iterable[Document]) -> list[Document]:
    """Documents in the order in which they were made."""
    return sorted(documents, key=lambda document: (document["position"], document["id"]))


def items_of(invoice: Document, state: State) -> list[Document]:
    """Return the items of an invoice, oldest first."""
    return in_creation_order(state.collection(ITEMS).find("bulkInvoice", invoice["id"]))


def save(invoice: Document, items: Iterable[Document], state: State) -> Document:
    """Store what differs from what is stored, a version on."""
    collection = state.collection(ITEMS)
    for item in items:
        _save(item, collection)
    return _save(invoice, state.collection(INVOICES))


def _find(name: str, key: str, state: State, rules: KeyRules) -> Document:
    collection = state.collection(name)
    found = collection.get(rules.find_key(key, collection))
    if found is None:
        raise NotFound(name, key)
    return found


def _save(document: Document, collection: Collection) -> Document:
    stored = collection.get(document["id"])
    if stored == document:
        return stored
    versioned = {**document, "version": document["version"] + 1}
    collection[document["id"]] = versioned
    return versioned


def new_id(prefix: str, state: State) -> str:
    """Return a fresh id of the product's form."""
    return f"{prefix}:S{state.octets(20).translate(_SIGN_OF_OCTET).decode()}"
