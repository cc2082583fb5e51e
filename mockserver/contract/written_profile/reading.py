"""How the records of a written batch are read: one by one, and as a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.inference import infer_reading, scalar_members
from mockserver.contract.profile import Record
from mockserver.contract.written_profile.calls import WrittenCall, read_call
from mockserver.contract.written_profile.changes import pointer
from mockserver.contract.written_profile.entries import BatchEntry, CallEntry, ListEntry, ReadEntry
from mockserver.contract.written_profile.items import WrittenItems
from mockserver.contract.written_profile.places import WrittenPlace
from mockserver.contract.written_profile.records import ComparedMember, RecordReader, read_members
from mockserver.contract.written_profile.scope import PlaceholderScope
from mockserver.spec.openapi import Batch, Spec


@dataclass(frozen=True, slots=True)
class WrittenReading:
    """Calls that read, and what their responses show; `listing` is None where there is no list."""

    reader: RecordReader
    read: Callable[[str, int], Request]
    shown: Callable[[str, Exchange], Record | None]
    listing: Callable[[int], Request] | None = None
    listed: Callable[[Exchange], Mapping[str, Record]] | None = None


@dataclass(frozen=True, slots=True)
class ReadingSource:
    """What reading is made of."""

    spec: Spec
    batch: Batch
    place: WrittenPlace
    scope: PlaceholderScope

    def reading(self, entry: BatchEntry, items: WrittenItems) -> WrittenReading:
        """Return how records are read.

        Raises:
            SpecError: it is not written and the spec does not say it, or what is written does not fit.
        """
        if entry.read is None:
            if entry.listing is not None:
                self.place.at("list").fail("read is missing: it says what is compared")
            return self._inferred(items)
        reader, call = self._reader(entry.read), self._get(entry.read, "read", "key")
        made = WrittenReading(
            reader,
            lambda key, tenant: call.request({**self.scope.of_tenant(tenant), "key": key}),
            reader.shown,
        )
        return made if entry.listing is None else self._with_list(made, entry.listing)

    def _inferred(self, items: WrittenItems) -> WrittenReading:
        found = infer_reading(self.spec, self.batch, scalar_members(items.example))
        if found is None:
            self.place.fail("read is missing, and no GET of the spec has the x-collection of this batch")
        members = tuple(ComparedMember(f"/{name}", "value", f"/{name}") for name in found.names)
        reader = RecordReader(members, tuple(f"/{name}" for name in self.batch.key))
        listing, listed = (found.listing, found.listed) if found.all_ else (None, None)
        return WrittenReading(reader, found.read, found.shown, listing, listed)

    def _reader(self, entry: ReadEntry) -> RecordReader:
        place = self.place.at("read")
        named = [entry.key] if isinstance(entry.key, str) else entry.key
        keys = [pointer(one, place.at("key")) for one in named] or [f"/{name}" for name in self.batch.key]
        members = read_members(entry, place, self.scope.in_items)
        if not members:
            place.at("shows").fail("expected members that must be read as they were sent, found none")
        deleted = {pointer(name, place.at("deleted")): value for name, value in entry.deleted.items()}
        record = pointer(entry.record, place.at("record"))
        return RecordReader(members, tuple(keys), record, frozenset(entry.missing), deleted)

    def _with_list(self, made: WrittenReading, entry: ListEntry) -> WrittenReading:
        call = self._get(entry, "list")
        rows = pointer(entry.rows, self.place.at("list", "rows"))
        return WrittenReading(
            made.reader,
            made.read,
            made.shown,
            lambda tenant: call.request(self.scope.of_tenant(tenant)),
            lambda exchange: made.reader.listed(exchange, rows),
        )

    def _get(self, entry: CallEntry, name: str, *known: str) -> WrittenCall:
        call = read_call(self.spec, entry, self.place.at(name), (*known, *self.scope.in_calls))
        if call.operation.method != "get":
            method = call.operation.method.upper()
            self.place.at(name, "operation").fail(f"expected a GET, and {entry.operation} is a {method}")
        return call
