"""Convert path, query and header parameters to the types that the spec declares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qsl

from mockserver.codec.json import NUMBER_PATTERN, parse_decimal
from mockserver.model import Call, Document, Json, Problem
from mockserver.spec.openapi import Operation, Parameter, Spec, resolve
from mockserver.spec.schema import Schema, SchemaCompiler

_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,40}\s*")
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class ParameterReader:
    """A compiled parameter; `json_type` is its type, `element` that of a list's members."""

    parameter: Parameter
    json_type: str
    element: str
    schema: Schema

    def read(self, texts: list[str]) -> tuple[Json, tuple[Problem, ...]]:
        """Return the value that `texts` stand for, and what is wrong with it; a scalar's last text counts."""
        text = texts[-1]
        if self.json_type == "array":
            # Generated clients repeat a name whose spec wants one comma list: those are joined.
            joined = ",".join(filter(None, texts))
            parts = texts if self.parameter.explode else joined.split(",") if joined else []
            value: Json = [_convert_text(part, self.element) for part in parts]
        else:
            value = _convert_text(text, self.json_type)
        if self.schema.accepts(value):
            return value, ()
        return text, tuple(self.schema.problems(value, (self.parameter.place, self.parameter.name)))

    @property
    def missing(self) -> Problem:
        """What is wrong where it is not there."""
        name, place = self.parameter.name, self.parameter.place
        return Problem("missing-required", (place, name), f"{name} is required", "required")


@dataclass(frozen=True, slots=True)
class CompiledParameters:
    """The compiled parameters of one operation; undeclared query names are problems to be classified."""

    path: tuple[ParameterReader, ...]
    query: Mapping[str, ParameterReader]
    header: tuple[ParameterReader, ...]
    any_case: bool

    def read(self, call: Call, values: Mapping[str, str]) -> tuple[dict[str, Json], list[Problem]]:
        """Return every value by its declared name (absent ones left out), and all problems.

        A value that breaks its schema is left as the text it came in.
        """
        read: dict[str, Json] = {}
        problems: list[Problem] = []
        query, unknown = self._query(call.query) if call.query else ({}, [])
        for reader, texts in self._texts(call, values, query):
            if texts:
                read[reader.parameter.name], found = reader.read(texts)
                problems += found
            elif reader.parameter.required:
                problems.append(reader.missing)
        problems += [
            Problem("unknown-parameter", ("query", name), f"{name} is not expected", "unknown", found=name)
            for name in unknown
        ]
        return read, problems

    def _texts(
        self, call: Call, values: Mapping[str, str], query: Mapping[str, list[str]]
    ) -> Iterator[tuple[ParameterReader, list[str]]]:
        for reader in self.path:
            yield reader, [values[reader.parameter.name]]
        for reader in self.header:
            text = call.headers.get(reader.parameter.name.lower())
            yield reader, [] if text is None else [text]
        for reader in self.query.values():
            yield reader, query.get(reader.parameter.name, [])

    def _query(self, text: str) -> tuple[dict[str, list[str]], list[str]]:
        known: dict[str, list[str]] = {}
        unknown: list[str] = []
        for name, value in parse_qsl(text, keep_blank_values=True, errors="replace"):
            reader = self.query.get(name.lower() if self.any_case else name)
            if reader is None:
                unknown.append(name)
            else:
                known.setdefault(reader.parameter.name, []).append(value)
        return known, unknown


def compile_parameters(spec: Spec, operation: Operation, schemas: SchemaCompiler) -> CompiledParameters:
    """Return the plan for `operation`.

    Raises:
        SpecError: a parameter's schema is none.
    """
    readers = [
        ParameterReader(
            parameter,
            _json_type(spec, parameter.schema),
            _json_type(spec, resolve(spec.document, parameter.schema).get("items", {})),
            schemas.compile(parameter.schema),
        )
        for parameter in operation.parameters
    ]

    def key(name: str) -> str:
        return name.lower() if spec.any_case_query else name

    return CompiledParameters(
        path=tuple(reader for reader in readers if reader.parameter.place == "path"),
        query={key(r.parameter.name): r for r in readers if r.parameter.place == "query"},
        header=tuple(reader for reader in readers if reader.parameter.place == "header"),
        any_case=spec.any_case_query,
    )


def _json_type(spec: Spec, schema: Document) -> str:
    return str(resolve(spec.document, schema).get("type", "string"))


def _convert_text(text: str, json_type: str) -> Json:
    """Return `text` as a value of `json_type`, or unchanged if it is none; the schema then reports it."""
    if json_type == "boolean":
        return _BOOLEANS.get(text.lower(), text)
    if json_type == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    if json_type == "number" and NUMBER_PATTERN.fullmatch(text):
        with suppress(ValueError):
            return parse_decimal(text.strip())
    return text
