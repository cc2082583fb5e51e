"""Make texts that match a pattern."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from re import _constants as codes
from re import _parser as parser
from typing import Any

from msgspec import Struct

_ALPHABET = string.ascii_uppercase + string.digits + string.ascii_lowercase + "-_./ "
_MOST_REPEATS = 12
_CATEGORIES = {
    codes.CATEGORY_DIGIT: string.digits,
    codes.CATEGORY_WORD: string.ascii_uppercase + string.digits + string.ascii_lowercase + "_",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_NOT_DIGIT: string.ascii_uppercase,
    codes.CATEGORY_NOT_WORD: "-",
    codes.CATEGORY_NOT_SPACE: string.ascii_uppercase + string.digits,
}


class _Counter(Struct):
    """Source of the digits of a number, the last digit first, each in a base of its own."""

    rest: int

    def digit(self, base: int) -> int:
        self.rest, found = divmod(self.rest, base)
        return found


def text_for(pattern: str, number: int, least: int = 0) -> str | None:
    """Return a text for `number` that matches the pattern; None if none is found.

    The text has at least `least` characters. Different numbers give different texts, as far as the pattern
    allows.
    """
    try:
        parsed = parser.parse(pattern, re.ASCII)
        for repeats in range(max(1, least + 1)):
            made = "".join(reversed(_parts(list(parsed), _Counter(number), repeats)))
            if len(made) >= least and re.search(pattern, made, re.ASCII):
                return made
    except (re.error, RecursionError, KeyError, TypeError, ValueError):
        return None
    return None


def _parts(nodes: Sequence[Any], counter: _Counter, repeats: int) -> list[str]:
    """Return characters that match the nodes, the last character first, because it changes most."""
    made: list[str] = []
    for code, value in reversed(nodes):
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
            least, most, inner = value
            for _ in range(min(max(least, repeats), int(most), max(least, _MOST_REPEATS))):
                made += _parts(list(inner), counter, repeats)
        elif code is codes.SUBPATTERN:
            made += _parts(list(value[-1]), counter, repeats)
        elif code is codes.BRANCH:
            made += _parts(list(value[1][0]), counter, repeats)
        elif code not in (codes.AT, codes.ASSERT, codes.ASSERT_NOT):
            choices = _choices(code, value)
            made.append(choices[counter.digit(len(choices))])
    return made


def _choices(code: Any, value: Any) -> str:
    """Return the characters that a node of a pattern accepts. Raises ValueError if it is unsupported."""
    if code is codes.LITERAL:
        return chr(value)
    if code is codes.ANY:
        return string.ascii_uppercase + string.digits
    if code is codes.NOT_LITERAL:
        return "".join(one for one in _ALPHABET if ord(one) != value)
    if code is not codes.IN:
        raise ValueError(f"{code} is not understood")
    inside = set().union(*(_set_of(*one) for one in value if one[0] is not codes.NEGATE))
    is_negated = any(one[0] is codes.NEGATE for one in value)
    found = "".join(one for one in _ALPHABET if (one in inside) is not is_negated)
    return found or min(inside)


def _set_of(code: Any, value: Any) -> set[str]:
    if code is codes.RANGE:
        return {chr(one) for one in range(value[0], min(value[1], value[0] + 255) + 1)}
    return set(_CATEGORIES[value]) if code is codes.CATEGORY else {chr(value)}
