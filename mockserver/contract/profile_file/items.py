"""Items of a profile in YAML: keys, good items, changes, calls, and expected records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Literal, TypeAlias
from urllib.parse import quote, urlencode

from msgspec import UNSET, field

from mockserver.contract.exchange import Exchange, Request, json_request, kind_of_value
from mockserver.contract.inference import compared_members, example_of, infer_item
from mockserver.contract.profile import (
    REFUSED_STEP,
    Corruption,
    DrawnValues,
    Facts,
    Record,
    RefusedStep,
    Step,
)
from mockserver.contract.profile_file.entries import (
    ITEM,
    BadEntry,
    BatchEntry,
    CallEntry,
    ChangeEntry,
    KeyEntry,
    PlaceholderScope,
    ReadEntry,
    ShownEntry,
    StepEntry,
    StepResult,
    Template,
    WrittenPlace,
    text_of_value,
)
from mockserver.contract.samples import SampleItem, key_text, remove_member, set_member
from mockserver.model import Json, Value, parse_pointer, value_at
from mockserver.spec.openapi import Operation, Spec

_DRAWN = tuple(DrawnValues(number, Decimal(100 + number)) for number in range(12))
"""Drawn values of the good items to which each corruption is applied as a test."""

_PART = re.compile(r"\{(\w+)\}")


class WrittenItems(Value, frozen=True):
    """Keys, good items, ways to spoil an item, and ways to write an item of unknown outcome (`oddities`)."""

    key: Callable[[int], str]
    item: Callable[[str, DrawnValues], Json]
    corruptions: tuple[Corruption, ...]
    oddities: tuple[Corruption, ...] = ()

    @property
    def drawn(self) -> DrawnValues:
        """Drawn values of the item `example`."""
        return _DRAWN[0]

    @property
    def example(self) -> Json:
        """The good item with the first key."""
        return self.item(self.key(0), self.drawn)


def read_items(
    spec: Spec, operation: Operation, entry: BatchEntry, place: WrittenPlace, scope: PlaceholderScope
) -> WrittenItems:
    """Return the items of a batch. What the entry does not give is inferred from the spec.

    Raises SpecError: a key or an item cannot be inferred, or a way to spoil an item fails or changes nothing.
    """
    sample = infer_item(spec, operation)
    key = _key(entry, place, scope, sample)
    item = _item(entry, place, scope, sample)
    items = [item(key(one.number), one) for one in _DRAWN]
    oddities = _read_corruptions(entry.oddities, place.at("oddities"), scope, items)
    if entry.bad is None:
        made = sample.corruptions if sample else ()
        return WrittenItems(key, item, tuple(one for one in made if not _why_not(one, items)), oddities)
    return WrittenItems(key, item, _read_corruptions(entry.bad, place.at("bad"), scope, items), oddities)


def _read_corruptions(
    entries: list[BadEntry], place: WrittenPlace, scope: PlaceholderScope, items: list[Json]
) -> tuple[Corruption, ...]:
    """Return the ways to spoil an item, except those whose `set` uses an empty fact."""
    unset = {name for name, text in scope.facts.items() if not text}
    made = []
    for number, entry in enumerate(entries):
        where = place.at(number)
        if unset.isdisjoint(Template(entry.changes, where).names()):
            made.append(read_corruption(entry, where, scope.facts))
            if why := _why_not(made[-1], items):
                where.fail(why)
    return tuple(made)


def read_corruption(entry: BadEntry, place: WrittenPlace, facts: Facts) -> Corruption:
    """Return the way to spoil an item. Raises SpecError: see `read_change`."""
    change = read_change(entry, place, facts)
    return Corruption(entry.because, lambda item: change(item, facts), entry.refuses_call, entry.assumed)


def _key(
    entry: BatchEntry, place: WrittenPlace, scope: PlaceholderScope, sample: SampleItem | None
) -> Callable[[int], str]:
    if entry.key is None:
        if sample is None:
            place.fail('key is missing, and none can be made of the schema; such as key: "MS-{number}"')
        return sample.key
    given = entry.key if isinstance(entry.key, KeyEntry) else KeyEntry(entry.key)
    place = place.at("key")
    text = Template(given.text, place).checked(["number", *scope.facts])
    if "number" not in text.names():
        place.fail("expected {number} in it, as every key must be another")
    first = Template(given.first, place.at("from")).checked(scope.facts).text(scope.facts)
    if not first.isdecimal():
        place.at("from").fail(f"expected a whole number, found {first}")
    return lambda number: text.text({**scope.facts, "number": int(first) + number})


def _item(
    entry: BatchEntry, place: WrittenPlace, scope: PlaceholderScope, sample: SampleItem | None
) -> Callable[[str, DrawnValues], Json]:
    if not entry.item:
        if sample is None:
            place.fail("item is missing, and none can be made of the schema")
        return sample.item
    place = place.at("item")
    if isinstance(entry.item, list):
        listed = [(one, place.at(number)) for number, one in enumerate(entry.item)]
    else:
        listed = [(entry.item, place)]
    templates = [Template(one, where).checked(scope.in_items) for one, where in listed]
    return lambda key, drawn: templates[drawn.number % len(templates)].fill(scope.of_item(key, drawn))


def _why_not(corruption: Corruption, items: list[Json]) -> str:
    """Return why the corruption does not work for one of the items, or "" if the corruption works for all."""
    for item in items:
        try:
            spoiled = corruption.change(item)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            return "a pointer leads to nothing in a good item"
        if spoiled == item:
            return "it changes nothing in a good item"
    return ""


class ComparedMember(Value, frozen=True):
    """A member of a record, and its expected value."""

    pointer: str
    """JSON Pointer to the member in a record that was read."""
    kind: Literal["value", "amount", "text"]
    of_item: str
    """JSON Pointer in the item to the expected value."""
    due: Template | None = None
    """The expected value, None if the item has the expected value at `of_item`."""

    @property
    def name(self) -> str:
        """Name of the member in a record, as findings show it."""
        return self.pointer.removeprefix("/")

    def shown(self, row: Json) -> str | Decimal | None:
        """Return the value of the member in a record that was read."""
        return self.compared(value_at(row, parse_pointer(self.pointer)))

    def expected(self, item: Json, values: Mapping[str, Json]) -> str | Decimal | None:
        """Return the value of the member after the item was accepted."""
        value = self.due.fill(values) if self.due else value_at(item, parse_pointer(self.of_item))
        return self.compared(value)

    def compared(self, value: Json) -> str | Decimal | None:
        """Return a value in the form to compare, by `self.kind`: an amount, a text, or the value as it is."""
        if value is None or self.kind == "value":
            return compared_members(value)
        if self.kind == "text":
            return text_of_value(value)
        try:
            return Decimal(str(value))
        except InvalidOperation:
            return str(value)


class RecordReader(Value, frozen=True):
    """Reader of the records in responses."""

    members: tuple[ComparedMember, ...]
    keys: tuple[str, ...]
    """JSON Pointers in a record to the members of its key."""
    record: str = ""
    """JSON Pointer in a response to the record, or to a list that has the record."""
    missing: frozenset[int] = frozenset()
    """Statuses which mean that the record does not exist."""
    deleted: Mapping[str, Json] = field(default_factory=dict)
    """Values by JSON Pointer: a record with all of them is deleted. If empty, no record counts as deleted."""

    def expected(self, item: Json, values: Mapping[str, Json]) -> Record:
        """Return the record that a read shows after the item was accepted."""
        return {member.name: member.expected(item, values) for member in self.members}

    def shown(self, key: str, exchange: Exchange) -> Record | None:
        """Return the record with this key in a response, or None if the record does not exist or is deleted.

        Raises ValueError: the status is neither 2xx nor in `missing`, or no object or list is at `record`.
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
        """Return a list's existing records by key. Raises ValueError: the response has no list at `rows`."""
        found = self._found(exchange, rows)
        if not isinstance(found, list):
            what = f"{kind_of_value(found)} at {rows or 'its root'}"
            raise ValueError(f"a list was answered with {what}, not with a list")  # noqa: TRY004 - of the answer
        return {self._key(row): self._record(row) for row in found if not self._is_deleted(row)}

    def _found(self, exchange: Exchange, pointer: str) -> Json:
        if not exchange.response.is_done:
            raise ValueError(f"a read was answered {exchange.response.status} and shows no record")
        return value_at(exchange.response.json(), parse_pointer(pointer))

    def _record(self, row: Json) -> Record:
        return {member.name: member.shown(row) for member in self.members}

    def _key(self, row: Json) -> str:
        return key_text([text_of_value(value_at(row, parse_pointer(key))) for key in self.keys])

    def _is_deleted(self, row: Json) -> bool:
        there = ((value_at(row, parse_pointer(pointer)), due) for pointer, due in self.deleted.items())
        return bool(self.deleted) and all(value == due for value, due in there)


