"""Weigh the problems of an item: must it be rejected, may it be, or is it doubtful."""

from __future__ import annotations

from functools import partial

from mockserver.contract.oracle.decoding import Decoded
from mockserver.contract.oracle.expected import ExpectedItem, Verdict, explain
from mockserver.contract.oracle.leniency import Leniency, is_on_the_edge
from mockserver.contract.oracle.typed_values import properties_of
from mockserver.contract.oracle.validation import OracleSchema, SchemaProblem
from mockserver.contract.profile import BatchItem
from mockserver.model import EMPTY, Document, pointer_of
from mockserver.spec.openapi import Batch

_WIDTHS = ("int32", "int64")


def weigh_problems(
    broken: tuple[SchemaProblem, ...], lenient: Leniency, decoded: Decoded
) -> tuple[Verdict, str]:
    """Return what is to be said of a document with all that is broken in it, and why."""
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
    sure = [one for one in broken if not lenient.may_pass(one)]
    fatal = [one for one in broken if _is_fatal(one, batch, item.node)]
    unsure = partial(ExpectedItem, sent, "doubtful", keys=keys)
    if lenient.is_renamed(sent.document, item.node):
        return unsure("a name is written otherwise", may_refuse=True)
    if sure:
        first = next((one for one in sure if one in fatal), sure[0])
        refuses = any(one in fatal and not lenient.may_stay_alone(one) for one in sure)
        return ExpectedItem(sent, "bad", explain(first), pointer_of(first.path), keys, refuses, bool(fatal))
    if broken:
        return unsure(explain(broken[0]), pointer_of(broken[0].path), may_refuse=bool(fatal))
    if is_on_the_edge(sent.document, item.node):
        return unsure("a moment is at the edge of the calendar", may_refuse=True)
    return ExpectedItem(sent, "good", keys=keys)


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
