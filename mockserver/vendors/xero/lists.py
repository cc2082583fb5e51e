"""Lists: filters in `where`, sorting by `order`, pages.

Field names match in any letter case. An expression that cannot be parsed is refused as a bad query.
Source: docs/vendors/xero.md#filters-and-order, #headers-and-parameters, #envelope.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, NoReturn

from msgspec.structs import replace

from mockserver.codec.instants import parse_instant
from mockserver.errors import InvalidCall
from mockserver.model import EMPTY, Document, Json, Problem, Value
from mockserver.sandbox.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero.answers import is_guid, stored_id
from mockserver.vendors.xero.dates_and_amounts import cut_to_seconds, parse_stored
from mockserver.vendors.xero.messages import message_text

ReadField = Callable[[Document, State], Json]
DocumentPredicate = Callable[[Document, State], bool]
PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000

QUERY = "query"
HIGH_VOLUME = "high-volume"
"""`QUERY` and `HIGH_VOLUME` are the rules of problems for which a query is refused."""

_ORDER = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_.]*)(?:\s+(ASC|DESC))?\s*", re.IGNORECASE)
_CHANGE_MEMBER = "UpdatedDateUTC"
_SINCE_HEADER = "If-Modified-Since"
MAX_DEPTH = 32
_MAX_NAMES = 4
"""Maximum number of names in a dotted field."""

_TOKEN = re.compile(
    r"\s*(?:"
    r'(?P<text>"(?:[^"\\]|"")*")'
    r"|(?P<number>-?[0-9]{1,28}(?:\.[0-9]{1,28})?)(?![0-9A-Za-z_.])"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>==|!=|<>|<=|>=|&&|\|\||[=<>(),.!])"
    r"|(?P<end>\Z)|(?P<other>.))",
    re.DOTALL,
)
_OR = ("or", "||")
_AND = ("and", "&&")
_NOT = ("not", "!")
_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EQUALITY = ("==", "=", "!=", "<>")


class FieldType(StrEnum):
    """Type of a field or literal, by the vendor's type name."""

    TEXT = "String"
    NUMBER = "Decimal"
    MOMENT = "DateTime"
    GUID = "Guid"
    FLAG = "Boolean"
    RECORD = "Object"
    NULL = "Null"


_ANY = frozenset(FieldType) - {FieldType.NULL, FieldType.RECORD}
_TEXT = frozenset({FieldType.TEXT})
_MOMENT = frozenset({FieldType.MOMENT})
_NULLABLE = frozenset({FieldType.NUMBER, FieldType.MOMENT, FieldType.GUID, FieldType.FLAG})
_UNORDERED = (FieldType.GUID, FieldType.FLAG, FieldType.RECORD, FieldType.NULL)
_CONSTANTS: Mapping[str, tuple[FieldType, Json]] = {
    "true": (FieldType.FLAG, True),
    "false": (FieldType.FLAG, False),
    "null": (FieldType.NULL, None),
}


class Operand(Value, frozen=True):
    """A value in a filter or order, of the type `kind`; `read` takes the value from a document."""

    kind: FieldType
    read: ReadField


class FilterEntity(Value, frozen=True):
    """A kind of document, as filters and orders see it."""

    name: str
    """The vendor's name of the type."""
    fields: Mapping[str, Operand]
    """Fields by dotted name in lower case."""
    order: str = "UpdatedDateUTC"
    """The order that applies if a call asks for no order."""
    optimised: Mapping[str, frozenset[str]] = EMPTY
    """For `where` and for `order`, the fields accepted at high volume; all fields if there is no entry."""
    keeps_case: bool = False
    """Whether letter case counts in `Contains`, `StartsWith` and `EndsWith`."""


def own_field(kind: FieldType, name: str, default: Json = None) -> Operand:
    def moment(one: Document, _state: State) -> datetime | None:
        stored = one.get(name)
        return None if stored is None else parse_stored(stored)

    if kind is FieldType.MOMENT:
        return Operand(kind, moment)
    return Operand(kind, lambda one, _state: one.get(name, False if kind is FieldType.FLAG else default))


def related_fields(
    prefix: str, via: str, collection: str, fields: Mapping[str, Operand]
) -> Mapping[str, Operand]:
    """Return operands, by name, that read a related document, whose key is in the member `via`.

    With the prefix Contact, `contact` reads the related document, and `contact.name` its field Name.
    """

    def follow(field: Operand) -> ReadField:
        def read(one: Document, state: State) -> Json:
            related = state.collection(collection).get(one.get(via, ""))
            return None if related is None else field.read(related, state)

        return read

    itself = Operand(FieldType.RECORD, follow(Operand(FieldType.RECORD, lambda related, _state: related)))
    own = {f"{prefix}.{name}".lower(): Operand(field.kind, follow(field)) for name, field in fields.items()}
    return {prefix.lower(): itself, **own}


