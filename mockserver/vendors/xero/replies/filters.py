"""Fields that `where` and `order` may name, by entity, and their types.

Names match in any letter case. Source: docs/vendors/xero.md#filters-and-order.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NoReturn

from mockserver.errors import InvalidCall
from mockserver.model import Document, Json, Problem, Value
from mockserver.sandbox.store import State
from mockserver.vendors.xero.dates import parse_stored
from mockserver.vendors.xero.messages import message_text

ReadField = Callable[[Document, State], Json]


class FieldType(StrEnum):
    """Type of a field or literal, by the vendor's type name."""

    TEXT = "String"
    NUMBER = "Decimal"
    MOMENT = "DateTime"
    GUID = "Guid"
    FLAG = "Boolean"
    RECORD = "Object"
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
    prefix: str, via: str, collection: str, fields: Mapping[str, Operand]
) -> Mapping[str, Operand]:
    """Return the document that the member `via` refers to, as `prefix`, and its fields, as `prefix.name`."""

    def follow(field: Operand) -> ReadField:
        def read(one: Document, state: State) -> Json:
            found = state.collection(collection).get(one.get(via, ""))
            return None if found is None else field.read(found, state)

        return read

    itself = Operand(FieldType.RECORD, follow(Operand(FieldType.RECORD, lambda found, _state: found)))
    own = {f"{prefix}.{name}".lower(): Operand(field.kind, follow(field)) for name, field in fields.items()}
    return {prefix.lower(): itself, **own}


def find_field(name: str, entity: FilterEntity, at: int = 0, parameter: str = "where") -> Operand:
    """Return the entity's field of that name.

    Raises:
        InvalidCall: it has none.
    """
    found = entity.fields.get(name.lower())
    if found is None or (parameter == "order" and found.kind is FieldType.RECORD):
        refuse_query(parameter, message_text("no-such-field", name=name, entity=entity.name, at=at))
    return found


def refuse_query(parameter: str, detail: str) -> NoReturn:
    """Refuse the call for what one of its query parameters says."""
    raise InvalidCall([Problem("bad-query", ("query", parameter), detail, "query")])


def _member_reader(kind: FieldType, name: str) -> ReadField:
    if kind is FieldType.FLAG:
        return lambda one, _state: one.get(name, False)
    if kind is not FieldType.MOMENT:
        return lambda one, _state: one.get(name)

    def moment(one: Document, _state: State) -> datetime | None:
        stored = one.get(name)
        return None if stored is None else parse_stored(stored)

    return moment
