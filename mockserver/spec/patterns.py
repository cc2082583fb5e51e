"""Match patterns that others wrote within a limit of steps, and make texts that match a pattern."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from functools import cached_property, lru_cache
from re import _constants as codes
from re import _parser as parser
from typing import Any

import jsonschema_rs
from msgspec import Struct

from mockserver.model import Json, Value

_MOST_STEPS = 2_000_000
"""Maximum product of a pattern's pieces and a text's characters, which takes about 30 ms."""

_FEW_PIECES = 10
"""Number of pieces up to which a search is quick in a text of any length."""

_WIDEST = 1_000
"""Maximum length of the matches of a pattern that is quick in a text of any length."""

MOST_BACKTRACKS, _LONGEST_BACKTRACKED = 10_000, 2_000
"""Maximum number of steps back in a search, and maximum length of the text, if the pattern needs such steps.

A step can take as long as the text is; the slowest known search within these limits takes 80 ms.
"""

LIMITED = jsonschema_rs.FancyRegexOptions(backtrack_limit=MOST_BACKTRACKS)
_LINEAR = jsonschema_rs.RegexOptions()
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{([0-9]+)(?:,([0-9]*))?\}|.", re.DOTALL)
_MANY_REPEATS, _MOST_WIDE = 100, 4
_PLAIN_CODES = frozenset({codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN, codes.AT})
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT)
_ASSERTIONS = (codes.ASSERT, codes.ASSERT_NOT)
_MOST_MADE = 10_000
"""Maximum number of characters and groups that are made for one text."""

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
    made: int = 0
    """Number of characters and groups that were made."""

    def digit(self, base: int) -> int:
        self.count()
        self.rest, found = divmod(self.rest, base)
        return found

    def count(self) -> None:
        """Raise ValueError if the text becomes too long."""
        self.made += 1
        if self.made > _MOST_MADE:
            raise ValueError("the text would be too long")


class ForeignPattern(Value, frozen=True, dict=True):
    """A pattern of a file, a scenario or a profile. No search with the pattern takes longer than 100 ms."""

    text: str
    pieces: int
    """Number of characters and classes, counted with repetitions written out: `a{3}b` has 4."""
    backtracks: bool
    """Whether the pattern has look-around or back-references, which no engine reads without steps back."""
    longest: int | None
    """Maximum length of a text that is searched, None if there is no limit."""

    @cached_property
    def _engine(self) -> jsonschema_rs.Draft202012Validator:
        return jsonschema_rs.Draft202012Validator({"pattern": self.text}, pattern_options=LIMITED)

    def search(self, text: str) -> bool | None:
        """Return whether the pattern matches somewhere in `text`; None if the search was not finished."""
        if self.longest is not None and len(text) > self.longest:
            return None
        if self._engine.is_valid(text):
            return True
        return None if self.backtracks and is_cut(next(self._engine.iter_errors(text))) else False

    def may_match(self, text: str) -> bool:
        return self.search(text) is not False


@lru_cache(maxsize=4096)
def foreign_pattern(text: str) -> ForeignPattern | None:
    """Return the pattern, or None if it cannot be read."""
    backtracks = not _is_read(text, _LINEAR)
    if backtracks and not _is_read(text, LIMITED):
        return None
    pieces = count_pieces(text)
    if backtracks:
        return ForeignPattern(text, pieces, backtracks, _LONGEST_BACKTRACKED)
    is_quick = pieces <= _FEW_PIECES or _is_short(text)
    return ForeignPattern(text, pieces, backtracks, None if is_quick else _MOST_STEPS // pieces)


def _is_read(text: str, options: jsonschema_rs.RegexOptions | jsonschema_rs.FancyRegexOptions) -> bool:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": text}, pattern_options=options)
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True


def _is_short(pattern: str) -> bool:
    """Return whether all matches are at the beginning of the text, and at most `_WIDEST` characters long."""
    parsed = _parsed(pattern)
    return (
        parsed is not None
        and parsed[:1] == [(codes.AT, codes.AT_BEGINNING)]
        and parsed.getwidth()[1] <= _WIDEST
    )


def _parsed(pattern: str) -> Any:
    try:
        re.compile(pattern)  # the compiler refuses more than the parser
        return parser.parse(pattern, re.ASCII)
    except (re.error, RecursionError, OverflowError):
        return None


def count_pieces(pattern: str) -> int:
    """Return the number of characters and classes of a pattern, with repetitions written out; at least 1."""
    groups, last = [0], 0
    for piece in _PIECE.finditer(pattern):
        if piece[1]:
            times = max(int(piece[1]), int(piece[2] or 0))
            groups[-1] += last * (times - 1)
            last *= times
        elif piece[0] == "(":
            groups.append(0)
        elif piece[0] == ")" and len(groups) > 1:
            last = groups.pop()
            groups[-1] += last
        else:
            last = 1
            groups[-1] += 1
    return max(1, sum(groups))


def is_cut(error: jsonschema_rs.ValidationError) -> bool:
    """Return whether the value may be valid, because the search with a pattern was not finished."""
    kind: Any = error.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.BacktrackLimitExceeded):
        return True
    return any(branch and all(map(is_cut, branch)) for branch in getattr(kind, "context", ()))


def may_be_cut(node: Json) -> bool:
    """Return whether a schema has a pattern whose search may be cut."""
    if not isinstance(node, dict):
        return isinstance(node, list) and any(map(may_be_cut, node))
    names = node.get("patternProperties")
    texts = [node.get("pattern"), *(names if isinstance(names, dict) else ())]
    found = (foreign_pattern(text) for text in texts if isinstance(text, str))
    return any(one is not None and one.backtracks for one in found) or any(map(may_be_cut, node.values()))


def with_limit(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema in which every text that is too long for a search with `pattern` is valid."""
    text = schema.get("pattern")
    pattern = foreign_pattern(text) if isinstance(text, str) else None
    if pattern is None or pattern.longest is None:
        return schema
    limited = {"anyOf": [{"minLength": pattern.longest + 1}, {"pattern": text}]}
    rest = {name: value for name, value in schema.items() if name != "pattern"}
    return {**rest, "allOf": [*schema.get("allOf", ()), limited]}


