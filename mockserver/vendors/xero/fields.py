"""What of a document can be filtered and sorted by: named fields, each of a kind."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NoReturn

from mockserver.errors import Invalid
from mockserver.model import Document, Json, Problem, Value
from mockserver.store import State
from mockserver.vendors.xero.wire import moment_of
from mockserver.vendors.xero.words import text

Read = Callable[[Document, State], Json]


class Kind(StrEnum):
    """What a field or a literal is, by the vendor's type name."""

    TEXT = "String"
    NUMBER = "Decimal"
    MOMENT = "DateTime"
    GUID = "Guid"
    FLAG = "Boolean"
    NULL = "Null"


class Operand(Value, frozen=True):
    """One side of a comparison: its kind, and how to read it off a document."""

    kind: Kind
    read: Read


class Entity(Value, frozen=True):
    """What can be filtered: the vendor's type name, and its fields by lower-case dotted name."""

    name: str
    fields: Mapping[str, Operand]


def own(kind: Kind, *names: str) -> Mapping[str, Operand]:
    """Fields that a document has itself, for an entity."""
    return {name.lower(): Operand(kind, _member(kind, name)) for name in names}


def related(kind: Kind, prefix: str, via: str, collection: str, *names: str) -> Mapping[str, Operand]:
    """Fields of the document that the member `via` refers to, as `prefix.name`."""

    def reading(name: str) -> Read:
        read = _member(kind, name)

        def follow(one: Document, state: State) -> Json:
            found = state.collection(collection).get(one.get(via, ""))
            return None if found is None else read(found, state)

        return follow

    return {f"{prefix}.{name}".lower(): Operand(kind, reading(name)) for name in names}


def field_of(name: str, entity: Entity, at: int = 0, parameter: str = "where") -> Operand:
    """The entity's field of that name.

    Raises:
        Invalid: it has none.
    """
    found = entity.fields.get(name.lower())
    if found is None:
        refuse_query(parameter, text("no-such-field", name=name, entity=entity.name, at=at))
    return found


def refuse_query(parameter: str, detail: str) -> NoReturn:
    """Refuse the call for what one of its query parameters says."""
    raise Invalid([Problem("bad-query", ("query", parameter), detail, "query")])


def _member(kind: Kind, name: str) -> Read:
    if kind is not Kind.MOMENT:
        return lambda one, _state: one.get(name)

    def moment(one: Document, _state: State) -> datetime | None:
        stored = one.get(name)
        return None if stored is None else moment_of(stored)

    return moment
