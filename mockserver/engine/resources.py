"""Resources of a user's own file (`Spec.is_own`): records that the file's paths and schemas describe.

The operations of a resource name its collection in `x-collection`. If the name of the last path parameter
does not tell which member is the key, `x-key` at one of the collection's paths names the member.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from msgspec import field

from mockserver.engine.declared_values import value_check
from mockserver.engine.drawn_values import chance_of, draw_value, draws_format, time_of
from mockserver.engine.example_answers import answers_of
from mockserver.errors import NotFound, SpecError
from mockserver.model import (
    EMPTY,
    Document,
    Json,
    Path,
    Value,
    join_key,
    member_path,
    parse_pointer,
    pointer_of,
    value_at,
    with_value_at,
)
from mockserver.sandbox.store import State
from mockserver.spec.dialects import NO_VALUE, NULL
from mockserver.spec.item_forms import item_schema
from mockserver.spec.marks import answer_schema, is_record_path, key_member, mark_of
from mockserver.spec.openapi import Operation, Spec, member_at, merged, parameter_names, plain, resolve
from mockserver.spec.outcomes import row_schema
from mockserver.spec.patterns import text_for
from mockserver.spec.schema import COMMON_FORMATS, compile_schema

_MOST_IN_ENVELOPE = 5
"""Maximum number of members of an envelope. An answer with more members is a record."""

_MOST_KEYS = 1_000
"""Maximum number of keys that are made for a record until one of them is new."""

_LEAST_NOUN, _LONGEST_PLURAL = 2, 3
_CHANGES = ("updated", "modified", "changed", "lastupdated", "lastmodified")
_LATER = (
    *("deleted", "archived", "cancel", "expired", "closed", "failed", "failure", "error", "reject"),
    "voided",
)
"""Beginnings of names of members that tell what has not happened yet to a new record."""


class Resource(Value, frozen=True, dict=True, weakref=True):
    """How the spec describes the records of one collection."""

    path: str
    """Path of a single record."""
    collection: str
    parameters: tuple[str, ...]
    """Path parameters: the keys of the record's parents, then the record's own key."""
    key: str
    """Name of, or JSON Pointer to, the member that holds a record's key."""
    named: str
    """Name that led to `key`: `x-key`, a batch's JSON Pointer, or the last path parameter."""
    schema: Document
    """Schema of a record in an answer."""
    document: Document
    asked: Document = field(default_factory=dict)
    """Schema of the path parameter that names a record; {} if no path names one."""

    @cached_property
    def members(self) -> Document:
        found: Document = merged(self.document, self.schema).get("properties", EMPTY)
        return found

    @cached_property
    def key_path(self) -> Path:
        return member_path(self.key)

    @cached_property
    def key_schema(self) -> Document:
        return member_at(self.document, self.schema, self.key_path)

    @cached_property
    def takes_key(self) -> Callable[[Json], bool]:
        return value_check(self.key_schema)

    @cached_property
    def accepts(self) -> Callable[[Json], bool]:
        """Function that tells whether a value is a valid record. Raises SpecError: the schema is broken."""
        return compile_schema(self.document, self.schema, COMMON_FORMATS).accepts

    def place(self, at: Document, key: Json = None) -> str:
        """Return a record's place in the collection: parents' keys joined with `key` (None: the path's key).

        `at` has the values of path parameters, here and in the other methods.
        """
        own = at.get(self.parameters[-1], "") if key is None else key
        parents = (str(at.get(name, "")) for name in self.parameters[:-1])
        return join_key([*parents, str(own)])

    def key_of(self, given: Document, at: Document, state: State) -> Json:
        """Return the key that was sent if it is valid, else a new key in the format of the key's member.

        The key may also be sent as the member that is named like the path parameter, such as `role_id`.
        """
        records, own = state.collection(self.collection), plain(self.parameters[-1])
        sent = (self.key_in(given), *(one for name, one in given.items() if plain(name) == own))
        if (key := next((one for one in sent if one is not None and self.takes_key(one)), None)) is not None:
            return key
        for _ in range(_MOST_KEYS):
            made = new_key(self.key_schema, state.next(self.collection), state, self.asked)
            if self.place(at, made) not in records:
                return made
        return state.uuid()  # there are fewer keys of the declared form than records

    def key_in(self, record: Document) -> Json:
        return value_at(record, self.key_path)

    def with_keys(self, record: Document, key: Json, at: Document) -> dict[str, Any]:
        """Return the record with its key, and with each parent's key that is a member, from the path."""
        parents = [name for name in self.parameters[:-1] if name in self.members]
        with_parents = {**record, **{name: self.in_path(name, name, at) for name in parents}}
        return dict(with_value_at(with_parents, self.key_path, key))

    def in_path(self, parameter: str, member: str, at: Document) -> Json:
        """Return the value of the path parameter `parameter`, in the type of the record's member `member`."""
        check = value_check(member_at(self.document, self.schema, member_path(member)))
        value: Any = at.get(parameter)
        candidates = (value, str(value), int(value) if str(value).isdecimal() else value)
        return next((one for one in candidates if check(one)), value)

    def record(
        self, given: Document, key: Json, at: Document, state: State, *, is_whole: bool = False
    ) -> dict[str, Any]:
        """Return the record `given`, with `key` and with values for missing required members at any depth.

        If `is_whole`, the record has the optional members too that its schema names. If the record is
        invalid, leave out the members that make the record invalid, such as a text in place of an object.
        If a record
        with none of the sent members is invalid too, leave out nothing.
        """
        schema, own = self.schema, self.with_keys({}, key, at)
        whole = {name: self._as_object(name, one) for name, one in given.items()}
        sent, keys = self.with_keys(whole, key, at), own.values()
        record: dict[str, Any] = self.completed(schema, sent, state, *keys, is_whole=is_whole)
        if self._takes(record):
            return record
        least = self.completed(schema, sent, state, *keys)
        kept: dict[str, Any] = least if self._takes(least) else self.completed(schema, own, state, *keys)
        return with_fitting(kept, record, self._takes) if self._takes(kept) else least

    def _as_object(self, name: str, value: Json) -> Json:
        """Return the value; if a record has an object in its place, the object with the value as its key."""
        if not isinstance(value, str | int) or name not in self.members:
            return value
        node = merged(self.document, self.members[name])
        inner = key_member(node, self.parameters[-1]) if node.get("type") == "object" else ""
        return {inner: value} if inner else value

    def completed(
        self, schema: Document, given: Json, state: State, *key: Json, is_whole: bool = False
    ) -> Any:
        """Return `given` plus values for missing required members, at any depth except in `oneOf` or `anyOf`.

        Values are the `default` or `example` of a member, else they are drawn by chance. The date-time of a
        creation or change is the sandbox's time instead. If `is_whole`, optional members are missing too,
        except those that tell what has not happened yet: without an example they are nullable, or named so.
        """
        node = merged(self.document, schema)
        if isinstance(given, list):
            return [self.completed(node.get("items", EMPTY), one, state, *key) for one in given]
        if not isinstance(given, dict):
            return given
        members, required = node.get("properties", EMPTY), node.get("required", ())
        wanted = (*required, *(filter(self._is_plausible, members) if is_whole else ()))
        absent = {name: members.get(name, EMPTY) for name in wanted if name not in given}
        rest = {"properties": absent, "required": [*absent]}
        drawn = self.drawn(rest, state, *key) if absent else {}
        for name, one in absent.items():
            member = merged(self.document, one)
            if (time := time_of(name, member, state)) is not None:
                drawn[name] = time
            elif name != self.key_path[-1]:
                written = (member[word] for word in ("default", "example") if word in member)
                fitting = list(filter(value_check(member), written))
                drawn |= {name: fitting[0]} if fitting else {}
        whole = {
            name: one
            if _is_choice(self.document, members.get(name, EMPTY))
            else self.completed(members.get(name, EMPTY), one, state, *key)
            for name, one in given.items()
        }
        said = {name: one for name, one in drawn.items() if name in required or one not in ({}, [], "", None)}
        made = {**said, **whole}
        return {one: made[one] for one in (*filter(made.__contains__, members), *made)} if said else made

    def _is_plausible(self, name: str) -> bool:
        """Return whether a new record would have the optional member."""
        member = merged(self.document, self.members[name])
        is_told = "default" in member or member.get("example") is not None
        is_later = member.get("nullable") or plain(name).startswith(_LATER)
        return not (member.get("writeOnly") or NO_VALUE in member) and (is_told or not is_later)

    def touched(self, record: Document, sent: Document, state: State) -> dict[str, Any]:
        """Return the record with the sandbox's time as that of its last change, unless the time was sent."""
        names = (name for name in self.members if plain(name).startswith(_CHANGES) and name in record)
        times = {name: time_of(name, merged(self.document, self.members[name]), state) for name in names}
        return {
            **record,
            **{name: one for name, one in times.items() if one is not None and name not in sent},
        }

    def _takes(self, record: Document) -> bool:
        """Return whether the schema accepts a record, or is broken; the answer reports a broken schema."""
        try:
            return self.accepts(record)
        except SpecError:
            return True

    def drawn(self, schema: Document, state: State, *key: Json) -> dict[str, Any]:
        drawn: Json = None
        with suppress(RecursionError, ValueError, ArithmeticError):
            drawn = draw_value(self.document, schema, 1, chance_of(state, f"{self.path}{key}"))
        return drawn if isinstance(drawn, dict) else {}

    def find(self, at: Document, state: State) -> Document:
        place = self.place(at)
        found = state.collection(self.collection).get(place)
        if found is None:
            raise NotFound(self.collection.rpartition("/")[2], place, collection=self.collection)
        return found

    def keep(self, at: Document, state: State, record: Document) -> Document:
        state.collection(self.collection)[self.place(at)] = record
        return record

    def all(self, at: Document, state: State) -> Iterator[Document]:
        """Yield the records in key order; if the call's path names parents, only records of these parents."""
        parents = self.parameters[:-1]
        is_below = parents and all(name in at for name in parents)
        start = self.place(at, "") if is_below else ""
        records = state.collection(self.collection)
        yield from (records[place] for place in records if place.startswith(start))


