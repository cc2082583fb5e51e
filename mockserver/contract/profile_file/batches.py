"""Batch profiles made from batch entries in YAML: request bodies, reads, readers of outcomes, and updates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from msgspec import structs
from msgspec.structs import replace

from mockserver.codec.http import is_json_type
from mockserver.contract.exchange import Exchange, Request, Response
from mockserver.contract.inference import infer_reading, infer_sending, scalar_members
from mockserver.contract.oracle.responses import reader_from_spec
from mockserver.contract.profile import (
    REFUSED_STEP,
    BatchItem,
    BatchProfile,
    DrawnValues,
    OutcomeReader,
    Record,
    RefusedStep,
    ReportedOutcome,
    ReportedOutcomes,
    Step,
    UpdatePosition,
    ValueRules,
)
from mockserver.contract.profile_file.entries import (
    ITEM,
    ITEMS,
    BatchEntry,
    CallEntry,
    PlaceholderScope,
    ReadEntry,
    RejectedPlacesEntry,
    StepEntry,
    UpdateWord,
    WrittenPlace,
    plain,
    text_of_value,
)
from mockserver.contract.profile_file.items import (
    ComparedMember,
    RecordReader,
    WrittenCall,
    WrittenItems,
    WrittenStep,
    pointer,
    read_call,
    read_change,
    read_items,
    read_members,
)
from mockserver.contract.samples import write_request_xml
from mockserver.model import Json, Value, parse_pointer, pointer_of, value_at
from mockserver.spec.batch_forms import Batch
from mockserver.spec.openapi import MediaType, Operation, Spec

Encoding: TypeAlias = Callable[[Sequence[Json]], bytes]

_PREPARED = DrawnValues(0, Decimal("0.01"))
"""Drawn values for the requests that create what a key needs (`prepare`)."""

_FORM = "application/x-www-form-urlencoded"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_ITEM = re.compile(r"[^\[\]]*\[([0-9]{1,9})\].*|/([0-9]{1,9})(?:/.*)?", re.DOTALL)
_ENCODED_CHARACTER = re.compile("_x([0-9A-Fa-f]{4})_")
_LARGEST_INTEGER = (1 << 31) - 1
_WORDS: dict[UpdateWord, str] = {
    "replaced": "replaced as a whole",
    "kept": "what it leaves out is kept",
    "rejected": "rejected",
}


class WrittenReading(Value, frozen=True):
    """Requests for records and readers of responses. If there is no list, `listing` and `listed` are None."""

    reader: RecordReader
    read: Callable[[str, int], Request]
    shown: Callable[[str, Exchange], Record | None]
    listing: Callable[[int], Request] | None = None
    listed: Callable[[Exchange], Mapping[str, Record]] | None = None


class WrittenBatch(Value, frozen=True):
    """A batch entry, and what is needed to make its batch profile."""

    spec: Spec
    operation: Operation
    batch: Batch
    entry: BatchEntry
    place: WrittenPlace
    scope: PlaceholderScope

    def profile(self) -> BatchProfile:
        """Return the profile. Raises SpecError: the entry is incomplete or contradicts the spec or itself."""
        entry = self.entry
        items = read_items(self.spec, self.operation, entry, self.place, self.scope)
        reading = self._reading(items)
        sending = self._sending()

        def record(key: str, drawn: DrawnValues) -> Record:
            return reading.reader.expected(items.item(key, drawn), self.scope.of_item(key, drawn))

        record(items.key(0), items.drawn)
        steps = tuple(self._steps(items, reading.reader))
        made_of = list(zip(entry.steps, steps, strict=True))
        call = self._call(sending)
        made = BatchProfile(
            operation=self.operation.id,
            key=items.key,
            item=items.item,
            record=record,
            call=call,
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
            updates=tuple(_position(word, record, made_of) for word in entry.updates),
            encodings=self._encodings(sending, call),
            values=plain(ValueRules, entry.values, self.place.at("values")),
            version=entry.read.version if entry.read else "etag",
            oddities=items.oddities,
            twice_positions=tuple(entry.twice_positions),
            assumed_encodings=frozenset(entry.assumed_media_types),
        )
        return made if entry.replay is None else replace(made, **structs.asdict(entry.replay))

    def _reading(self, items: WrittenItems) -> WrittenReading:
        """Return how records are read: as `read` of the entry says, or, without `read`, as the spec says.

        Raises SpecError: the spec says too little or contradicts the entry, or `list` comes without `read`.
        """
        entry, listed = self.entry.read, self.entry.listing
        if entry is None:
            if listed is not None:
                self.place.at("list").fail("read is missing: it says what is compared")
            return self._inferred_reading(items)
        reader, one = self._record_reader(entry), self._get(entry, "read", "key")
        made = WrittenReading(
            reader,
            lambda key, tenant: one.request({**self.scope.of_tenant(tenant), "key": key}),
            reader.shown,
        )
        if listed is None:
            return made
        every, rows = self._get(listed, "list"), pointer(listed.rows, self.place.at("list", "rows"))
        return replace(
            made,
            listing=lambda tenant: every.request(self.scope.of_tenant(tenant)),
            listed=lambda exchange: reader.listed(exchange, rows),
        )

    def _inferred_reading(self, items: WrittenItems) -> WrittenReading:
        found = infer_reading(self.spec, self.batch, scalar_members(items.example))
        if found is None:
            self.place.fail("read is missing, and no GET of the spec has the x-collection of this batch")
        members = tuple(ComparedMember(f"/{name}", "value", f"/{name}") for name in found.names)
        reader = RecordReader(members, tuple(map(pointer_of, self.batch.key_paths)))
        listing, listed = (found.listing, found.listed) if found.all_ else (None, None)
        return WrittenReading(reader, found.read, found.shown, listing, listed)

    def _record_reader(self, entry: ReadEntry) -> RecordReader:
        place = self.place.at("read")
        named = [entry.key] if isinstance(entry.key, str) else entry.key
        keys = [pointer(one, place.at("key")) for one in named] or [*map(pointer_of, self.batch.key_paths)]
        members = read_members(entry, place, self.scope.in_items)
        if not members:
            place.at("shows").fail("expected members that must be read as they were sent, found none")
        deleted = {pointer(name, place.at("deleted")): value for name, value in entry.deleted.items()}
        record = pointer(entry.record, place.at("record"))
        return RecordReader(members, tuple(keys), record, frozenset(entry.missing), deleted)

    def _get(self, entry: CallEntry, name: str, *known: str) -> WrittenCall:
        call = read_call(self.spec, entry, self.place.at(name), (*known, *self.scope.in_calls))
        if call.operation.method != "get":
            method = call.operation.method.upper()
            self.place.at(name, "operation").fail(f"expected a GET, and {entry.operation} is a {method}")
        return call

    def _reader(self) -> OutcomeReader | None:
        if self.entry.rejected_places is not None:
            return read_rejected_places(self.entry.rejected_places, self.place.at("rejected-places"))
        used = {"blank-keys": self.entry.blank_keys, "classes": self.entry.classes}
        names = [name for name, value in used.items() if value]
        if not names:
            return None
        inner = reader_from_spec(self.spec.document, self.operation, self.batch)
        if inner is None:
            self.place.at(names[0]).fail("x-batch.outcome is missing: it says where the outcomes are")
        return _refined(inner, self.entry)

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

    def _encodings(
        self, sending: WrittenCall | None, call: Callable[[Sequence[Json], int], Request]
    ) -> Mapping[str, Encoding]:
        place = self.place.at("media-types")
        named = sending.body.names() if sending and sending.body else set()
        if self.entry.media_types and named & {name for tenant in self.scope.tenants for name in tenant}:
            place.fail("the body names the tenant, so it cannot be written in other media types")
        listed = enumerate(self.entry.media_types)
        return {one: self._encoding(one, call, place.at(number)) for number, one in listed}

    def _encoding(
        self, media_type: str, call: Callable[[Sequence[Json], int], Request], place: WrittenPlace
    ) -> Encoding:
        """Return a function that writes items in a media type; `call` returns the JSON request with items.

        Raises SpecError: the operation has no body in the media type, or the suite cannot write such a body.
        """
        if is_json_type(media_type):
            return lambda items: call(items, 0).body
        known = {body.name: body for body in self.operation.bodies}
        if media_type not in known:
            place.fail(f"{self.operation.id} has no body in {media_type}; it has {', '.join(known)}")
        stated, is_bare_list = known[media_type], not self.batch.items
        if media_type == _FORM and is_bare_list:
            return _write_form
        if not media_type.endswith("xml"):
            place.fail(f"expected a media type of JSON or XML, or a form of a bare list, found {media_type}")
        if stated.coercion.get("format") == "data-contract" and is_bare_list:
            return _data_contract(stated)
        return lambda items: write_request_xml(call(items, 0).json(), stated.schema, self.spec.document)

    def _prepare(self, items: WrittenItems) -> Callable[[str, int], tuple[Request, ...]] | None:
        known = (*self.scope.in_items, *self.scope.in_calls, ITEM)
        calls = [
            read_call(self.spec, one, self.place.at("prepare", number), known)
            for number, one in enumerate(self.entry.prepare)
        ]

        def prepare(key: str, tenant: int) -> tuple[Request, ...]:
            values = {**self.scope.of_item(key, _PREPARED), **self.scope.of_tenant(tenant)}
            values[ITEM] = items.item(key, _PREPARED)
            return tuple(call.request(values) for call in calls)

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


def _write_form(items: Sequence[Json]) -> bytes:
    """Return the items as a form: `[0].name=value` for member `name` of item 0; null is an empty value."""
    pairs = [
        (f"[{number}].{name}", text_of_value(value))
        for number, one in enumerate(items)
        for name, value in one.items()
    ]
    return urlencode(pairs).encode()


def _data_contract(stated: MediaType) -> Encoding:
    """Return a function that writes XML of .NET's data contracts: members sorted by name, null as nil."""
    settings: Mapping[str, str] = stated.coercion
    root, item = settings["root"], settings["item"]
    names = f"xmlns={quoteattr(settings['namespace'])} xmlns:i={quoteattr(_XSI)}"

    def write(items: Sequence[Json]) -> bytes:
        inside = "".join(f"<{item}>{_members(one)}</{item}>" for one in items)
        return f"<{root} {names}>{inside}</{root}>".encode()

    return write


