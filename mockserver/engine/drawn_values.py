"""Values drawn for schemas: the same for the same number, plausible by name, type and format."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mockserver.engine.declared_values import SchemaFilling, fitting_text, nearest_number, plain
from mockserver.model import EMPTY, Document, Json
from mockserver.spec.dialects import PREFIX_ITEMS
from mockserver.spec.openapi import resolve
from mockserver.spec.patterns import text_for

_DEEPEST = 6
_MOST_ITEMS = 50
_OF_FORMAT: Mapping[str, str] = {
    "uuid": "3f2b8c1e-5d47-4a90-8e16-7c0d9b2a4f51",
    "date": "2026-03-14",
    "date-time": "2026-03-14T09:26:53Z",
    "time": "09:26:53Z",
    "duration": "P3D",
    "email": "ada.lovelace@example.com",
    "uri": "https://example.com/files/1",
    "url": "https://example.com/files/1",
    "uri-reference": "/files/1",
    "hostname": "www.example.com",
    "ipv4": "192.0.2.7",
    "ipv6": "2001:db8::7",
    "byte": "dGV4dA==",
    "binary": "text",
    "password": "correct-horse",
}
_OF_NAME: Mapping[str, str] = {
    **dict.fromkeys(("firstname", "givenname"), "Ada"),
    **dict.fromkeys(("lastname", "familyname", "surname"), "Lovelace"),
    **dict.fromkeys(("name", "fullname", "customer", "contactname"), "Ada Lovelace"),
    **dict.fromkeys(("company", "companyname", "organization", "vendor"), "Northwind Ltd"),
    **dict.fromkeys(("email", "emailaddress"), "ada.lovelace@example.com"),
    **dict.fromkeys(("phone", "phonenumber", "mobile"), "+44 20 7946 0018"),
    **dict.fromkeys(("street", "address", "line1", "addressline1"), "12 Market Street"),
    **dict.fromkeys(("city", "town"), "London"),
    **dict.fromkeys(("zip", "zipcode", "postcode", "postalcode"), "EC1A 1BB"),
    **dict.fromkeys(("country", "countrycode"), "GB"),
    **dict.fromkeys(("currency", "currencycode"), "EUR"),
    **dict.fromkeys(("url", "website", "href"), "https://example.com"),
    **dict.fromkeys(("date", "day"), "2026-03-14"),
    **dict.fromkeys(("createdat", "updatedat", "timestamp"), "2026-03-14T09:26:53Z"),
    **dict.fromkeys(("language", "locale"), "en"),
    **dict.fromkeys(("status", "state"), "active"),
}
_LIKE_TEXT = ("text", "A", "1", "none")


def draw_value(filling: SchemaFilling, schema: Document, number: int) -> Json:
    """The value with that number; whether it is valid, its reader checks."""
    return _drawn(filling, "", schema, number, _DEEPEST)


def _drawn(filling: SchemaFilling, name: str, schema: Any, number: int, depth: int) -> Json:
    node = _chosen(filling, schema, number)
    if "example" in node and number % 2 == 0:
        return node["example"]
    if node.get("enum"):
        return node["enum"][number // 2 % len(node["enum"])]
    kind = node.get("type") or _likely_type(node)
    if kind == "object":
        return _object(filling, node, number, depth)
    if kind == "array":
        return _list(filling, name, node, number, depth)
    if kind in ("integer", "number"):
        found = nearest_number(node, Decimal(number + 1))
        return int(found) if found == int(found) else found
    return number % 2 == 0 if kind == "boolean" else _text(name, node, number)


def _chosen(filling: SchemaFilling, schema: Any, number: int) -> dict[str, Any]:
    """The schema without references, and with one choice of each `oneOf` and `anyOf`, others by number."""
    node = dict(resolve(filling.document, schema))
    parts = list(node.pop("allOf", ()))
    choices = [choice for word in ("oneOf", "anyOf") if (choice := node.pop(word, ()))]
    chosen = [choice[number % len(choice)] for choice in choices]
    if chosen and "discriminator" in node:
        node["properties"] = {**node.get("properties", EMPTY), **_named(node["discriminator"], chosen[0])}
    parts += chosen
    for part in parts:
        for word, value in _chosen(filling, part, number).items():
            if word == "properties":
                node[word] = {**value, **node.get(word, EMPTY)}
            elif word == "required":
                node[word] = [*node.get(word, ()), *value]
            else:
                node.setdefault(word, value)
    return node


def _named(discriminator: Document, choice: Document) -> Document:
    """The member that says which choice was made, with its only value."""
    reference = choice.get("$ref", "")
    values = [name for name, target in discriminator.get("mapping", EMPTY).items() if target == reference]
    value = next(iter(values), reference.rpartition("/")[2])
    return {discriminator["propertyName"]: {"type": "string", "enum": [value]}} if value else EMPTY


def _likely_type(node: Document) -> str:
    if "properties" in node or "required" in node or isinstance(node.get("additionalProperties"), dict):
        return "object"
    if "items" in node or PREFIX_ITEMS in node:
        return "array"
    return "integer" if "minimum" in node or "maximum" in node else "string"


def _object(filling: SchemaFilling, node: Document, number: int, depth: int) -> Json:
    members, required = node.get("properties", EMPTY), node.get("required", ())
    wanted = [name for name in members if name in required or (depth > 1 and number < _DEEPEST)]
    wanted += [name for name in required if name not in members]
    made = {
        name: _drawn(filling, name, members.get(name, EMPTY), number, depth - 1)
        for name in wanted
        if name in required or not members[name].get("writeOnly")
    }
    others = node.get("additionalProperties", EMPTY)
    for place in range(node.get("minProperties", 0) - len(made)):
        made[f"key{place + 1}"] = _drawn(
            filling, "", others if isinstance(others, dict) else EMPTY, number, depth - 1
        )
    return made


def _list(filling: SchemaFilling, name: str, node: Document, number: int, depth: int) -> Json:
    first, items = node.get(PREFIX_ITEMS, ()), node.get("items", EMPTY)
    least, most = node.get("minItems", 0), node.get("maxItems", _MOST_ITEMS)
    wanted = max(least, len(first), 1 if depth > 0 else 0)
    # Elements differ, so that those of a set do.
    return [
        _drawn(filling, name, first[place] if place < len(first) else items, number + 2 * place, depth - 1)
        for place in range(min(wanted, most))
    ]


def _text(name: str, node: Document, number: int) -> Json:
    if node.get("pattern"):
        made = text_for(node["pattern"], number, node.get("minLength", 0))
        return "" if made is None else made
    by_format = _OF_FORMAT.get(str(node.get("format")))
    if by_format is not None:
        return by_format
    usual = _OF_NAME.get(plain(name), "")
    fitting = fitting_text(node, *filter(None, (usual, *_LIKE_TEXT[number % len(_LIKE_TEXT) :])))
    text = fitting if fitting is not None else ""
    return text if usual or number < _DEEPEST else f"{text}{number}"[: node.get("maxLength")]