def with_fitting(kept: Document, others: Document, accepts: Callable[[Json], bool]) -> dict[str, Any]:
    """Return `kept` with each member of `others` with which the result stays valid."""
    made = dict(kept)
    for name, one in others.items():
        if accepts(tried := {**made, name: one}):
            made = tried
    return made


def _is_choice(document: Document, schema: Document) -> bool:
    """Return whether the schema has alternatives, so that the value decides which members are required."""
    node = resolve(document, schema)
    choices = [one for word in ("oneOf", "anyOf") for one in node.get(word, ()) if one != NULL]
    return len(choices) > 1 or any(_is_choice(document, part) for part in (*choices, *node.get("allOf", ())))


def new_key(node: Document, number: int, state: State, asked: Document = EMPTY) -> Json:
    """Return a new key in the format that `node` declares, as a path parameter with the schema `asked` takes.

    `number` is the record's serial number.
    """
    if node.get("type") in ("integer", "number"):
        return int(max(node.get("minimum", 0), asked.get("minimum", 0))) + number
    patterns = [one["pattern"] for one in (asked, node) if "pattern" in one]
    by_pattern = [made for one in patterns if (made := text_for(one, number)) is not None]
    ordered = f"{number:08x}{state.uuid()[8:]}"  # lists are in key order, which is that of creation then
    formed = [one for one in (asked, node) if draws_format(one) and one["format"] != "uuid"]
    drawn = (draw_value(EMPTY, one, number, chance_of(state, "key")) for one in formed)
    candidates = (*drawn, ordered, str(number), f"{number:08}", f"A-{number:04}", *by_pattern)
    is_key, is_asked = value_check(node), value_check(asked)
    fitting = (one for one in candidates if is_asked(one) or (one.isdecimal() and is_asked(int(one))))
    return next(filter(is_key, fitting), candidates[0])


