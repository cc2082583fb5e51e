"""Records of a written profile: what an item must be read back as, and what a response shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Literal

from msgspec import UNSET

from mockserver.contract.exchange import Exchange
from mockserver.contract.inference import compared_members
from mockserver.contract.json_values import kind_of_value, value_at
from mockserver.contract.profile import Record
from mockserver.contract.samples import key_text
from mockserver.contract.written_profile.changes import pointer
from mockserver.contract.written_profile.entries import ReadEntry, ShownEntry
from mockserver.contract.written_profile.placeholders import Template, text_of_value
from mockserver.contract.written_profile.places import WrittenPlace
from mockserver.model import Json
from mockserver.spec.openapi import parse_pointer

_OK, _NOT_OK = 200, 300


@dataclass(frozen=True, slots=True)
class ComparedMember:
    """A member of a record: `pointer` into what is read, and what is due there, by the item or a value."""

    pointer: str
    kind: Literal["value", "amount", "text"]
    of_item: str
    due: Template | None = None

    @property
    def name(self) -> str:
        """Its name in a record, which findings show."""
        return self.pointer.removeprefix("/")

    def shown(self, row: Json) -> str | Decimal | None:
        """Return the member of a record that was read."""
        return self.compared(value_at(row, parse_pointer(self.pointer)))

    def expected(self, item: Json, values: Mapping[str, Json]) -> str | Decimal | None:
        """Return what the member must be after the item was accepted."""
        value = self.due.fill(values) if self.due else value_at(item, parse_pointer(self.of_item))
        return self.compared(value)

    def compared(self, value: Json) -> str | Decimal | None:
        """Return the value as records have it."""
        if value is None or self.kind == "value":
            return compared_members(value)
        if self.kind == "text":
            return text_of_value(value)
        try:
            return Decimal(str(value))
        except InvalidOperation:
            return str(value)


@dataclass(frozen=True, slots=True)
class RecordReader:
    """Reads records out of responses.

    `record` points at a single one, or at a list that has it; `keys` at what makes its key. A record whose
    members are as in `deleted`, and any response with a status of `missing`, is none.
    """

    members: tuple[ComparedMember, ...]
    keys: tuple[str, ...]
    record: str = ""
    missing: frozenset[int] = frozenset()
    deleted: Mapping[str, Json] = field(default_factory=dict)

    def expected(self, item: Json, values: Mapping[str, Json]) -> Record:
        """Return the record that an item is read back as."""
        return {one.name: one.expected(item, values) for one in self.members}

    def shown(self, key: str, exchange: Exchange) -> Record | None:
        """Return the key's record in a response.

        Raises:
            ValueError: the response shows neither a record nor that there is none.
        """
        if exchange.response.status in self.missing:
            return None
        found = self._found(exchange, self.record)
        if isinstance(found, list):
            found = next((row for row in found if self._key(row) == key), None)
            if found is None:
                return None
        if not isinstance(found, Mapping):
            what = f"{kind_of_value(found)} at {self.record or 'its root'}"
            raise ValueError(f"a read was answered with {what}, not with a record")  # noqa: TRY004 - of the answer
        return self._record(found) if self._key(found) == key and not self._is_deleted(found) else None

    def listed(self, exchange: Exchange, rows: str) -> Mapping[str, Record]:
        """Return all records of a list, by key.

        Raises:
            ValueError: the response has no list at `rows`.
        """
        found = self._found(exchange, rows)
        if not isinstance(found, list):
            what = f"{kind_of_value(found)} at {rows or 'its root'}"
            raise ValueError(f"a list was answered with {what}, not with a list")  # noqa: TRY004 - of the answer
        return {self._key(row): self._record(row) for row in found if not self._is_deleted(row)}

    def _found(self, exchange: Exchange, pointer: str) -> Json:
        status = exchange.response.status
        if not _OK <= status < _NOT_OK:
            raise ValueError(f"a read was answered {status} and shows no record")
        return value_at(exchange.response.json(), parse_pointer(pointer))

    def _record(self, row: Json) -> Record:
        return {one.name: one.shown(row) for one in self.members}

    def _key(self, row: Json) -> str:
        return key_text([text_of_value(value_at(row, parse_pointer(one))) for one in self.keys])

    def _is_deleted(self, row: Json) -> bool:
        there = ((value_at(row, parse_pointer(pointer)), due) for pointer, due in self.deleted.items())
        return bool(self.deleted) and all(value == due for value, due in there)


def read_members(entry: ReadEntry, place: WrittenPlace, known: Sequence[str]) -> tuple[ComparedMember, ...]:
    """Return the members that an entry compares.

    Raises:
        SpecError: one is no JSON Pointer, or says twice what it must be.
    """
    place = place.at("shows")
    if isinstance(entry.shows, list):
        pointers = [(one, place.at(number)) for number, one in enumerate(entry.shows)]
        return tuple(ComparedMember(pointer(one, there), "value", one) for one, there in pointers)
    return tuple(_member(name, one, place.at(name), known) for name, one in entry.shows.items())


def _member(name: str, given: str | ShownEntry, place: WrittenPlace, known: Sequence[str]) -> ComparedMember:
    pointer(name, place)
    if isinstance(given, str):
        return ComparedMember(name, "value", pointer(given, place))
    if given.value is UNSET:
        return ComparedMember(name, given.kind, pointer(given.pointer or name, place.at("item")))
    if given.pointer:
        place.fail("write either item or value")
    return ComparedMember(name, given.kind, "", Template(given.value, place.at("value")).checked(known))
