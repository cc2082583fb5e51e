"""Make the batch profile of a written entry; what it leaves out is made of the spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from msgspec import structs

from mockserver.contract.exchange import Request
from mockserver.contract.inference import infer_sending
from mockserver.contract.json_values import value_at
from mockserver.contract.profile import BatchProfile, DrawnValues, Json, OutcomeReader, Record, Step
from mockserver.contract.value_rules import ValueRules
from mockserver.contract.written_profile.blank_keys import BlankKeyReader
from mockserver.contract.written_profile.calls import WrittenCall, read_call
from mockserver.contract.written_profile.changes import pointer, read_change
from mockserver.contract.written_profile.conversion import plain
from mockserver.contract.written_profile.encodings import EncodingSource
from mockserver.contract.written_profile.entries import BatchEntry
from mockserver.contract.written_profile.items import WrittenItems, read_items
from mockserver.contract.written_profile.places import WrittenPlace
from mockserver.contract.written_profile.reading import ReadingSource
from mockserver.contract.written_profile.records import RecordReader
from mockserver.contract.written_profile.rejected_places import read_rejected_places
from mockserver.contract.written_profile.scope import ITEM, ITEMS, PlaceholderScope
from mockserver.contract.written_profile.steps import WrittenStep
from mockserver.contract.written_profile.updates import read_updates
from mockserver.spec.openapi import Batch, Operation, Spec, parse_pointer

_PREPARED = DrawnValues(0, Decimal("0.01"))
"""What is drawn for an item that others need first."""


@dataclass(frozen=True, slots=True)
class WrittenBatch:
    """A batch operation as it is written, with the spec and the values of placeholders."""

    spec: Spec
    operation: Operation
    batch: Batch
    entry: BatchEntry
    place: WrittenPlace
    scope: PlaceholderScope

    def profile(self) -> BatchProfile:
        """Return the batch profile.

        Raises:
            SpecError: something in it does not fit the spec, or itself.
        """
        entry = self.entry
        items = read_items(self.spec, self.operation, entry, self.place, self.scope)
        reading = ReadingSource(self.spec, self.batch, self.place, self.scope).reading(entry, items)
        sending = self._sending()

        def record(key: str, drawn: DrawnValues) -> Record:
            return reading.reader.expected(items.item(key, drawn), self.scope.of_item(key, drawn))

        record(items.key(0), items.drawn)
        steps = tuple(self._steps(items, reading.reader))
        made = BatchProfile(
            operation=self.operation.id,
            key=items.key,
            item=items.item,
            record=record,
            call=self._call(sending),
            read=reading.read,
            shown=reading.shown,
            prepare=self._prepare(items),
            corruptions=items.corruptions,
            listing=reading.listing,
            listed=reading.listed,
            steps=steps,
            reader=self._reader(),
            amount=self._amount(items),
            tenants=max(1, len(self.scope.tenants)),
            creates=entry.creates,
            twice=entry.twice or "",
            updates=read_updates(entry.updates, record, list(zip(entry.steps, steps, strict=True))),
            encodings=self._encodings(sending),
            values=plain(ValueRules, entry.values, self.place.at("values")),
        )
        made = self._with_assumptions(made, items)
        return made if entry.replay is None else self._with_replay(made)

    def _with_assumptions(self, made: BatchProfile, items: WrittenItems) -> BatchProfile:
        return replace(
            made,
            oddities=items.oddities,
            twice_positions=tuple(self.entry.twice_positions),
            assumed_encodings=frozenset(self.entry.assumed_media_types),
        )

    def _with_replay(self, made: BatchProfile) -> BatchProfile:
        replay = self.entry.replay
        assert replay is not None  # noqa: S101 - for the types alone
        return replace(
            made,
            key_header=replay.header,
            again=replay.again,
            replay_status=replay.status,
            conflict_status=replay.conflict,
        )

    def _reader(self) -> OutcomeReader | None:
        if self.entry.rejected_places is not None:
            return read_rejected_places(self.entry.rejected_places, self.place.at("rejected-places"))
        if not self.entry.blank_keys:
            return None
        from mockserver.contract.responses.outcomes import (  # noqa: PLC0415 - loads the oracle, which loads profiles
            reader_from_spec,
        )

        inner = reader_from_spec(self.spec.document, self.operation, self.batch)
        if inner is None:
            self.place.at("blank-keys").fail("x-batch.outcome is missing: it says where the keys are told")
        return BlankKeyReader(inner, frozenset(self.entry.blank_keys))

    def _sending(self) -> WrittenCall | None:
        if self.entry.send is None:
            return None
        body: Json = f"{{{ITEMS}}}"
        for step in reversed(self.batch.items):
            body = {str(step): body}
        entry = structs.replace(self.entry.send, operation=self.operation.id)
        return read_call(self.spec, entry, self.place.at("send"), (*self.scope.in_calls, ITEMS), body)

    def _call(self, sending: WrittenCall | None) -> Callable[[Sequence[Json], int], Request]:
        if sending is not None:
            written = sending
            return lambda items, tenant: written.request({**self.scope.of_tenant(tenant), ITEMS: list(items)})
        inferred = infer_sending(self.spec, self.operation)
        if inferred is None:
            self.place.fail("send is missing: the spec has no values for its path, query or body")
        return inferred

    def _encodings(self, sending: WrittenCall | None) -> Mapping[str, Callable[[Sequence[Json]], bytes]]:
        call = self._call(sending)
        place = self.place.at("media-types")
        body = sending.body if sending else None
        if self.entry.media_types and body and body.names() & {n for one in self.scope.tenants for n in one}:
            place.fail("the body names the tenant, so it cannot be written in other media types")
        source = EncodingSource(self.spec, self.operation, self.batch, call)
        listed = enumerate(self.entry.media_types)
        return {one: source.encoding(one, place.at(number)) for number, one in listed}

    def _prepare(self, items: WrittenItems) -> Callable[[str, int], tuple[Request, ...]] | None:
        known = (*self.scope.in_items, *self.scope.in_calls, ITEM)
        calls = [
            read_call(self.spec, one, self.place.at("prepare", number), known)
            for number, one in enumerate(self.entry.prepare)
        ]

        def prepare(key: str, tenant: int) -> tuple[Request, ...]:
            values = {**self.scope.of_item(key, _PREPARED), **self.scope.of_tenant(tenant)}
            values[ITEM] = items.item(key, _PREPARED)
            return tuple(one.request(values) for one in calls)

        return prepare if calls else None

    def _steps(self, items: WrittenItems, reader: RecordReader) -> list[Step]:
        known = (*self.scope.in_items, *self.scope.in_calls)
        made = []
        for number, one in enumerate(self.entry.steps):
            place = self.place.at("steps", number)
            call = read_call(self.spec, one, place, (*known, ITEM))
            change = read_change(one.item, place.at("item"), self.scope.in_items)
            made.append(WrittenStep(one, place, call, change, items, reader, self.scope).step())
        return made

    def _amount(self, items: WrittenItems) -> Callable[[Json], Decimal] | None:
        if not self.entry.amount:
            return None
        place = self.place.at("amount")
        path = parse_pointer(pointer(self.entry.amount, place))
        if value_at(items.example, path) is None:
            place.fail("a good item has nothing there")
        return lambda item: Decimal(str(value_at(item, path)))
