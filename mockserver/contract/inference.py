"""Batch profiles inferred from a spec with `x-batch`, for vendors without a package."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from urllib.parse import quote

from msgspec import field
from msgspec.structs import replace

from mockserver.codec.http import sent_type
from mockserver.contract.exchange import Exchange, Request, json_request, to_json_text
from mockserver.contract.profile import BatchProfile, Corruption, DrawnValues, Record, Step
from mockserver.contract.samples import (
    FIRST_KEY,
    SampleItem,
    SampleMember,
    key_parts,
    key_text,
    make_sample,
    set_member,
    whole_schema,
)
from mockserver.errors import SpecError
from mockserver.model import Document, Json, Path, Value, member_path, pointer_of, value_at
from mockserver.spec.batch_forms import Batch, CallValue, Requests
from mockserver.spec.item_forms import item_schema
from mockserver.spec.marks import is_record_path
from mockserver.spec.openapi import MediaType, Operation, Parameter, Spec, parameter_names, resolve

_FOUND = 200


def infer_batches(spec: Spec) -> tuple[BatchProfile, ...]:
    """Return a profile for each batch operation about which the spec says enough.

    If a call may choose the atomicity, return a second profile, whose calls choose another atomicity.
    """
    made = ((operation.batch, infer_batch(spec, operation)) for operation in spec.operations.values())
    return tuple(one for batch, usual in made if batch and usual for one in (usual, *_switched(batch, usual)))


def _switched(batch: Batch, usual: BatchProfile) -> Iterator[BatchProfile]:
    """Yield the profile whose calls send the switch, or stop after one rejected item."""
    form = batch.atomicity
    place = form.switch or form.stop_at
    value: Json = batch.atomic is not form.is_atomic_if_on if form.switch else 1
    if place is not None:
        yield replace(
            usual,
            call=lambda items, tenant: _with_value(usual.call(items, tenant), place, value),
            is_switched=True,
        )


def _with_value(request: Request, place: CallValue, value: Json) -> Request:
    """Return the request with the value at a place that `x-batch.atomicity` names."""
    if place.place == "body":
        body = request.document()
        for end in range(1, len(place.path)):
            if value_at(body, place.path[:end]) is None:
                body = set_member(pointer_of(place.path[:end]), {})(body)
        return replace(request, body=to_json_text(set_member(place.name, value)(body)).encode())
    text = to_json_text(value)
    if place.place == "header":
        return replace(request, headers={**request.headers, place.name.lower(): text})
    return replace(request, path=f"{request.path}{'&' if request.query else '?'}{quote(place.name)}={text}")


class InferredReading(Value, frozen=True):
    """How records are read. At most one of the two paths `one` and `all_` is empty."""

    names: tuple[str, ...]
    """Members that are compared."""
    key: tuple[str, ...]
    """Members that form the key."""
    one: str
    """Path template of one record, with the record's key, or "" if no operation reads one record."""
    all_: str
    """Path of the list of records, or "" if no operation lists records."""

    def read(self, key: str, _tenant: int = 0) -> Request:
        if not self.one:
            return self.listing()
        parts = dict(zip(self.key, key_parts(key) if len(self.key) > 1 else [key], strict=False))
        path = re.sub(r"\{(\w+)\}", lambda name: quote(parts.get(name[1], key), safe=""), self.one)
        return Request("GET", path)

    def listing(self, _tenant: int = 0) -> Request:
        return Request("GET", self.all_)

    def shown(self, key: str, exchange: Exchange) -> Record | None:
        """Return the record with this key in a response, or None if the response has no such record."""
        if not self.one:
            return self.listed(exchange).get(key)
        if exchange.response.status != _FOUND:
            return None
        found = exchange.response.json()
        if not isinstance(found, Mapping):
            raise SpecError("a record is not an object")
        return self._record(found) if self._key(found) == key else None

    def listed(self, exchange: Exchange) -> Mapping[str, Record]:
        if exchange.response.status != _FOUND:
            return {}
        return {self._key(row): self._record(row) for row in _rows(exchange.response.json())}

    def _record(self, row: Mapping[str, Json]) -> Record:
        return {name: compared_members(value_at(row, member_path(name))) for name in self.names}

    def _key(self, row: Mapping[str, Json]) -> str:
        return key_text([value_at(row, member_path(name)) for name in self.key])


