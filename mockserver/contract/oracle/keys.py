"""The texts by which an answer may name an item."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from mockserver.model import Json


def keys_of(document: Json, members: tuple[str, ...], *, any_case: bool = False) -> tuple[str, ...]:
    """Return the values of an item's key members as texts, in their order; a list of its own has none."""
    if not isinstance(document, dict):
        return ()
    found = {name.lower(): value for name, value in document.items()} if any_case else document
    values = (found.get(name.lower() if any_case else name) for name in members)
    return tuple(dict.fromkeys(_texts(values)))


def text_of(value: Json) -> str | None:
    """Return a key as text; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _texts(values: Iterator[Json]) -> Iterator[str]:
    for value in values:
        text = text_of(value)
        if text:
            yield text
