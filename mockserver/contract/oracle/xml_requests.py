"""Read requests in XML as a vendor does that reads XML by the schema of its JSON: `x-binder.format: xml`."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from mockserver.contract.oracle.typed_values import XML_NIL, XmlMember, flattened, members_of, typed
from mockserver.model import EMPTY, Document, Json


class UnexpectedElementError(ValueError):
    """An element stands where none, or another one, is expected."""


def read_request(root: Element, node: Document, doubts: list[str]) -> Json:
    """Return the document below `root`, which is what `node` names, a list of it, or an item of that list.

    Why another reader might read it otherwise is added to `doubts`.

    Raises:
        UnexpectedElementError: another root, or elements where a text belongs.
    """
    whole = flattened(node)
    named, tag = whole.get("xml", EMPTY).get("name"), _local(root, doubts)
    for name, member in members_of(whole, "").items():
        if member.xml == tag and not member.attribute:
            return {name: _value(root, member.node, doubts)}
        item = flattened(member.node).get("items", EMPTY)
        if flattened(item).get("xml", EMPTY).get("name") == tag:
            return {name: [_value(root, item, doubts)]}
    if tag != named and len(root) == 1 and _local(root[0], doubts) == named:
        root, tag = root[0], named
    if tag != named:
        raise UnexpectedElementError(f"the root is {tag}")
    return _value(root, whole, doubts)


def _value(element: Element, node: Document, doubts: list[str]) -> Json:
    here = flattened(node)
    if element.get(XML_NIL, "").strip() in ("true", "1"):
        doubts.append("an element is nil")
        return None
    kind = here.get("type", "object" if "properties" in here else "")
    if kind == "array":
        item = flattened(here.get("items", EMPTY))
        wanted = item.get("xml", EMPTY).get("name", "")
        named = [child for child in element if not wanted or _local(child, doubts) == wanted]
        return [_value(child, item, doubts) for child in named]
    if kind == "object":
        return dict(_members(element, here, doubts))
    if len(element):
        raise UnexpectedElementError(f"{element.tag} holds elements")
    return typed(element.text or "", here, of_xml=True)


def _members(element: Element, node: Document, doubts: list[str]) -> Iterator[tuple[str, Json]]:
    known = {(one.xml, one.attribute): (name, one) for name, one in members_of(node, "").items()}
    for key, text in element.attrib.items():
        if (key, True) in known:
            name, member = known[key, True]
            yield name, typed(text, member.node, of_xml=True)
    read: dict[str, Json] = {}
    for child in element:
        name, member = known.get((_local(child, doubts), False), ("", XmlMember("", EMPTY)))
        if not name:
            continue
        if not len(child) and not (child.text or "").strip() and not _may_be_empty(member.node):
            doubts.append("an element is empty")
            continue
        if name in read:
            doubts.append("a member is there twice")
            continue
        read[name] = _value(child, member.node, doubts)
    yield from read.items()


def _may_be_empty(node: Document) -> bool:
    here = flattened(node)
    is_free = here.get("type") == "string" and not {"format", "pattern", "enum"} & here.keys()
    return is_free or here.get("type") in ("array", "object") or "properties" in here


def _local(element: Element, doubts: list[str]) -> str:
    tag = str(element.tag)
    if tag.startswith("{"):
        doubts.append("an element is in a namespace")
    return tag.rpartition("}")[2]
