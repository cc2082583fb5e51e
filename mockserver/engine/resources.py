"""Resources of an own file (`Spec.is_own`): records that the paths and schemas of the file describe.

The operations of a resource name its collection in `x-collection`. If the name of the last path parameter
does not tell which member is the key, `x-key` at the path names the member.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from mockserver.engine.example_answers import answers_of
from mockserver.model import EMPTY, Document, Json, join_key, parse_pointer
from mockserver.spec.marks import answer_schema, is_record_path, key_member, mark_of
from mockserver.spec.openapi import Operation, Spec, merged, parameter_names, plain
from mockserver.spec.outcomes import at
from mockserver.spec.schema import COMMON_FORMATS, compile_schema
from mockserver.vendor import Request

_MOST_IN_ENVELOPE = 5
"""Maximum number of members of an envelope. An answer with more members is a record."""


@dataclass(frozen=True)
class Resource:
    """Records of one collection."""

    path: str
    """Path of a single record."""
    collection: str
    parameters: tuple[str, ...]
    """Path parameters: the keys of the record's parents, then the record's own key."""
    key: str
    """Member of a record that is its key."""
    named: str
    """Name by which `key` was found: by `x-key`, the last path parameter, or the key of a batch."""
    schema: Document
    """Schema of a record in an answer."""
    document: Document

    @cached_property
    def record(self) -> Document:
        """The schema of a record, with its references and `allOf` resolved."""
        return merged(self.document, self.schema)

    @cached_property
    def members(self) -> Document:
        found: Document = self.record.get("properties", EMPTY)
        return found

    @cached_property
    def accepts(self) -> Callable[[Json], bool]:
        """Function that tells whether a value is a valid record. Raises SpecError: the schema is broken."""
        return compile_schema(self.document, self.schema, COMMON_FORMATS).accepts

    def place(self, request: Request, key: Json = None) -> str:
        """Return the record's place in its collection: the keys of its parents joined with its own key."""
        own = request.parameters.get(self.parameters[-1], "") if key is None else key
        parents = (str(request.parameters.get(name, "")) for name in self.parameters[:-1])
        return join_key([*parents, str(own)])


def find_resources(spec: Spec) -> Mapping[str, Resource]:
    """Return the resources by the path of a record, and by each path that creates or lists records."""
    found: dict[str, Resource] = {}
    shared: dict[str, str] = {}
    operations = [one for one in spec.operations.values() if one.collection and not one.batch]
    by_place = {(one.path, one.method): one for one in operations}
    collections: dict[str, str] = {}
    for one in operations:
        collections.setdefault(one.path, one.collection)
    for path, collection in collections.items():
        start = path.rpartition("/")[0]
        if not is_record_path(path):
            shared[path] = collection
        elif shown := next(
            filter(None, map(by_place.get, ((path, "get"), (start, "post"), (path, "put")))), None
        ):
            resource = _resource(spec, path, collection, shown)
            found |= {path: resource} if resource else {}
    of_batches = (batch_resource(spec, one, {}) for one in spec.operations.values() if one.batch)
    named = {one.collection: one for one in (*filter(None, of_batches), *found.values())}
    below = {path.rpartition("/")[0]: one for path, one in found.items()}
    for path, collection in shared.items():
        near = below.get(path)
        resource = near if near and near.collection == collection else named.get(collection)
        found |= {path: resource} if resource else {}
    return found


def _resource(spec: Spec, path: str, collection: str, shown: Operation) -> Resource | None:
    answering = answers_of(spec, shown)[0]
    if not answering.is_json:
        return None
    parameters = tuple(parameter_names(path))
    named = mark_of(spec.document["paths"][path], "x-key") or parameters[-1]
    schema, _ = record_schema(spec.document, answering.schema, named)
    key = _key_member(spec.document, schema, named)
    return Resource(path, collection, parameters, key, named, schema, spec.document) if key else None


def record_schema(document: Document, schema: Document, named: str) -> tuple[Document, str]:
    """Return the schema of an answer's record, and the envelope's member with the record ("" if none)."""
    node = merged(document, schema)
    if _key_member(document, schema, named):
        return schema, ""
    members = node.get("properties", EMPTY)
    for name, one in members.items() if len(members) <= _MOST_IN_ENVELOPE else ():
        if _key_member(document, one, named):
            return one, name
    return schema, ""


def _key_member(document: Document, schema: Document, named: str) -> str:
    """Return the member with a record's key: by `key_member`, else a member with which `named` ends."""
    known = {
        name: node
        for name, one in merged(document, schema).get("properties", EMPTY).items()
        if (node := merged(document, one)).get("type") not in ("object", "array") and "properties" not in node
    }
    ends = (name for name in known if plain(name) and plain(named).endswith(plain(name)))
    return key_member({"properties": known}, named) or next(ends, "")


def key_members(spec: Spec) -> Mapping[str, tuple[str, ...]]:
    """Return, for each collection whose key the spec tells, the members of the key."""
    batches = (one.batch for one in spec.operations.values() if one.batch)
    resources = find_resources(spec).values() if spec.is_own else ()
    own = {one.collection: (*one.parameters[:-1], one.key) for one in resources}
    return {batch.collection: batch.key for batch in batches if batch.collection} | own


def batch_resource(spec: Spec, operation: Operation, resources: Mapping[str, Resource]) -> Resource | None:
    """Return the known resource of the batch's collection, else a new one; None if the key is composite."""
    batch = operation.batch
    if batch is None or len(batch.key) != 1:
        return None
    known = next((one for one in resources.values() if one.collection == batch.collection), None)
    parameters = (*parameter_names(operation.path), batch.key[0])
    schema = _shown_schema(spec, operation) or _item_schema(spec, operation)
    path = f"{operation.path}/{{{batch.key[0]}}}"
    return known or Resource(
        path, batch.collection, parameters, batch.key[0], batch.key[0], schema, spec.document
    )


def _shown_schema(spec: Spec, operation: Operation) -> Document:
    """Return the schema of the record in a row of a batch's answer; {} if rows have no record."""
    outcome = operation.batch.outcome if operation.batch else EMPTY
    if not {"list", "record"} <= outcome.keys():
        return EMPTY
    answer = answer_schema(spec.document, spec.document["paths"][operation.path][operation.method])
    rows = at(spec.document, answer, parse_pointer(outcome["list"]))
    return at(spec.document, rows.get("items", EMPTY), parse_pointer(outcome["record"]))


def _item_schema(spec: Spec, operation: Operation) -> Document:
    node: Document = next((one.schema for one in operation.bodies if one.name.endswith("json")), EMPTY)
    found: Document = at(spec.document, node, operation.batch.items if operation.batch else ()).get(
        "items", EMPTY
    )
    return found
