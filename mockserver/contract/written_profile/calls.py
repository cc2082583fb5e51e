"""Calls of a written profile: an operation of the spec with its path, query, headers and body filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from msgspec import UNSET

from mockserver.contract.exchange import Request, json_request
from mockserver.contract.inference import example_of
from mockserver.contract.written_profile.entries import CallEntry
from mockserver.contract.written_profile.placeholders import Template
from mockserver.contract.written_profile.places import WrittenPlace
from mockserver.model import Json
from mockserver.spec.openapi import Operation, Spec

_PART = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """A call with placeholders; `body` is None where nothing is sent."""

    operation: Operation
    path: Mapping[str, Template]
    query: Mapping[str, Template]
    headers: Mapping[str, Template]
    body: Template | None = None

    def request(self, values: Mapping[str, Json]) -> Request:
        """Return the request."""
        filled = {name: quote(one.text(values), safe="") for name, one in self.path.items()}
        path = _PART.sub(lambda part: filled[part[1]], self.operation.path)
        if self.query:
            query = {name: one.text(values) for name, one in self.query.items()}
            path = f"{path}?{urlencode(query, quote_via=quote)}"
        headers = {name.lower(): one.text(values) for name, one in self.headers.items()}
        method = self.operation.method.upper()
        if self.body is None:
            return Request(method, path, headers)
        return json_request(method, path, self.body.fill(values), headers)

    def templates(self) -> Iterable[Template]:
        """Return all values of it."""
        body = () if self.body is None else (self.body,)
        return (*self.path.values(), *self.query.values(), *self.headers.values(), *body)


def read_call(
    spec: Spec,
    entry: CallEntry,
    place: WrittenPlace,
    known: Iterable[str],
    body: Json = UNSET,
) -> WrittenCall:
    """Return the call that an entry describes; `body` is sent if the entry has none.

    Raises:
        SpecError: the spec has no such operation or parameter, or a placeholder is not known.
    """
    operation = spec.operations.get(entry.operation)
    if operation is None:
        there = ", ".join(sorted(spec.operations))
        place.at("operation").fail(
            f"the spec has no operation {entry.operation}; it has {there}"
            if entry.operation
            else "operation is missing"
        )
    path = _path(operation, entry, place)
    sent = body if entry.body is UNSET else entry.body
    made = WrittenCall(
        operation,
        path,
        _query(operation, entry, place),
        _templates(entry.headers, place.at("headers")),
        None if sent is UNSET else Template(sent, place.at("body")),
    )
    names = list(known)
    for one in made.templates():
        one.checked(names)
    return made


def _templates(given: Mapping[str, Any], place: WrittenPlace) -> dict[str, Template]:
    return {name: Template(value, place.at(name)) for name, value in given.items()}


def _path(operation: Operation, entry: CallEntry, place: WrittenPlace) -> dict[str, Template]:
    wanted = _PART.findall(operation.path)
    for name in entry.path:
        if name not in wanted:
            place.at("path", name).fail(f"{operation.path} has no {{{name}}}")
    given = dict(entry.path)
    for name in wanted:
        example = example_of(next((one for one in operation.parameters if one.name == name), None))
        given.setdefault(name, example)
        if given[name] is None:
            place.fail(f"path.{name} is missing: {operation.id} is at {operation.path}")
    return _templates(given, place.at("path"))


def _query(operation: Operation, entry: CallEntry, place: WrittenPlace) -> dict[str, Template]:
    declared = [one.name for one in operation.parameters if one.place == "query"]
    for name in entry.query:
        if not operation.has_parameter(name):
            listed = ", ".join(declared) or "none"
            place.at("query", name).fail(f"{operation.id} has no such parameter; it has {listed}")
    given = dict(entry.query)
    for one in operation.parameters:
        if one.place == "query" and one.required and one.name not in given:
            example = example_of(one)
            if example is None:
                place.fail(f"query.{one.name} is missing: {operation.id} requires it")
            given[one.name] = example
    return _templates(given, place.at("query"))
