"""Read the parameters of an operation by their types, in users' own files (`Spec.is_own`) also by style."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias
from urllib.parse import parse_qsl, unquote

from mockserver.codec import json
from mockserver.codec.form import nest
from mockserver.codec.http import is_json_type
from mockserver.errors import MalformedBody
from mockserver.model import EMPTY, Call, Document, Json, Path, Problem, Value
from mockserver.spec.openapi import Operation, Parameter, Spec, resolve
from mockserver.spec.schema import Schema, SchemaCompiler
from mockserver.spec.schema_tree import SchemaPlace, SchemaTree
from mockserver.spec.text_values import SEPARATORS, TextReader, Tree, convert_text

USUAL_STYLES = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}
_PLAIN_PLACES = ("path", "header", "query")
"""OpenAPI's `in` of the parameters that are read by their types, in the order of their problems."""

_PREFIXES = {"label": ".", "matrix": ";"}
_EXPLODED = {"simple": ",", "label": ".", "matrix": ";"}

Pairs: TypeAlias = Sequence[tuple[str, str]]
"""Names and texts that a call sends in one place, such as its query, in their order."""


class _Sent(NamedTuple):
    """The parameters of one call."""

    path: Mapping[str, str]
    headers: Mapping[str, str]
    """Headers by name in lower case."""
    query: Pairs
    named: Mapping[str, list[str]]
    """Texts in the query, by the declared name of their parameter."""

    def pairs(self, place: str) -> Pairs:
        """Return names and texts in query, path or headers; for cookies, the header `cookie` as one text."""
        if place == "query":
            return self.query
        if place == "cookie":
            return [("cookie", self.headers.get("cookie", ""))]
        return [*(self.path if place == "path" else self.headers).items()]

    def texts(self, place: str, name: str) -> Sequence[str]:
        """Return the texts of a parameter in the query, the path or the headers."""
        if place == "query":
            return self.named.get(name, ())
        text = (self.path if place == "path" else self.headers).get(name)
        return () if text is None else (text,)


class _MisspelledError(Exception):
    """A text is not in the style of its parameter."""


class _StyledReader(Value, frozen=True):
    """Reader of one parameter by its style."""

    parameter: Parameter
    style: str
    place: SchemaPlace
    schema: Schema
    texts: TextReader
    others: frozenset[str]
    """Names of all parameters in the place (query, header …) of this parameter."""

    @property
    def path(self) -> Path:
        return self.parameter.place, self.parameter.name

    def read(self, sent: _Sent) -> tuple[Json, Sequence[Problem]] | None:
        """Return the value and its problems; None if the parameter is not sent."""
        pairs = sent.pairs(self.parameter.place)
        if self.parameter.place == "cookie":
            pairs = self._cookies(pairs)
        own = _name_in(self.parameter.place, self.parameter.name)
        found = [text for name, text in pairs if name == own]
        if is_json_type(self.parameter.content):
            return self._read_json(found[-1]) if found else None
        if self.style not in SEPARATORS and self.style != "deepObject":
            return (found[-1], ()) if found else None  # a document whose media type is not checked
        try:
            tree = self._tree(pairs, found)
        except _MisspelledError:
            detail = f"{self.parameter.name} is not in the style {self.style}"
            return found[-1], [Problem("bad-format", self.path, detail, "style", self.style, found[-1])]
        return None if tree is None else self._judge(tree)

    def _cookies(self, sent: Pairs) -> Pairs:
        """Return the cookies; an exploded list or object may be sent in one cookie (`a=1&a=2`) or several."""
        mark = ";|&" if self.parameter.explode and self._is_structure else ";"
        texts = (one.strip().partition("=") for _, header in sent for one in re.split(mark, header))
        return [(name, unquote(text)) for name, _, text in texts]

    def _read_json(self, text: str) -> tuple[Json, Sequence[Problem]]:
        try:
            value = json.decode(text.encode())
            json.check_depth(value)
        except MalformedBody as error:
            detail = f"{self.parameter.name} is not JSON: {error}"
            return text, [Problem("bad-format", self.path, detail, "format:json", "json", text)]
        return value, self.schema.problems(value, self.path)

    def _judge(self, tree: Tree) -> tuple[Json, Sequence[Problem]]:
        value = self.texts.value(tree, (self.parameter.schema,))
        as_sent = tree[0] if isinstance(tree, list) and len(tree) == 1 else value
        valid = next((one for one in (value, as_sent) if self.schema.accepts(one)), None)
        return (value, self.schema.problems(value, self.path)) if valid is None else (valid, ())

    @property
    def _is_object(self) -> bool:
        return "object" in self.place.kinds

    @property
    def _is_structure(self) -> bool:
        return not self.place.kinds.isdisjoint(("object", "array"))

    def _tree(self, sent: Pairs, found: list[str]) -> Tree | None:
        name = self.parameter.name
        if self.style == "deepObject":
            return nest((key, text) for key, text in sent if f"{key}[".startswith(f"{name}[")).get(name)
        is_spread = self.parameter.explode and self.parameter.place in ("query", "cookie")
        if is_spread and self._is_object:
            members = nest((key, text) for key, text in sent if self._has_member(key))
            return members if members or self.parameter.required else None  # {} is sent as nothing
        if not found or (is_spread and self._is_structure):
            return found or None
        return self._spelled(found)

    def _has_member(self, name: str) -> bool:
        is_free = bool(self.place.others) or not self.place.members
        return name in self.place.members or (is_free and name not in self.others)

    def _spelled(self, found: list[str]) -> Tree:
        """Return the parts of a value that is sent as one text. Raises _MisspelledError."""
        separator, is_exploded = SEPARATORS[self.style], self.parameter.explode
        # Generated clients repeat a name even if the spec wants one text with separators.
        text = separator.join(filter(None, found)) if self._is_structure else found[-1]
        prefix = _PREFIXES.get(self.style, "")
        if not text.startswith(prefix):
            raise _MisspelledError
        text = text.removeprefix(prefix)
        if self.style == "matrix" and not (is_exploded and self._is_object):
            named = [piece.partition("=") for piece in text.split(";")]
            if any(name != self.parameter.name for name, _, _ in named):
                raise _MisspelledError
            text = separator.join(one for _, _, one in named)
        elif is_exploded:
            separator = _EXPLODED.get(self.style, separator)
        if not self._is_structure:
            return [text]
        if self.style == "label" and separator not in text:
            separator = "."  # OpenAPI separated lists by dots until 3.0.3
        parts = text.split(separator) if text else []
        if self.parameter.place == "header":
            parts = [part.strip() for part in parts]
        return _members(parts, is_exploded=is_exploded) if self._is_object else parts


