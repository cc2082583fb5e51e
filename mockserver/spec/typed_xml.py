"""Readers of XML by a schema: a strict reader of answers with typed values, a lenient reader of requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element

from mockserver.codec import xml
from mockserver.errors import MalformedBody
from mockserver.model import Document, Json, Value
from mockserver.spec.openapi import resolve
from mockserver.spec.schema_tree import SchemaPlace, Schemas, SchemaTree
from mockserver.spec.xml import XSI, from_iso

NIL_ATTRIBUTE = f"{{{XSI}}}nil"
TYPE_ATTRIBUTE = f"{{{XSI}}}type"
_TRUE = ("true", "1")


def _parse_boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{text} is neither true nor false")
    return text == "true"


_CONVERTERS: Mapping[str, Callable[[str], Json]] = {
    "integer": int,
    "number": Decimal,
    "boolean": _parse_boolean,
}


def _strictly(text: str, place: SchemaPlace) -> Json:
    return _CONVERTERS.get(place.kind, str)(text)


def read(body: bytes, schema: Document, document: Document, charset: str = "utf-8") -> Json:
    return AnswerReader(SchemaTree(document)).read(body, schema, charset)


def element_tag(node: Document, default: str) -> str:
    """Return the name of an element with the namespace, as the schema's `xml` object declares them."""
    xml = node.get("xml", {})
    name = xml.get("name", default)
    return f"{{{xml['namespace']}}}{name}" if "namespace" in xml else str(name)


class AnswerReader(Value, frozen=True):
    """Reader of answers: reads every element, and every text as a value of the text's schema."""

    tree: SchemaTree
    convert: Callable[[str, SchemaPlace], Json] = _strictly
    """Converts a text to the place's type. For an unfit text, raises ValueError or returns the text."""

    def read(self, body: bytes, schema: Document, charset: str = "utf-8") -> Json:
        """Return the document of an answer.

        Raises MalformedBody: the body is not XML; ValueError: the root or a text does not fit the schema.
        """
        root = xml.parse(body, charset)
        expected = element_tag(resolve(self.tree.document, schema), str(root.tag))
        if root.tag != expected:
            raise ValueError(f"expected the element {expected}, found {root.tag}")
        try:
            return self._value(root, (schema,))
        except InvalidOperation:
            raise ValueError("a text is not a number") from None

    def _value(self, element: Element, schemas: Schemas) -> Json:
        if element.get(NIL_ATTRIBUTE) == "true":
            return None
        place = self.tree.place(schemas)
        if (kind := element.get(TYPE_ATTRIBUTE, "")) and (found := place.type_named(kind)):
            place = self.tree.place((*found, *schemas))
        if place.kind == "array":
            return [self._value(child, place.items) for child in element]
        if place.kind == "object" or len(element):
            return dict(self._members(element, place))
        text = element.text or ""
        if place.milliseconds:
            return from_iso(text, place.milliseconds)
        return self.convert(text, place)

    def _members(self, element: Element, place: SchemaPlace) -> Iterator[tuple[str, Json]]:
        for name, text in _attributes(element, place):
            yield name, self.convert(text, self.tree.place(place.members[name].schemas))
        lists: dict[str, list[Json]] = {}
        for child in element:
            tag = _local(child)
            name = place.by_element.get(tag, tag)
            member = place.members.get(name)
            if member is None:
                yield name, self._value(child, place.others)
            elif member.repeated:
                items = self.tree.place(member.schemas).items
                lists.setdefault(name, []).append(self._value(child, items))
            else:
                yield name, self._value(child, member.schemas)
        yield from lists.items()


class RequestReader(Value, frozen=True):
    """Reader of requests: accepts every order of elements; skips unknown and (except in lists) repeated ones.

    Values are texts, which the binder converts to types. An element counts as absent if it is nil, or if the
    element is empty and its schema is a scalar other than a free text.
    """

    tree: SchemaTree

    def read(self, body: bytes, schema: Document, charset: str = "utf-8") -> Json:
        """Return the document of a request.

        The root may be the schema's element, the element of one member, the element of one item of a list
        member, or an element that contains only the schema's element. Raises MalformedBody: the body is not
        XML, the root is another element, or an element contains elements where a text is expected.
        """
        root = xml.parse(body, charset)
        tag, place = _local(root), self.tree.place((schema,))
        if tag in place.by_element:
            name = place.by_element[tag]
            return {name: self._value(root, place.members[name].schemas)}
        expected = [place.name] if place.name else []
        for name, member in place.members.items():
            inner = self.tree.place(member.schemas)
            if inner.item_name and inner.item_name == tag:
                return {name: [self._value(root, inner.items)]}
            expected += [member.name, inner.item_name] if inner.item_name else []
        if tag != place.name and len(root) == 1 and _local(root[0]) == place.name:
            root = root[0]  # skip an element around the schema's element
        if _local(root) != place.name:
            raise MalformedBody(f"the element {tag} is not expected; expected {' or '.join(expected)}")
        return self._value(root, (schema,))

    def _value(self, element: Element, schemas: Schemas) -> Json:
        if element.get(NIL_ATTRIBUTE, "").strip() in _TRUE:
            return None
        place = self.tree.place(schemas)
        if place.kind == "array":
            return [
                self._value(child, place.items)
                for child in element
                if not place.item_name or _local(child) == place.item_name
            ]
        if place.kind == "object":
            return dict(self._members(element, place))
        if len(element):
            raise MalformedBody(f"the element {_local(element)} holds elements where a text is expected")
        text = element.text or ""
        text = text if place.kind == "string" and place.free_text else text.strip()
        return from_iso(text, place.milliseconds) if place.milliseconds else text

    def _members(self, element: Element, place: SchemaPlace) -> Iterator[tuple[str, Json]]:
        yield from _attributes(element, place)
        read: dict[str, Json] = {}
        for child in element:
            name = place.by_element.get(_local(child))
            member = place.members[name] if name else None
            if name is None or member is None or _is_absent(child, self.tree.place(member.schemas)):
                continue
            if member.repeated:
                items = self.tree.place(member.schemas).items
                read.setdefault(name, []).append(self._value(child, items))
            elif name not in read:
                read[name] = self._value(child, member.schemas)
        yield from read.items()


def _attributes(element: Element, place: SchemaPlace) -> Iterator[tuple[str, str]]:
    for name, text in element.attrib.items():
        if name in place.by_attribute:
            yield place.by_attribute[name], text


def _is_absent(element: Element, place: SchemaPlace) -> bool:
    if element.get(NIL_ATTRIBUTE, "").strip() in _TRUE:
        return True
    wants_more = place.kind not in ("array", "object") and not (place.kind == "string" and place.free_text)
    return wants_more and not len(element) and not (element.text or "").strip()


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