def _members(item: Mapping[str, str | int | Decimal | None]) -> str:
    return "".join(
        f'<{name} i:nil="true"/>'
        if item[name] is None
        else f"<{name}>{escape(text_of_value(item[name]))}</{name}>"
        for name in sorted(item)
    )


class RejectedPlacesReader(Value, frozen=True):
    """Reader of responses that name rejected items by their places."""

    at: str
    """JSON Pointer in a refusal, to the object whose member names are places ("items[1].name", "/1/name")."""
    statuses: frozenset[int]
    """Statuses of refusals that may name rejected items."""
    wide_integers: frozenset[str]
    """Names, in lower case, of members in which an integer over 32 bits makes the vendor refuse the call."""

    def __call__(self, exchange: Exchange, items: Sequence[BatchItem]) -> ReportedOutcomes | None:
        """Return the outcomes in a response: for a 2xx every item as accepted, else only the rejected items.

        Return None if the response refuses the whole call. Raises ValueError: the response cannot be read.
        """
        response = exchange.response
        if response.is_done:
            done = tuple(ReportedOutcome(item.place, accepted=True) for item in items)
            return ReportedOutcomes(done, _count(response))
        if response.status not in self.statuses or any(self._ends_reading(item.document) for item in items):
            return None
        problems = dict(_of_xml(response.body, self.at) if _is_xml(response) else self._of_json(response))
        found = [(name, place) for name in problems if (place := _ITEM.fullmatch(name))]
        if not problems or len(found) < len(problems):
            return None
        return ReportedOutcomes(tuple(self._rejected(found, problems, len(items))), is_complete=False)

    def _of_json(self, response: Response) -> Iterator[tuple[str, str]]:
        document = response.json()
        problems = value_at(document, parse_pointer(self.at))
        if not (isinstance(document, Mapping) and isinstance(problems, Mapping | None)):
            raise ValueError(f"there is no object at {self.at}")  # noqa: TRY004 - of the answer, not of a type
        for name, sentences in (problems or {}).items():
            yield name, " ".join(map(str, sentences)) if isinstance(sentences, list) else str(sentences)

    def _rejected(
        self, found: Sequence[tuple[str, re.Match[str]]], problems: Mapping[str, str], sent: int
    ) -> Iterator[ReportedOutcome]:
        by_place: dict[int, list[str]] = {}
        for name, place in found:
            by_place.setdefault(int(place[1] or place[2]), []).append(name)
        for number, names in sorted(by_place.items()):
            message = " ".join(problems[name] for name in names)
            place_sent = number if number < sent else None
            yield ReportedOutcome(
                place_sent, accepted=False, message=message, at=self.at + pointer_of(names[:1])
            )

    def _ends_reading(self, item: Json) -> bool:
        return isinstance(item, Mapping) and any(
            name.lower() in self.wide_integers and _is_wide(value) for name, value in item.items()
        )


