"""Filter language of `where`: `Status=="AUTHORISED" AND Contact.Name.Contains("Mill")`.

Names match in any letter case; an expression that does not parse is a bad query. Source:
docs/vendors/xero.md#filters-and-order.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NoReturn

from mockserver.model import Document, Json, Value
from mockserver.sandbox.store import State
from mockserver.vendors.xero.messages import message_text
from mockserver.vendors.xero.replies.filter_functions import (
    MAKERS,
    METHODS,
    PROPERTIES,
    apply_function,
    literal,
)
from mockserver.vendors.xero.replies.filters import (
    FieldType,
    FilterEntity,
    Operand,
    find_field,
    refuse_query,
)

MAX_DEPTH = 32
_MAX_NAMES = 4
"""No field has more names between its dots."""

DocumentPredicate = Callable[[Document, State], bool]


class FilterToken(Value, frozen=True):
    """A piece of an expression; `kind` is text, number, name, sign or end."""

    kind: str
    text: str
    at: int


_TOKEN = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.|"")*")'
    r"|(?P<number>-?[0-9]{1,28}(?:\.[0-9]{1,28})?)(?![0-9A-Za-z_.])"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>==|!=|<>|<=|>=|&&|\|\||[=<>(),.!])",
    re.DOTALL,
)
_SPACE = re.compile(r"\s*")
_ESCAPED = re.compile(r'\\(.)|"(")', re.DOTALL)
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
_UNORDERED = (FieldType.GUID, FieldType.FLAG, FieldType.RECORD, FieldType.NULL)
_CONSTANTS: Mapping[str, tuple[FieldType, Json]] = {
    "true": (FieldType.FLAG, True),
    "false": (FieldType.FLAG, False),
    "null": (FieldType.NULL, None),
}


def parse_filter(expression: str, entity: FilterEntity) -> DocumentPredicate:
    """Return what `expression` says of a document.

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
        """Take an opening parenthesis, if one is next."""
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
        """Return a field or a literal, with the methods and properties that follow it."""
        found = self._value()
        while self._token.text == "." and self._ahead(1).kind == "name":
            self._take()
            found = self._function_of(found)
        return found

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
        """Return what `guid(…)`, `DateTime(…)` or `DateTime.Parse(…)` makes of its arguments."""
        name = token.text.lower()
        if self._token.text == "." and f"{name}.{self._ahead(1).text.lower()}" in MAKERS:
            self._take()
            name = f"{name}.{self._take().text.lower()}"
        if not self._open(token.at):
            return None
        arguments = [self._take()]
        while self._take_if(","):
            arguments.append(self._take())
        self._close()
        if name not in MAKERS or any(one.kind not in ("text", "number") for one in arguments):
            _refuse_filter("syntax", token.at)
        values = [_unescape(one) if one.kind == "text" else Decimal(one.text) for one in arguments]
        made = MAKERS[name](values)
        if made is None:
            _refuse_filter("syntax", token.at)
        return made

    def _field(self, first: FilterToken) -> Operand:
        """Return the longest dotted name that the entity has; what follows it is a method or property."""
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
        if function is None or value.kind not in function.of:
            rule = "no-such-method" if is_method else "no-such-field"
            _refuse_filter(rule, token.at, name=token.text, entity=value.kind)
        arguments: list[Operand] = []
        if is_method:
            arguments = self._arguments()
        kinds = [one.kind for one in arguments]
        if kinds != [FieldType.TEXT] * function.arguments:
            _refuse_filter("no-such-method", token.at, name=token.text, entity=value.kind)
        return apply_function(function, value, arguments)

    def _arguments(self) -> list[Operand]:
        """Return the arguments of a method, to its closing parenthesis."""
        found = [] if self._token.text == ")" else [self._operand()]
        while self._take_if(","):
            found.append(self._operand())
        self._close()
        return found


def _unescape(token: FilterToken) -> str:
    return _ESCAPED.sub(lambda found: found[1] or found[2], token.text[1:-1])


def _comparison(sign: str, left: Operand, right: Operand) -> DocumentPredicate:
    compare = _COMPARE[sign]

    def holds(one: Document, state: State) -> bool:
        mine, other = left.read(one, state), right.read(one, state)
        if mine is None or other is None:
            return sign in _EQUALITY and bool(compare(mine, other))
        return bool(compare(mine, other))

    return holds
