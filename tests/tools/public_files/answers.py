"""What an answer shows: its document, and the keys of its records."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Any

from mockserver.engine.resources import Resource, is_noun
from mockserver.model import Document, Json, Path, member_path, value_at
from tests.support.client import Response

_DEEPEST = 4


class Answer(Response):
    @property
    def is_good(self) -> bool:
        return self.status < 400

    @property
    def document(self) -> Any:
        """The body as JSON; None if it is not JSON."""
        with suppress(ValueError):
            return self.json
        return None


def keys_in(document: Json, resource: Resource) -> Iterator[str]:
    """Yield the keys of the records in an answer: of the nearest objects that have the key's member."""
    path = member_path(resource.key)
    if isinstance(document, dict) and _plain_at(document, path) is None:
        inside = ((name, one) for name, one in document.items() if isinstance(one, dict))
        nouns = (
            one for name, one in inside if is_noun(name, resource.path) and _plain_at(one, path) is not None
        )
        document = next(nouns, document)
    level: list[Json] = [document]
    for _ in range(_DEEPEST):
        found = [
            str(key) for one in level if isinstance(one, dict) and (key := _plain_at(one, path)) is not None
        ]
        if found:
            yield from found
            return
        level = _below(level)


def listed_keys(document: Json, resource: Resource, made: Collection[str]) -> list[str]:
    """Return the keys of `made` in that list of an answer which has most of them."""
    found: list[list[str]] = [[]]
    level: list[Json] = [document]
    while level:
        lists = [one for one in level if isinstance(one, list)]
        found += [[key for row in rows for key in keys_in(row, resource) if key in made] for rows in lists]
        level = [inner for one in level if isinstance(one, dict) for inner in one.values()]
    return max(found, key=len)


def record_in(document: Json, resource: Resource, key: str) -> Document:
    """Return the nearest object of an answer that has the key; {} if there is none."""
    level: list[Json] = [document]
    path = member_path(resource.key)
    while level:
        for one in level:
            if isinstance(one, dict) and str(value_at(one, path)) == key:
                return one
        level = _below(level)
    return {}


def _below(level: list[Json]) -> list[Json]:
    """Return the values inside the objects and lists of a level."""
    holders = (
        one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)
    )
    return [inner for holder in holders for inner in holder]


def _plain_at(document: Json, path: Path) -> Json:
    found = value_at(document, path)
    return None if isinstance(found, dict | list) else found