def read_rejected_places(entry: RejectedPlacesEntry, place: WrittenPlace) -> RejectedPlacesReader:
    """Return the reader that an entry describes. Raises SpecError: `entry.at` is not a JSON Pointer."""
    wide = frozenset(name.lower() for name in entry.wide_integers)
    return RejectedPlacesReader(pointer(entry.at, place.at("at")), frozenset(entry.statuses), wide)


def _is_xml(response: Response) -> bool:
    return response.media_type.endswith("xml")


def _of_xml(body: bytes, at: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of each child of the element `at`, with decoded escapes (`_x005B_`) in names."""
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, DefusedXmlException) as error:
        raise ValueError(f"the error is not XML: {error}") from error
    for one in root.iterfind("/".join([*map(str, parse_pointer(at)), "*"])):
        yield _ENCODED_CHARACTER.sub(lambda found: chr(int(found[1], 16)), one.tag), one.text or ""


def _count(response: Response) -> int | None:
    """Return the number of accepted items if the whole body is a number, else None."""
    if not response.body or _is_xml(response):
        return None
    document = response.json()
    return document if isinstance(document, int) else None


def _is_wide(value: Json) -> bool:
    try:
        return not isinstance(value, bool) and not -_LARGEST_INTEGER - 1 <= int(value) <= _LARGEST_INTEGER
    except (TypeError, ValueError, OverflowError):
        return False


def _refined(inner: OutcomeReader, entry: BatchEntry) -> OutcomeReader:
    """Return a reader that changes the outcomes of `inner` as `blank_keys` and `classes` of the entry say.

    The vendor replaces a blank key with a key of its own, so the key in the item's outcome is removed.
    """

    def read(exchange: Exchange, items: Sequence[BatchItem]) -> ReportedOutcomes | None:
        reported = inner(exchange, items)
        if reported is None:
            return None
        blank = {item.place for item in items if item.key in entry.blank_keys}
        outcomes = tuple(
            replace(
                outcome,
                key=None if outcome.place in blank else outcome.key,
                made=entry.classes.get(str(outcome.status), outcome.made),
            )
            for outcome in reported.outcomes
        )
        return replace(reported, outcomes=outcomes)

    return read


def _position(
    word: UpdateWord, record: Callable[[str, DrawnValues], Record], steps: Sequence[tuple[StepEntry, Step]]
) -> UpdatePosition:
    """Return what `word` says: the effect of an item on an existing record, and the steps to test.

    Unless the word is "replaced", leave out steps that delete: a deletion might uncover an older record.
    """
    if word == "replaced":
        return UpdatePosition(_WORDS[word], None, tuple(step for _, step in steps))

    def after(before: Record | None, key: str, drawn: DrawnValues) -> Record | RefusedStep:
        if word == "rejected" and before is not None:
            return REFUSED_STEP
        known, new = before or {}, record(key, drawn)
        return {name: known.get(name) if value is None else value for name, value in new.items()}

    kept = (
        replace(step, after=lambda before, drawn: after(before, "", drawn))
        if one.if_there == "stored"
        else step
        for one, step in steps
        if one.if_there != "deleted"
    )
    return UpdatePosition(_WORDS[word], after, tuple(kept))
