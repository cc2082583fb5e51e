"""Check replies against the vendor's spec: status, media type, schema and undeclared members."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from msgspec import field

from mockserver.codec import json
from mockserver.codec.http import is_json_type, is_server_problem, parse_content_type
from mockserver.codec.lines import read_lines
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import MalformedBody, MethodNotAllowed, NotFound
from mockserver.model import Call, Json, Reply, Value, pointer_of
from mockserver.spec import typed_xml
from mockserver.spec.openapi import Operation, has_lines, resolve
from mockserver.spec.schema import COMMON_FORMATS, Schema, compile_answer
from mockserver.spec.schema_tree import SchemaTree
from mockserver.spec.xml import XML_MEDIA_TYPES, without_omitted

_MAX_REPORTED = 5
_MOST_BYTES = 4 << 20
"""Bytes of an answer above which its body is not checked: no other call is answered while it is decoded."""


class ReplyConformance(Value, frozen=True):
    """Conformance of replies with one vendor's spec."""

    vendor: LoadedVendor
    schemas: dict[tuple[str, str, str], tuple[Schema, SchemaTree]] = field(default_factory=dict)
    """Schemas, compiled on first use, each with the tree of its document."""

    def operation(self, method: str, path: str) -> Operation | None:
        """Return the operation that answers `method` on `path`, or None if no operation does."""
        try:
            return self.vendor.spec.match(method, path).operation
        except (NotFound, MethodNotAllowed):
            return None

    def find_violation(self, method: str, path: str, reply: Reply, *, closed: bool = False) -> str:
        """Return how the answer violates the spec, or "" if the answer conforms.

        If `closed`, members that the spec does not declare are violations. Answers outside every operation,
        this server's own problem documents, and bodies of more than 4 MiB are not checked.
        """
        operation = self.operation(method, path)
        if operation is None or is_server_problem(reply):
            return ""
        where = f"{operation.id}: {reply.status}"
        status = operation.declared_key(reply.status)
        if not status:
            return f"{where} is not in the spec"
        if not 0 < len(reply.body) <= _MOST_BYTES:
            return ""
        media_type, charset = parse_content_type({"content-type": reply.media_type or ""})
        declared_type = next(
            (one for one in operation.contents(status) if fnmatchcase(media_type, one)), None
        )
        if declared_type is None:
            return f"{where} as {media_type or 'no media type'} is not in the spec"
        place = (operation.id, status, declared_type)
        problems = self._problems(place, charset, reply.body, closed=closed)
        return f"{where}: {'; '.join(problems)}" if problems else ""

    def _problems(self, place: tuple[str, str, str], charset: str, body: bytes, *, closed: bool) -> list[str]:
        if place not in self.schemas:
            schema = self._schema(*place)
            self.schemas[place] = schema, SchemaTree(schema.document)
        schema, tree = self.schemas[place]
        try:
            content = self.vendor.spec.operations[place[0]].contents(place[1])[place[-1]]
            value = _decode_body(body, charset, place[-1], schema, lines=has_lines(content))
            problems = schema.problems(value)
        except (MalformedBody, ValueError) as error:
            return [str(error)]
        messages = [f"{one.pointer}: {one.detail}" for one in problems]
        if closed:
            strangers = tree.undeclared(value, (schema.node,))
            beyond = [f'{pointer_of(path)}: "{path[-1]}" is not expected' for path in strangers]
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
        formats = {**COMMON_FORMATS, **self.vendor.vendor.formats}
        return compile_answer(document, response["content"][media_type], formats)


def conformance_check(served: Iterable[LoadedVendor]) -> Callable[[Call, Reply], str]:
    """Return a function that calls `find_violation`, with `closed`, for the vendor of a call."""
    by_vendor = {vendor.name: ReplyConformance(vendor) for vendor in served}

    def find_violation(call: Call, reply: Reply) -> str:
        return by_vendor[call.vendor].find_violation(call.method, call.path, reply, closed=True)

    return find_violation


def _decode_body(body: bytes, charset: str, media_type: str, schema: Schema, *, lines: bool) -> Json:
    if media_type in XML_MEDIA_TYPES:
        return typed_xml.read(body, schema.node, schema.document, charset)
    if lines:
        return [line.value for line in read_lines(body, charset)]
    if is_json_type(media_type):
        return json.decode(body, charset)
    try:
        return json.decode(body, charset)
    except MalformedBody:
        return json.to_utf_8(body, charset).decode(errors="replace")