def error_within_limit(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """Return the error of the pattern if a schema of `with_limit` found it, else the error itself."""
    kind: Any = error.kind
    if kind.name != "anyOf" or [len(one) for one in kind.context] != [1, 1]:
        return error
    (length,), (match,) = kind.context
    if (length.kind.name, match.kind.name) != ("minLength", "pattern"):
        return error
    pattern = foreign_pattern(match.kind.pattern)
    return match if pattern and pattern.longest == length.kind.limit - 1 else error


def is_straight(pattern: str) -> bool:
    """Return whether Python's engine, too, is quick with the pattern: no repetition is inside another one."""
    parsed = _parsed(pattern)
    return parsed is not None and 0 <= _count_wide(list(parsed), is_repeated=False) <= _MOST_WIDE


def without_slow_patterns(node: Any) -> Any:
    """Return a copy of a document for libraries that use Python's engine, without what is slow there."""
    if isinstance(node, list):
        return [*map(without_slow_patterns, node)]
    if not isinstance(node, dict):
        return node
    names = node.get("patternProperties")
    slow = {"pattern"} if isinstance(node.get("pattern"), str) and not is_straight(node["pattern"]) else set()
    if isinstance(names, dict) and not all(map(is_straight, names)):
        slow.add("patternProperties")
    return {name: without_slow_patterns(child) for name, child in node.items() if name not in slow}


def _count_wide(nodes: Sequence[Any], *, is_repeated: bool) -> int:
    """Return the number of long repetitions, or a number below 0 if a search may take too many steps."""
    found = 0
    for code, value in nodes:
        below = 0
        if code in _REPEATS:
            least, most, inner = value
            if is_repeated and least != most:
                return -_MANY_REPEATS
            below = _count_wide(list(inner), is_repeated=is_repeated or most > 1) + (most > _MANY_REPEATS)
        elif code is codes.SUBPATTERN or code in _ASSERTIONS:
            below = _count_wide(list(value[-1]), is_repeated=is_repeated)
        elif code is codes.BRANCH and not is_repeated:
            below = sum(_count_wide(list(one), is_repeated=False) for one in value[1])
        elif code not in _PLAIN_CODES:
            return -_MANY_REPEATS
        found += below
    return found


def text_for(pattern: str, number: int, least: int = 0) -> str | None:
    """Return a text for `number` that matches the pattern; None if none is found.

    The text has at least `least` characters. Different numbers give different texts, as far as the pattern
    allows.
    """
    try:
        parsed, known = parser.parse(pattern, re.ASCII), foreign_pattern(pattern)
        for repeats in range(max(1, min(least, _MOST_REPEATS) + 1)):
            made = "".join(reversed(_parts(list(parsed), _Counter(number), repeats)))
            if known and len(made) >= least and known.may_match(made):
                return made
    except (re.error, RecursionError, KeyError, TypeError, ValueError):
        return None
    return None


def _parts(nodes: Sequence[Any], counter: _Counter, repeats: int) -> list[str]:
    """Return characters that match the nodes, the last character first, because it changes most."""
    made: list[str] = []
    counter.count()
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
