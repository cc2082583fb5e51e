"""Expectations of a response: the verdict on the call, and on each item by its problems."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Literal, TypeAlias

from mockserver.contract.oracle.decoding import Decoded
from mockserver.contract.oracle.leniency import Leniency, is_on_the_edge
from mockserver.contract.oracle.typed_values import properties_of
from mockserver.contract.oracle.validation import OracleSchema, SchemaProblem
from mockserver.contract.profile import BatchItem
from mockserver.model import EMPTY, Document, Json, pointer_of
from mockserver.spec.openapi import Batch, Operation

ExpectedVerdict: TypeAlias = Literal["good", "bad", "doubtful"]
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

    `reason` and `pointer` (from the item's root) say what is wrong. `keys` are the texts by which a response
    may identify it. `refuses_call`: because of it the whole call must be refused; `may_refuse_call`: may be.
    """

    item: BatchItem
    verdict: ExpectedVerdict
    reason: str = ""
    pointer: str = ""
    keys: tuple[str, ...] = ()
    refuses_call: bool = False
    may_refuse_call: bool = False


@dataclass(frozen=True, slots=True)
class ExpectedResponse:
    """Expectation of a request by its bytes: `envelope` without the items, `reason` says why.

    `listed`: it has items, and every reader finds the same ones.
    """

    operation: Operation | None
    envelope: ExpectedVerdict
    reason: str = ""
    items: tuple[ExpectedItem, ...] = ()
    listed: bool = False

    @property
    def bad(self) -> tuple[ExpectedItem, ...]:
        """Items that every implementation must reject."""
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


_WIDTHS = ("int32", "int64")


def weigh_problems(
    broken: tuple[SchemaProblem, ...], lenient: Leniency, decoded: Decoded
) -> tuple[ExpectedVerdict, str]:
    """Return the verdict on a document with these violations, and the reason."""
    sure = [one for one in broken if not lenient.may_pass(one)]
    if decoded.doubts:
        return "doubtful", decoded.doubts[0]
    if sure:
        return "bad", explain(sure[0])
    return ("doubtful", explain(broken[0])) if broken else ("good", "")


def expected_item(
    sent: BatchItem, keys: tuple[str, ...], batch: Batch, item: OracleSchema, lenient: Leniency
) -> ExpectedItem:
    """Return what is expected of an item that responses may name by `keys`; `item` is the item schema."""
    broken = item.broken(sent.document)
    if any(one.keyword == "type" and one.path[:1] and one.path[0] in batch.key for one in broken):
        keys = ()  # an answer may have no room for a key of another type
    sure = [one for one in broken if not lenient.may_pass(one)]
    fatal = [one for one in broken if _is_fatal(one, batch, item.node)]
    unsure = partial(ExpectedItem, sent, "doubtful", keys=keys)
    if lenient.is_renamed(sent.document, item.node):
        return unsure("a name is written otherwise", may_refuse_call=True)
    if sure:
        first = next((one for one in sure if one in fatal), sure[0])
        refuses = any(
            one in fatal and not lenient.may_stay_alone(one) and not _is_null_item(one) for one in sure
        )
        return ExpectedItem(sent, "bad", explain(first), pointer_of(first.path), keys, refuses, bool(fatal))
    if broken:
        return unsure(explain(broken[0]), pointer_of(broken[0].path), may_refuse_call=bool(fatal))
    if is_on_the_edge(sent.document, item.node):
        return unsure("a moment is at the edge of the calendar", may_refuse_call=True)
    return ExpectedItem(sent, "good", keys=keys)


def _is_null_item(broken: SchemaProblem) -> bool:
    """Return whether the item itself is null: that may fail alone (docs/catalogue.md#6-null-item)."""
    return broken.keyword == "type" and not broken.path and broken.found is None


def _is_fatal(broken: SchemaProblem, batch: Batch, node: Document) -> bool:
    """Return whether the problem refuses the call, by `x-fatal` at its place or `x-batch.fatal`."""
    for step in broken.path:
        inner = properties_of(node).get(step, EMPTY) if isinstance(step, str) else node.get("items", EMPTY)
        node = inner
    if "x-fatal" in node:
        return bool(node["x-fatal"])
    names = {broken.keyword}
    if broken.keyword == "format":
        names |= {"minimum", "maximum"} if broken.expected in _WIDTHS else {f"format:{broken.expected}"}
    return not names.isdisjoint(batch.fatal)
