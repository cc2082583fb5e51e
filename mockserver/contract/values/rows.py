"""Find the record of an item in an answer, whatever surrounds it, in JSON and in XML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from mockserver.contract.exchange import Response
from mockserver.contract.profile import Json
from mockserver.contract.values.members import MemberPath

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class _Missing:
    """Marks a member that an answer has not."""

    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = _Missing()


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """The body of an answer; `is_text`: it has no types, every value is a text."""

    document: Json
    is_text: bool = False


def read_document(response: Response) -> ShownDocument | None:
    """Return the body as JSON, or as XML in its likeness; None where it is neither, or empty."""
    if not response.body:
        return None
    try:
        if is_xml(response.media_type):
            return ShownDocument(_plain(ElementTree.fromstring(response.body)), is_text=True)
        return ShownDocument(response.json())
    except (ValueError, RecursionError, ElementTree.ParseError, DefusedXmlException):
        return None


def is_xml(media_type: str) -> bool:
    """Return whether bodies of the media type are XML."""
    return media_type.endswith(("/xml", "+xml"))


def is_json(media_type: str) -> bool:
    """Return whether bodies of the media type are JSON."""
    return media_type.endswith(("/json", "+json"))


def find_record(
    document: Json, item: Mapping[str, Json], key_names: Sequence[str], key: str, *, alone: bool
) -> Mapping[str, Json] | None:
    """Return the object that shows the item of the key: the last of those with most of its members.

    It has the item's key members, or a member that is the key. `alone`: the answer is about this item only,
    so that an object with its members is it without a key, if there is no other.
    """
    named = {name: str(item[name]) for name in key_names if isinstance(item.get(name), str | int)}
    objects = [one for one in _objects(document) if len(item.keys() & one.keys()) > 0]
    keyed = [one for one in objects if _has_key(one, named, key)]
    if not keyed and alone and len(objects) == 1:
        keyed = objects
    return max(reversed(keyed), key=lambda one: len(item.keys() & one.keys()), default=None)


def value_at(record: Mapping[str, Json], path: MemberPath) -> Json:
    """Return the value of a member, MISSING where the record has none."""
    found: Json = record
    for step in path:
        if step.isdigit():
            found = _place(found, int(step))
        elif isinstance(found, Mapping) and step in found:
            found = found[step]
        else:
            return MISSING
        if found is MISSING:
            return MISSING
    return found


def _place(found: Json, number: int) -> Json:
    if isinstance(found, Mapping) and len(found) == 1:
        (found,) = found.values()  # a list in XML is an element with elements of one name
        found = found if isinstance(found, list) else [found]
    return found[number] if isinstance(found, list) and number < len(found) else MISSING


def _has_key(one: Mapping[str, Json], named: Mapping[str, str], key: str) -> bool:
    if named:
        return all(str(one.get(name)) == text for name, text in named.items())
    texts = [str(value) for value in one.values() if isinstance(value, str | int) and value != ""]
    return any(key == text or key.endswith(f"/{text}") for text in texts)


def _objects(document: Json) -> Iterator[Mapping[str, Json]]:
    if isinstance(document, Mapping):
        yield document
    for inner in _children(document):
        yield from _objects(inner)


def _children(document: Json) -> Iterator[Json]:
    if isinstance(document, Mapping):
        yield from document.values()
    elif isinstance(document, list):
        yield from document


def _plain(element: Element) -> Json:
    """Return an element as JSON has it; of elements of one name a list."""
    if element.get(_NIL) == "true":
        return None
    if not len(element):
        return element.text or ""
    made: dict[str, Json] = {}
    for child in element:
        name, value = child.tag.rpartition("}")[2], _plain(child)
        if name in made:
            made[name] = [*(made[name] if isinstance(made[name], list) else [made[name]]), value]
        else:
            made[name] = value
    return made