def find_field(name: str, entity: FilterEntity, at: int = 0, parameter: str = "where") -> Operand:
    field = entity.fields.get(name.lower())
    if field is None or (parameter == "order" and field.kind is FieldType.RECORD):
        refuse_query(parameter, message_text("no-such-field", name=name, entity=entity.name, at=at))
    if name.lower() not in entity.optimised.get(parameter, entity.fields):
        refuse_query(parameter, message_text("high-volume", documents=f"{entity.name.lower()}s"), HIGH_VOLUME)
    return field


def refuse_query(parameter: str, detail: str, rule: str = QUERY) -> NoReturn:
    raise InvalidCall([Problem("bad-query", ("query", parameter), detail, rule)])


def refuse_summary_filters(request: Request) -> None:
    """Raise InvalidCall if a summary has a filter or order that the assumption `summary_filters` forbids.

    Source: docs/vendors/xero.md#filters-and-order.
    """
    asked = request.parameters
    if request.call.assumptions["summary_filters"] == "taken":
        return
    if field := (asked.get("order") or "").split():
        refuse_query("order", message_text("summary-order", field=field[0]))
    allowed = 0 if request.call.assumptions["summary_filters"] == "ids_refused" else 1
    if asked.get("where") or sum(bool(asked.get(name)) for name in ("IDs", "ContactIDs")) > allowed:
        refuse_query("where", message_text("summary-filter"))


class FilterFunction(Value, frozen=True):
    """A method or property that may follow a value in a filter."""

    of: frozenset[FieldType]
    """Types of values that have this method or property."""
    result: FieldType | None
    """Type of the result; None means the type of the value."""
    apply: Callable[..., Json]
    arguments: int = 0
    """Number of arguments. Every argument is a text."""
    accepts_null: bool = False
    """Whether the function is applied to null; if not, null has the result null."""


METHODS: Mapping[str, FilterFunction] = {
    "contains": FilterFunction(_TEXT, FieldType.FLAG, operator.contains, 1),
    "startswith": FilterFunction(_TEXT, FieldType.FLAG, str.startswith, 1),
    "endswith": FilterFunction(_TEXT, FieldType.FLAG, str.endswith, 1),
    "tolower": FilterFunction(_TEXT, FieldType.TEXT, str.lower),
    "toupper": FilterFunction(_TEXT, FieldType.TEXT, str.upper),
    "trim": FilterFunction(_TEXT, FieldType.TEXT, str.strip),
    "tostring": FilterFunction(_ANY, FieldType.TEXT, str),
}
PROPERTIES: Mapping[str, FilterFunction] = {
    "length": FilterFunction(_TEXT, FieldType.NUMBER, len),
    "year": FilterFunction(_MOMENT, FieldType.NUMBER, lambda moment: moment.year),
    "month": FilterFunction(_MOMENT, FieldType.NUMBER, lambda moment: moment.month),
    "day": FilterFunction(_MOMENT, FieldType.NUMBER, lambda moment: moment.day),
    "date": FilterFunction(
        _MOMENT, FieldType.MOMENT, lambda moment: moment.replace(hour=0, minute=0, second=0, microsecond=0)
    ),
    "value": FilterFunction(_NULLABLE, None, lambda value: value),
    "hasvalue": FilterFunction(_NULLABLE, FieldType.FLAG, lambda value: value is not None, accepts_null=True),
}


def _fold(value: Json) -> Json:
    """Return the value as comparisons see it: texts without letter case."""
    return value.casefold() if isinstance(value, str) else value


def apply_function(
    function: FilterFunction, value: Operand, arguments: Sequence[Operand], *, keeps_case: bool
) -> Operand:
    """Return the result as an operand. A null value or argument gives null unless `function` accepts null."""
    seen = _fold if arguments and not keeps_case else lambda found: found

    def read(one: Document, state: State) -> Json:
        values: list[Any] = [seen(part.read(one, state)) for part in (value, *arguments)]
        if any(part is None for part in values) and not function.accepts_null:
            return None
        return function.apply(*values)

    return Operand(function.result or value.kind, read)


def literal(kind: FieldType, value: Json) -> Operand:
    return Operand(kind, lambda _one, _state: value)


def _guid(text: str) -> str:
    guid = stored_id(text)
    if not is_guid(guid):
        raise ValueError(text)
    return guid


def _moment(year: Decimal, month: Decimal, day: Decimal, *clock: Decimal) -> datetime:
    hour, minute, second = (int(part) for part in clock or (0, 0, 0))
    return datetime(int(year), int(month), int(day), hour, minute, second, tzinfo=UTC)


