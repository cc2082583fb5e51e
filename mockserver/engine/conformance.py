"""Check replies against the vendor's spec: status, media type, schema and undeclared members."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from mockserver.codec import json
from mockserver.codec.http import is_server_problem, parse_content_type
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import MalformedBody, MethodNotAllowed, NotFound
from mockserver.model import Call, Document, Json, Path, Reply, pointer_of
from mockserver.spec import typed_xml
from mockserver.spec.openapi import Operation, resolve
from mockserver.spec.schema import COMMON_FORMATS, Schema, compile_schema
from mockserver.spec.xml import XML_MEDIA_TYPES, without_omitted

_COMBINING_KEYWORDS = ("allOf", "anyOf", "oneOf")


@dataclass(frozen=True, slots=True)
class _Declarations:
    members: dict[str, tuple[Document, ...]]
    others: tuple[Document, ...]
    elements: tuple[Document, ...]
    allows_any_member: bool


@dataclass(frozen=True, slots=True)
class DeclaredMembers:
    """The members that the schema `node` of `document` names; its places are read on first use."""

    document: Document
    node: Document
    places: dict[tuple[int, ...], _Declarations] = field(default_factory=dict)

    def undeclared(self, value: Json) -> Iterator[Path]:
        return self._undeclared((self.node,), value, ())

    def _undeclared(self, schemas: tuple[Document, ...], value: Json, path: Path) -> Iterator[Path]:
        if not isinstance(value, (dict, list)):
            return
        known = tuple(map(id, schemas))
        place = self.places.get(known) or self.places.setdefault(known, self._place(schemas))
        if isinstance(value, list):
            for index, child in enumerate(value):
                yield from self._undeclared(place.elements, child, (*path, index))
            return
        for name, child in value.items():
            if inner := place.members.get(name, place.others):
                yield from self._undeclared(inner, child, (*path, name))
            elif not place.allows_any_member:
                yield (*path, name)

    def _place(self, schemas: tuple[Document, ...]) -> _Declarations:
        parts = [part for schema in schemas for part in self._parts(schema)]
        members: dict[str, tuple[Document, ...]] = {}
        for part in parts:
            for name, schema in part.get("properties", {}).items():
                members[name] = (*members.get(name, ()), schema)
        others = tuple(
            part["additionalProperties"]
            for part in parts
            if isinstance(part.get("additionalProperties"), dict)
        )
        elements = tuple(part["items"] for part in parts if "items" in part)
        free = not (members or others) or any(map(_allows_any_member, parts))
        return _Declarations(members, others, elements, free)

    def _parts(self, schema: Any) -> Iterator[Document]:
        node = resolve(self.document, schema)
        yield node
        for keyword in _COMBINING_KEYWORDS:
            for part in node.get(keyword, ()):
                yield from self._parts(part)


def _allows_any_member(part: Document) -> bool:
    """Whether the part alone allows any object; one that requires members does not."""
    if "additionalProperties" in part:
        return part["additionalProperties"] is True
    named = ("properties", "required", *_COMBINING_KEYWORDS)
    return part.get("type") == "object" and not any(name in part for name in named)


_MAX_REPORTED = 5


@dataclass(frozen=True, slots=True)
class ReplyConformance:
    """Conformance of replies with one vendor's spec; schemas are compiled on first use.

    Each stands beside the members that it names.
    """

    vendor: LoadedVendor
    schemas: dict[tuple[str, str, str], tuple[Schema, DeclaredMembers]] = field(default_factory=dict)

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation that answers `method` on `path`, in the spec's form; None for none."""
        try:
            return self.vendor.spec.match(method, path).operation
        except (NotFound, MethodNotAllowed):
            return None

    def find_violation(self, method: str, path: str, reply: Reply, *, closed: bool = False) -> str:
        """How the answer violates the spec, "" if it does not.

        `closed` also reports members that the spec does not name. Answers outside every operation, and this
        server's own problem documents, are not checked.
        """
        operation = self.operation(method, path)
        if operation is None or is_server_problem(reply):
            return ""
        where = f"{operation.id}: {reply.status}"
        named = (str(reply.status), f"{reply.status // 100}XX", "default")
        status = next((name for name in named if name in operation.responses), "")
        if not status:
            return f"{where} is not in the spec"
        if not reply.body:
            return ""
        media_type, charset = parse_content_type({"content-type": reply.media_type or ""})
        declared_type = next(
            (one for one in operation.responses[status] if fnmatchcase(media_type, one)), None
        )
        if declared_type is None:
            return f"{where} as {media_type or 'no media type'} is not in the spec"
        place = (operation.id, status, declared_type)
        problems = self._problems(place, charset, reply.body, closed=closed)
        return f"{where}: {'; '.join(problems)}" if problems else ""

    def _problems(self, place: tuple[str, str, str], charset: str, body: bytes, *, closed: bool) -> list[str]:
        if place not in self.schemas:
            schema_of_place = self._schema(*place)
            self.schemas[place] = (
                schema_of_place,
                DeclaredMembers(schema_of_place.document, schema_of_place.node),
            )
        schema, declared = self.schemas[place]
        try:
            value = _decode_body(body, charset, place[-1], schema)
            problems = schema.problems(value)
        except (MalformedBody, ValueError) as error:
            return [str(error)]
        messages = [f"{one.pointer}: {one.detail}" for one in problems]
        if closed:
            beyond = [
                f'{pointer_of(path)}: "{path[-1]}" is not expected' for path in declared.undeclared(value)
            ]
            messages += [one for one in beyond if one not in messages]
        return messages[:_MAX_REPORTED] + (
            [f"{len(messages) - _MAX_REPORTED} more"] if len(messages) > _MAX_REPORTED else []
        )

    def _schema(self, operation_id: str, status: str, media_type: str) -> Schema:
        document = self.vendor.spec.document
        if media_type in XML_MEDIA_TYPES:
            document = without_omitted(document)
        operation = self.vendor.spec.operations[operation_id]
        response = resolve(document, document["paths"][operation.path][operation.method]["responses"][status])
        schema = response["content"][media_type].get("schema", {})
        return compile_schema(document, schema, {**COMMON_FORMATS, **self.vendor.vendor.formats})


@dataclass(frozen=True, slots=True)
class ConformanceChecker:
    """The contracts of all vendors, by name."""

    by_vendor: dict[str, ReplyConformance]

    @classmethod
    def of(cls, served: Iterable[LoadedVendor]) -> ConformanceChecker:
        return cls({vendor.name: ReplyConformance(vendor) for vendor in served})

    def find_violation(self, call: Call, reply: Reply) -> str:
        """How an answer that a rule changed violates the vendor's closed spec, "" if it does not."""
        return self.by_vendor[call.vendor].find_violation(call.method, call.path, reply, closed=True)


def _decode_body(body: bytes, charset: str, media_type: str, schema: Schema) -> Json:
    if media_type in XML_MEDIA_TYPES:
        return typed_xml.read(body, schema.node, schema.document, charset)
    if "json" in media_type:
        return json.decode(body, charset)
    try:
        return json.decode(body, charset)
    except MalformedBody:
        return json.to_utf_8(body, charset).decode(errors="replace")
