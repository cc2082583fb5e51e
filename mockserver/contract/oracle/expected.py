"""Expectations of a response: verdicts on the call and on each item."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from mockserver.contract.oracle.validation import SchemaProblem
from mockserver.contract.profile import BatchItem
from mockserver.model import Json, pointer_of
from mockserver.spec.openapi import Operation

Verdict: TypeAlias = Literal["good", "bad", "doubtful"]
"""good: the schema has nothing against it. bad: nobody may take it. doubtful: readers differ."""

_SHOWN = 60
_ANONYMOUS = "it"
_SCALAR = (str, int, float, Decimal)
_WHY = {
    "required": "{name} is missing",
    "additionalProperties": "{name} is not a member that the schema has",
    "type": "{name} is {found}, which is no {wanted}",
    "format": "{name} is {found}, which is no {wanted}",
    "enum": "{name} is {found}, which is not in the list of its values",
    "pattern": "{name} is {found}, which does not match its pattern",
    "maxLength": "{name} has {length} characters, at most {wanted} are allowed",
    "minimum": "{name} is {found}, which is below {wanted}",
    "maximum": "{name} is {found}, which is above {wanted}",
    "minItems": "{name} has {size} members, at least {wanted} are needed",
    "maxItems": "{name} has {size} members, at most {wanted} are allowed",
    "anyOf": "{name} is {found}, which has none of the forms of its schema",
    "oneOf": "{name} is {found}, which has not just one of the forms of its schema",
    "minLength": "{name} has {length} characters, at least {wanted} are needed",
}


@dataclass(frozen=True, slots=True)
class ExpectedItem:
    """Expectation of one item by its schema; state is not known here.

    `reason` and `pointer` (from the item's root) say what is wrong. `keys` are the texts that an answer may
    name it by. `refuses`: it must refuse the call as a whole; `may_refuse`: it may.
    """

    item: BatchItem
    verdict: Verdict
    reason: str = ""
    pointer: str = ""
    keys: tuple[str, ...] = ()
    refuses: bool = False
    may_refuse: bool = False


@dataclass(frozen=True, slots=True)
class ExpectedResponse:
    """Expectation of a request by its bytes: `envelope` without the items, `reason` says why.

    `listed`: it has items, and every reader finds the same ones.
    """

    operation: Operation | None
    envelope: Verdict
    reason: str = ""
    items: tuple[ExpectedItem, ...] = ()
    listed: bool = False

    @property
    def bad(self) -> tuple[ExpectedItem, ...]:
        """The items that nobody may take."""
        return tuple(one for one in self.items if one.verdict == "bad")

    @property
    def sent(self) -> tuple[BatchItem, ...]:
        """The items as they were sent."""
        return tuple(one.item for one in self.items)


def explain(broken: SchemaProblem) -> str:
    """Return what is wrong, as the end of a sentence: `due_Date is "soon", which is no date-time`."""
    name = str(broken.path[-1]) if broken.path else _ANONYMOUS
    if broken.path and isinstance(broken.path[-1], int):
        name = pointer_of(broken.path)
    template = _WHY.get(broken.keyword, "{name} is {found}, against {keyword} {wanted}")
    return template.format(
        name=name,
        found=show_value(broken.found),
        wanted=broken.expected if isinstance(broken.expected, _SCALAR) else "of its schema",
        keyword=broken.keyword,
        length=len(str(broken.found)),
        size=len(broken.found) if isinstance(broken.found, list) else 0,
    )


def show_value(value: Json) -> str:
    """Return a value as JSON, cut to the width of a line."""
    text = str(value) if isinstance(value, Decimal) else json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def count_noun(number: int, noun: str) -> str:
    """Return a number with its noun: 1 item, 3 items."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