def compared_members(value: Json) -> str | Decimal | None:
    """Return a value in the form that is compared: numbers as exact decimals, booleans as "true", "false"."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | Decimal):
        return Decimal(value)
    return None if value is None else str(value)


def infer_item(spec: Spec, operation: Operation) -> SampleItem | None:
    """Return good items of a batch operation, or None if no item can be made up from its schema."""
    schema = _item_schema(spec, operation)
    if operation.batch is None or schema is None:
        return None
    return make_sample(spec.document, schema, operation.batch)


def infer_sending(spec: Spec, operation: Operation) -> Callable[[Sequence[Json], int], Request] | None:
    """Return a function that makes the request of a batch, from its items and the number of a tenant.

    Return None if path, query or envelope need a value that the spec does not give.
    """
    path, batch, stated = _path_of(operation), operation.batch, operation.document_body
    if path is None or batch is None or stated is None:
        return None
    envelope = _envelope(spec, operation, stated) if batch.items else {}
    if envelope is None:
        return None
    method = operation.method.upper()

    def call(items: Sequence[Json], _tenant: int) -> Request:
        if stated.has_lines:
            lines = [line for item in items for line in (_pair(item, batch) if batch.pairs else [item])]
            body = "".join(f"{to_json_text(line)}\n" for line in lines).encode()
            return Request(method, path, {"content-type": stated.name}, body)
        found: Json = _mapped(items, batch.key[0]) if batch.is_map else list(items)
        document = {**envelope, str(batch.items[0]): found} if batch.items else found
        return json_request(method, path, document, {"content-type": sent_type(stated.name)})

    return call


def _mapped(items: Sequence[Json], key: str) -> dict[str, Json]:
    """Return the items by key, without the member of the key; an item without a key has its place as name."""
    return {
        str(item.get(key, at)) if isinstance(item, Mapping) else str(at): (
            {name: value for name, value in item.items() if name != key}
            if isinstance(item, Mapping)
            else item
        )
        for at, item in enumerate(items)
    }


def _pair(item: Json, batch: Batch) -> list[Json]:
    """Return the lines of an item: its action with its key, then its document if the action has one."""
    if not isinstance(item, Mapping):
        return [item]
    known = (*batch.key, batch.action_at)
    word = item.get(batch.action_at, next(iter(batch.actions)))
    named = {str(word): {name: item[name] for name in batch.key if name in item}}
    document = {name: value for name, value in item.items() if name not in known}
    return [named] if batch.work_of(item) == "delete" else [named, document]


class BatchSample(Value, frozen=True):
    """Good and bad items of a batch, and how they are sent. How records are read back is unknown."""

    operation: str
    key: Callable[[int], str]
    """Returns the nth key; if the vendor assigns keys, the value of a member that tells items apart."""
    item: Callable[[str, DrawnValues], dict[str, Json]]
    call: Callable[[Sequence[Json], int], Request]
    corruptions: tuple[Corruption, ...]
    encodings: Mapping[str, Callable[[Sequence[Json]], bytes]] = field(default_factory=dict)
    prepare: None = None


def infer_sample(spec: Spec, operation: Operation) -> BatchSample | None:
    """Return a sample of a batch operation, or None if the spec says too little to make and send items."""
    schema, call = _item_schema(spec, operation), infer_sending(spec, operation)
    if operation.batch is None or schema is None or call is None:
        return None
    members = whole_schema(spec.document, schema)
    names = dict.fromkeys([*members.get("required", ()), *members.get("properties", {})])
    for key in (operation.batch.key, *((name,) for name in names)):
        if made := make_sample(spec.document, schema, replace(operation.batch, key=key)):
            return BatchSample(operation.id, made.key, made.item, call, made.corruptions)
    return None


def infer_batch(spec: Spec, operation: Operation) -> BatchProfile | None:
    """Return the profile of a batch operation, or None if the spec says too little."""
    made, batch = infer_item(spec, operation), operation.batch
    if batch is not None and batch.requests is not None:
        return _infer_requests(spec, operation, batch, batch.requests)
    if batch is None or made is None or not batch.outcome.rows:
        return None
    names = scalar_members(made.item(made.key(0), DrawnValues(0, Decimal(1))), made.inside)
    reading = infer_reading(spec, batch, names)
    call = infer_sending(spec, operation)
    if reading is None or call is None:
        return None
    return BatchProfile(
        operation=operation.id,
        key=made.key,
        item=made.item,
        record=_record_maker(made, reading),
        call=call,
        read=reading.read,
        shown=reading.shown,
        corruptions=made.corruptions,
        listing=reading.listing if reading.all_ else None,
        listed=reading.listed if reading.all_ else None,
        steps=_deletion(spec, reading),
    )


def _infer_requests(
    spec: Spec, operation: Operation, batch: Batch, requests: Requests
) -> BatchProfile | None:
    """Return the profile of a batch of requests that create records, which a GET shows by key."""
    call, schema, found = (
        infer_sending(spec, operation),
        _item_schema(spec, operation),
        _creation(spec, batch),
    )
    names = {part: str(path[0]) for part, path in requests.sent.items() if len(path) == 1}
    if call is None or schema is None or found is None or not {"method", "path", "body"} <= names.keys():
        return None
    creates, reading, made = found
    sample, body = SampleMember.of(spec.document, "", schema), names["body"]
    base, node = sample.good(FIRST_KEY), sample.schema["properties"].get(names["method"], {})
    methods = whole_schema(spec.document, node).get("enum", ())
    method = next((one for one in methods if str(one).upper() == "POST"), "POST")

    def item(key: str, drawn: DrawnValues) -> dict[str, Json]:
        own = {"method": method, "path": creates.path, "body": made.item(key, drawn), "id": key}
        return {**(base or {}), **{names[part]: value for part, value in own.items() if part in names}}

    return BatchProfile(
        operation=operation.id,
        key=made.key,
        item=item,
        record=_record_maker(made, reading),
        call=call,
        read=reading.read,
        shown=reading.shown,
        corruptions=tuple(replace(one, refuses_call=False).within((body,)) for one in made.corruptions),
    )


def _creation(spec: Spec, batch: Batch) -> tuple[Operation, InferredReading, SampleItem] | None:
    """Return the first operation that creates a record that can be read, how it is read, and good records."""
    one_record = (one for one in spec.operations.values() if one.method == "get" and is_record_path(one.path))
    reads = {one.path.rpartition("/")[0]: one for one in one_record}
    posts = (one for one in spec.operations.values() if one.method == "post" and not one.batch)
    for creates in (one for one in posts if one.path in reads):
        read, body = reads[creates.path], creates.document_body
        sample = replace(batch, key=tuple(parameter_names(read.path)[-1:]))
        if body and (made := make_sample(spec.document, body.schema, sample)):
            names = scalar_members(made.item(made.key(0), DrawnValues(0, Decimal(1))))
            shown = tuple(name for name in names if _shows(spec, read, name))
            return creates, InferredReading(shown, sample.key, read.path, ""), made
    return None


def _record_maker(made: SampleItem, reading: InferredReading) -> Callable[[str, DrawnValues], Record]:
    def record(key: str, drawn: DrawnValues) -> Record:
        item = made.item(key, drawn)
        return {name: compared_members(value_at(item, member_path(name))) for name in reading.names}

    return record


def _deletion(spec: Spec, reading: InferredReading) -> tuple[Step, ...]:
    """Return a step that deletes a record at the path where the record is read.

    Return no step if the path has no DELETE, or if the DELETE needs other parameters or may be done later
    (202). The step allows the server to refuse the deletion.
    """
    at_path = (one for one in spec.operations.values() if (one.path, one.method) == (reading.one, "delete"))
    found = next(at_path, None)
    if found is None or "202" in found.responses:
        return ()
    if any(parameter.required and parameter.place != "path" for parameter in found.parameters):
        return ()

    def request(key: str, _drawn: DrawnValues, tenant: int) -> Request:
        return replace(reading.read(key, tenant), method="DELETE")

    return (Step("delete it", request, lambda _record, _drawn: None, may_be_refused=True),)


def scalar_members(item: Json, inside: Path = ()) -> tuple[str, ...]:
    """Return the names of the members whose values are neither lists nor objects.

    With `inside`, return JSON Pointers to the members of the object at this path.
    """
    held = value_at(item, inside)
    members = held.items() if isinstance(held, Mapping) else ()
    scalars = [name for name, value in members if value is None or isinstance(value, str | int | Decimal)]
    return tuple(pointer_of((*inside, name)) if inside else name for name in scalars)


def infer_reading(spec: Spec, batch: Batch, names: tuple[str, ...]) -> InferredReading | None:
    """Return how records with the members `names` are read.

    Return None if no GET with the batch's `x-collection` can be called with the members of the key alone.
    """
    one, all_, kept = "", "", names
    for operation in spec.operations.values():
        if operation.method != "get" or not batch.collection or operation.collection != batch.collection:
            continue
        way, _, last = operation.path.rpartition("/")
        named = set(re.findall(r"\{(\w+)\}", way))
        if not named <= set(batch.key) or any(
            parameter.required and parameter.place != "path" for parameter in operation.parameters
        ):
            continue
        if last.startswith("{"):
            one = operation.path
            kept = tuple(name for name in kept if _shows(spec, operation, name))
        else:
            all_ = operation.path
    return InferredReading(kept, batch.key, one, all_) if one or all_ else None


def explain_missing_profile(spec: Spec, operation: Operation) -> str:
    """Return which information for a batch profile is missing in the spec, and how to add the information."""
    if operation.batch and operation.batch.requests:
        return "no POST of its file makes records whose key is sent and that a GET shows by this key"
    if operation.batch and not operation.batch.outcome.rows:
        return "its answer tells counts alone, so that the outcome of an item is not known"
    if infer_item(spec, operation) is None:
        return (
            "no valid item can be made up; give its schema an `example`, or correct the `key` of its x-batch"
        )
    if infer_sending(spec, operation) is None:
        return "its path, query or envelope needs a value that nobody states; give it an `example`"
    batch = operation.batch
    gets = (one for one in spec.operations.values() if one.method == "get" and is_record_path(one.path))
    beside = (one.path for one in gets if f"{operation.path}/".startswith(one.path.partition("{")[0]))
    target = next(beside, f"/…/{{{batch.key[0] if batch and batch.key else 'key'}}}")
    added = f"x-collection: {batch.collection if batch else ''}"
    line = f"""actions: [{{target: "$.paths['{target}'].get", update: {{{added}}}}}]"""
    return f"no GET is known to show its records; name the GET in an --overlay: {line}"


def _shows(spec: Spec, operation: Operation, name: str) -> bool:
    """Return whether the 200 answer of an operation may show the member `name`.

    If the schema of the answer names no members, the answer may show every member.
    """
    schema = operation.json_content("200")[1].get("schema", {})
    properties = whole_schema(spec.document, schema).get("properties", {})
    shown = [one for one, member in properties.items() if not resolve(spec.document, member).get("writeOnly")]
    return not properties or member_path(name)[0] in shown


def _item_schema(spec: Spec, operation: Operation) -> Document | None:
    body, batch = operation.document_body, operation.batch
    if body is None or batch is None:
        return None
    try:
        items = item_schema(spec.document, body.schema, batch.items, batch.key)
    except SpecError:
        return None
    variants = SampleMember.of(spec.document, "", items).variants()
    return items if all(variant.schema.get("properties") for variant in variants) else None


def _path_of(operation: Operation) -> str | None:
    """Return path and query with examples of required parameters.

    Return None if a required parameter has no example, or is a header or cookie.
    """
    path, query = operation.path, []
    for one in operation.parameters:
        value = example_of(one)
        if one.place == "path" and value is not None:
            path = path.replace(f"{{{one.name}}}", quote(str(value), safe=""))
        elif one.required and one.place == "query" and value is not None:
            query.append(f"{quote(one.name)}={quote(str(value))}")
        elif one.required:
            return None
    return "?".join([path, "&".join(query)]) if query else path


def example_of(parameter: Parameter | None) -> Json:
    """Return the example, the default or the first enum value in the schema of a parameter, else None."""
    schema = parameter.schema if parameter else {}
    return schema.get("example", schema.get("default", next(iter(schema.get("enum", [])), None)))


def _envelope(spec: Spec, operation: Operation, body: MediaType) -> dict[str, Json] | None:
    """Return the required members beside the list of items, or None if a value cannot be made up."""
    batch = operation.batch
    schema = resolve(spec.document, body.schema)
    if batch is None or len(batch.items) != 1:
        return None
    needed = [name for name in schema.get("required", []) if name != batch.items[0]]
    filled: dict[str, Json] = {}
    for name in needed:
        member = SampleMember.of(spec.document, name, schema.get("properties", {}).get(name, {}))
        value = member.good(FIRST_KEY)
        if value is None:
            return None
        filled[name] = value
    return filled


def _rows(found: Json) -> list[Mapping[str, Json]]:
    """Return the rows of an answer: the answer itself, or its first member that is a list."""
    if isinstance(found, Mapping):
        found = next((value for value in found.values() if isinstance(value, list)), [])
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []
