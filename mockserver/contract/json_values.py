"""Values in a JSON document: what a pointer leads to, and how a value is called in a sentence."""

from __future__ import annotations

from mockserver.model import Json, Path


def value_at(document: Json, path: Path) -> Json:
    """Return what is at a pointer's steps, where a number is a place in a list; None where nothing is."""
    for step in path:
        if isinstance(document, list) and str(step).isdecimal() and int(step) < len(document):
            document = document[int(step)]
        elif isinstance(document, dict):
            document = document.get(str(step))
        else:
            return None
    return document


def kind_of_value(value: Json) -> str:
    """Return what a value is, for a sentence."""
    if value is None:
        return "not there"
    return {dict: "an object", list: "a list", str: "a text", bool: "a truth value"}.get(
        type(value), "a number"
    )
