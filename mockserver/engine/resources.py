"""Resources of a file that is not ours: records that its paths and schemas describe.

A resource is a path that ends in a parameter, `/orders/{id}`, whose path without it, or itself by `PUT`,
makes records. `x-collection` names the records of other paths ("" for none), `x-key` the member with the key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mockserver.engine.example_answers import answers_of
from mockserver.model import EMPTY, Document, Json, join_key
from mockserver.spec.batches import collection_name, key_member
from mockserver.spec.openapi import METHODS, Operation, Spec, merged, parameter_names, plain
from mockserver.spec.schema import COMMON_FORMATS, compile_schema
from mockserver.vendor import Request


@dataclass(frozen=True)
class Resource:
    """Records of one collection at `path`; its `parameters` are the keys of their parents, and their own.

    `schema` is that of a record as it is shown, `named` the name that its member `key` was found by.
    """

    path: str
    collection: str
    parameters: tuple[str, ...]
    key: str
    named: str
    schema: Document
    document: Document

    @cached_property
    def record(self) -> Document:
        """The schema of a record, without references."""
        return merged(self.document, self.schema)

    @cached_property
    def members(self) -> Document:
        found: Document = self.record.get("properties", EMPTY)
        return found

    @cached_property
    def accepts(self) -> Callable[[Json], bool]:
        """A check of records. Raises SpecError."""
        return compile_schema(self.document, self.schema, COMMON_FORMATS).accepts

    def parents(self, request: Request) -> list[str]:
        return [str(request.parameters.get(name, "")) for name in self.parameters[:-1]]

    def place(self, request: Request, key: Json = None) -> str:
        """The key of a record in its collection, with those of its parents."""
        own = request.parameters.get(self.parameters[-1], "") if key is None else key
        return join_key([*self.parents(request), str(own)])


def find_resources(spec: Spec) -> Mapping[str, Resource]:
    """The resources by their path, and by each path that makes or lists their records."""
    found: dict[str, Resource] = {}
    paths: Mapping[str, Document] = spec.document["paths"]
    by_place = {(one.path, one.method): one for one in spec.operations.values() if not one.batch}
    for path, item in paths.items():
        start, _, last = path.rpartition("/")
        collection = _mark(item, "x-collection")
        makes = (start, "post") in by_place or (path, "put") in by_place or collection
        is_one = last.startswith("{") and last.endswith("}") and last.count("{") == 1
        if not is_one or not makes or collection == "":
            continue
        shown = (by_place.get(place) for place in ((path, "get"), (start, "post"), (path, "put")))
        if resource := _resource(spec, path, filter(None, shown)):
            found[path] = resource
            if _mark(paths.get(start, EMPTY), "x-collection") is None:
                found[start] = resource
    named = {one.collection: one for one in found.values()}
    more = (
        (path, named.get(_mark(item, "x-collection"))) for path, item in paths.items() if path not in found
    )
    return found | {path: resource for path, resource in more if resource}


def _resource(spec: Spec, path: str, shown: Iterable[Operation]) -> Resource | None:
    operation = next(iter(shown), None)
    answering = answers_of(spec, operation)[0] if operation else None
    if answering is None or not answering.is_json:
        return None
    item, parameters = spec.document["paths"][path], tuple(parameter_names(path))
    named = _mark(item, "x-key") or parameters[-1]
    schema, _ = record_schema(spec.document, answering.schema, named)
    key = _key_member(spec.document, schema, named)
    collection = _mark(item, "x-collection") or collection_name(path)
    return Resource(path, collection, parameters, key, named, schema, spec.document) if key else None


def record_schema(document: Document, schema: Document, named: str) -> tuple[Document, str]:
    """The schema of a record in an answer, and the member of the envelope around it; "" for none."""
    node = merged(document, schema)
    if _key_member(document, schema, named):
        return schema, ""
    for name, one in node.get("properties", EMPTY).items():
        if _key_member(document, one, named):
            return one, name
    return schema, ""


def _key_member(document: Document, schema: Document, named: str) -> str:
    """The member of a record that is its key, a single value; at last one that `named` ends with."""
    known = {
        name: node
        for name, one in merged(document, schema).get("properties", EMPTY).items()
        if (node := merged(document, one)).get("type") not in ("object", "array") and "properties" not in node
    }
    ends = (name for name in known if plain(name) and plain(named).endswith(plain(name)))
    return key_member({"properties": known}, named) or next(ends, "")


def batch_resource(spec: Spec, operation: Operation, resources: Mapping[str, Resource]) -> Resource | None:
    """The resource that a batch makes records of, by its collection, else its own; None without a key."""
    batch = operation.batch
    if batch is None or len(batch.key) != 1:
        return None
    known = next((one for one in resources.values() if one.collection == batch.collection), None)
    parameters = (*parameter_names(operation.path), batch.key[0])
    schema = _item_schema(spec, operation)
    return known or Resource(
        operation.path, batch.collection, parameters, batch.key[0], batch.key[0], schema, spec.document
    )


def _item_schema(spec: Spec, operation: Operation) -> Document:
    node: Document = next((one.schema for one in operation.bodies if one.name.endswith("json")), EMPTY)
    for step in operation.batch.items if operation.batch else ():
        node = merged(spec.document, node).get("properties", EMPTY).get(step, EMPTY)
    found: Document = merged(spec.document, node).get("items", EMPTY)
    return found


def _mark(item: Document, name: str) -> Any:
    """The extension of a path item, or of the first of its operations that has it; None without."""
    nodes: Iterable[Document] = (item, *(item[method] for method in METHODS if method in item))
    return next((node[name] for node in nodes if name in node), None)
