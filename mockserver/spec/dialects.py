"""Convert schemas of OpenAPI 3.1, and schemas with mistakes, to OpenAPI 3.0.

Keywords that 3.0 lacks become combinations of keywords of 3.0: `const` becomes an `enum` with one value, `if`
becomes two alternatives, `dependentRequired` becomes a choice. `patternProperties` stays and `prefixItems`
becomes `x-prefix-items`, because our validators know these two keywords.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any
from warnings import catch_warnings

import jsonschema_rs
from msgspec import Struct, field

from mockserver.codec.json import parse_decimal
from mockserver.errors import SpecError
from mockserver.model import Document, Json
from mockserver.spec.patterns import MOST_BACKTRACKS, foreign_pattern, is_straight
from mockserver.spec.schema import format_check
from mockserver.spec.source_files import listed, members, texts

PREFIX_ITEMS = "x-prefix-items"
_DEEPEST = 60
_LARGEST = 100_000
"""Maximum value of `minLength`, `minItems` and `minProperties`; a higher minimum is lowered to this value."""

_TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object"})
_FORMATS = ("date", "uuid", "email", "uri", "byte", "binary", "date-time")
_OTHER_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("int", "long", "int32", "int64", "short", "bigint"), "integer"),
    **dict.fromkeys(("float", "double", "decimal", "numeric", "money"), "number"),
    **dict.fromkeys(("str", "text", "char", "varchar", "enum", "file", "datetime", "timestamp"), "string"),
    **dict.fromkeys(_FORMATS, "string"),
    **dict.fromkeys(("list", "tuple", "set"), "array"),
    **dict.fromkeys(("dict", "map", "hash", "struct"), "object"),
    "bool": "boolean",
}
_FORMATS_OF_TYPES: Mapping[str, str] = {
    **{name: name for name in _FORMATS},
    **dict.fromkeys(("datetime", "timestamp"), "date-time"),
    "file": "binary",
}
"""Format by type, for types that OpenAPI lacks but vendors write; `_OTHER_NAMES` has OpenAPI's type."""

_TEXTS = frozenset({"title", "description", "format"})
_TRUTHS = frozenset({"readOnly", "writeOnly", "deprecated", "uniqueItems"})
_SIZES = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"})
_VERBATIM = frozenset({"default", "example"})
_OBJECTS = frozenset({"externalDocs", "xml", "x-xml"})
_COMBINED = ("allOf", "anyOf", "oneOf")
_REFUSING_NULL = frozenset({"$ref", "not", *_COMBINED})
_BESIDE_REFERENCE = frozenset({"description", "summary", "title", "example", "examples", "$comment"})
"""Keywords beside a `$ref` that do not change which values are valid."""

_PLAIN = frozenset(
    {"title", "description", "format", "type", "readOnly", "writeOnly", "deprecated", "example", "default"}
)
NULL: Document = {"type": "string", "nullable": True, "enum": [None]}
"""Schema that accepts only null."""

NO_VALUE = "x-no-value"
"""Mark of a schema that, as it is written, accepts no value: a list with an `enum` of other values."""

Tell = Callable[..., None]
"""A function that stores a note, message and cure, on what was changed in the schema that is being read."""

_DELIMITED = re.compile(r"/(.*)/([a-z]*)", re.DOTALL)
_PIECES = re.compile(r"(\\.(?:\{\w+\})?|\[(?:\[:\w+:\]|\\.|[^\]])*\]|\{[^}]*\}|\(\?P?[<=!:]?)")
"""Escapes, brackets, counts and the beginnings of groups; letters outside them stand for themselves."""

_CLASSES: Mapping[str, str] = {
    **dict.fromkeys(("\\p{L}", "\\p{Letter}", "[:alpha:]"), "a-zA-ZÀ-ɏ"),
    **dict.fromkeys(("\\p{Lu}", "[:upper:]"), "A-Z"),
    **dict.fromkeys(("\\p{Ll}", "[:lower:]"), "a-z"),
    **dict.fromkeys(("\\p{N}", "[:digit:]"), "0-9"),
    **dict.fromkeys(("\\h", "[:xdigit:]"), "0-9a-fA-F"),
    "[:alnum:]": "a-zA-Z0-9",
}
_ANCHORS: Mapping[str, str] = {"\\A": "^", "\\Z": "$", "\\z": "$"}