def find_resources(spec: Spec) -> Mapping[str, Resource]:
    """Return the resources by the path of a record, and by each path that creates or lists records."""
    found: dict[str, Resource] = {}
    shared: dict[str, str] = {}
    batches = [one.batch for one in spec.operations.values() if one.batch]
    of_batch = {one.collection: one.key[0] for one in batches if len(one.key) == 1}
    operations = [one for one in spec.operations.values() if one.collection and not one.batch]
    by_place = {(one.path, one.method): one for one in operations}
    first: dict[str, Operation] = {}
    written: dict[str, str] = {}
    for one in operations:
        first.setdefault(one.path, one)
        if key := mark_of(spec.document["paths"][one.path], "x-key"):
            written.setdefault(one.collection, key)
    for path, at_path in first.items():
        collection = at_path.collection
        start = path.rpartition("/")[0]
        if not is_record_path(path):
            shared[path] = collection
        elif shown := next(
            filter(None, map(by_place.get, ((path, "get"), (start, "post"), (path, "put")))), None
        ):
            made = by_place.get((start, "post"))
            given = written.get(collection, ""), of_batch.get(collection, "")
            resource = _resource(spec, at_path, shown, made, given)
            is_written = "x-collection" in spec.document["paths"][path] or (path, "put") in by_place
            is_told = is_written or made is None or (resource and tells_key(spec, made, resource))
            found |= {path: resource} if resource and is_told else {}
    of_batches = (batch_resource(spec, one, {}) for one in spec.operations.values() if one.batch)
    named = {one.collection: one for one in (*filter(None, of_batches), *found.values())}
    below = {path.rpartition("/")[0]: one for path, one in found.items()}
    for path, collection in shared.items():
        near = below.get(path)
        resource = near if near and near.collection == collection else named.get(collection)
        found |= {path: resource} if resource else {}
    return found


