"""Functions and properties of values in `where`: `Name.Contains("x")`, `Date.Year`, `guid("…")`.

Source: docs/vendors/xero.md#filters-and-order.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mockserver.codec.instants import parse_instant
from mockserver.model import Document, Json, Value
from mockserver.sandbox.store import State
from mockserver.vendors.xero.replies.envelope import is_guid, stored_id
from mockserver.vendors.xero.replies.filters import FieldType, Operand

_ANY = frozenset(FieldType) - {FieldType.NULL, FieldType.RECORD}
_TEXT = frozenset({FieldType.TEXT})
_MOMENT = frozenset({FieldType.MOMENT})
_NULLABLE = frozenset({FieldType.NUMBER, FieldType.MOMENT, FieldType.GUID, FieldType.FLAG})
_MOMENT_PARTS = (3, 6)


class FilterFunction(Value, frozen=True):
    """A method or property: the types that have it, that of its result, its number of text arguments.

    `result` None is the type of the value itself. `accepts_null`: it has a value for null too.
    """

    of: frozenset[FieldType]
    result: FieldType | None
    apply: Callable[..., Json]
    arguments: int = 0
    accepts_null: bool = False


METHODS: Mapping[str, FilterFunction] = {
    "contains": FilterFunction(_TEXT, FieldType.FLAG, lambda text, part: part in text, 1),
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


def apply_function(function: FilterFunction, value: Operand, arguments: Sequence[Operand]) -> Operand:
    """Return the operand that the function makes of a value; null where the value or an argument is null."""

    def read(one: Document, state: State) -> Json:
        found: list[Any] = [part.read(one, state) for part in (value, *arguments)]
        if any(part is None for part in found) and not function.accepts_null:
            return None
        return function.apply(*found)

    return Operand(function.result or value.kind, read)


def literal(kind: FieldType, value: Json) -> Operand:
    """Return an operand that is the same for every document."""
    return Operand(kind, lambda _one, _state: value)


def guid_literal(arguments: Sequence[Json]) -> Operand | None:
    """Return the GUID that `guid("…")` makes, None if it makes none."""
    match arguments:
        case [str(text)] if is_guid(found := stored_id(text)):
            return literal(FieldType.GUID, found)
    return None


def moment_literal(arguments: Sequence[Json]) -> Operand | None:
    """Return the moment that `DateTime(year, month, day[, hour, minute, second])` makes, or None."""
    if len(arguments) not in _MOMENT_PARTS or any(isinstance(one, str) for one in arguments):
        return None
    try:
        year, month, day, *clock = (int(one) for one in arguments)
        hour, minute, second = clock or (0, 0, 0)
        return literal(FieldType.MOMENT, datetime(year, month, day, hour, minute, second, tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def parsed_moment_literal(arguments: Sequence[Json]) -> Operand | None:
    """Return the moment that `DateTime.Parse("…")` makes of a day or an instant, or None."""
    match arguments:
        case [str(text)]:
            try:
                return literal(FieldType.MOMENT, parse_instant(text))
            except ValueError:
                return None
    return None


MAKERS: Mapping[str, Callable[[Sequence[Json]], Operand | None]] = {
    "guid": guid_literal,
    "datetime": moment_literal,
    "datetime.parse": parsed_moment_literal,
}
"""Functions without a value before them, by lower-case name."""