class SchemaDialect(Struct):
    """Converter of schemas to OpenAPI 3.0."""

    refer: Callable[[str], dict[str, Any]]
    """Returns the schema that replaces a reference; {} if the reference is broken."""
    find_mapped: Callable[[str], str]
    """Returns the reference for a value of a discriminator's mapping; "" if that value leads to no schema."""
    tell: Tell
    scopes: list[Document] = field(default_factory=list)
    """The schemas around the schema that is being read, for references to their `$defs`."""
    limited: set[str] = field(default_factory=set)
    """The patterns whose searches may be cut."""

    def read(self, node: Json) -> dict[str, Any]:
        """Return the schema, converted to OpenAPI 3.0."""
        if not isinstance(node, dict):
            if node is not True:
                self.tell(f"a schema is {'false' if node is False else node}, not an object")
            return {"not": {}} if node is False else {}
        if str(node.get("type")) in _TYPES and "nullable" not in node and node.keys() <= _PLAIN:
            return self._with_plain_texts(dict(node))
        if isinstance(node.get("$ref", node.get("$dynamicRef")), str):
            return self._reference(node)
        if len(self.scopes) > _DEEPEST:
            raise SpecError(f"a schema is nested deeper than {_DEEPEST} levels", cure="name its parts")
        self.scopes.append(node)
        try:
            return self._schema(node)
        finally:
            self.scopes.pop()

    def _with_plain_texts(self, node: dict[str, Any]) -> dict[str, Any]:
        for name in ("description", "title", "format"):
            if name in node and not isinstance(node[name], str):
                del node[name]
        _drop_broken_format(node)
        return node

    def _reference(self, node: Document) -> dict[str, Any]:
        reference = self.refer(node.get("$ref", node.get("$dynamicRef")))
        rest = {name: value for name, value in node.items() if name not in ("$ref", "$dynamicRef")}
        rest.pop("type", None)  # OpenAPI 3.0 ignores the type, which may differ from the target's
        if not rest.keys() - _BESIDE_REFERENCE or not reference:
            return reference
        return self._schema({**rest, "allOf": [*listed(rest.get("allOf")), _Read(reference)]})

    def _schema(self, node: Document) -> dict[str, Any]:
        made: dict[str, Any] = {}
        values = node.get("enum")
        if node.get("type") == "array" and _are_of_elements(values):
            self.tell("enum: no list is one of its values; they are read as those of the elements")
            made[NO_VALUE] = True
            items = node.get("items")
            items = {"enum": values, **items} if isinstance(items, dict) and "$ref" not in items else items
            node = {**{name: one for name, one in node.items() if name != "enum"}, "items": items}
        nullable = node.get("nullable", node.get("x-nullable")) is True
        nullable = self._read_type(node, made) or nullable
        for name, value in node.items():
            self._read_word(name, value, made)
        self._read_bounds(node, made)
        self._read_values(node, made, nullable=nullable)
        self._read_members(node, made)
        self._read_elements(node, made)
        made.setdefault("allOf", []).extend(self._conditions(node))
        for name in _COMBINED:
            parts = [one if isinstance(one, _Read) else self.read(one) for one in listed(node.get(name))]
            parts = [*made.pop(name, ()), *parts]
            if parts:
                made[name] = parts
        if "discriminator" in made and "oneOf" in made:
            # The discriminator tells the choice, so that a value may fit other choices too.
            made.setdefault("anyOf", made.pop("oneOf"))
        if "not" in node:
            made["not"] = self.read(node["not"])
        _drop_broken_format(made)
        return _with_null(made) if nullable else made

    def _read_type(self, node: Document, made: dict[str, Any]) -> bool:
        """Read the type into `made`; return whether null is a type of the schema."""
        kinds = node.get("type")
        if kinds is None:
            return False
        named = [str(kind).lower() for kind in (kinds if isinstance(kinds, list) else [kinds])]
        unknown = [one for one in named if one not in _TYPES and one not in _OTHER_NAMES]
        for one in set(unknown) - {"any", "null", "mixed"}:
            self.tell(f"type: {one} is not a type, any value is accepted")
        schemas = [_schema_of_type(one) for one in named if one not in unknown]
        if schemas == [] and named == ["null"]:
            made["enum"] = [None]
            made["type"] = "string"
        if len(schemas) == 1 and not set(unknown) - {"null"}:
            made |= schemas[0]
        elif len(schemas) > 1 and not set(unknown) - {"null"}:
            # Inside `allOf`, because the schema may have an `anyOf` of its own.
            choice = [*schemas, NULL] if "null" in named else schemas
            made["allOf"] = [{"anyOf": choice}]
        return "null" in named

    def _read_word(self, name: str, value: Json, made: dict[str, Any]) -> None:
        """Read a keyword into `made` if the keyword does not depend on other keywords."""
        is_kept = (name in _TEXTS and isinstance(value, str)) or (name in _TRUTHS and value is True)
        if name in _OBJECTS:
            if isinstance(value, dict):
                made[name] = {part: one for part, one in value.items() if isinstance(one, str | bool)}
        elif is_kept or name in _VERBATIM or (name.startswith("x-") and name != PREFIX_ITEMS):
            made[name] = value
        elif name in _SIZES:
            if (size := _number(value)) is not None and size >= 0:
                made[name] = min(int(size), _LARGEST) if name.startswith("min") else int(size)
        elif name == "pattern":
            self._read_pattern(value, made)
        elif name == "discriminator":
            self._read_discriminator(value, made)
        elif name == "examples" and isinstance(value, list) and value:
            made.setdefault("example", value[0])
        elif name == "contentEncoding":
            made.setdefault("format", "byte")

    def _read_pattern(self, value: Json, made: dict[str, Any]) -> None:
        pattern = usual_pattern(value) if isinstance(value, str) else None
        if pattern is None:
            self.tell(f"pattern: {value} cannot be read, any text is taken")
        elif pattern:
            made["pattern"] = pattern
            self._tell_limit(pattern)

    def _tell_limit(self, text: str) -> None:
        """Tell once of a pattern whose search may be cut."""
        pattern = foreign_pattern(text)
        if text not in self.limited and pattern and pattern.backtracks and not is_straight(text):
            self.limited.add(text)
            self.tell(
                f"pattern: {text} is searched in at most {MOST_BACKTRACKS:,} steps; "
                "a text that needs more counts as valid"
            )

    def _read_discriminator(self, value: Json, made: dict[str, Any]) -> None:
        value = {"propertyName": value} if isinstance(value, str) else value
        if not isinstance(value, dict) or not isinstance(value.get("propertyName"), str):
            return
        mapping = value.get("mapping")
        made["discriminator"] = {"propertyName": value["propertyName"]}
        if isinstance(mapping, dict):
            read = {str(name): self._mapped(target) for name, target in mapping.items()}
            made["discriminator"]["mapping"] = {name: target for name, target in read.items() if target}

    def _mapped(self, target: Json) -> str:
        if not isinstance(target, str):
            return ""
        is_name = re.fullmatch(r"[\w.-]+", target) and not target.endswith((".yaml", ".yml", ".json"))
        return self.find_mapped(f"#/components/schemas/{target}" if is_name else target)

    def _read_bounds(self, node: Document, made: dict[str, Any]) -> None:
        for bound, exclusive, nearer in (
            ("minimum", "exclusiveMinimum", max),
            ("maximum", "exclusiveMaximum", min),
        ):
            limit, strict = _number(node.get(bound)), node.get(exclusive)
            beyond = None if isinstance(strict, bool) else _number(strict)
            if beyond is not None and (limit is None or nearer(beyond, limit) == beyond):
                made[bound], made[exclusive] = beyond, True
            elif limit is not None:
                made[bound] = limit
                if strict is True:
                    made[exclusive] = True
        step = _number(node.get("multipleOf"))
        if step is not None and step > 0:
            made["multipleOf"] = step

    def _read_values(self, node: Document, made: dict[str, Any], *, nullable: bool) -> None:
        values = [node["const"]] if "const" in node else node.get("enum")
        if not isinstance(values, list) or not values:
            return
        values = list(values)
        kind = made.get("type")
        if kind and values != [None] and not any(_is_of_type(one, kind) for one in values):
            same = [one for one in (_as_type(value, kind) for value in values) if one is not None]
            if same:
                values = same
            else:
                del made["type"]
        if None in values and kind and values != [None]:
            made["nullable"] = True
        elif values == [None]:
            made |= NULL
        if nullable and None not in values:
            values.append(None)
        made["enum"] = values

    def _read_members(self, node: Document, made: dict[str, Any]) -> None:
        members = node.get("properties")
        required = texts(node.get("required"))
        if isinstance(members, dict):
            made["properties"] = {str(name): self.read(one) for name, one in members.items()}
            marked = [
                name for name, one in members.items() if isinstance(one, dict) and one.get("required") is True
            ]
            required += [str(name) for name in marked]
        elif members is not None:
            self.tell(
                f"properties: {members} is no object, so it is ignored", "properties: {id: {type: string}}"
            )
        if required:
            made["required"] = list(dict.fromkeys(required))
        others = node.get("additionalProperties")
        if (
            others is None
            and node.get("unevaluatedProperties") is False
            and node.keys().isdisjoint(_COMBINED)
        ):
            others = False
        if others is not None:
            made["additionalProperties"] = others if isinstance(others, bool) else self.read(others)
        matched = node.get("patternProperties")
        if isinstance(matched, dict):
            made["patternProperties"] = {
                pattern: self.read(one)
                for name, one in matched.items()
                if (pattern := usual_pattern(str(name))) is not None
            }
            for pattern in made["patternProperties"]:
                self._tell_limit(pattern)

    def _read_elements(self, node: Document, made: dict[str, Any]) -> None:
        items = node.get("items")
        first = node.get("prefixItems", items if isinstance(items, list) else None)
        rest = items if not isinstance(items, list) else node.get("additionalItems", True)
        if isinstance(first, list) and first:
            made[PREFIX_ITEMS] = [self.read(one) for one in first]
            others = self.read(rest) if rest is not None else {}
            if rest is False:
                made["maxItems"] = min(len(first), made.get("maxItems", len(first)))
            made["items"] = {} if not others else {"anyOf": [*made[PREFIX_ITEMS], others]}
        elif items is not None:
            if items is False:
                made["maxItems"] = 0
            made["items"] = {} if isinstance(items, (bool, list)) else self.read(items)
        elif made.get("type") == "array":
            made["items"] = {}

    def _conditions(self, node: Document) -> list[dict[str, Any]]:
        """Return schemas for `if`, `dependentRequired`, `dependentSchemas` and `contains`."""
        found: list[dict[str, Any]] = []
        if "if" in node:
            condition = self.read(node["if"])
            then, otherwise = self.read(node.get("then", True)), self.read(node.get("else", True))
            yes, no = {"allOf": [condition, then]}, {"allOf": [{"not": condition}, otherwise]}
            found.append({"anyOf": [yes, no]})
        for name, needed in members(node.get("dependentRequired")).items():
            if others := texts(needed):
                found.append({"anyOf": [{"not": {"required": [name]}}, {"required": [name, *others]}]})
        for name, schema in members(node.get("dependentSchemas")).items():
            found.append({"anyOf": [{"not": {"required": [name]}}, self.read(schema)]})
        if "contains" in node and node.get("minContains") != 0:
            wanted = self.read(node["contains"])
            lacking = {"type": "array", "items": {"not": wanted}}
            found.append({"not": lacking})
        return found


