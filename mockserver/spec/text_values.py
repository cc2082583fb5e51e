"""Convert the texts of parameters and bodies to the types of their schemas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeAlias

from mockserver.codec import json
from mockserver.codec.json import NUMBER_PATTERN, parse_decimal
from mockserver.errors import MalformedBody
from mockserver.model import Json, Value
from mockserver.spec.schema_tree import SchemaPlace, Schemas, SchemaTree

Tree: TypeAlias = Mapping[str, Any] | list[str]
"""The texts that were sent under one name, or a tree for each member below that name."""

_SCALARS = ("integer", "number", "boolean")
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,40}\s*")
_BOOLEANS = {"true": True, "false": False}

SEPARATORS: Mapping[str, str] = {
    **dict.fromkeys(("simple", "form", "label", "matrix"), ","),
    "spaceDelimited": " ",
    "pipeDelimited": "|",
    "text/tab-separated-values": "\t",
}
"""Separators of the elements of a list that is not exploded, by style or media type."""


def convert_text(text: str, json_type: str) -> Json:
    """Return `text` as a value of `json_type`; return an unfit text unchanged: schema checks report it."""
    if json_type == "boolean":
        return _BOOLEANS.get(text.lower(), text)
    if json_type == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    if json_type == "number" and NUMBER_PATTERN.fullmatch(text):
        with suppress(ValueError):
            return parse_decimal(text.strip())
    return text


def convert(text: str, place: SchemaPlace) -> Json:
    """Return the text as integer, number or boolean if it fits a type of `place`, otherwise unchanged."""
    bare = text.strip()
    for kind in _SCALARS:
        if kind in place.kinds and (value := convert_text(bare, kind)) is not bare:
            return value
    return text


class TextReader(Value, frozen=True):
    """Reader of values that are sent as texts."""

    tree: SchemaTree
    reads_json: bool = False
    """Whether a text may be an object or a list in JSON."""

    def value(self, tree: Tree, schemas: Schemas) -> Json:
        place = self.tree.place(schemas)
        if not isinstance(tree, list):
            return self._structure(tree, place)
        if "array" in place.kinds and (len(tree) != 1 or place.kinds <= {"array", "object"}):
            whole = self._document(tree[0]) if len(tree) == 1 else None
            return whole if isinstance(whole, list) else [self.value([text], place.items) for text in tree]
        return self._document(tree[-1]) if "object" in place.kinds else convert(tree[-1], place)

    def _structure(self, tree: Mapping[str, Any], place: SchemaPlace) -> Json:
        if "object" not in place.kinds and all(not name or name.isdecimal() for name in tree):
            lists = (child if isinstance(child, list) else [child] for child in tree.values())
            return [
                self.value([one] if isinstance(one, str) else one, place.items)
                for children in lists
                for one in children
            ]
        return {
            name: self.value(child, place.members[name].schemas if name in place.members else place.others)
            for name, child in tree.items()
        }

    def _document(self, text: str) -> Json:
        if self.reads_json and text.lstrip().startswith(("{", "[")):
            with suppress(MalformedBody):
                return json.decode(text.encode())
        return text
