"""XML as the vendor writes it: no declaration, no indentation, and well-formed whatever a client sent.

Source: PVEx fact sheet §2.2, §3.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from xml.sax.saxutils import escape

from mockserver.model import Document, Json
from mockserver.vendors.pvex.members import ALPHABETICAL

_SCHEMA = (
    ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns="http://schemas.datacontract.org/2004/07/PVExDataModel"'
)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTITIES = {"\r": "&#xD;"}
_NOT_NAME = re.compile(r"^[^A-Za-z_]|[^A-Za-z0-9_.-]|_(?=x[0-9A-Fa-f]{4}_)")


def invoice_list(invoices: Iterable[Document]) -> str:
    """Several invoices."""
    inner = "".join(f"<Invoice>{_members(invoice)}</Invoice>" for invoice in invoices)
    return f"<ArrayOfInvoice{_SCHEMA}>{inner}</ArrayOfInvoice>"


def one_invoice(invoice: Document) -> str:
    """A single invoice."""
    return f"<Invoice{_SCHEMA}>{_members(invoice)}</Invoice>"


def number(value: int) -> str:
    """A bare number."""
    return f'<int xmlns="http://schemas.microsoft.com/2003/10/Serialization/">{value}</int>'


def error(message: str, model_state: Mapping[str, list[str]], details: Mapping[str, str]) -> str:
    """An error; the texts of one place become one text."""
    entries = "".join(_element(encoded_name(place), " ".join(texts)) for place, texts in model_state.items())
    state = f"<ModelState>{entries}</ModelState>" if entries else ""
    rest = "".join(_element(name, text) for name, text in details.items())
    return f"<Error>{_element('Message', message)}{state}{rest}</Error>"


def encoded_name(text: str) -> str:
    """`text` as an element name: what no ASCII name may hold becomes `_x005B_` and the like."""
    return _NOT_NAME.sub(lambda found: _code(found[0]), text)


def _code(character: str) -> str:
    point = ord(character)
    return f"_x{point:04X}_" if point <= 0xFFFF else f"_x{point:08X}_"  # noqa: PLR2004 - end of the BMP


def _members(invoice: Document) -> str:
    return "".join(_member(name, invoice[name]) for name in ALPHABETICAL)


def _member(name: str, value: Json) -> str:
    if value is None:
        return f'<{name} i:nil="true" />'
    if isinstance(value, bool):
        return _element(name, "true" if value else "false")
    return _element(name, format(value, "f") if isinstance(value, Decimal) else str(value))


def _element(name: str, text: str) -> str:
    legal = _NOT_XML.sub("\ufffd", text)
    return f"<{name}>{escape(legal, _ENTITIES)}</{name}>"