def _resource(
    spec: Spec, at_path: Operation, shown: Operation, made: Operation | None, keys: tuple[str, str]
) -> Resource | None:
    """Return the resource of the path of `at_path`, whose records are in the answer of `shown`.

    `made` is the operation that creates the records. `keys` are the collection's `x-key`, and the key that a
    batch of the collection declares, each "" if there is none. Raises SpecError: no member of a record is
    called like the `x-key`.
    """
    written, of_batch = keys
    path, collection = at_path.path, at_path.collection
    answering = answers_of(spec, shown)[0]
    if not answering.is_json:
        return None
    parameters = tuple(parameter_names(path))
    named = written or (of_batch if of_batch.startswith("/") else "") or parameters[-1]
    answer = record_answer(spec.document, answering.schema, named, path)
    schema, member = record_schema(spec.document, answer, named, path)
    if plain(member) == "metadata":  # describes the record, which is the whole answer
        named, schema = pointer_of((member, _key_member(spec.document, schema, named))), answer
    key = _key_member(spec.document, schema, named)
    if not key and is_open(spec.document, schema):
        others = (answers_of(spec, made)[0].schema, sent_schema(made)) if made else ()
        records = (record_schema(spec.document, one, named, path)[0] for one in others)
        found = (_key_member(spec.document, one, named) for one in records)
        key = next(filter(None, found), written or of_batch or named)
    if written and plain(key) != plain(written):
        near = get_close_matches(written, _simple_members(spec.document, schema), 1, 0)
        cure = f"x-key: {near[0]}" if near else 'x-collection: ""'
        message = f"x-key: {written} is no member of {collection} that can be a key"
        raise SpecError(message, ("paths", path, "x-key"), file=spec.name, cure=cure)
    asked = (one.schema for one in at_path.parameters if (one.place, one.name) == ("path", parameters[-1]))
    form = merged(spec.document, next(asked, EMPTY))
    return Resource(path, collection, parameters, key, named, schema, spec.document, form) if key else None


def tells_key(spec: Spec, operation: Operation, resource: Resource) -> bool:
    """Return whether a client is told the key of the record that the operation creates, or sends the key."""
    document, at, answering = spec.document, (resource.named, resource.path), answers_of(spec, operation)[0]
    shown, sent = answering.schema, sent_schema(operation)
    if answering.location or is_key_alone(resource, shown):
        return True
    records = (
        record_schema(document, record_answer(document, shown, *at), *at)[0],
        record_schema(document, sent, *at)[0],
    )
    if is_open(document, records[0]):
        return True
    nodes = (
        member_at(document, one, path)
        for one in (*records, sent)
        for path in (resource.key_path, resource.parameters[-1:])
    )
    return any(node and not (node.get("readOnly") and number > 1) for number, node in enumerate(nodes))


def is_open(document: Document, schema: Document) -> bool:
    """Return whether a schema takes any object, as `type: object` alone does."""
    node = merged(document, schema)
    limits = {"properties", "patternProperties", "oneOf", "anyOf", "not", "enum", "maxProperties"}
    return (
        node.get("type") == "object"
        and limits.isdisjoint(node)
        and node.get("additionalProperties", True) is True
    )


def is_key_alone(resource: Resource, schema: Document) -> bool:
    """Return whether an answer to a new record is its key alone: a text or number with a key's form."""
    node = merged(resource.document, schema)
    is_plain = node.get("type") in ("string", "integer", "number") and "enum" not in node
    shown = node.get("example", 0)
    return is_plain and " " not in str(shown) and (resource.takes_key(shown) or str(shown).isdecimal())


