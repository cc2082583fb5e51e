"""Filter language of `where`: `Status=="AUTHORISED" AND Date>=DateTime(2019,02,22)`.

Fields match in any letter case; an expression that does not parse is a bad query.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NoReturn

from mockserver.errors import InvalidCall
from mockserver.model import Document, Json, Problem, Value
from mockserver.sandbox.store import State
from mockserver.vendors.xero.dates import parse_stored
from mockserver.vendors.xero.messages import message_text
from mockserver.vendors.xero.replies.envelope import is_guid

ReadField = Callable[[Document, State], Json]


class FieldType(StrEnum):
    """Type of a field or literal, by the vendor's type name."""

    TEXT = "String"
    NUMBER = "Decimal"
    MOMENT = "DateTime"
    GUID = "Guid"
    FLAG = "Boolean"
    NULL = "Null"


class Operand(Value, frozen=True):
    """A side of a comparison: its type, and how to read it from a document."""

    kind: FieldType
    read: ReadField


class FilterEntity(Value, frozen=True):
    """A filterable entity: the vendor's type name, its fields by lower-case dotted name, its usual order."""

    name: str
    fields: Mapping[str, Operand]
    order: str = "UpdatedDateUTC"


def own_fields(kind: FieldType, *names: str) -> Mapping[str, Operand]:
    """Fields that a document has itself, for an entity."""
    return {name.lower(): Operand(kind, _member_reader(kind, name)) for name in names}


def related_fields(
    kind: FieldType, prefix: str, via: str, collection: str, *names: str
) -> Mapping[str, Operand]:
    """Fields of the document that the member `via` refers to, as `prefix.name`."""

    def reading(name: str) -> ReadField:
        read = _member_reader(kind, name)

        def follow(one: Document, state: State) -> Json:
            found = state.collection(collection).get(one.get(via, ""))
            return None if found is None else read(found, state)

        return follow

    return {f"{prefix}.{name}".lower(): Operand(kind, reading(name)) for name in names}


def find_field(name: str, entity: FilterEntity, at: int = 0, parameter: str = "where") -> Operand:
    """Return the entity's field of that name.

    Raises:
        InvalidCall: it has none.
    """
    found = entity.fields.get(name.lower())
    if found is None:
        refuse_query(parameter, message_text("no-such-field", name=name, entity=entity.name, at=at))
    return found


def refuse_query(parameter: str, detail: str) -> NoReturn:
    """Refuse the call for what one of its query parameters says."""
    raise InvalidCall([Problem("bad-query", ("query", parameter), detail, "query")])


def _member_reader(kind: FieldType, name: str) -> ReadField:
    if kind is not FieldType.MOMENT:
        return lambda one, _state: one.get(name)

    def moment(one: Document, _state: State) -> datetime | None:
        stored = one.get(name)
        return None if stored is None else parse_stored(stored)

    return moment


MAX_DEPTH = 32

DocumentPredicate = Callable[[Document, State], bool]


class FilterToken(Value, frozen=True):
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
_UNORDERED = (FieldType.GUID, FieldType.FLAG, FieldType.NULL)
_CONSTANTS: Mapping[str, tuple[FieldType, Json]] = {
    "true": (FieldType.FLAG, True),
    "false": (FieldType.FLAG, False),
    "null": (FieldType.NULL, None),
}
_MOMENT_PARTS = (3, 6)


def parse_filter(expression: str, entity: FilterEntity) -> DocumentPredicate:
    """Return what `expression` says of a document.

    Source: docs/vendors/xero.md#filters-and-order.

    Raises:
        InvalidCall: it cannot be parsed, or does not fit the entity.
    """
    return _FilterParser(tuple(_tokens(expression)), entity).parse()


def _refuse_filter(rule: str, at: int, **values: str) -> NoReturn:
    refuse_query("where", message_text(rule, at=at, **values))


def _tokens(expression: str) -> Iterator[FilterToken]:
    at = _end_of_space(expression, 0)
    while at < len(expression):
        found = _TOKEN.match(expression, at)
        if found is None:
            _refuse_filter("syntax", at)
        yield FilterToken(str(found.lastgroup), found[0], at)
        at = _end_of_space(expression, found.end())
    yield FilterToken("end", "", at)


def _end_of_space(expression: str, at: int) -> int:
    found = _SPACE.match(expression, at)
    return found.end() if found else at


class _FilterParser:
    """Recursive descent over the tokens, no deeper than `MAX_DEPTH`."""

    def __init__(self, tokens: tuple[FilterToken, ...], entity: FilterEntity) -> None:
        self._tokens, self._entity = tokens, entity
        self._next = self._depth = 0

    def parse(self) -> DocumentPredicate:
        """Return the predicate that all tokens together make."""
        predicate = self._disjunction()
        if self._token.kind != "end":
            _refuse_filter("syntax", self._token.at)
        return predicate

    @property
    def _token(self) -> FilterToken:
        return self._tokens[self._next]

    def _take(self) -> FilterToken:
        token = self._token
        self._next += token.kind != "end"
        return token

    def _take_if(self, *words: str) -> bool:
        found = self._token.kind in ("name", "sign") and self._token.text.lower() in words
        self._next += found
        return found

    def _disjunction(self) -> DocumentPredicate:
        parts = [self._conjunction()]
        while self._take_if(*_OR):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else lambda one, state: any(part(one, state) for part in parts)

    def _conjunction(self) -> DocumentPredicate:
        parts = [self._term()]
        while self._take_if(*_AND):
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else lambda one, state: all(part(one, state) for part in parts)

    def _term(self) -> DocumentPredicate:
        at = self._token.at
        if not self._take_if("("):
            return self._comparison(at)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            _refuse_filter("syntax", at)
        predicate = self._disjunction()
        self._depth -= 1
        if not self._take_if(")"):
            _refuse_filter("unbalanced", self._token.at)
        return predicate

    def _comparison(self, at: int) -> DocumentPredicate:
        left = self._operand()
        sign = self._token.text
        if self._token.kind != "sign" or sign not in _COMPARE:
            if left.kind is not FieldType.FLAG:
                _refuse_filter("no-boolean", at)
            return lambda one, state: left.read(one, state) is True
        sign_at = self._take().at
        right = self._operand()
        kinds = {left.kind, right.kind}
        fits = len(kinds - {FieldType.NULL}) <= 1 and (sign in _EQUALITY or not kinds & set(_UNORDERED))
        if not fits:
            _refuse_filter("incompatible", sign_at, sign=sign, left=left.kind, right=right.kind)
        return _comparison(sign, left, right)

    def _operand(self) -> Operand:
        token = self._take()
        if token.kind == "text":
            return _literal(FieldType.TEXT, _ESCAPED.sub(r"\1", token.text[1:-1]))
        if token.kind == "number":
            return _literal(FieldType.NUMBER, Decimal(token.text))
        if token.kind != "name":
            _refuse_filter("syntax", token.at)
        word = token.text.lower()
        if word in _CONSTANTS:
            return _literal(*_CONSTANTS[word])
        if self._take_if("("):
            return self._call_literal(word, token.at)
        return find_field(token.text, self._entity, token.at)

    def _call_literal(self, word: str, at: int) -> Operand:
        """Return the literal that `guid(…)` or `DateTime(…)` makes of its arguments."""
        arguments = [self._take()]
        while self._take_if(","):
            arguments.append(self._take())
        if not self._take_if(")"):
            _refuse_filter("unbalanced", self._token.at)
        made = (
            _guid_literal(arguments)
            if word == "guid"
            else _moment_literal(arguments)
            if word == "datetime"
            else None
        )
        if made is None:
            _refuse_filter("syntax", at)
        return made


def _literal(kind: FieldType, value: Json) -> Operand:
    return Operand(kind, lambda _term, _state: value)


def _guid_literal(arguments: Sequence[FilterToken]) -> Operand | None:
    text_only = [one.kind for one in arguments] == ["text"]
    given = arguments[0].text[1:-1]
    return _literal(FieldType.GUID, given.lower()) if text_only and is_guid(given) else None


def _moment_literal(arguments: Sequence[FilterToken]) -> Operand | None:
    if len(arguments) not in _MOMENT_PARTS:
        return None
    try:
        year, month, day, *clock = (int(one.text) for one in arguments)
        hour, minute, second = clock or (0, 0, 0)
        return _literal(FieldType.MOMENT, datetime(year, month, day, hour, minute, second, tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _comparison(sign: str, left: Operand, right: Operand) -> DocumentPredicate:
    compare = _COMPARE[sign]

    def holds(one: Document, state: State) -> bool:
        mine, other = left.read(one, state), right.read(one, state)
        if mine is None or other is None:
            return sign in _EQUALITY and bool(compare(mine, other))
        return bool(compare(mine, other))

    return holds