def _schema_of_type(name: str) -> dict[str, Any]:
    made = {"type": _OTHER_NAMES.get(name, name)}
    return {**made, "format": _FORMATS_OF_TYPES[name]} if name in _FORMATS_OF_TYPES else made


class _Read(dict[str, Any]):
    """A schema that has been converted to OpenAPI 3.0."""


def _with_null(made: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that accepts what `made` accepts, and null."""
    if made.keys().isdisjoint(_REFUSING_NULL):
        return {**made, "nullable": True}
    outside = {"description", "title", "readOnly", "writeOnly", "deprecated", "example", "default"}
    kept = {name: value for name, value in made.items() if name in outside}
    inner = {name: value for name, value in made.items() if name not in outside}
    alone = [one for one in listed(inner.get("allOf")) if inner.keys() == {"allOf"}]
    return {**kept, "anyOf": [alone[0] if len(alone) == 1 else inner, dict(NULL)]}


def _number(value: Json) -> Decimal | int | float | None:
    """Return `value` if it is a number; convert a text that spells a number; else return None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            return parse_decimal(value)
        except ValueError:
            return None
    return value if isinstance(value, (int, float, Decimal)) else None


def _is_of_type(value: Json, kind: str) -> bool:
    if kind in ("integer", "number"):
        return isinstance(value, (int, Decimal, float)) and not isinstance(value, bool)
    kinds = {"string": str, "boolean": bool, "array": list, "object": dict}
    return isinstance(value, kinds[kind])


def _are_of_elements(values: Json) -> bool:
    """Return whether an `enum` beside the type of a list has no list, so that it means the elements."""
    return isinstance(values, list) and values != [None] and not any(isinstance(one, list) for one in values)


def _as_type(value: Json, kind: str) -> Json:
    """Return a value of an `enum` converted to the type beside the `enum`; None if that is impossible."""
    if kind == "string" and isinstance(value, (int, Decimal, bool)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if kind in ("integer", "number") and isinstance(value, str):
        number = _number(value)
        return int(number) if number is not None and kind == "integer" else number
    if kind == "boolean" and str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    return None


def _drop_broken_format(schema: dict[str, Any]) -> None:
    """Remove a format that the schema's own example breaks: the vendor means another format."""
    shown = schema.get("example")
    if isinstance(shown, str) and "format" in schema and not format_check(str(schema["format"]))(shown):
        del schema["format"]


@lru_cache(maxsize=4096)
def usual_pattern(pattern: str) -> str | None:
    """Return the pattern in a form that validators and Python read alike; None if there is no such form."""
    if _compiles(pattern):
        return pattern
    match = _DELIMITED.fullmatch(pattern)
    text, flags = (match[1], match[2]) if match else (pattern, "")
    flags += "".join(re.findall(r"\(\?([imsx]+)\)", text))
    text = re.sub(r"\(\?[imsx]+\)", "", text)
    text = re.sub(r"\(\?<([A-Za-z_]\w*)>", r"(?P<\1>", text)
    text = re.sub(r"([*+?]|\{\d+(?:,\d*)?\})\+", r"\1", text)
    pieces = _PIECES.split(text)
    text = "".join(
        _usual_piece(piece, any_case="i" in flags) if number % 2 else _letters(piece, any_case="i" in flags)
        for number, piece in enumerate(pieces)
    )
    return text if _compiles(text) else None


def _usual_piece(piece: str, *, any_case: bool) -> str:
    if piece in _CLASSES:
        return f"[{_CLASSES[piece]}]"
    if not piece.startswith("["):
        return _ANCHORS.get(piece, piece)
    for name, ranges in _CLASSES.items():
        piece = piece.replace(name, ranges)
    piece = "[" + re.sub(r"(?<!\\)\[", r"\\[", piece[1:])
    if any_case and "\\" not in piece:
        begin = "[^" if piece.startswith("[^") else "["
        # A hyphen at the end is itself; in the middle it would make a range.
        inner = piece[len(begin) : -1].removesuffix("-")
        return f"{begin}{inner.swapcase()}{piece[len(begin) :]}"
    return piece


def _letters(text: str, *, any_case: bool) -> str:
    both = r"[A-Za-z]" if any_case else r"(?!)"
    return re.sub(both, lambda letter: f"[{letter[0].lower()}{letter[0].upper()}]", text)


def _compiles(pattern: str) -> bool:
    try:
        if re.match(r"/.*/[a-z]*$", pattern):
            return False
        with catch_warnings(action="error"):
            re.compile(pattern)
        jsonschema_rs.Draft4Validator({"pattern": pattern})
    except (
        re.error,
        ValueError,
        RecursionError,
        OverflowError,
        FutureWarning,
        jsonschema_rs.ValidationError,
    ):
        return False
    return True


def anchors(document: Json) -> Iterator[tuple[str, Json]]:
    """Yield name and schema of each anchor in a document."""
    ahead = [document]
    while ahead:
        node = ahead.pop()
        if isinstance(node, dict):
            for word in ("$anchor", "$dynamicAnchor"):
                if isinstance(node.get(word), str):
                    yield node[word], node
            ahead += node.values()
        elif isinstance(node, list):
            ahead += node


def combined_parts(node: Document) -> Iterator[tuple[list[Any], int]]:
    """Yield list and index of each part of `allOf`, `anyOf` and `oneOf`; look into parts without `$ref`."""
    for word in ("allOf", "anyOf", "oneOf"):
        for place, part in enumerate(node.get(word, ())):
            yield node[word], place
            yield from combined_parts(part) if isinstance(part, dict) and "$ref" not in part else ()
