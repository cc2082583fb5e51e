"""Scenario faults of invoices in PVEx's words, and extra outcomes for invoices that were not sent.

Which sentence stands for which fault code is assumed, and so are sentences without a source. Source: PVEx
docs/vendors/pvex.md#refusals, #modelstate.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from mockserver.model import EMPTY, Document, Fault, Item, Json, Outcome, Problem
from mockserver.vendor import FAULT_RULE, Request
from mockserver.vendors.pvex.messages import ASSUMED, GENERAL_ERROR, NOT_VALID, REQUIRED, TOO_LONG
from mockserver.vendors.pvex.replies import EXCEPTIONS

_INTERNAL = "internal"
_MESSAGES: Mapping[str, tuple[str, str]] = {
    "missing-required": ("Number", REQUIRED),
    "too-long": ("Number", TOO_LONG),
    "duplicate-key": ("Id", ASSUMED.conflict),
    "unknown-reference": ("ClientId", NOT_VALID),
    "locked": ("Id", ASSUMED.locked),
    "conflict": ("Id", ASSUMED.changed_meanwhile),
}
"""The member that a fault is said of, and what is said."""


def fault_problem(what: Fault, item: Item, _request: Request) -> Problem:
    """Return the fault as a problem of a member, or of storage; an unknown code is a storage problem.

    Storing fails in a general sentence, as it does for every remote caller.
    """
    if what.code not in _MESSAGES:
        code = what.code if what.code in EXCEPTIONS else _INTERNAL
        return Problem(code, (item.index,), what.message or GENERAL_ERROR, FAULT_RULE, what.status)
    name, said = _MESSAGES[what.code]
    found = _as_object(item.document).get(name)
    text = what.message or said.format(name=name, found=found)
    return Problem(what.code, (item.index, name), text, FAULT_RULE, what.status, found)


def extra_outcome(outcome: Outcome, number: int) -> Outcome:
    """Return the outcome of an invoice that was never sent, under an Id and a number of its own."""
    named = {"Number": f"phantom-{number}", "Id": f"phantom-{number}"}
    subscriber = _as_object(outcome.item.document).get("SubscriberId", "")
    item = Item(
        outcome.item.index, f"{subscriber}/{named['Id']}", {**_as_object(outcome.item.document), **named}
    )
    if not isinstance(outcome.document, Mapping):
        return replace(outcome, item=item)
    return replace(outcome, item=item, document={**outcome.document, **named})


def _as_object(value: Json) -> Document:
    return value if isinstance(value, Mapping) else EMPTY