def _members(parts: list[str], *, is_exploded: bool) -> Tree:
    """Return the members of an object with parts such as `a=1` if `is_exploded`, else `a` and `1` in turn.

    Raises _MisspelledError.
    """
    if any("=" not in part for part in parts) if is_exploded else len(parts) % 2:
        raise _MisspelledError
    named = (part.partition("=")[::2] for part in parts)
    return nest(named if is_exploded else zip(parts[::2], parts[1::2], strict=True))


class _PlainReader(Value, frozen=True):
    """Reader of one parameter by the type that its schema declares."""

    parameter: Parameter
    name: str
    """The name by which a call sends the parameter; the name of a header is in lower case."""
    kind: str
    element: str
    schema: Schema

    def read(self, sent: _Sent) -> tuple[Json, Sequence[Problem]] | None:
        """Return the value and its problems; None if the parameter is not sent.

        Of a repeated scalar the last text counts. If the value is invalid, the last text is returned.
        """
        parameter = self.parameter
        texts = sent.texts(parameter.place, self.name)
        if not texts:
            return None
        if self.kind == "array":
            # Generated clients repeat a name even if the spec wants one text with commas: join the texts.
            joined = ",".join(filter(None, texts))
            parts = texts if parameter.explode else joined.split(",") if joined else []
            value: Json = [convert_text(part, self.element) for part in parts]
        else:
            value = convert_text(texts[-1], self.kind)
        if self.schema.accepts(value):
            return value, ()
        return texts[-1], self.schema.problems(value, (parameter.place, parameter.name))


class CompiledParameters(Value, frozen=True):
    """The compiled parameters of one operation."""

    readers: Sequence[_StyledReader | _PlainReader]
    query: Mapping[str, str] | None
    """Declared names in the query; the keys are in lower case if `any_case`. None allows every name."""
    any_case: bool

    def read(self, call: Call, values: Mapping[str, str]) -> tuple[dict[str, Json], list[Problem]]:
        """Return the values that are sent, by declared name, and all problems.

        Unless `query` is None, an undeclared name in the query is a problem, which the caller may ignore.
        """
        query = parse_qsl(call.query, keep_blank_values=True, errors="replace") if call.query else []
        named: dict[str, list[str]] = {}
        unknown: list[str] = []
        if self.query is not None:
            for name, text in query:
                declared = self.query.get(name.lower() if self.any_case else name)
                if declared is None:
                    unknown.append(name)
                else:
                    named.setdefault(declared, []).append(text)
        sent = _Sent(values, call.headers, query, named)
        read: dict[str, Json] = {}
        problems: list[Problem] = []
        for reader in self.readers:
            parameter = reader.parameter
            found = reader.read(sent)
            if found is not None:
                read[parameter.name] = found[0]
                problems += found[1]
            elif parameter.required:
                path, detail = (parameter.place, parameter.name), f"{parameter.name} is required"
                problems.append(Problem("missing-required", path, detail, "required"))
        problems += [
            Problem("unknown-parameter", ("query", name), f"{name} is not expected", "unknown", found=name)
            for name in unknown
        ]
        return read, problems


def compile_parameters(
    spec: Spec, operation: Operation, schemas: SchemaCompiler, tree: SchemaTree
) -> CompiledParameters:
    """Compile the parameters of an operation; styles count only in a user's own file (`Spec.is_own`)."""
    parameters = operation.parameters
    if spec.is_own:
        texts = TextReader(tree)
        styled = [
            _StyledReader(
                one,
                _style(one),
                tree.place((one.schema,)),
                schemas.compile(one.schema),
                texts,
                frozenset(other.name for other in parameters if other.place == one.place),
            )
            for one in parameters
        ]
        return CompiledParameters(styled, None, any_case=False)

    def kind_of(schema: Document) -> str:
        return str(resolve(spec.document, schema).get("type", "string"))

    any_case = spec.any_case_query
    plain = {
        (place, one.name.lower() if any_case else one.name): _PlainReader(
            one,
            _name_in(place, one.name),
            kind_of(one.schema),
            kind_of(resolve(spec.document, one.schema).get("items", EMPTY)),
            schemas.compile(one.schema),
        )
        for place in _PLAIN_PLACES
        for one in parameters
        if one.place == place and kind_of(one.schema) != "object"  # the style of objects is not checked
    }
    names = {name: one.parameter.name for (place, name), one in plain.items() if place == "query"}
    return CompiledParameters([*plain.values()], names, any_case)


def _name_in(place: str, name: str) -> str:
    return name.lower() if place == "header" else name


def _style(parameter: Parameter) -> str:
    is_known = parameter.style in SEPARATORS or parameter.style == "deepObject"
    return parameter.content or (parameter.style if is_known else USUAL_STYLES[parameter.place])
