"""What callers of Xero write, read as its spec says: bodies, days and moments."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

from tests.support.spec_documents import spec

_UNREADABLE = ("type", "enum", "pattern", "format")
_LEFT_OUT = object()
_EPOCH = date(1970, 1, 1)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

Json = dict[str, Any]


class UnreadableError(Exception):
    """The whole call cannot be read; the argument is the number of the error."""


@cache
def _schema(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = spec("xero")["components"]["schemas"][name]
    return _schema(found["allOf"][0]["$ref"].rpartition("/")[2]) if "allOf" in found else found


def read_elements(document: Any, name: str) -> tuple[list[Any], dict[int, list[str]]]:
    """Return the elements of a body, and for each what its schema finds wrong."""
    plural, schema = next(iter(_schema(name)["properties"].items()))
    if not isinstance(document, dict):
        raise UnreadableError(14)
    given = {one.lower(): value for one, value in document.items()}
    rows = given.get(plural.lower(), [document])
    if rows is None or rows == []:
        raise UnreadableError(17)
    if not isinstance(rows, list) or len(rows) > schema.get("maxItems", len(rows)):
        raise UnreadableError(14)
    may_be = ("enum",) if "Delete" in name else ()
    elements, faults = [], dict[int, list[str]]()
    for place, row in enumerate(rows):
        found: list[tuple[str, str]] = []
        elements.append({} if row is None else _read(row, schema["items"], "", found))
        if any(why in _UNREADABLE and why not in may_be for _, why in found):
            raise UnreadableError(14)
        if row is None or found:
            faults[place] = [f"{where.strip()} breaks {why}" for where, why in found] or [
                "There is nothing here"
            ]
    return elements, faults


def _read(value: Any, schema: Mapping[str, Any], where: str, faults: list[tuple[str, str]]) -> Any:
    """Return the value with the names of the spec; what counts as left out is `_LEFT_OUT`."""
    while "$ref" in schema:
        schema = _schema(schema["$ref"].rpartition("/")[2])
    kind = schema.get("type", "")
    if value is None and (kind in ("object", "array") or (kind == "string" and _is_text(schema))):
        return _LEFT_OUT
    if isinstance(value, str) and kind == "number":
        value = _number(value)
    elif isinstance(value, str) and kind == "boolean" and value.lower() in ("true", "false"):
        value = value.lower() == "true"
    if value is _LEFT_OUT:
        return value
    if not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "boolean"):
        faults.append((where, "type"))
        return value
    faults += [
        (where, why) for why, is_broken in _BROKEN.items() if why in schema and is_broken(value, schema[why])
    ]
    if kind == "object":
        known = {name.lower(): name for name in schema.get("properties", {})}
        pairs = [(known[name.lower()], one) for name, one in value.items() if name.lower() in known]
        read = {
            name: _read(one, schema["properties"][name], f"{where} {name}", faults) for name, one in pairs
        }
        faults += [(f"{where} {name}", "required") for name in schema.get("required", ()) if name not in read]
        return {name: one for name, one in read.items() if one is not _LEFT_OUT}
    if kind == "array":
        items = enumerate(value)
        return [
            one if one is None else _read(one, schema["items"], f"{where} {at}", faults) for at, one in items
        ]
    return value


_KINDS: Mapping[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "number": int | Decimal,
    "integer": int,
    "boolean": bool,
}
_BROKEN: Mapping[str, Callable[[Any, Any], bool]] = {
    "enum": lambda value, words: value not in words,
    "pattern": lambda value, shape: not re.search(shape, value),
    "format": lambda value, name: name == "uuid" and not _GUID.fullmatch(value),
    "maxLength": lambda value, most: len(value) > most,
    "maxItems": lambda value, most: len(value) > most,
    "minimum": lambda value, least: value < least,
    "maximum": lambda value, most: value > most,
}


def _is_text(schema: Mapping[str, Any]) -> bool:
    return not {"enum", "pattern", "format"} & schema.keys()


def _number(text: str) -> Any:
    if not text.strip():
        return _LEFT_OUT
    return Decimal(text) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text, re.ASCII) else text


def day(text: str) -> date:
    """Return the day of an input that has the pattern of the spec."""
    if not text.startswith("/"):
        return date.fromisoformat(text[:10])
    milliseconds = re.match(r"/Date\((-?[0-9]+)", text)
    assert milliseconds
    return _EPOCH + timedelta(milliseconds=int(milliseconds[1]))


def shown_day(name: str, value: date, *, twice: bool = True) -> Json:
    shown = {name: f"/Date({(value - _EPOCH).days * 86_400_000}+0000)/"}
    return {**shown, f"{name}String": f"{value.isoformat()}T00:00:00"} if twice else shown


def moment(text: str) -> datetime | None:
    """Return the instant of an If-Modified-Since, None if that cannot be read."""
    shape = spec("xero")["components"]["parameters"]["IfModifiedSince"]["schema"]["pattern"]
    if not re.search(shape, text):
        return None
    plain = re.sub(r"^\w{3}, ", "", text)
    if plain[2:4].strip(" 0123456789"):
        return parsedate_to_datetime(plain.replace("UTC", "GMT")).astimezone(UTC)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
