"""What a scenario lets go wrong with an invoice, in the vendor's words, and the invoice that nobody sent.

That a neutral code means this sentence is assumed, and so are the sentences that no page has. Source: PVEx
fact sheet §3.2, §3.3.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from mockserver.model import NOTHING, Document, Fault, Item, Json, Outcome, Problem
from mockserver.vendor import FAULT, Request
from mockserver.vendors.pvex.render import CRASHES
from mockserver.vendors.pvex.words import ASSUMED, GENERAL, NOT_VALID, REQUIRED, TOO_LONG

_INTERNAL = "internal"
_SAID: Mapping[str, tuple[str, str]] = {
    "missing-required": ("Number", REQUIRED),
    "too-long": ("Number", TOO_LONG),
    "duplicate-key": ("Id", ASSUMED.conflict),
    "unknown-reference": ("ClientId", NOT_VALID),
    "locked": ("Id", ASSUMED.locked),
    "conflict": ("Id", ASSUMED.overtaken),
}
"""The member that a fault is said of, and what is said."""


def fault(what: Fault, item: Item, _request: Request) -> Problem:
    """The fault as a problem of a member, or of storing the invoice; so is a code that nobody knows.

    Storing fails in a general sentence, as it does for every remote caller.
    """
    if what.code not in _SAID:
        code = what.code if what.code in CRASHES else _INTERNAL
        return Problem(code, (item.index,), what.message or GENERAL, FAULT, what.status)
    name, said = _SAID[what.code]
    found = _object(item.document).get(name)
    text = what.message or said.format(name=name, found=found)
    return Problem(what.code, (item.index, name), text, FAULT, what.status, found)


def phantom(outcome: Outcome, number: int) -> Outcome:
    """The outcome of an invoice that was never sent, under an Id and a number of its own."""
    named = {"Number": f"phantom-{number}", "Id": f"phantom-{number}"}
    subscriber = _object(outcome.item.document).get("SubscriberId", "")
    item = Item(
        outcome.item.index, f"{subscriber}/{named['Id']}", {**_object(outcome.item.document), **named}
    )
    if not isinstance(outcome.document, Mapping):
        return replace(outcome, item=item)
    return replace(outcome, item=item, document={**outcome.document, **named})


def _object(value: Json) -> Document:
    return value if isinstance(value, Mapping) else NOTHING
