"""The life of a bulk invoice: which action leads from where to where, and what becomes of its items.

Source: Guidewire fact sheet §4.1, §4.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mockserver.model import Document, Problem, Value
from mockserver.vendors.guidewire.words import TYPELISTS

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
"""The statuses from which a change leads back to draft, if the switch says so. Assumed."""

STUCK = "invaliditems"
"""From here a change always leads back to draft: nothing else would. Assumed."""


class Move(Value, frozen=True):
    """One action: the statuses that it may be taken in, where it leads, and what the items become.

    `items` that are "" stay as they are; without a `target` it is found out by what the action does.
    """

    sources: frozenset[str]
    target: str = ""
    items: str = ""


MOVES: Mapping[str, Move] = {
    "validate": Move(EDITABLE),
    "submit": Move(frozenset({"draft", "rejected", "onhold", "pendingitemvalidation"})),
    "request": Move(frozenset({"awaitingsubmission"})),
    "place-hold": Move(_REQUESTED, "onhold"),
    "stop": Move(_REQUESTED | {"issued", "onhold"}, "pendingstop", "pendingstop"),
    "void": Move(_REQUESTED | {"issued", "cleared", "onhold"}, "pendingvoid", "pendingvoid"),
    "delete": Move(frozenset({"draft", "inreview", "pendingitemvalidation", "awaitingsubmission"})),
    "force-approve": Move(frozenset({"inreview"})),
    "force-reject": Move(frozenset({"inreview"})),
    "issue": Move(_ANSWERED_BY_BANK, "issued", "submitted"),
    "clear": Move(_ANSWERED_BY_BANK | {"issued"}, "cleared", "submitted"),
    "confirm-stop": Move(_PENDING, "stopped", "stopped"),
    "confirm-void": Move(_PENDING, "voided", "voided"),
    "reset": Move(frozenset(TYPELISTS["BulkInvoiceStatus"])),
}
"""Every action by the last segment of its path, deletion beside them."""

CUSTOM_ACTIONS = ("validate", "submit", "request", "place-hold", "stop", "void")
"""Those that the vendor's own API has."""

_CHECK_CREATION: Mapping[str, str] = {
    "pendingitemvalidation": "initiatingcheckcreation",
    "initiatingcheckcreation": "creatingchecks",
    "creatingchecks": "awaitingsubmission",
}
_WITHOUT: Mapping[str, str] = dict.fromkeys(_CHECK_CREATION, "awaitingsubmission")
PROCESSING: Mapping[str, Mapping[str, str]] = {
    "fast": _WITHOUT,
    "slow": _WITHOUT,
    "slow_with_check_creation": _CHECK_CREATION,
}
"""What follows on a status while items are processed, by the position of the switch `item_processing`."""


def wrong_state(action: str, invoice: Document) -> Iterator[Problem]:
    """What the status has against an action."""
    if invoice["status"] not in MOVES[action].sources:
        yield Problem("wrong-state", expected=action, found=shown_status(invoice))


def not_editable(invoice: Document) -> Iterator[Problem]:
    """What keeps an invoice and its items as they are."""
    if invoice["status"] not in EDITABLE:
        yield Problem("not-editable", expected="update", found=shown_status(invoice))


def shown_status(invoice: Document) -> str:
    """The status by its name."""
    return TYPELISTS["BulkInvoiceStatus"][invoice["status"]]


def allowed_actions(invoice: Document) -> list[str]:
    """The vendor's own custom actions that the status allows."""
    return sorted(action for action in CUSTOM_ACTIONS if invoice["status"] in MOVES[action].sources)
