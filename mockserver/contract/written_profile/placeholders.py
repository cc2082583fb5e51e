"""Placeholders in a written profile: `{key}`, `{amount}`, the facts by their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from mockserver.contract.written_profile.places import WrittenPlace
from mockserver.model import Json

OF_ITEM = ("key", "number", "short", "amount")
"""Placeholders of an item: its key, the drawn number, its last six digits, the drawn amount."""

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(?P<name>[A-Za-z_][\w-]*)(?::(?P<form>\w+))?\}")


def text_of_value(value: Json) -> str:
    """Return how a value reads inside a text: a decimal with its scale, nothing for null."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return format(value, "f")
    return "" if value is None else str(value)


_FORMS: Mapping[str, Callable[[Json], Json]] = {
    "text": text_of_value,
    "integer": int,
    "number": lambda value: Decimal(text_of_value(value)),
}


@dataclass(frozen=True, slots=True)
class Template:
    """A value with placeholders; one that is only a placeholder keeps the type of its value."""

    document: Json
    place: WrittenPlace

    def checked(self, known: Iterable[str]) -> Template:
        """Return this, if every placeholder in it is known.

        Raises:
            SpecError: one is not.
        """
        names = list(known)
        for text, place in _texts(self.document, self.place):
            for found in _PLACEHOLDER.finditer(text):
                if found["name"] and found["name"] not in names:
                    place.fail(f"{found[0]} is unknown here; known are {', '.join(names)}")
                if found["form"] and found["form"] not in _FORMS:
                    place.fail(f"{found[0]}: expected {' or '.join(_FORMS)} after the colon")
        return self

    def names(self) -> set[str]:
        """Return the placeholders in it."""
        texts = _texts(self.document, self.place)
        return {found["name"] for text, _ in texts for found in _PLACEHOLDER.finditer(text) if found["name"]}

    def fill(self, values: Mapping[str, Json]) -> Json:
        """Return the value that it stands for.

        Raises:
            SpecError: a value cannot be written in the form that is asked for.
        """
        try:
            return _fill(self.document, values)
        except (ValueError, InvalidOperation):
            self.place.fail("a placeholder stands for a text that is no number")

    def text(self, values: Mapping[str, Json]) -> str:
        """Return the value as a text."""
        return text_of_value(self.fill(values))


def _texts(document: Json, place: WrittenPlace) -> Iterable[tuple[str, WrittenPlace]]:
    if isinstance(document, str):
        yield document, place
    elif isinstance(document, Mapping):
        for name, value in document.items():
            yield from _texts(value, place.at(name))
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from _texts(value, place.at(number))


def _fill(document: Json, values: Mapping[str, Json]) -> Json:
    if isinstance(document, Mapping):
        return {name: _fill(value, values) for name, value in document.items()}
    if isinstance(document, list):
        return [_fill(value, values) for value in document]
    if not isinstance(document, str):
        return document
    whole = _PLACEHOLDER.fullmatch(document)
    if whole and whole["name"]:
        return _value(whole, values)
    return _PLACEHOLDER.sub(lambda found: text_of_value(_value(found, values)), document)


def _value(found: re.Match[str], values: Mapping[str, Json]) -> Json:
    if not found["name"]:
        return found[0][0]
    value = values[found["name"]]
    return _FORMS[found["form"]](value) if found["form"] else value