def read_members(entry: ReadEntry, place: WrittenPlace, known: Sequence[str]) -> tuple[ComparedMember, ...]:
    """Return the members that an entry compares.

    Raises SpecError: a name is not a JSON Pointer, or a member has two expected values.
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


FilledChange: TypeAlias = Callable[[Json, Mapping[str, Json]], Json]
"""Returns the changed item, given the item and the values of placeholders."""


def pointer(text: str, place: WrittenPlace) -> str:
    """Return the text unchanged. Raises SpecError: the text is not a JSON Pointer."""
    if text and not text.startswith("/"):
        place.fail(f"expected a JSON Pointer such as /{text}, found {text}")
    return text


def read_change(entry: ChangeEntry, place: WrittenPlace, known: Iterable[str]) -> FilledChange:
    """Return the function that changes an item as an entry says.

    Raises SpecError: a member is not named by a JSON Pointer, or a placeholder is unknown.
    """
    names = list(known)
    removed = [entry.remove] if isinstance(entry.remove, str) else entry.remove
    ways = [remove_member(pointer(one, place.at("remove"))) for one in removed]
    quoted = [entry.as_text] if isinstance(entry.as_text, str) else entry.as_text
    texts = [parse_pointer(pointer(one, place.at("as-text"))) for one in quoted]
    values = {
        pointer(name, place.at("set", name)): Template(value, place.at("set", name)).checked(names)
        for name, value in entry.changes.items()
    }

    def change(item: Json, filled: Mapping[str, Json]) -> Json:
        for way in ways:
            item = way(item)
        for name, template in values.items():
            item = set_member(name, template.fill(filled))(item)
        for one, path in zip(quoted, texts, strict=True):
            item = set_member(one, str(value_at(item, path)))(item)
        if entry.names:
            item = {getattr(name, entry.names)(): value for name, value in item.items()}
        return item

    return change


class WrittenCall(Value, frozen=True):
    """A call with placeholders. `body` is None if the call has no body."""

    operation: Operation
    path: Mapping[str, Template]
    query: Mapping[str, Template]
    headers: Mapping[str, Template]
    body: Template | None = None

    def request(self, values: Mapping[str, Json]) -> Request:
        filled = {name: quote(one.text(values), safe="") for name, one in self.path.items()}
        path = _PART.sub(lambda part: filled[part[1]], self.operation.path)
        if self.query:
            query = {name: one.text(values) for name, one in self.query.items()}
            path = f"{path}?{urlencode(query, safe=':', quote_via=quote)}"
        headers = {name.lower(): one.text(values) for name, one in self.headers.items()}
        method = self.operation.method.upper()
        if self.body is None:
            return Request(method, path, headers)
        return json_request(method, path, self.body.fill(values), headers)


def read_call(
    spec: Spec,
    entry: CallEntry,
    place: WrittenPlace,
    known: Iterable[str],
    body: Json = UNSET,
) -> WrittenCall:
    """Return the call that an entry describes. If the entry has no body, the call has the body `body`.

    Raises SpecError: operation, parameter or placeholder is unknown, or a required parameter has no value.
    """
    operation = spec.operations.get(entry.operation)
    if operation is None:
        there = ", ".join(sorted(spec.operations))
        place.at("operation").fail(
            f"the spec has no operation {entry.operation}; it has {there}"
            if entry.operation
            else "operation is missing"
        )
    path, query, names = _path(operation, entry, place), _query(operation, entry, place), list(known)

    def templates(member: str, given: Mapping[str, Json]) -> dict[str, Template]:
        where = place.at(member)
        return {name: Template(value, where.at(name)).checked(names) for name, value in given.items()}

    sent = body if entry.body is UNSET else entry.body
    return WrittenCall(
        operation,
        templates("path", path),
        templates("query", query),
        templates("headers", entry.headers),
        None if sent is UNSET else Template(sent, place.at("body")).checked(names),
    )


def _path(operation: Operation, entry: CallEntry, place: WrittenPlace) -> dict[str, Json]:
    wanted = _PART.findall(operation.path)
    for name in entry.path:
        if name not in wanted:
            place.at("path", name).fail(f"{operation.path} has no {{{name}}}")
    given = dict(entry.path)
    for name in wanted:
        example = example_of(
            next((parameter for parameter in operation.parameters if parameter.name == name), None)
        )
        given.setdefault(name, example)
        if given[name] is None:
            place.fail(f"path.{name} is missing: {operation.id} is at {operation.path}")
    return given


def _query(operation: Operation, entry: CallEntry, place: WrittenPlace) -> dict[str, Json]:
    declared = [parameter.name for parameter in operation.parameters if parameter.place == "query"]
    for name in entry.query:
        if not operation.has_parameter(name):
            listed = ", ".join(declared) or "none"
            place.at("query", name).fail(f"{operation.id} has no such parameter; it has {listed}")
    given = dict(entry.query)
    for one in operation.parameters:
        if one.place == "query" and one.required and one.name not in given:
            example = example_of(one)
            if example is None:
                place.fail(f"query.{one.name} is missing: {operation.id} requires it")
            given[one.name] = example
    return given


class WrittenStep(Value, frozen=True):
    """A step of a batch profile."""

    entry: StepEntry
    place: WrittenPlace
    call: WrittenCall
    change: FilledChange
    """Makes the item of the step from a good item."""
    items: WrittenItems
    reader: RecordReader
    scope: PlaceholderScope

    def step(self) -> Step:
        """Return the step. Raises SpecError: `if-there` or `if-not` does not fit the compared members."""
        for name, result in (("if-there", self.entry.if_there), ("if-not", self.entry.if_not)):
            self._check(result, self.place.at(name), is_there=name == "if-there")
        return Step(self.entry.name, self._request, self._after)

    def _request(self, key: str, drawn: DrawnValues, tenant: int) -> Request:
        values = self.scope.of_item(key, drawn)
        item = self.change(self.items.item(key, drawn), values)
        return self.call.request({**values, **self.scope.of_tenant(tenant), ITEM: item})

    def _after(self, record: Record | None, drawn: DrawnValues) -> Record | RefusedStep | None:
        result = self.entry.if_not if record is None else self.entry.if_there
        if isinstance(result, Mapping):
            return {**(record or {}), **self._changed(result, drawn)}
        if result == "refused":
            return REFUSED_STEP
        if result == "unchanged":
            return record
        return self._stored(self.items.key(0), drawn) if result == "stored" else None

    def _stored(self, key: str, drawn: DrawnValues) -> Record:
        values = self.scope.of_item(key, drawn)
        return self.reader.expected(self.change(self.items.item(key, drawn), values), values)

    def _changed(self, result: Mapping[str, Json], drawn: DrawnValues) -> Record:
        values, place = self.scope.of_item("", drawn), self.place.at("if-there")
        return {
            member.name: member.compared(Template(result[member.pointer], place).fill(values))
            for member in self.reader.members
            if member.pointer in result
        }

    def _check(self, result: StepResult, place: WrittenPlace, *, is_there: bool) -> None:
        if result == "stored" and (by_key := self._stored_by_key()):
            place.fail(f"{by_key} depends on the key, which is compared anyway: take it out of shows")
        if not isinstance(result, Mapping):
            return
        if not is_there:
            place.fail("expected a word: where nothing is, no member can change")
        known = [member.pointer for member in self.reader.members]
        for name, value in result.items():
            if name not in known:
                place.at(name).fail(f"shows does not compare it; it compares {', '.join(known)}")
            Template(value, place.at(name)).checked([item for item in self.scope.in_items if item != "key"])

    def _stored_by_key(self) -> str:
        """Return the pointer of a compared member that depends on the key, or "" if there is none."""
        drawn = self.items.drawn
        one, other = (self._stored(self.items.key(number), drawn) for number in (0, 1))
        return next((m.pointer for m in self.reader.members if one[m.name] != other[m.name]), "")
