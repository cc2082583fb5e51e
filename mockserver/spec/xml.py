"""Write a JSON document as XML, in the form that OpenAPI's `xml` and our `x-xml` declare.

In `x-xml`, `omit` declares that a member has no XML form. `milliseconds` is the form of a moment in JSON,
with `{}` for the milliseconds since 1970; the XML has the moment in ISO form, followed by `zone`. `types` has
schemas by the type that an element names in its attribute `xsi:type`. In the `x-xml` of an operation, `type`
is the type that elements of the operation's answers name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias
from xml.sax.saxutils import escape, quoteattr

from mockserver.model import EMPTY, Document, Json, Value, values_in
from mockserver.spec.openapi import resolve
from mockserver.spec.schema import with_optional
from mockserver.spec.schema_tree import SchemaMember, SchemaPlace, Schemas, SchemaTree

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?Z?", re.ASCII)
_MAX_DIGITS = 15

XML_MEDIA_TYPES = ("application/xml", "text/xml")
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XSD = "http://www.w3.org/2001/XMLSchema"
_ILLEGAL = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
"""Characters that XML 1.0 cannot have. A pattern of the legal ones takes ten times as long to compile."""

_NOT_TEXT = re.compile(f"[{_ILLEGAL}]")
_TO_BE_ESCAPED = re.compile(f"[{_ILLEGAL}\r&<>]")
_REPLACEMENT = "\ufffd"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NOT_NAME = re.compile(r"[^A-Za-z0-9_.-]|^[^A-Za-z_]")
_UNNAMED_ROOT = "data"
_UNKNOWN = SchemaMember("", ())

Attributes: TypeAlias = Mapping[str, str]
_NO_ATTRIBUTES: Attributes = {}


def to_iso(text: str, form: str, zone: str = "") -> str:
    """If `text` is a moment in `form` (as `/Date({})/`), return its ISO form with `zone`, else `text`."""
    match = _pattern(form).fullmatch(text)
    if match is None:
        return text
    try:
        moment = _EPOCH + int(match[1]) * _MILLISECOND
    except OverflowError:
        return text
    whole = moment.replace(tzinfo=None).isoformat(timespec="milliseconds")
    return whole.rstrip("0").removesuffix(".") + zone if moment.microsecond else whole[:-4] + zone


def from_iso(text: str, form: str) -> str:
    """Return a moment in ISO form as a text of `form`; return every other text unchanged."""
    if not _ISO.fullmatch(text):
        return text
    try:
        moment = datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        return text
    return form.replace("{}", str((moment - _EPOCH) // _MILLISECOND))


@lru_cache
def _pattern(form: str) -> re.Pattern[str]:
    before, _, after = form.partition("{}")
    return re.compile(f"{re.escape(before)}(-?[0-9]{{1,{_MAX_DIGITS}}}){re.escape(after)}")


def without_omitted(document: Document) -> Document:
    """Return a copy of a spec in which members without an XML form are not required."""
    schemas = document.get("components", EMPTY).get("schemas", EMPTY)
    omitted = frozenset(_omitted_members(schemas, document))
    copied: Document = with_optional(document, "", omitted)
    return copied


def _omitted_members(node: Json, document: Document) -> Iterator[str]:
    for _, one in values_in(node):
        for name, child in one.get("properties", EMPTY).items() if isinstance(one, dict) else ():
            if isinstance(child, dict) and resolve(document, child).get("x-xml", EMPTY).get("omit"):
                yield name


class XmlWriter(Value, frozen=True):
    tree: SchemaTree

    def write(self, value: Json, schema: Document, type_name: str = "") -> bytes:
        """Return `value` as XML in UTF-8, with the names that `schema` declares.

        `type_name` is the type of each object whose schema declares several types. A member without a schema
        keeps its name. A character that XML forbids is written like `_x0020_` in names, as U+FFFD in texts.
        """
        name = self.tree.place((schema,)).name or _UNNAMED_ROOT
        spaces = {"xmlns:xsd": _XSD, "xmlns:xsi": XSI}
        return _TypedWriter(self.tree, type_name).element(name, value, (schema,), spaces).encode()


class _TypedWriter(Value, frozen=True):
    """Writer of elements; `type_name` is the type of each object whose schema declares several types."""

    tree: SchemaTree
    type_name: str

    def element(self, name: str, value: Json, schemas: Schemas, attributes: Attributes) -> str:
        place = self.tree.place(schemas)
        if place.namespace and "xmlns" not in attributes:
            attributes = {"xmlns": place.namespace, **attributes}
        if value is None:
            attributes, content = {**attributes, "xsi:nil": "true"}, ""
        elif isinstance(value, dict):
            if found := place.type_named(self.type_name):
                place = self.tree.place((*found, *schemas))
                attributes = {**attributes, "xsi:type": self.type_name}
            members = [(member, one, place.members.get(member, _UNKNOWN)) for member, one in value.items()]
            told = {
                form.name: _text_of(one, self.tree.place(form.schemas))
                for _, one, form in members
                if form.attribute and not form.omitted and one is not None
            }
            attributes = {**attributes, **told}
            content = "".join(
                [
                    self._member(member, one, form, place)
                    for member, one, form in members
                    if not (form.attribute or form.omitted)
                ]
            )
        elif isinstance(value, list):
            item_name = place.item_name or name
            content = "".join(
                [self.element(item_name, child, place.items, _NO_ATTRIBUTES) for child in value]
            )
        else:
            content = _escaped(_text_of(value, place))
        name, written = _safe(name), _written(attributes) if attributes else ""
        return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"

    def _member(self, name: str, value: Json, form: SchemaMember, place: SchemaPlace) -> str:
        given, schemas = form.name or name, form.schemas or place.others
        if form.repeated and isinstance(value, list):
            items = self.tree.place(schemas).items
            return "".join([self.element(given, child, items, _NO_ATTRIBUTES) for child in value])
        return self.element(given, value, schemas, _NO_ATTRIBUTES)


def _written(attributes: Attributes) -> str:
    return "".join(
        f" {_attribute_name(name)}={quoteattr(_NOT_TEXT.sub(_REPLACEMENT, text))}"
        for name, text in attributes.items()
    )


def _text_of(value: Json, place: SchemaPlace) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value)
    return to_iso(text, place.milliseconds, place.zone) if place.milliseconds else text


def _escaped(text: str) -> str:
    """Return the text escaped for XML, including carriage returns, which XML readers turn into line feeds."""
    if not _TO_BE_ESCAPED.search(text):
        return text
    return escape(_NOT_TEXT.sub(_REPLACEMENT, text), {"\r": "&#13;"})


def _attribute_name(name: str) -> str:
    return name if name.startswith(("xmlns", "xsi:")) else _safe(name)


def _safe(name: str) -> str:
    if _NAME.fullmatch(name):
        return name
    return _NOT_NAME.sub(lambda sign: f"_x{ord(sign[0]):04X}_", name) or "_"
