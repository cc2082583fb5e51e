"""Decoders of request bodies for users' own files (`Spec.is_own`): forms, XML and texts, typed by schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mockserver.codec.form import nest, parse_pairs
from mockserver.codec.multipart import parse_parts
from mockserver.errors import MalformedBody
from mockserver.model import EMPTY, Call, Document, Json, Value
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
    encoding: Json
    tree: SchemaTree

    def form(self, call: Call, charset: str, _most_bytes: int) -> Json:
        return self._nested(parse_pairs(call.body, charset))

    def multipart(self, call: Call, _charset: str, _most_bytes: int) -> Json:
        return self._nested(parse_parts(call.body, call.headers.get("content-type", "")))

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
        node: Any = self.encoding.get(name) if isinstance(self.encoding, Mapping) else None
        node = node if isinstance(node, Mapping) else EMPTY
        style = node.get("style", node.get("x-content", "form"))
        return "" if node.get("explode", style == "form") else SEPARATORS.get(style, "")


def own_decoder(name: str, content: Document, tree: SchemaTree) -> DecodeBody | None:
    """Return the decoder of a media type; None if `_READINGS` has none for the media type and its schema."""
    schema = content.get("schema", EMPTY)
    kinds = tree.place((schema,)).kinds
    body = _OwnBody(schema, content.get("encoding", EMPTY), tree)
    found = (make for pattern, known, make in _READINGS if re.fullmatch(pattern, name) and known & kinds)
    return next((make(body) for make in found), None)
