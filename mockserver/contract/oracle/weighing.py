"""What breaks a schema, weighed: whether nobody may take it, and whether it refuses the whole call."""

from __future__ import annotations

from functools import partial

from mockserver.contract.oracle.decoding import Decoded
from mockserver.contract.oracle.expecting import Awaited, Verdict, why
from mockserver.contract.oracle.lenient import Leniency, is_on_the_edge
from mockserver.contract.oracle.typed import properties_of
from mockserver.contract.oracle.validating import Broken, Schema
from mockserver.contract.subject import Item
from mockserver.model import EMPTY, Document, pointer_of
from mockserver.spec.openapi import Batch

_WIDTHS = ("int32", "int64")


def weighed(broken: tuple[Broken, ...], lenient: Leniency, decoded: Decoded) -> tuple[Verdict, str]:
    """What is to be said of a document with all that is broken in it, and why."""
    sure = [one for one in broken if not lenient.may_pass(one)]
    if decoded.doubts:
        return "doubtful", decoded.doubts[0]
    if sure:
        return "bad", why(sure[0])
    return ("doubtful", why(broken[0])) if broken else ("good", "")


def awaited(sent: Item, keys: tuple[str, ...], batch: Batch, item: Schema, lenient: Leniency) -> Awaited:
    """What is expected of an item, which answers may name by `keys`; `item` is the schema of all of them."""
    broken = item.broken(sent.document)
    sure = [one for one in broken if not lenient.may_pass(one)]
    fatal = [one for one in broken if _is_fatal(one, batch, item.node)]
    unsure = partial(Awaited, sent, "doubtful", keys=keys)
    if lenient.is_renamed(sent.document, item.node):
        return unsure("a name is written otherwise", may_refuse=True)
    if sure:
        first = next((one for one in sure if one in fatal), sure[0])
        refuses = any(one in fatal and not lenient.may_stay_alone(one) for one in sure)
        return Awaited(sent, "bad", why(first), pointer_of(first.path), keys, refuses, bool(fatal))
    if broken:
        return unsure(why(broken[0]), pointer_of(broken[0].path), may_refuse=bool(fatal))
    if is_on_the_edge(sent.document, item.node):
        return unsure("a moment is at the edge of the calendar", may_refuse=True)
    return Awaited(sent, "good", keys=keys)


def _is_fatal(broken: Broken, batch: Batch, node: Document) -> bool:
    """Whether it refuses the call, as `x-fatal` says of its place, or else `x-batch.fatal` of its kind."""
    for step in broken.path:
        inner = properties_of(node).get(step, EMPTY) if isinstance(step, str) else node.get("items", EMPTY)
        node = inner
    if "x-fatal" in node:
        return bool(node["x-fatal"])
    names = {broken.keyword}
    if broken.keyword == "format":
        names |= {"minimum", "maximum"} if broken.expected in _WIDTHS else {f"format:{broken.expected}"}
    return not names.isdisjoint(batch.fatal)
