"""Fill placeholders and compare expected with found values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mockserver.codec import json
from mockserver.errors import MockServerError

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"\$\{(\w+)\}")
ANY, UUID, INT, TEXT, ABSENT = "${any}", "${uuid}", "${int}", "${text}", "${absent}"
SET = "$set"
MAX_VALUE_SIZE = 32 * 1024 * 1024
"""Limit of characters and elements of one value."""

_KINDS = frozenset({"any", "uuid", "int", "text", "absent"})


class TooLargeValueError(MockServerError):
    """Placeholders or generators make a value that is larger than any case needs."""

    def __init__(self) -> None:
        super().__init__(f"a value is larger than {MAX_VALUE_SIZE:,} characters and elements")


def fill_placeholders(node: Any, placeholders: Mapping[str, Any]) -> Any:
    """Return `node` with placeholders replaced and generated values filled in.

    Raises:
        KeyError: a placeholder is not defined.
        TooLargeValueError: the value exceeds `MAX_VALUE_SIZE`.
    """
    filled = _fill(node, placeholders)
    _check_size(filled)
    return filled


def _fill(node: Any, placeholders: Mapping[str, Any]) -> Any:
    if isinstance(node, dict):
        for name, generate in _GENERATORS.items():
            if name in node:
                return generate(node, placeholders)
        return {_fill(name, placeholders): _fill(child, placeholders) for name, child in node.items()}
    if isinstance(node, list):
        return [_fill(child, placeholders) for child in node]
    return _fill_text(node, placeholders) if isinstance(node, str) else node


def _check_size(value: Any) -> None:
    """Raise unless the value is small; parts that are the same object count each time, as when written."""
    if _size(value, {}) > MAX_VALUE_SIZE:
        raise TooLargeValueError


def _size(node: Any, known: dict[int, int]) -> int:
    """Return the characters and elements of a value; `known` are those of objects that were counted."""
    if isinstance(node, str):
        return len(node)
    if not isinstance(node, list | dict):
        return 1
    if id(node) not in known:
        parts = [*node, *node.values()] if isinstance(node, dict) else node
        known[id(node)] = len(node) + sum(_size(part, known) for part in parts)
    return known[id(node)]


def _check_count(count: int, size: int = 1) -> None:
    if count * max(size, 1) > MAX_VALUE_SIZE:
        raise TooLargeValueError


def differences(expected: Any, found: Any, where: str = "", *, open_ended: bool = False) -> Iterator[str]:
    """Yield where `found` differs; with `open_ended`, objects may have more members at any depth."""
    if isinstance(expected, str) and _is_kind(expected):
        if not _is_of_kind(expected, found):
            yield f"{where or '/'}: expected {expected}, found {found!r}"
    elif isinstance(expected, dict) and expected.keys() == {SET}:
        yield from _set_differences(expected[SET], found, where, open_ended=open_ended)
    elif isinstance(expected, dict) and isinstance(found, dict):
        yield from _object_differences(expected, found, where, open_ended=open_ended)
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield f"{where or '/'}: expected {len(expected)} elements, found {len(found)}: {found!r}"
        for index, (one, other) in enumerate(zip(expected, found, strict=False)):
            yield from differences(one, other, f"{where}/{index}", open_ended=open_ended)
    elif isinstance(expected, bool) is not isinstance(found, bool) or expected != found:
        yield f"{where or '/'}: expected {expected!r}, found {found!r}"


def _object_differences(expected: Any, found: Any, where: str, *, open_ended: bool) -> Iterator[str]:
    for name, value in expected.items():
        if value == ABSENT:
            if name in found:
                yield f"{where}/{name}: was not expected, found {found[name]!r}"
        elif name not in found:
            yield f"{where}/{name}: is missing"
        else:
            yield from differences(value, found[name], f"{where}/{name}", open_ended=open_ended)
    if not open_ended:
        for name in found.keys() - expected.keys():
            yield f"{where}/{name}: was not expected, found {found[name]!r}"


def _set_differences(expected: list[Any], found: Any, where: str, *, open_ended: bool) -> Iterator[str]:
    """Compare the elements in any order, each as often as it is expected."""
    if not isinstance(found, list):
        yield f"{where or '/'}: expected a list, found {found!r}"
        return
    left = list(enumerate(found))
    for one in expected:
        match = next(
            (pair for pair in left if not any(differences(one, pair[1], where, open_ended=open_ended))), None
        )
        if match is None:
            yield f"{where or '/'}: expected {one!r} among {found!r}"
        else:
            left.remove(match)
    yield from (f"{where}/{index}: was not expected, found {other!r}" for index, other in left)


def _repeat_text(node: Mapping[str, Any], placeholders: Mapping[str, Any]) -> str:
    text = str(_fill(node["$text"], placeholders))
    times = int(node["$times"])
    _check_count(times, len(text))
    return text * times


def _repeat_list(node: Mapping[str, Any], placeholders: Mapping[str, Any]) -> list[Any]:
    templates = node["$list"] if isinstance(node["$list"], list) else [node["$list"]]
    _check_count(node["$count"])
    return [
        _fill(templates[index % len(templates)], {**placeholders, "n": index + 1})
        for index in range(node["$count"])
    ]


def _json_text(node: Mapping[str, Any], placeholders: Mapping[str, Any]) -> str:
    """Return the value as JSON text, padded with blanks to `$bytes`."""
    text = json.encode(fill_placeholders(node["$json"], placeholders))
    length = _fill(node.get("$bytes", 0), placeholders)
    _check_count(length)
    return text.ljust(length).decode()


_GENERATORS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Any]] = {
    "$text": _repeat_text,
    "$list": _repeat_list,
    "$json": _json_text,
}


def _fill_text(text: str, placeholders: Mapping[str, Any]) -> Any:
    whole = _NAME.fullmatch(text)
    if whole and whole[1] not in _KINDS:
        return placeholders[whole[1]]
    parts = []
    size = end = 0
    for name in _NAME.finditer(text):
        value = name[0] if name[1] in _KINDS else str(placeholders[name[1]])
        parts += [text[end : name.start()], value]
        size, end = size + len(value), name.end()
        _check_count(size)
    return "".join([*parts, text[end:]])


def _is_kind(text: str) -> bool:
    return text in (ANY, UUID, INT, TEXT, ABSENT)


def _is_of_kind(kind: str, found: Any) -> bool:
    if kind == UUID:
        return isinstance(found, str) and _UUID.fullmatch(found) is not None
    if kind == INT:
        return isinstance(found, int) and not isinstance(found, bool)
    return kind == ANY or (kind == TEXT and isinstance(found, str) and bool(found))
