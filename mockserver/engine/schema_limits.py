"""The limits of a schema without references: check a value against them, bring a text or a number within."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal

from mockserver.model import Document, Json
from mockserver.spec.formats import COMMON_FORMATS

_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, Decimal),
    "boolean": (bool,),
    "array": (),
    "object": (),
}
_NUMBER_LIMITS = frozenset({"minimum", "maximum", "multipleOf"})


def value_check(node: Document) -> Callable[[Json], bool]:
    """Return what checks if a schema without references takes a text, a number or a truth value."""
    kinds: tuple[type, ...] = _KINDS.get(node.get("type", ""), (str, int, Decimal, bool))
    enum, fits, is_in_reach = node.get("enum"), _text_check(node), _number_check(node)
    takes_truth = bool in kinds
    if not enum and fits is _any_value and is_in_reach is _any_value:
        return lambda value: isinstance(value, kinds) and (takes_truth or value.__class__ is not bool)

    def check(value: Json) -> bool:
        if not isinstance(value, kinds) or (value.__class__ is bool and not takes_truth):
            return False
        if enum and value not in enum:
            return False
        if isinstance(value, str):
            return fits(value)
        return value.__class__ is bool or is_in_reach(value)

    return check


def _text_check(node: Document) -> Callable[[str], bool]:
    """Return what checks a text's length, pattern and format; a pattern that is none takes any text."""
    least, most = node.get("minLength", 0), node.get("maxLength", sys.maxsize)
    form = COMMON_FORMATS.get(node.get("format", ""))
    patterns = (node.get("pattern"), form if isinstance(form, str) else None)
    searches = [found for pattern in patterns if pattern and (found := _search_of(pattern))]
    if not searches and not least and most == sys.maxsize:
        return _any_value
    return lambda text: least <= len(text) <= most and all(search(text) for search in searches)


def _search_of(pattern: str) -> Callable[[str], object] | None:
    try:
        return re.compile(pattern, re.ASCII).search
    except re.error:
        return None


def _number_check(node: Document) -> Callable[[Json], bool]:
    """Return what checks that limits and step allow a number."""
    if _NUMBER_LIMITS.isdisjoint(node):
        return _any_value
    least, most = _limits(node)
    if node.get("multipleOf"):
        return lambda number: nearest_number(node, Decimal(str(number))) == number
    return lambda number: (least is None or number >= least) and (most is None or number <= most)


def _any_value(_value: Json) -> bool:
    return True


def is_free_text(node: Document) -> bool:
    """Return whether a schema without references takes any text of some length and pattern."""
    return node.get("type", "string") == "string" and not {"enum", "format", "properties"} & node.keys()


def nearest_number(node: Document, wanted: Decimal) -> Decimal:
    """Return the number, or the nearest that limits and step allow."""
    least, most = _limits(node)
    if least is not None and wanted < least:
        wanted = least
    if most is not None and wanted > most:
        wanted = most
    step = node.get("multipleOf")
    return wanted + -wanted % Decimal(str(step)) if step else wanted


def _limits(node: Document) -> tuple[Decimal | None, Decimal | None]:
    """Return the least and the greatest number, one off an exclusive limit; None for none."""
    least, most = node.get("minimum"), node.get("maximum")
    above, below = 1 if node.get("exclusiveMinimum") else 0, 1 if node.get("exclusiveMaximum") else 0
    return (
        None if least is None else Decimal(str(least)) + above,
        None if most is None else Decimal(str(most)) - below,
    )


def fitting_text(node: Document, *texts: str) -> str | None:
    """Return the first text that length and pattern allow, one that is too long cut, else None."""
    least, most, pattern = node.get("minLength", 0), node.get("maxLength"), node.get("pattern")
    for text in texts:
        cut = text if most is None else text[:most]
        cut = cut if len(cut) >= least else cut.ljust(least, ".")
        try:
            if pattern is None or re.search(pattern, cut, re.ASCII):
                return cut
        except re.error:
            return cut
    return None
