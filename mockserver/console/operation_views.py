"""What a page shows of the operations of an OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec

from mockserver.codec import json
from mockserver.console.sample_values import sample_body
from mockserver.console.schema_views import Kind, Member, SchemaViews
from mockserver.model import Document, Json
from mockserver.spec.openapi import METHODS, resolve

_FORM = "application/x-www-form-urlencoded"
_MAX_EXAMPLE = 8_000


@dataclass(frozen=True, slots=True)
class ParameterView:
    """A parameter of an operation: `place` is OpenAPI's `in`."""

    name: str
    place: str
    is_required: bool
    kind: Kind
    limits: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class BodyView:
    """A body: its media types, which have one schema, the members not shown elsewhere, an example."""

    media_types: tuple[str, ...]
    kind: Kind
    members: tuple[Member, ...]
    example: str


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer to a call: status, what it means, and the kind of its body."""

    status: str
    description: str
    kind: Kind | None


@dataclass(frozen=True, slots=True)
class OperationView:
    """An operation; `batch` says how its items are judged, "" where it has none."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    is_deprecated: bool
    batch: str
    parameters: tuple[ParameterView, ...]
    bodies: tuple[BodyView, ...]
    answers: tuple[AnswerView, ...]
    refusals: tuple[AnswerView, ...]


@dataclass(frozen=True, slots=True)
class OperationGroup:
    """Operations of one tag."""

    name: str
    description: str
    operations: tuple[OperationView, ...]


@dataclass(frozen=True, slots=True)
class NamedSchema:
    """A schema of the document with its members; one without members says its kind alone."""

    name: str
    description: str
    kind: Kind
    limits: tuple[str, ...]
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class ContractView:
    """A document as a page shows it."""

    groups: tuple[OperationGroup, ...]
    schemas: tuple[NamedSchema, ...]


def view_contract(document: Document) -> ContractView:
    """Return the operations of a document by tag, in its order, and its schemas."""
    schemas = SchemaViews(document)
    named = document.get("components", {}).get("schemas", {})
    return ContractView(
        groups=tuple(_groups(document, schemas)),
        schemas=tuple(_named_schema(schemas, name, node) for name, node in named.items()),
    )


def _groups(document: Document, schemas: SchemaViews) -> Iterator[OperationGroup]:
    described = {tag["name"]: str(tag.get("description", "")) for tag in document.get("tags", ())}
    found: dict[str, list[OperationView]] = {name: [] for name in described}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                tag = str(next(iter(item[method].get("tags", ())), "Operations"))
                found.setdefault(tag, []).append(_operation(schemas, item, path, method))
    for name, operations in found.items():
        if operations:
            yield OperationGroup(name, described.get(name, ""), tuple(operations))


def _operation(schemas: SchemaViews, item: Document, path: str, method: str) -> OperationView:
    node = item[method]
    batch = node.get("x-batch")
    answers = [_answer(schemas, str(status), one) for status, one in node["responses"].items()]
    return OperationView(
        id=node["operationId"],
        method=method.upper(),
        path=path,
        summary=str(node.get("summary", "")),
        description=str(node.get("description", "")),
        is_deprecated=bool(node.get("deprecated")),
        batch="" if batch is None else str(batch.get("atomicity", "per-item")).replace("-", " "),
        parameters=tuple(_parameters(schemas, (*item.get("parameters", ()), *node.get("parameters", ())))),
        bodies=tuple(_bodies(schemas, resolve(schemas.document, node.get("requestBody", {})))),
        answers=tuple(one for one in answers if one.status[0] in "123"),
        refusals=tuple(one for one in answers if one.status[0] not in "123"),
    )


def _parameters(schemas: SchemaViews, nodes: Iterable[Document]) -> Iterator[ParameterView]:
    for node in (resolve(schemas.document, one) for one in nodes):
        schema = node.get("schema", {})
        yield ParameterView(
            name=node["name"],
            place=node["in"],
            is_required=bool(node.get("required")),
            kind=schemas.kind(schema),
            limits=schemas.limits(schema),
            description=str(node.get("description", "")),
        )


def _bodies(schemas: SchemaViews, node: Mapping[str, Any]) -> Iterator[BodyView]:
    """Yield each schema once, with all media types that have it."""
    by_schema: dict[str, list[str]] = {}
    for media_type, content in node.get("content", {}).items():
        by_schema.setdefault(str(content.get("schema", {})), []).append(media_type)
    for names in by_schema.values():
        content = node["content"][names[0]]
        kind = schemas.kind(content.get("schema", {}))
        sample = sample_body(schemas.document, content)
        members = () if kind.name else schemas.members(content.get("schema", {}))
        yield BodyView(tuple(names), kind, members, _example_text(names[0], sample))


def _example_text(media_type: str, sample: Json) -> str:
    if isinstance(sample, str):
        text = sample
    elif media_type == _FORM and isinstance(sample, dict):
        text = urlencode(sample)
    else:
        text = msgspec.json.format(json.encode(sample), indent=2).decode()
    return text if len(text) <= _MAX_EXAMPLE else f"{text[:_MAX_EXAMPLE]}\n…"


def _answer(schemas: SchemaViews, status: str, node: Document) -> AnswerView:
    found = resolve(schemas.document, node)
    content = next(iter(found.get("content", {}).values()), None)
    kind = None if content is None else schemas.kind(content.get("schema", {}))
    return AnswerView(status, str(found.get("description", "")), kind)


def _named_schema(schemas: SchemaViews, name: str, node: Document) -> NamedSchema:
    described = str(resolve(schemas.document, node).get("description", ""))
    return NamedSchema(name, described, schemas.kind(node), schemas.limits(node), schemas.members(node))
