"""Form bodies: flat, nested (`a[b]=1&c[]=2`), and lists as ASP.NET binds them (`[0].Number=A`).

Source: docs/vendors/pvex.md#forms. Values are texts; an empty value in a list of ASP.NET is None.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from typing import Any
from urllib.parse import parse_qsl

from mockserver.codec.json import MAX_DEPTH, to_utf_8
from mockserver.errors import MalformedBody
from mockserver.model import Json

MAX_KEYS = 1000

_INDEX_DIGITS = 9
_INDEXED_KEY = re.compile(r"\[([0-9]{1,9})\](?:\.(\w+)|\[(\w+)\])")

_NESTED_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")


def decode_indexed(body: bytes, charset: str, max_keys: int = MAX_KEYS) -> Json:
    """Return the items with the indexes 0, 1, … up to the first gap, as objects of texts. Ignore other keys.

    If a key is repeated, its first value counts. Raises MalformedBody: the body is no form, or has more than
    `max_keys` keys.
    """
    items: dict[int, dict[str, str | None]] = {}
    for key, value in parse_pairs(body, charset, max_keys):
        if match := _INDEXED_KEY.fullmatch(key):
            items.setdefault(int(match[1]), {}).setdefault(match[2] or match[3], value or None)
    read: list[Json] = []
    while len(read) in items:
        read.append(items[len(read)])
    return read


def decode_flat(
    body: bytes, charset: str, lists: Container[str] = (), max_keys: int = MAX_KEYS
) -> dict[str, Json]:
    """Return the form as an object of texts. Raises MalformedBody.

    For each name in `lists`, sent with `[]` or without, collect all values in a list. For every other name,
    the last value counts.
    """
    document: dict[str, Json] = {}
    for key, text in parse_pairs(body, charset, max_keys):
        name = key.removesuffix("[]")
        if name in lists:
            document.setdefault(name, []).append(text)
        else:
            document[key] = text
    return document


def decode_nested(body: bytes, charset: str, max_keys: int = MAX_KEYS) -> Json:
    """Return the form as an object: `a[0][b]=1` and `a[][b]=1` mean lists. Raises MalformedBody.

    Elements are ordered by their index; the last value of a repeated key counts.
    """
    return _with_lists(nest(parse_pairs(body, charset, max_keys)))


def _with_lists(node: Json) -> Json:
    if isinstance(node, list):
        return node[-1]
    if node.keys() == {""}:
        return node[""] if isinstance(node[""], list) else [_with_lists(node[""])]
    if node and all(key.isdecimal() and len(key) <= _INDEX_DIGITS for key in node):
        return [_with_lists(node[key]) for key in sorted(node, key=int)]
    return {key: _with_lists(child) for key, child in node.items()}


def unwrap(body: bytes, charset: str, member: str, max_keys: int = MAX_KEYS) -> bytes:
    """Return the first value of `member`, in UTF-8. Raises MalformedBody: no form, or `member` is missing."""
    for name, text in parse_pairs(body, charset, max_keys):
        if name == member:
            return text.encode()
    raise MalformedBody(f"the form has no {member}")


def nest(pairs: Iterable[tuple[str, str]], whole: Container[str] = ()) -> dict[str, Any]:
    """Return nested objects with lists of texts; `a[b]` means `b` in `a`, unless `whole` has `a[b]`."""
    tree: dict[str, Any] = {}
    for key, text in pairs:
        match = None if key in whole or key.count("[") >= MAX_DEPTH else _NESTED_KEY.fullmatch(key)
        *above, last = [match[1], *match[2][1:-1].split("][")] if match else [key]
        node = tree
        for step in above:
            if not isinstance(node.get(step), dict):
                node[step] = {}
            node = node[step]
        if isinstance(texts := node.setdefault(last, []), list):
            texts.append(text)
    return tree


def parse_pairs(body: bytes, charset: str, max_keys: int = MAX_KEYS) -> list[tuple[str, str]]:
    """Return the names and texts of a form in their order. Raises MalformedBody."""
    try:
        text = to_utf_8(body, charset).decode("utf-8")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=max_keys)
    except ValueError as error:
        raise MalformedBody(str(error)) from None
