"""Read texts of XML and forms as the types of their schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from mockserver.model import EMPTY, Document, Json

XML_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
XML_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

_INTEGER = re.compile(r"[+-]?[0-9]{1,300}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_TRUTHS = {"true": True, "false": False}
_XML_TRUTHS = {**_TRUTHS, "1": True, "0": False}


@dataclass(frozen=True, slots=True)
class XmlMember:
    """A member as XML has it: `xml` names its element or attribute; `repeated` is a list without one."""

    xml: str
    node: Document
    attribute: bool = False
    repeated: bool = False


def typed(text: str, node: Document, *, of_xml: bool = False) -> Json:
    """Return the value of the schema's type that `text` spells plainly; `text` itself where it spells none.

    In a form, which cannot say null, nothing is null for what is no text and may be null.
    """
    kind = node.get("type")
    plain = text.strip() if of_xml else text
    if kind == "boolean":
        return (_XML_TRUTHS if of_xml else _TRUTHS).get(plain, text)
    if kind == "integer" and _INTEGER.fullmatch(plain):
        return int(plain)
    if kind == "number" and _NUMBER.fullmatch(plain):
        return Decimal(plain)
    if not text and not of_xml and kind != "string" and node.get("nullable"):
        return None
    return text


def element_name(node: Document, default: str) -> str:
    """Return the name of an element in its namespace, as the schema's `xml` says it."""
    said = node.get("xml", EMPTY)
    name = str(said.get("name", default))
    if "name" not in said and default.startswith("{"):
        return default
    return f"{{{said['namespace']}}}{name}" if "namespace" in said and name else name


def members_of(node: Document, tag: str) -> Mapping[str, XmlMember]:
    """Return how the members of an object are found below the element `tag`, in its namespace."""
    namespace = tag[: tag.find("}") + 1]
    found = {}
    for name, declared in properties_of(node).items():
        schema = flattened(declared)
        said = schema.get("xml", EMPTY)
        if said.get("attribute"):
            found[name] = XmlMember(str(said.get("name", name)), schema, attribute=True)
        elif schema.get("type") == "array" and not said.get("wrapped"):
            inner = flattened(schema.get("items", EMPTY))
            own = inner.get("xml", EMPTY).get("name", said.get("name", name))
            found[name] = XmlMember(f"{namespace}{own}", inner, repeated=True)
        else:
            found[name] = XmlMember(f"{namespace}{said.get('name', name)}", schema)
    return found


_PARTS = ("allOf", "anyOf", "oneOf")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def flattened(node: Document) -> Document:
    """Return what a schema and its parts say together; several schemas of a member stand in an `allOf`."""
    parts = list(_parts_of(node))
    if len(parts) == 1:
        return node
    made: dict[str, Json] = {}
    properties: dict[str, list[Document]] = {}
    for part in parts:
        said = {word: {**part.get(word, EMPTY), **made.get(word, EMPTY)} for word in ("xml", "x-xml")}
        made = {**part, **made, **said}
        for name, member in part.get("properties", EMPTY).items():
            properties.setdefault(name, []).append(member)
    members = {name: found[0] if len(found) == 1 else {"allOf": found} for name, found in properties.items()}
    items = [part["items"] for part in parts if "items" in part]
    return {
        **{word: value for word, value in made.items() if word not in _PARTS},
        **({"properties": members} if members else {}),
        **({"items": items[0] if len(items) == 1 else {"allOf": items}} if items else {}),
    }


def _parts_of(node: Document) -> Iterator[Document]:
    yield node
    for word in _PARTS:
        for part in node.get(word, ()):
            yield from _parts_of(part)


def milliseconds_text(text: str, form: str) -> str:
    """Return an ISO moment as a text of `form`, with `{}` for the milliseconds; other texts as they are."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    passed = moment.replace(tzinfo=UTC) - _EPOCH
    return form.replace("{}", str(passed // timedelta(milliseconds=1)))


def properties_of(node: Document) -> Mapping[str, Document]:
    """Return the members that the schema names, by itself and by all that it is made of."""
    own: dict[str, Document] = {}
    for part in node.get("allOf", ()):
        own |= properties_of(part)
    return {**own, **node.get("properties", EMPTY)}
