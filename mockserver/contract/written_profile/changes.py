"""Changes of an item: `set` and `remove`, by JSON Pointers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from mockserver.contract.corruptions import remove_member, set_member
from mockserver.contract.written_profile.entries import ChangeEntry
from mockserver.contract.written_profile.placeholders import Template
from mockserver.contract.written_profile.places import WrittenPlace
from mockserver.model import Json

FilledChange: TypeAlias = Callable[[Json, Mapping[str, Json]], Json]
"""Returns the changed item, by the item and the values of placeholders."""


def pointer(text: str, place: WrittenPlace) -> str:
    """Return a JSON Pointer as it is written.

    Raises:
        SpecError: it is none.
    """
    if text and not text.startswith("/"):
        place.fail(f"expected a JSON Pointer such as /{text}, found {text}")
    return text


def read_change(entry: ChangeEntry, place: WrittenPlace, known: Iterable[str]) -> FilledChange:
    """Return what removes and sets members of an item.

    Raises:
        SpecError: one is no JSON Pointer, or a placeholder is not known.
    """
    names = list(known)
    removed = [entry.remove] if isinstance(entry.remove, str) else entry.remove
    ways = [remove_member(pointer(one, place.at("remove"))) for one in removed]
    values = {
        pointer(name, place.at("set", name)): Template(value, place.at("set", name)).checked(names)
        for name, value in entry.changes.items()
    }

    def change(item: Json, filled: Mapping[str, Json]) -> Json:
        for way in ways:
            item = way(item)
        for name, template in values.items():
            item = set_member(name, template.fill(filled))(item)
        return item

    return change
