"""Whether a refusal says why, wherever its shape has the words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mockserver.contract.subject import Json

_WORDS = re.compile(r"message|detail|descri|title|reason", re.IGNORECASE)


def says_why(body: Json) -> bool:
    """Whether one of the texts that are named for it says something; without such names, any text.

    The ones nearest to the root count: what stands deeper explains, and does not replace them.
    """
    level = list(_children("", body)) if isinstance(body, dict | list) else [("", body)]
    texts: list[str] = []
    while level:
        named = [value for name, value in level if _WORDS.search(name) and isinstance(value, str)]
        if named:
            return any(text.strip() for text in named)
        texts += [value for _, value in level if isinstance(value, str)]
        level = [pair for name, value in level for pair in _children(name, value)]
    return any(text.strip() for text in texts)


def _children(name: str, value: Json) -> Iterator[tuple[str, Json]]:
    """Members under their names; what is in a list under the list's."""
    if isinstance(value, dict):
        yield from ((str(member), child) for member, child in value.items())
    elif isinstance(value, list):
        yield from ((name, child) for child in value)
