"""The vendor's filter language: `Status=="AUTHORISED" AND Date>=DateTime(2019,02,22)`, read and nothing more.

Fields match in any letter case; what does not parse is a bad query.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NoReturn

from mockserver.model import Document, Json, Value
from mockserver.store import State
from mockserver.vendors.xero.fields import Entity, Kind, Operand, field_of, refuse_query
from mockserver.vendors.xero.wire import is_guid
from mockserver.vendors.xero.words import text

MAX_DEPTH = 32

Predicate = Callable[[Document, State], bool]


class Token(Value, frozen=True):
    """A piece of an expression; `kind` is text, number, name, sign or end."""

    kind: str
    text: str
    at: int


_TOKEN = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*")'
    r"|(?P<number>-?[0-9]{1,28}(?:\.[0-9]{1,28})?)(?![0-9A-Za-z_.])"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"
    r"|(?P<sign>==|!=|<=|>=|&&|\|\||[=<>(),])",
    re.DOTALL,
)
_SPACE = re.compile(r"\s*")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_OR = ("or", "||")
_AND = ("and", "&&")
_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EQUALITY = ("==", "=", "!=")
_UNORDERED = (Kind.GUID, Kind.FLAG, Kind.NULL)
_CONSTANTS: Mapping[str, tuple[Kind, Json]] = {
    "true": (Kind.FLAG, True),
    "false": (Kind.FLAG, False),
    "null": (Kind.NULL, None),
}
_MOMENT_PARTS = (3, 6)


def parse(expression: str, entity: Entity) -> Predicate:
    """What `expression` says of a document.

    Source: Xero fact sheet §1.2.

    Raises:
        Invalid: it cannot be parsed, or does not fit the entity.
    """
    return _Parser(tuple(_tokens(expression)), entity).whole()


def _refuse(rule: str, at: int, **values: str) -> NoReturn:
    refuse_query("where", text(rule, at=at, **values))


def _tokens(expression: str) -> Iterator[Token]:
    at = _end_of_space(expression, 0)
    while at < len(expression):
        found = _TOKEN.match(expression, at)
        if found is None:
            _refuse("syntax", at)
        yield Token(str(found.lastgroup), found[0], at)
        at = _end_of_space(expression, found.end())
    yield Token("end", "", at)


def _end_of_space(expression: str, at: int) -> int:
    found = _SPACE.match(expression, at)
    return found.end() if found else at


class _Parser:
    """Recursive descent over the tokens, no deeper than `MAX_DEPTH`."""

    def __init__(self, tokens: tuple[Token, ...], entity: Entity) -> None:
        self._tokens, self._entity = tokens, entity
        self._next = self._depth = 0

    def whole(self) -> Predicate:
        """The predicate that all tokens together make."""
        predicate = self._any()
        if self._token.kind != "end":
            _refuse("syntax", self._token.at)
        return predicate

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._token
        self._next += token.kind != "end"
        return token

    def _taken(self, *words: str) -> bool:
        found = self._token.kind in ("name", "sign") and self._token.text.lower() in words
        self._next += found
        return found

    def _any(self) -> Predicate:
        parts = [self._all()]
        while self._taken(*_OR):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda one, state: any(part(one, state) for part in parts)

    def _all(self) -> Predicate:
        parts = [self._one()]
        while self._taken(*_AND):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda one, state: all(part(one, state) for part in parts)

    def _one(self) -> Predicate:
        at = self._token.at
        if not self._taken("("):
            return self._comparison(at)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            _refuse("syntax", at)
        predicate = self._any()
        self._depth -= 1
        if not self._taken(")"):
            _refuse("unbalanced", self._token.at)
        return predicate

    def _comparison(self, at: int) -> Predicate:
        left = self._operand()
        sign = self._token.text
        if self._token.kind != "sign" or sign not in _COMPARE:
            if left.kind is not Kind.FLAG:
                _refuse("no-boolean", at)
            return lambda one, state: left.read(one, state) is True
        sign_at = self._take().at
        right = self._operand()
        kinds = {left.kind, right.kind}
        fits = len(kinds - {Kind.NULL}) <= 1 and (sign in _EQUALITY or not kinds & set(_UNORDERED))
        if not fits:
            _refuse("incompatible", sign_at, sign=sign, left=left.kind, right=right.kind)
        return _compared(sign, left, right)

    def _operand(self) -> Operand:
        token = self._take()
        if token.kind == "text":
            return _literal(Kind.TEXT, _ESCAPED.sub(r"\1", token.text[1:-1]))
        if token.kind == "number":
            return _literal(Kind.NUMBER, Decimal(token.text))
        if token.kind != "name":
            _refuse("syntax", token.at)
        word = token.text.lower()
        if word in _CONSTANTS:
            return _literal(*_CONSTANTS[word])
        if self._taken("("):
            return self._made(word, token.at)
        return field_of(token.text, self._entity, token.at)

    def _made(self, word: str, at: int) -> Operand:
        """The literal that `guid(…)` or `DateTime(…)` makes of its arguments."""
        arguments = [self._take()]
        while self._taken(","):
            arguments.append(self._take())
        if not self._taken(")"):
            _refuse("unbalanced", self._token.at)
        made = _guid(arguments) if word == "guid" else _moment(arguments) if word == "datetime" else None
        if made is None:
            _refuse("syntax", at)
        return made


def _literal(kind: Kind, value: Json) -> Operand:
    return Operand(kind, lambda _one, _state: value)


def _guid(arguments: Sequence[Token]) -> Operand | None:
    text_only = [one.kind for one in arguments] == ["text"]
    given = arguments[0].text[1:-1]
    return _literal(Kind.GUID, given.lower()) if text_only and is_guid(given) else None


def _moment(arguments: Sequence[Token]) -> Operand | None:
    if len(arguments) not in _MOMENT_PARTS:
        return None
    try:
        year, month, day, *clock = (int(one.text) for one in arguments)
        hour, minute, second = clock or (0, 0, 0)
        return _literal(Kind.MOMENT, datetime(year, month, day, hour, minute, second, tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _compared(sign: str, left: Operand, right: Operand) -> Predicate:
    compare = _COMPARE[sign]

    def holds(one: Document, state: State) -> bool:
        mine, other = left.read(one, state), right.read(one, state)
        if mine is None or other is None:
            return sign in _EQUALITY and bool(compare(mine, other))
        return bool(compare(mine, other))

    return holds