def record_answer(document: Document, schema: Document, named: str, path: str) -> Document:
    """Return the schema of an answer; of alternatives, the first that has a record."""
    node = resolve(document, schema)
    choices = (one for word in ("oneOf", "anyOf") for one in node.get(word, ()))
    records = ((one, record_schema(document, one, named, path)[0]) for one in (*choices, schema))
    return next((one for one, record in records if _key_member(document, record, named)), schema)


def record_schema(document: Document, schema: Document, named: str, path: str) -> tuple[Document, str]:
    """Return the schema of an answer's record, and the envelope's member with the record ("" if none).

    `path` is that of a single record: the member of `/cards/{id}` is `card` before any other.
    """
    node = merged(document, schema)
    if _key_member(document, schema, named):
        return schema, ""
    members = node.get("properties", EMPTY)
    named_so = [name for name in members if is_noun(name, path)]
    for name in (*named_so, *members) if named_so or len(members) <= _MOST_IN_ENVELOPE else ():
        if _key_member(document, members[name], named):
            return members[name], name
    return schema, ""


def is_noun(name: str, path: str) -> bool:
    """Return whether a name is the last word of a path, such as `company` of `/companies/{id}`."""
    last = plain([one for one in ("", *path.split("/")) if "{" not in one][-1])
    said = plain(name)
    return len(said) > _LEAST_NOUN and last.startswith(said[:-1]) and len(last) - len(said) < _LONGEST_PLURAL


def _key_member(document: Document, schema: Document, named: str) -> str:
    """Return the member with a record's key, by `key_member`.

    If `named` is a JSON Pointer, return the pointer, or "" if it leads to no member.
    """
    if named.startswith("/"):
        return named if member_at(document, schema, parse_pointer(named)) else ""
    return key_member({"properties": _simple_members(document, schema)}, named)


def _simple_members(document: Document, schema: Document) -> Document:
    """Return the schemas of a record's members that are neither objects nor lists, by name."""
    return {
        name: node
        for name, one in merged(document, schema).get("properties", EMPTY).items()
        if (node := merged(document, one)).get("type") not in ("object", "array") and "properties" not in node
    }


def key_members(spec: Spec) -> Mapping[str, tuple[str, ...]]:
    """Return, for each collection whose key the spec tells, the members of the key."""
    batches = (one.batch for one in spec.operations.values() if one.batch)
    resources = find_resources(spec).values() if spec.is_own else ()
    own = {one.collection: (*one.parameters[:-1], one.key) for one in resources}
    return {batch.collection: batch.key for batch in batches if batch.collection} | own


def batch_resource(spec: Spec, operation: Operation, resources: Mapping[str, Resource]) -> Resource | None:
    """Return the resource of the batch's collection, found or made; None unless one member is the key."""
    batch = operation.batch
    if batch is None or batch.requests or len(batch.key) != 1:
        return None
    known = next((one for one in resources.values() if one.collection == batch.collection), None)
    name = str(batch.key_paths[0][-1])
    parameters = (*parameter_names(operation.path), name)
    schema = _shown_schema(spec, operation) or _item_schema(spec, operation)
    path = f"{operation.path}/{{{name}}}"
    return known or Resource(
        path, batch.collection, parameters, batch.key[0], batch.key[0], schema, spec.document
    )


def _shown_schema(spec: Spec, operation: Operation) -> Document:
    """Return the schema of the record in a row of a batch's answer; {} if rows have no record."""
    answer = answer_schema(spec.document, operation.node)
    for rows in operation.batch.outcome.rows if operation.batch else ():
        if "record" in rows.members:
            return member_at(spec.document, row_schema(spec.document, answer, rows), rows.members["record"])
    return EMPTY


def _item_schema(spec: Spec, operation: Operation) -> Document:
    items = operation.batch.items if operation.batch else ()
    with suppress(SpecError):
        return item_schema(
            spec.document, sent_schema(operation), items, operation.batch.key if operation.batch else ()
        )
    return EMPTY


def sent_schema(operation: Operation) -> Document:
    """Return the schema of the operation's body in JSON or lines; {} if it has neither."""
    return operation.document_body.schema if operation.document_body else EMPTY