_MAKERS: Mapping[str, tuple[FieldType, type, Callable[..., Json]]] = {
    "guid": (FieldType.GUID, str, _guid),
    "datetime": (FieldType.MOMENT, Decimal, _moment),
    "datetime.parse": (FieldType.MOMENT, str, parse_instant),
}
"""For each function in filters that makes a value: types of value and arguments, and Python function."""


class FilterToken(Value, frozen=True):
    """A piece of an expression; `kind` is text, number, name, sign or end."""

    kind: str
    text: str
    at: int


def _refuse_filter(rule: str, at: int, **values: str) -> NoReturn:
    refuse_query("where", message_text(rule, at=at, **values))


def _tokens(expression: str) -> Iterator[FilterToken]:
    for matched in _TOKEN.finditer(expression):
        kind = str(matched.lastgroup)
        if kind == "other":
            _refuse_filter("syntax", matched.start(kind))
        yield FilterToken(kind, matched[kind], matched.start(kind))


class _FilterParser:
    """Recursive descent parser of a filter; parentheses nest no deeper than `MAX_DEPTH`."""

    def __init__(self, tokens: tuple[FilterToken, ...], entity: FilterEntity) -> None:
        self._tokens, self._entity = tokens, entity
        self._next = self._depth = 0

    def parse(self) -> DocumentPredicate:
        predicate = self._disjunction()
        if self._token.kind != "end":
            _refuse_filter("syntax", self._token.at)
        return predicate

    @property
    def _token(self) -> FilterToken:
        return self._tokens[self._next]

    def _ahead(self, steps: int) -> FilterToken:
        return self._tokens[min(self._next + steps, len(self._tokens) - 1)]

    def _take(self) -> FilterToken:
        token = self._token
        self._next += token.kind != "end"
        return token

    def _take_if(self, *words: str) -> bool:
        found = self._token.kind in ("name", "sign") and self._token.text.lower() in words
        self._next += found
        return found

    def _close(self) -> None:
        if not self._take_if(")"):
            _refuse_filter("unbalanced", self._token.at)
        self._depth -= 1

    def _open(self, at: int) -> bool:
        if not self._take_if("("):
            return False
        self._depth += 1
        if self._depth > MAX_DEPTH:
            _refuse_filter("syntax", at)
        return True

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
        negated = False
        while self._take_if(*_NOT):
            negated = not negated
        predicate = self._parenthesis_or_comparison()
        return (lambda one, state: not predicate(one, state)) if negated else predicate

    def _parenthesis_or_comparison(self) -> DocumentPredicate:
        at = self._token.at
        if not self._open(at):
            return self._comparison(at)
        predicate = self._disjunction()
        self._close()
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
        """Return a field or a literal, with the methods and properties after it."""
        operand = self._value()
        while self._token.text == "." and self._ahead(1).kind == "name":
            self._take()
            operand = self._function_of(operand)
        return operand

    def _value(self) -> Operand:
        token = self._take()
        if token.kind == "text":
            return literal(FieldType.TEXT, _unescape(token))
        if token.kind == "number":
            return literal(FieldType.NUMBER, Decimal(token.text))
        if token.kind != "name":
            _refuse_filter("syntax", token.at)
        if token.text.lower() in _CONSTANTS:
            return literal(*_CONSTANTS[token.text.lower()])
        return self._made_value(token) or self._field(token)

    def _made_value(self, token: FilterToken) -> Operand | None:
        """Return the value of `guid(…)`, `DateTime(…)` or `DateTime.Parse(…)`; None if no `(` follows."""
        name = token.text.lower()
        if self._token.text == "." and f"{name}.{self._ahead(1).text.lower()}" in _MAKERS:
            self._take()
            name = f"{name}.{self._take().text.lower()}"
        if not self._open(token.at):
            return None
        arguments = [self._take()]
        while self._take_if(","):
            arguments.append(self._take())
        self._close()
        if name in _MAKERS and all(argument.kind in ("text", "number") for argument in arguments):
            kind, accepted, make = _MAKERS[name]
            values = [
                _unescape(argument) if argument.kind == "text" else Decimal(argument.text)
                for argument in arguments
            ]
            with suppress(TypeError, ValueError, OverflowError):
                if all(isinstance(value, accepted) for value in values):
                    return literal(kind, make(*values))
        _refuse_filter("syntax", token.at)

    def _field(self, first: FilterToken) -> Operand:
        """Return the field with the longest known dotted name at `first`; a method or property may follow."""
        names = [first.text]
        while self._ahead(2 * len(names) - 2).text == "." and self._ahead(2 * len(names) - 1).kind == "name":
            names.append(self._ahead(2 * len(names) - 1).text)
        known = [
            count
            for count in range(1, min(len(names), _MAX_NAMES) + 1)
            if ".".join(names[:count]).lower() in self._entity.fields
        ]
        if not known:
            is_called = self._ahead(2 * len(names) - 2).text == "("
            shown = names[:-1] if is_called and len(names) > 1 else names
            return find_field(".".join(shown), self._entity, first.at)
        self._next += 2 * (known[-1] - 1)
        return find_field(".".join(names[: known[-1]]), self._entity, first.at)

    def _function_of(self, value: Operand) -> Operand:
        token = self._take()
        is_method = self._open(token.at)
        function = (METHODS if is_method else PROPERTIES).get(token.text.lower())
        if function is not None and value.kind in function.of:
            arguments = self._arguments() if is_method else []
            if [argument.kind for argument in arguments] == [FieldType.TEXT] * function.arguments:
                return apply_function(function, value, arguments, keeps_case=self._entity.keeps_case)
        rule = "no-such-method" if is_method else "no-such-field"
        _refuse_filter(rule, token.at, name=token.text, entity=value.kind)

    def _arguments(self) -> list[Operand]:
        arguments = [] if self._token.text == ")" else [self._operand()]
        while self._take_if(","):
            arguments.append(self._operand())
        self._close()
        return arguments


