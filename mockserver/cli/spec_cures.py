"""Find the members of a spec's schemas, and the cures for problems of a spec."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from mockserver.cli.options import nearest
from mockserver.errors import SpecError
from mockserver.model import EMPTY, Value
from mockserver.spec.marks import (
    answer_schema,
    batch_correction,
    collection_of,
    flow,
    found_batch,
    json_schema,
)
from mockserver.spec.openapi import resolve
from mockserver.spec.outcomes import lists_of, object_lists

_FACTS = ("type", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "nullable", "default")
_CHOICES = ("allOf", "oneOf", "anyOf")
_DEEPEST = 12

_ANY_ROWS = {"list": "/results", "status": "/status", "message": "/message"}
"""Suggested annotation `outcome` of a batch operation whose answer schema does not describe rows."""


class Member(Value, frozen=True):
    required: bool
    facts: Mapping[str, str]
    """Keywords of the member's schema, such as `maxLength`, with their values as texts."""
    values: tuple[str, ...]
    """Values of the member's enum, as texts."""


def members_of(document: Mapping[str, Any], schema: Any) -> dict[str, Member]:
    """Return the members of a schema by JSON Pointer.

    In a pointer, `*` means every item of a list. The pointer "" is the schema itself.
    """
    found: dict[str, Member] = {}
    for pointer, member in _members(document, schema, "", required=True, refs=()):
        found.setdefault(pointer, member)
    return found


def _members(
    document: Mapping[str, Any], schema: Any, pointer: str, *, required: bool, refs: tuple[str, ...]
) -> Iterator[tuple[str, Member]]:
    reference = schema.get("$ref", "") if isinstance(schema, dict) else ""
    if reference in refs or pointer.count("/") > _DEEPEST:
        return
    refs = (*refs, reference) if reference else refs
    try:
        node = resolve(document, schema)
    except SpecError:
        return
    if not isinstance(node, dict):
        return
    facts = {name: str(node[name]) for name in _FACTS if name in node}
    yield pointer, Member(required, facts, tuple(map(str, node.get("enum", ()))))
    for keyword in _CHOICES:
        for one in node.get(keyword, ()):
            yield from _members(document, one, pointer, required=required, refs=refs)
    needed = node.get("required", ())
    for name, one in node.get("properties", {}).items():
        yield from _members(document, one, f"{pointer}/{name}", required=name in needed, refs=refs)
    if "items" in node:
        yield from _members(document, node["items"], f"{pointer}/*", required=False, refs=refs)


def cure_of(error: SpecError, document: dict[str, Any]) -> str:
    """Return the cure for the error, as YAML if possible."""
    if error.known:
        name = str(error.path[-1])
        return f"{nearest(name, error.known) or error.known[0]}: instead of {name}:"
    if error.lacks:
        with suppress(AttributeError, KeyError, SpecError, TypeError):
            return _missing_mark(error.lacks, document, str(error.path[1]), str(error.path[2]))
    return error.cure or "see what was expected, and mockserver spec check again"


def _missing_mark(lacks: str, document: dict[str, Any], path: str, method: str) -> str:
    """Return the annotation that an operation lacks, derived from the operation's path and schemas."""
    if lacks == "handler" and (method == "get" or (method == "delete" and path.endswith("}"))):
        return f"x-collection: {collection_of(document, path)}"
    node = document["paths"][path][method]
    if lacks == "items":
        lists = lists_of(document, json_schema(document, node.get("requestBody", EMPTY)))
        pointers = [f'items: "{place}"' for place, _ in lists]
        return " or ".join(pointers) or "items: the JSON Pointer of the list in the request body"
    rows = object_lists(document, answer_schema(document, node))
    found = found_batch(document, path, method, rows_at=rows[0] if rows else None)
    key = found.get("key", ["id"])
    outcome = found.get("outcome", {**_ANY_ROWS, "key": f"/{key[0]}"})
    if lacks == "outcome":
        return f"outcome: {flow(outcome)}"
    if lacks == "key":
        return f"collection: {collection_of(document, path)}, key: {flow(key)}"
    if found and not rows and "207" in node["responses"]:
        return f"x-batch: {flow({**found, 'outcome': outcome})}"
    # A list beside other members may be the lines of one order.
    batch = batch_correction(document, path, method).replace("x-batch: false", "")
    return batch or f"remove this {method.upper()}, or write the annotations as an --overlay"


def openapi_cure(what: str) -> str:
    if parameter := re.match(r"Path parameter '(.+?)' for", what):
        return f"parameters: [{{name: {parameter[1]}, in: path, required: true, schema: {{type: string}}}}]"
    if member := re.match(r"['\"](.+?)['\"] is a required property", what):
        return f"{member[1]}: …"
    if member := re.search(r"\(['\"](.+?)['\"] (?:was|were) unexpected\)", what):
        return f"remove {member[1]}, or name it x-{member[1]}"
    return "what the OpenAPI specification has at this place"
