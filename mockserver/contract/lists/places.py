"""Values at places of an answer (see `list_profile`), and names without their spelling."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from mockserver.contract import json_values
from mockserver.contract.exchange import Response
from mockserver.spec.openapi import parse_pointer


def plain_name(name: str) -> str:
    """Return a name in lower case and letters only: "per_page", "PerPage" and "$perPage" are one."""
    return re.sub(r"[^a-z]", "", name.lower())


def value_in(document: Any, pointer: str) -> Any:
    """Return the value that a JSON Pointer leads to, None if there is none."""
    return json_values.value_at(document, parse_pointer(pointer))


def value_at(response: Response, place: str) -> Any:
    """Return the value at a place of an answer, None if there is none."""
    if not place:
        return None
    if place.startswith("/"):
        return value_in(json_of(response.body), place)
    header, mark, pointer = place.partition("#")
    text = response.headers.get(header.lower())
    return text if text is None or not mark else value_in(json_of(text), pointer)


def number_at(response: Response, place: str) -> int | None:
    """Return the whole number at a place, also one that is written as text; None if there is none."""
    value = value_at(response, place)
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    return int(value) if isinstance(value, int | Decimal) else None


def json_of(text: str | bytes) -> Any:
    """Return a text as JSON with exact decimals, None if it is none."""
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


def shown_place(place: str) -> str:
    """Return a place in words: "/total", or "the header x-total-count"."""
    return place if place.startswith("/") else f"the header {place.replace('#/', ', ')}"
