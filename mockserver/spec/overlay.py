"""OpenAPI Overlays 1.0 and 1.1: change a document, but not its file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from pathlib import Path as FilePath
from typing import Any
from urllib.parse import unquote

from mockserver.errors import SpecError
from mockserver.model import Document, Json, Path, Value
from mockserver.spec.openapi import Note, resolve
from mockserver.spec.source_files import parse, read_text

_EXAMPLE = "actions: [{target: \"$.paths['/orders'].post\", update: {x-batch: {items: /orders}}}]"
_WORDS = ("update", "remove", "copy")


class Overlay(Value, frozen=True):
    name: str
    """Name of the overlay's file."""
    extends: str
    """Name of the file that the overlay applies to; "" if the overlay names no file."""
    actions: tuple[Document, ...]


def read_overlay(file: FilePath) -> Overlay:
    """Read an overlay. Raises SpecError if the file is no overlay, or an action cannot be carried out."""
    document = parse(read_text(file), file.name)
    if not isinstance(document, dict) or not str(document.get("overlay", "")).startswith("1."):
        raise SpecError("expected an OpenAPI Overlay", ("overlay",), file=file.name, cure="overlay: 1.0.0")
    actions = document.get("actions")
    if not isinstance(actions, list) or not actions:
        raise SpecError("actions is missing, or empty", ("actions",), file=file.name, cure=_EXAMPLE)
    for number, action in enumerate(actions):
        if fault := _fault_of(action):
            message = f"actions[{number}]: {fault}"
            raise SpecError(message, ("actions", number), file=file.name, cure=_EXAMPLE)
    extended = str(document.get("extends", "")).rstrip("/").rpartition("/")[2]
    return Overlay(file.name, unquote(extended), tuple(actions))


def _fault_of(action: Json) -> str:
    """Return the reason why an action cannot be carried out; "" if it can."""
    if not isinstance(action, dict) or not isinstance(action.get("target"), str):
        return "expected a mapping with target, a JSONPath"
    if not any(word in action for word in _WORDS):
        return f"expected one of {', '.join(_WORDS)}"
    if not isinstance(action.get("remove", False), bool) or not isinstance(action.get("copy", ""), str):
        return "remove is true or false, copy a JSONPath"
    queries = (action[word] for word in ("target", "copy") if word in action)
    return next(filter(None, map(_fault_of_query, queries)), "")


def _fault_of_query(query: str) -> str:
    from jsonpath import JSONPathEnvironment, JSONPathError  # noqa: PLC0415 - slow, and few need it

    try:
        JSONPathEnvironment(strict=True).compile(query)
    except JSONPathError as error:
        return f"{query} is not a JSONPath: {str(error).splitlines()[0]}"
    return ""


def apply_overlays(document: dict[str, Any], overlays: Iterable[Overlay]) -> Iterator[Note]:
    """Carry out overlays in their order, in place; yield a note for each action that finds nothing."""
    for overlay in overlays:
        for name, one in document.items():
            document[name] = _unshared(one)
        _inline_path_items(document)
        for number, action in enumerate(overlay.actions):
            places = _places(document, action["target"])
            if not places:
                message = f"{overlay.name}: actions[{number}]: {action['target']} is not in the file"
                yield Note((), message, "a JSONPath to what mockserver spec show FILE prints")
            for place in sorted(places, key=_order, reverse=True):
                _act(document, place, action)


def _order(place: Path) -> list[tuple[int, str]]:
    """Return a sort key. In reverse order, each element is changed before a removal can move the element."""
    return [(step, "") if isinstance(step, int) else (-1, step) for step in place]


def _unshared(value: Json) -> Any:
    """Return a copy without objects shared by YAML aliases, so that a change affects one place only."""
    if isinstance(value, dict):
        return {name: _unshared(one) for name, one in value.items()}
    return [_unshared(one) for one in value] if isinstance(value, list) else value


def _inline_path_items(document: dict[str, Any]) -> None:
    """Replace references to path items by these path items, so that actions find the operations in them."""
    paths: Json = document.get("paths")
    if not isinstance(paths, dict):
        return
    for path, item in paths.items():
        if isinstance(item, dict) and str(item.get("$ref", "")).startswith("#/"):
            with suppress(SpecError, TypeError):  # the later reading of paths reports broken references
                target = resolve(document, {"$ref": unquote(item["$ref"])})
                siblings = {name: one for name, one in item.items() if name != "$ref"}
                paths[path] = {**deepcopy(target), **siblings}


def _places(document: dict[str, Any], query: str) -> list[Path]:
    from jsonpath import JSONPathEnvironment  # noqa: PLC0415 - slow, and few need it

    found = JSONPathEnvironment(strict=True).finditer(query, document)
    return list(dict.fromkeys(tuple(one.parts) for one in found))


def _act(document: dict[str, Any], place: Path, action: Document) -> None:
    change: Any = deepcopy(action.get("update"))
    if "copy" in action:
        sources = _places(document, action["copy"])
        change = deepcopy(_at(document, sources[0])) if sources else None
    if not place:
        document.update(_merged(document, change) if isinstance(change, dict) else {})
        return
    parent = _at(document, place[:-1])
    if action.get("remove"):
        del parent[place[-1]]
    elif change is not None:
        target = parent[place[-1]]
        is_element = isinstance(target, list) and not isinstance(change, list)
        parent[place[-1]] = _merged(target, [change] if is_element else change)


def _at(document: Any, place: Path) -> Any:
    for step in place:
        document = document[step]
    return document


def _merged(target: Any, change: Any) -> Any:
    """Merge objects member by member, join lists, and replace every other target by the change."""
    if isinstance(target, Mapping) and isinstance(change, Mapping):
        return {**target, **{name: _merged(target.get(name), one) for name, one in change.items()}}
    if isinstance(target, list) and isinstance(change, list):
        return [*target, *change]
    return change
