"""XML bodies as .NET's DataContractSerializer reads them: forward only, in one namespace, no DTD.

Source: docs/vendors/pvex.md#xml. Values are texts (None for `i:nil`); the binder converts them to types.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
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

    Raises MalformedBody: the body is not well-formed, is not in the encoding that it declares, has a DTD or
    entities, or is nested too deeply.
    """
    text = to_utf_8(body, charset)
    wanted = "utf-16" if charset.startswith("utf-16") else "utf-8"
    declared = _ENCODING_DECLARATION.match(text)
    if declared and declared[1].decode("latin-1").lower() != wanted:
        raise MalformedBody(f"the encoding '{declared[1].decode('latin-1')}' is declared, but it is {wanted}")
    if _DOCUMENT_TYPE not in text:
        # Without a document type the body is harmless, and this parser takes a fifth of the time.
        with suppress(ParseError, ValueError, LookupError):
            root = _root(text, XMLParser(encoding="utf-8"))  # noqa: S314 - entities need a document type
            if _is_shallow(root):
                return root
    try:
        return _root(text, DefusedXMLParser(target=_DepthLimitedBuilder(), forbid_dtd=True, encoding="utf-8"))
    except DefusedXmlException:
        raise MalformedBody("a document type is not allowed") from None
    except (ParseError, ValueError, LookupError) as error:
        raise MalformedBody(str(error) or type(error).__name__) from None


def _root(text: bytes, parser: XMLParser) -> Element:
    whole = text.decode()
    for start in range(0, len(whole), _PIECE):  # nothing interrupts the parser within a piece
        parser.feed(whole[start : start + _PIECE])
    root: Element = parser.close()
    return root


def _is_shallow(root: Element) -> bool:
    level, depth = [root], 1
    while level and depth <= MAX_DEPTH:
        level = [child for element in level for child in element]
        depth += 1
    return not level


@dataclass(frozen=True, slots=True)
class DataContract:
    """The XML form of a list of flat items."""

    root: str
    item: str
    """Name of the element of an item; if it is "", the root element itself is the only item."""
    namespace: str
    members: tuple[str, ...]
    """Names of an item's elements, in the order in which they must be sent: ordinal alphabetical."""
    _places: Mapping[str, tuple[int, str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        places = {self._name(name): (place, name) for place, name in enumerate(self.members)}
        object.__setattr__(self, "_places", places)

    def decode(self, body: bytes, charset: str, *, any_order: bool = False) -> Json:
        """Return a list of items as objects of texts or, if `self.item` is "", one item. Nil becomes None.

        Elements that are unknown, repeated, of another namespace or, unless `any_order`, out of order are
        skipped. Raises MalformedBody: no XML, another root, or elements in place of a text.
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
