"""Drafts of scenarios, to be edited: an item or a whole call that fails once, at the next call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mockserver.codec.redaction import MASK
from mockserver.model import Document

_NO_NAME = re.compile("[^a-z0-9]+")
_MAX_NAME = 64


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to fail: calls of a vendor and an operation, "" for any; `item` "" is the whole call.

    `select` is how a scenario selects the item, `call` the number of the call in which it was picked.
    """

    vendor: str = ""
    operation: str = ""
    item: str = ""
    select: Document | None = None
    call: str = ""


def draft_scenario(wanted: Wanted) -> Document:
    """Return a scenario with one rule that takes one call."""
    match = {"vendor": wanted.vendor, "operation": wanted.operation}
    given = {name: text for name, text in match.items() if text}
    rule: Document = {"id": "once", **({"match": given} if given else {}), "times": {"count": 1}}
    seen = f" of call #{wanted.call}" if wanted.call else ""
    if wanted.item:
        select = wanted.select or {"key": wanted.item}
        effect = {"fail": {"code": "internal"}}
        rule = {**rule, "items": [{"select": select, "effect": effect}]}
        what = f"The item {wanted.item}{seen} fails at the next call that has it, and works after that."
    else:
        rule = {**rule, "commit": "none", "response": {"status": 503}}
        what = "The next call is answered with 503 and changes nothing; calls after that work."
    return {"version": 1, "name": _name(wanted), "description": what, "rules": [rule]}


def select_item(decided: Sequence[Document], item: str, key: str = "") -> tuple[str, Document | None]:
    """Return the key of an item of a call, and how a scenario selects it; None if the call has no such item.

    `item` is its index, or without a `key` its key too; `decided` are the items as the journal shows them. A
    key selects the item on a retry too, wherever it stands; one that several items have, or that is not shown
    whole, does not.
    """
    place = int(item) if item.isascii() and item.isdecimal() and int(item) < len(decided) else None
    same = [one["index"] for one in decided if one["key"] == (key or item)]
    if place is None and not same:
        return key or item, None
    index = same[0] if same else 0
    if place is not None and (not same or (key and place in same)):
        index = place
    found = decided[index]["key"]
    is_unique = [one["key"] for one in decided].count(found) == 1
    select = {"key": found} if is_unique and found and MASK not in found else {"index": index}
    return found or f"at index {index}", select


def _name(wanted: Wanted) -> str:
    words = _NO_NAME.sub("-", f"fail {wanted.item or 'next call'}".lower()).strip("-")
    return words[:_MAX_NAME].rstrip("-")
