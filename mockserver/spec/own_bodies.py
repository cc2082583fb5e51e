"""Decoders of request bodies for users' own files (`Spec.is_own`): forms, XML and texts, typed by schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from mockserver.codec.form import nest, parse_pairs
from mockserver.codec.http import JSON_TYPE, parse_content_type
from mockserver.codec.multipart import parse_parts
from mockserver.errors import MalformedBody
from mockserver.model import EMPTY, Call, Document, Json, Value
from mockserver.spec.openapi import MediaType, Note, Operation
from mockserver.spec.schema_tree import SchemaTree
from mockserver.spec.text_values import SEPARATORS, TextReader, convert
from mockserver.spec.typed_xml import AnswerReader

DecodeBody = Callable[[Call, str, int], Json]
"""A function that decodes a call's body; it receives call, charset and maximum bytes of lenient JSON.

The call's assumptions apply. Raises MalformedBody; TakesLongError if lenient JSON has more bytes.
"""

_STRUCTURES = frozenset({"object", "array"})
_READINGS: Iterable[tuple[str, frozenset[str], Callable[[_OwnBody], DecodeBody]]] = (
    ("application/x-www-form-urlencoded", frozenset({"object"}), lambda one: one.form),
    ("multipart/form-data", frozenset({"object"}), lambda one: one.multipart),
    (".*[/+]xml", _STRUCTURES, lambda one: one.xml),
    ("text/plain", frozenset({"string", "integer", "number", "boolean"}), lambda one: one.text),
)
"""Patterns of media types, each with the JSON types that it can carry and its decoder."""


class _OwnBody(Value, frozen=True):
    schema: Document
    encoding: Mapping[str, Document]
    tree: SchemaTree

    def form(self, call: Call, charset: str, _most_bytes: int) -> Json:
        return self._nested(parse_pairs(call.body, charset))

    def multipart(self, call: Call, _charset: str, _most_bytes: int) -> Json:
        nodes = self.encoding.items()
        declared = {name: str(kinds) for name, one in nodes if (kinds := one.get("contentType"))}
        return self._nested(parse_parts(call.body, call.headers.get("content-type", ""), declared))

    def xml(self, call: Call, charset: str, _most_bytes: int) -> Json:
        try:
            return AnswerReader(self.tree, convert).read(call.body, self.schema, charset)
        except ValueError as error:
            raise MalformedBody(str(error)) from None

    def text(self, call: Call, charset: str, _most_bytes: int) -> Json:
        try:
            text = call.body.decode(charset)
        except (LookupError, UnicodeError) as error:
            raise MalformedBody(str(error)) from None
        return convert(text, self.tree.place((self.schema,)))

    def _nested(self, pairs: Iterable[tuple[str, str]]) -> Json:
        members = self.tree.place((self.schema,)).members
        tree = nest(pairs, members)
        for name, member in members.items():
            texts, separator = tree.get(name), self._separator(name)
            if separator and isinstance(texts, list) and "array" in self.tree.place(member.schemas).kinds:
                tree[name] = [part for text in texts for part in text.split(separator)]
        return TextReader(self.tree, reads_json=True).value(tree, (self.schema,))

    def _separator(self, name: str) -> str:
        """Return the separator of a list's elements; "" if each element is sent in its own field."""
        node = self.encoding.get(name, EMPTY)
        style = node.get("style", node.get("x-content", "form"))
        return "" if node.get("explode", style == "form") else SEPARATORS.get(style, "")


def body_content(operation: Operation, body: MediaType) -> Document:
    """Return what the operation declares for a media type; {} if it declares the body by reference."""
    found: Document = operation.node.get("requestBody", EMPTY).get("content", EMPTY).get(body.name, EMPTY)
    return found


def can_read(document: Document, operation: Operation, body: MediaType, *, is_own: bool) -> bool:
    """Return whether values of bodies can be read; the bodies of other media types are bytes."""
    content = body_content(operation, body)
    return body.coercion.get("format") != "octets" or (
        is_own and own_decoder(body.name, content, SchemaTree(document)) is not None
    )


def unread_bodies(document: Document, operations: Iterable[Operation]) -> list[Note]:
    """Return a note on each media type in which a file declares objects or lists, and which is not read."""
    tree, found = SchemaTree(document), dict[str, Note]()
    for operation, body in ((one, body) for one in operations for body in one.bodies):
        schema = body_content(operation, body).get("schema", EMPTY)
        is_read = can_read(document, operation, body, is_own=True)
        if not is_read and tree.place((schema,)).kinds & _STRUCTURES:
            message = f"{body.name} is not read, so that the bodies of {operation.id} are not checked"
            place = (*operation.place, "requestBody", "content", body.name)
            found.setdefault(body.name, Note(place, message, f"{JSON_TYPE}, if the API takes JSON too"))
    return [*found.values()]


def decode_as_sent(content: Document, tree: SchemaTree, otherwise: DecodeBody) -> DecodeBody:
    """Return a decoder for a range, such as `*/*`: forms, XML and texts are read as they are sent."""

    def decode(call: Call, charset: str, most_bytes: int) -> Json:
        sent = own_decoder(parse_content_type(call.headers)[0], content, tree)
        return (sent or otherwise)(call, charset, most_bytes)

    return decode


def own_decoder(name: str, content: Document, tree: SchemaTree) -> DecodeBody | None:
    """Return the decoder of a media type; None if `_READINGS` has none for the media type and its schema."""
    schema = content.get("schema", EMPTY)
    kinds = tree.place((schema,)).kinds
    body = _OwnBody(schema, content.get("encoding", EMPTY), tree)
    found = (make for pattern, known, make in _READINGS if re.fullmatch(pattern, name) and known & kinds)
    return next((make(body) for make in found), None)
