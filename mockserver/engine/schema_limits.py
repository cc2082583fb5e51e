"""Check a value against the limits of a schema without references; bring a text or a number within them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from operator import ge, gt, le, lt

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
    """Return the check whether a schema without references accepts a text, a number or a Boolean."""
    kinds: tuple[type, ...] = _KINDS.get(node.get("type", ""), (str, int, Decimal, bool))
    enum, accepts_text, accepts_number = node.get("enum"), _text_check(node), _number_check(node)
    takes_boolean = bool in kinds
    if not enum and accepts_text is _any_value and accepts_number is _any_value:
        return lambda value: isinstance(value, kinds) and (takes_boolean or value.__class__ is not bool)

    def check(value: Json) -> bool:
        if not isinstance(value, kinds) or (value.__class__ is bool and not takes_boolean):
            return False
        if enum and value not in enum:
            return False
        if isinstance(value, str):
            return accepts_text(value)
        return value.__class__ is bool or accepts_number(value)

    return check


def _text_check(node: Document) -> Callable[[str], bool]:
    """Return the check of a text's length, pattern and format; an invalid pattern accepts any text."""
    least, most = node.get("minLength", 0), node.get("maxLength", sys.maxsize)
    of_format = COMMON_FORMATS.get(node.get("format", ""))
    patterns = (node.get("pattern"), of_format if isinstance(of_format, str) else None)
    searches = [found for pattern in patterns if pattern and (found := _search_of(pattern))]
    if not searches and not least and most == sys.maxsize:
        return _any_value
    return lambda text: least <= len(text) <= most and all(search(text) for search in searches)


def _search_of(pattern: str) -> Callable[[str], object] | None:
    """Return the search for a pattern; None if it is invalid."""
    try:
        return re.compile(pattern, re.ASCII).search
    except re.error:
        return None


def _number_check(node: Document) -> Callable[[Json], bool]:
    """Return the check of a number against limits and step."""
    if _NUMBER_LIMITS.isdisjoint(node):
        return _any_value
    least, most, step = (_exactly(node.get(name)) for name in ("minimum", "maximum", "multipleOf"))
    is_above = gt if node.get("exclusiveMinimum") else ge
    is_below = lt if node.get("exclusiveMaximum") else le

    def check(number: Json) -> bool:
        if (least is not None and not is_above(number, least)) or (
            most is not None and not is_below(number, most)
        ):
            return False
        return not step or Decimal(str(number)) % step == 0

    return check


def _exactly(number: Json) -> Decimal | None:
    """Return a schema's number without the rounding of floating point; None for none."""
    return None if number is None else Decimal(str(number))


def _any_value(_value: Json) -> bool:
    return True


def is_free_text(node: Document) -> bool:
    """Return whether a schema without references limits a text by length and pattern at most."""
    return node.get("type", "string") == "string" and not {"enum", "format", "properties"} & node.keys()


def nearest_number(node: Document, wanted: Decimal) -> Decimal:
    """Return the number, or the nearest that limits and step allow."""
    least, most = _limits(node)
    if least is not None and wanted < least:
        wanted = least
    if most is not None and wanted > most:
        wanted = most
    step = _exactly(node.get("multipleOf"))
    if not step:
        return wanted
    steps = wanted / step
    above = steps.to_integral_value(ROUND_CEILING) * step
    return above if most is None or above <= most else steps.to_integral_value(ROUND_FLOOR) * step


def _limits(node: Document) -> tuple[Decimal | None, Decimal | None]:
    """Return the least and the greatest number to use; None for none.

    Beside an exclusive limit that is one off, or less where both limits of a fraction are nearer.
    """
    least, most = _exactly(node.get("minimum")), _exactly(node.get("maximum"))
    away = Decimal(1)
    if least is not None and most is not None and node.get("type") != "integer":
        away = min(away, (most - least) / 2)
    return (
        least + away if least is not None and node.get("exclusiveMinimum") else least,
        most - away if most is not None and node.get("exclusiveMaximum") else most,
    )


def fitting_text(node: Document, *texts: str) -> str | None:
    """Return the first text that fits length and pattern, cut or filled up with dots; None if none does."""
    least, most, pattern = node.get("minLength", 0), node.get("maxLength"), node.get("pattern")
    search = None if pattern is None else _search_of(pattern)
    for text in texts:
        cut = text if most is None else text[:most]
        cut = cut if len(cut) >= least else cut.ljust(least, ".")
        if search is None or search(cut):
            return cut
    return None