def _unescape(token: FilterToken) -> str:
    return token.text[1:-1].replace('""', '"')


def _comparison(sign: str, left: Operand, right: Operand) -> DocumentPredicate:
    compare = _COMPARE[sign]

    def holds(one: Document, state: State) -> bool:
        mine, other = _fold(left.read(one, state)), _fold(right.read(one, state))
        if mine is None or other is None:
            return sign in _EQUALITY and bool(compare(mine, other))
        return bool(compare(mine, other))

    return holds


def select_documents(
    documents: Iterable[Document], entity: FilterEntity, request: Request, state: State
) -> list[Document]:
    matches = list(documents)
    if request.call.assumptions["high_volume"] == "off":
        entity = replace(entity, optimised=EMPTY)
    if request.call.assumptions["filter_case"] == "kept":
        entity = replace(entity, keeps_case=True)
    if since := request.parameters.get(_SINCE_HEADER):
        matches = _changed_since(matches, since)
    if expression := request.parameters.get("where"):
        predicate = _FilterParser(tuple(_tokens(expression)), entity).parse()
        matches = [match for match in matches if predicate(match, state)]
    return _sort_documents(matches, entity, request.parameters.get("order") or entity.order, state)


def is_unmodified(matches: Sequence[Document], request: Request) -> bool:
    """Return whether to reply 304: nothing fits If-Modified-Since, and the assumption `unmodified` is 304."""
    asked = bool(request.parameters.get(_SINCE_HEADER))
    return asked and not matches and request.call.assumptions["unmodified"] == "304"


def cut_page(matches: Sequence[Document], request: Request) -> tuple[Mapping[str, int], Sequence[Document]]:
    """Return the paging members and one page; an invalid page size becomes the nearest valid size."""
    page = request.parameters.get("page", 1)
    size = min(max(request.parameters.get("pageSize", PAGE_SIZE), 1), MAX_PAGE_SIZE)
    pagination = {
        "page": page,
        "pageSize": size,
        "pageCount": -(-len(matches) // size),
        "itemCount": len(matches),
    }
    return pagination, matches[(page - 1) * size : page * size]


def is_page_requested(request: Request) -> bool:
    return "page" in request.parameters or "pageSize" in request.parameters


def search_documents(documents: Iterable[Document], term: str, *names: str) -> list[Document]:
    """Return the documents that have `term`, in any letter case, in one of the members `names`."""
    wanted = term.lower()
    return [
        document
        for document in documents
        if any(wanted in str(document.get(name, "")).lower() for name in names)
    ]


def _changed_since(matches: list[Document], since: str) -> list[Document]:
    iso = since if since[:4].isdigit() else parsedate_to_datetime(since).isoformat()
    threshold = cut_to_seconds(parse_instant(iso).isoformat())
    return [match for match in matches if cut_to_seconds(match[_CHANGE_MEMBER]) > threshold]


def _sort_documents(
    matches: list[Document], entity: FilterEntity, order: str, state: State
) -> list[Document]:
    """Return the documents ordered by one field. Documents of equal value keep the order of `matches`."""
    parsed = _ORDER.fullmatch(order)
    if parsed is None:
        refuse_query("order", message_text("syntax", at=0))
    field = find_field(parsed[1], entity, parsed.start(1), "order")

    def rank(one: Document) -> tuple[bool, Json]:
        value = field.read(one, state)
        return (value is not None, "" if value is None else value)

    return sorted(matches, key=rank, reverse=(parsed[2] or "").upper() == "DESC")
