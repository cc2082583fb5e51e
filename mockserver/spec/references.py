"""Find every `$ref` of an OpenAPI document that leads to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import unquote

from mockserver.model import Document, Json, Path

_DATA = {"example", "default", "enum", "value"}
_MAPS_OF_NAMES = {
    "properties",
    "patternProperties",
    "definitions",
    "paths",
    "responses",
    "content",
    "headers",
    "encoding",
    "links",
    "callbacks",
    "examples",
    "schemas",
    "parameters",
    "requestBodies",
    "securitySchemes",
    "variables",
}


@dataclass(frozen=True, slots=True)
class BrokenReference:
    """A `$ref` that leads to nothing: the path of the object that has it, why, and the nearest one."""

    path: Path
    problem: str
    nearest: str


def find_broken_references(document: Document) -> Iterator[BrokenReference]:
    """Yield every `$ref` that leads to nothing, to itself or out of the document, in the document's order."""
    for path, reference in _references(document, (), named=False):
        if not isinstance(reference, str):
            yield BrokenReference(path, f"$ref: {reference} is no text", "")
        elif not reference.startswith("#/"):
            yield BrokenReference(path, f"$ref: {reference} points out of this file", "")
        elif not _is_there(document, reference):
            yield BrokenReference(path, f"$ref: {reference} points at nothing", _nearest(document, reference))
        elif _is_circular(document, reference):
            yield BrokenReference(path, f"$ref: {reference} points at itself", "")


def _references(node: Json, path: Path, *, named: bool) -> Iterator[tuple[Path, Json]]:
    """Yield the references with the paths of their objects; `named`: the members are names, not keywords."""
    if isinstance(node, list):
        for index, child in enumerate(node):
            yield from _references(child, (*path, index), named=False)
    if not isinstance(node, dict):
        return
    if "$ref" in node and not named:
        yield path, node["$ref"]
        return
    for name, child in node.items():
        if not named and (name in _DATA or str(name).startswith("x-")):
            continue
        yield from _references(child, (*path, name), named=not named and name in _MAPS_OF_NAMES)


def _steps(reference: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in reference.removeprefix("#/").split("/")]


def _walk(document: Document, reference: str) -> tuple[Any, list[str]]:
    """Return the deepest value on the way of a reference, and the steps that are not there."""
    node: Any = document
    steps = _steps(reference)
    for number, step in enumerate(steps):
        below = _below(node, step)
        if below is None:
            return node, steps[number:]
        node = below
    return node, []


def _below(node: Any, step: str) -> Any:
    if isinstance(node, Mapping):
        return node.get(step, node.get(unquote(step)))
    if isinstance(node, list) and step.isdecimal() and int(step) < len(node):
        return node[int(step)]
    return None


def _is_there(document: Document, reference: str) -> bool:
    return not _walk(document, reference)[1]


def _is_circular(document: Document, reference: str) -> bool:
    """Return whether following the reference never ends at a value."""
    seen: set[str] = set()
    node: Any = {"$ref": reference}
    while isinstance(node, dict) and isinstance(node.get("$ref"), str):
        if node["$ref"] in seen:
            return True
        seen.add(node["$ref"])
        node, missing = _walk(document, node["$ref"])
        if missing:
            return False
    return False


def _nearest(document: Document, reference: str) -> str:
    """Return the reference with its first wrong step replaced by the nearest that is there, or ""."""
    node, missing = _walk(document, reference)
    names = {str(name).casefold(): str(name) for name in node} if isinstance(node, dict) else {}
    near = get_close_matches(missing[0].casefold(), names, 1)
    if not near:
        return ""
    steps = _steps(reference)
    steps[len(steps) - len(missing)] = names[near[0]]
    made = "#/" + "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
    return made if _is_there(document, made) else ""
