"""The texts by which an answer may name an item."""

from __future__ import annotations

from decimal import Decimal

from mockserver.model import Json


def keys_of(document: Json, members: tuple[str, ...], *, any_case: bool = False) -> tuple[str, ...]:
    """Return the values of an item's key members as texts, in their order, and all of them joined.

    A key of several members is joined by `/`, with `/` and `~` in them escaped as in a JSON Pointer. A list
    of its own has no keys.
    """
    if not isinstance(document, dict):
        return ()
    found = {name.lower(): value for name, value in document.items()} if any_case else document
    values = (found.get(name.lower() if any_case else name) for name in members)
    texts = [text for value in values if (text := text_of(value)) is not None]
    joined = "/".join(text.replace("~", "~0").replace("/", "~1") for text in texts)
    return tuple(filter(None, dict.fromkeys((*texts, joined) if len(texts) > 1 else texts)))


def text_of(value: Json) -> str | None:
    """Return a key as text; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    return format(value, "f") if isinstance(value, Decimal) else str(value)
