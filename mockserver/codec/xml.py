"""XML bodies as .NET's DataContractSerializer reads them: forward only, in one namespace, no DTD.

Source: docs/vendors/pvex.md#xml. Values come out as text (None for `i:nil`); the binder gives them types.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from mockserver.codec.json import MAX_DEPTH, to_utf_8
from mockserver.errors import MalformedBody
from mockserver.model import Json

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_ENCODING_DECLARATION = re.compile(rb"""<\?xml[^>]*?\bencoding\s*=\s*["']([^"'>]*)""")


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

    Raises:
        MalformedBody: not well-formed, in another encoding than it says, a DTD, entities, or nested too deep.
    """
    text = to_utf_8(body, charset)
    wanted = "utf-16" if charset.startswith("utf-16") else "utf-8"
    declared = _ENCODING_DECLARATION.match(text)
    if declared and declared[1].decode("latin-1").lower() != wanted:
        raise MalformedBody(f"the encoding '{declared[1].decode('latin-1')}' is declared, but it is {wanted}")
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
    """A list of flat items; `members` are in the order of the wire, which is ordinal alphabetical.

    Without the name of an `item` the root is a single one itself.
    """

    root: str
    item: str
    namespace: str
    members: tuple[str, ...]

    def decode(self, body: bytes, charset: str, *, any_order: bool = False) -> Json:
        """Return the items as objects of texts; what comes out of order or from another namespace is skipped.

        In `any_order` a member that comes twice is the first one. A nil root is null.

        Raises:
            MalformedBody: no XML, or another root than the contract's.
        """
        root = parse(body, charset)
        if root.tag != self._name(self.root):
            raise MalformedBody(f"Expecting element '{self.root}' from namespace '{self.namespace}'.")
        if not self.item or _is_nil(root):
            return self._item(root, any_order=any_order)
        named = [child for child in root if child.tag == self._name(self.item)]
        return [self._item(child, any_order=any_order) for child in named]

    def _item(self, element: Element, *, any_order: bool) -> dict[str, str | None] | None:
        if _is_nil(element):
            return None
        read: dict[str, str | None] = {}
        cursor = 0
        for child in element:
            namespace, _, name = str(child.tag)[1:].partition("}")
            ahead = self.members if any_order else self.members[cursor:]
            if namespace != self.namespace or name not in ahead or name in read:
                continue
            if len(child):
                raise MalformedBody(f"element '{name}' holds elements")
            cursor = self.members.index(name) + 1
            read[name] = None if _is_nil(child) else child.text or ""
        return read

    def _name(self, local: str) -> str:
        return f"{{{self.namespace}}}{local}"


def _is_nil(element: Element) -> bool:
    return element.get(_NIL, "").strip() in {"true", "1"}
