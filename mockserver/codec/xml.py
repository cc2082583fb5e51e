"""XML bodies as .NET's DataContractSerializer reads them: forward only, in one namespace, no DTD.

Source: docs/vendors/pvex.md#xml. Values come out as text (None for `i:nil`); the binder gives them types.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from mockserver.codec.json import MAX_DEPTH, to_utf_8
from mockserver.errors import MalformedBody
from mockserver.model import Json

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_PIECE = 64 * 1024
_DOCUMENT_TYPE = b"<!DOCTYPE"
_ENCODING_DECLARATION = re.compile(rb"""<\?xml[^>]*?\bencoding\s*=\s*["']([^"'>]*)""")

_UNKNOWN = (-1, "")


class _DepthLimitedBuilder(TreeBuilder):
    """A tree builder that refuses to go deeper than `MAX_DEPTH`."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attrs: dict[Any, Any], /) -> Element:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise MalformedBody(f"nested deeper than {MAX_DEPTH} levels")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def parse(body: bytes, charset: str = "utf-8") -> Element:
    """Return the root element of `body`.

    Raises MalformedBody: the body is not well-formed, has another encoding than it declares, a DTD or
    entities, or is nested too deeply.
    """
    text = to_utf_8(body, charset)
    wanted = "utf-16" if charset.startswith("utf-16") else "utf-8"
    declared = _ENCODING_DECLARATION.match(text)
    if declared and declared[1].decode("latin-1").lower() != wanted:
        raise MalformedBody(f"the encoding '{declared[1].decode('latin-1')}' is declared, but it is {wanted}")
    root = None if _DOCUMENT_TYPE in text else _parse_harmless(text)
    return _parse_defused(text) if root is None else root


def _parse_harmless(text: bytes) -> Element | None:
    """Return the root of XML without a document type, which cannot attack, by a parser five times as fast.

    None means that the other parser has to read or to refuse the body.
    """
    parser = XMLParser(encoding="utf-8")  # noqa: S314 - entities need a document type
    try:
        whole = text.decode()
        for start in range(0, len(whole), _PIECE):  # nothing interrupts the parser while it reads one
            parser.feed(whole[start : start + _PIECE])
        root: Element = parser.close()
    except (ParseError, ValueError, LookupError):
        return None
    return root if _is_shallow(root) else None


def _is_shallow(root: Element) -> bool:
    level, depth = [root], 1
    while level and depth <= MAX_DEPTH:
        level = [child for element in level for child in element]
        depth += 1
    return not level


def _parse_defused(text: bytes) -> Element:
    parser = DefusedXMLParser(target=_DepthLimitedBuilder(), forbid_dtd=True, encoding="utf-8")
    try:
        parser.feed(text.decode())
        root: Element = parser.close()
    except DefusedXmlException:
        raise MalformedBody("a document type is not allowed") from None
    except (ParseError, ValueError, LookupError) as error:
        raise MalformedBody(str(error) or type(error).__name__) from None
    return root


@dataclass(frozen=True, slots=True)
class DataContract:
    """A list of flat items; `members` are in wire order, which is ordinal alphabetical.

    If `item` is "", the root element itself is the only item.
    """

    root: str
    item: str
    namespace: str
    members: tuple[str, ...]
    _places: Mapping[str, tuple[int, str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        places = {self._name(name): (place, name) for place, name in enumerate(self.members)}
        object.__setattr__(self, "_places", places)

    def decode(self, body: bytes, charset: str, *, any_order: bool = False) -> Json:
        """Return the items as objects of texts; skip elements at a wrong place or of another namespace.

        If `any_order`, the first of a repeated member counts. A nil root is null. Raises MalformedBody: the
        body is no XML, or its root is not the contract's.
        """
        root = parse(body, charset)
        if root.tag != self._name(self.root):
            raise MalformedBody(f"Expecting element '{self.root}' from namespace '{self.namespace}'.")
        if not self.item or _is_nil(root):
            return self._item(root, any_order=any_order)
        children = [child for child in root if child.tag == self._name(self.item)]
        return [self._item(child, any_order=any_order) for child in children]

    def _item(self, element: Element, *, any_order: bool) -> dict[str, str | None] | None:
        if _is_nil(element):
            return None
        read: dict[str, str | None] = {}
        last = -1
        for child in element:
            place, name = self._places.get(child.tag, _UNKNOWN)
            if name in read or place < 0 or not (any_order or place > last):
                continue
            if len(child):
                raise MalformedBody(f"element '{name}' holds elements")
            last = place
            read[name] = None if _is_nil(child) else child.text or ""
        return read

    def _name(self, local: str) -> str:
        return f"{{{self.namespace}}}{local}"


def _is_nil(element: Element) -> bool:
    nil = element.get(_NIL)
    return nil is not None and nil.strip() in {"true", "1"}
