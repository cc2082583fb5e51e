"""Replies in JSON or XML: stored invoices, the result of a push, errors.

XML has no declaration and no indentation, and is well-formed for every sent text. Source:
docs/vendors/pvex.md#operations-and-paths, #xml, #errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape as escape_html
from xml.sax.saxutils import escape

from mockserver.codec import json
from mockserver.model import EMPTY, Call, Document, Json, Problem, Reply, Value
from mockserver.vendor import FAULT_RULE, Headers
from mockserver.vendors.pvex.media_types import negotiate
from mockserver.vendors.pvex.messages import EXCEPTIONS, GENERAL_ERROR, PAGES
from mockserver.vendors.pvex.model_state import ModelState
from mockserver.vendors.pvex.rules import AMOUNT_MEMBERS, DECLARED_ORDER, XML_ORDER

_TRACE = "   at PVExWebApi.Controllers.InvoiceBatchController.Post(List`1 invoices)"
_NAMESPACES = (
    ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns="http://schemas.datacontract.org/2004/07/PVExDataModel"'
)
_COUNT_IN_XML = '<int xmlns="http://schemas.microsoft.com/2003/10/Serialization/">{}</int>'
_ILLEGAL_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTITIES = {"\r": "&#xD;"}
_ILLEGAL_IN_NAME = re.compile(r"^[^A-Za-z_]|[^A-Za-z0-9_.-]|_(?=x[0-9A-Fa-f]{4}_)")


def success_reply(call: Call, stored: Sequence[Document], *, is_batch: bool = True) -> Reply:
    """Return the response to an accepted push.

    Source: docs/vendors/pvex.md#operations-and-paths, assumptions `success_status` and `success_body`.
    """
    status, wanted = int(call.assumptions["success_status"]), call.assumptions["success_body"]
    if wanted == "empty" or status == 204:  # noqa: PLR2004 - HTTP's No Content
        return Reply(status)
    if wanted == "count":
        return count_reply(call, status, len(stored))
    return invoices_reply(call, stored, status) if is_batch else invoice_reply(call, stored[0], status)


class ErrorContent(Value, frozen=True):
    """Content of an error reply."""

    status: int
    message: str
    model_state: ModelState = EMPTY
    details: Mapping[str, str] = EMPTY
    """Members that are shown only if the assumption `error_detail` is on."""
    headers: Headers = ()


def error_reply(call: Call, error: ErrorContent) -> Reply:
    """Return the vendor's error object. Source: docs/vendors/pvex.md#errors."""
    found = negotiate(call)
    shown = error.details if call.assumptions["error_detail"] == "on" else EMPTY
    if found.is_xml:
        text = error_xml(error.message, error.model_state, shown)
    else:
        state = {"ModelState": error.model_state} if error.model_state else {}
        text = json.encode({"Message": error.message, **state, **shown}).decode()
    return found.reply(error.status, text, error.headers)


def exception_reply(call: Call, code: str, message: str = "") -> Reply:
    """Return the framework's response to an exception. Source: docs/vendors/pvex.md#refusals."""
    kind, text = EXCEPTIONS[code]
    details = {"ExceptionMessage": text, "ExceptionType": kind, "StackTrace": _TRACE}
    return error_reply(call, ErrorContent(500, message or GENERAL_ERROR, details=details))


def storage_failure_reply(call: Call, problem: Problem) -> Reply:
    return exception_reply(call, problem.code, problem.detail if problem.rule == FAULT_RULE else "")


def page_reply(name: str, message: str = "") -> Reply:
    """Return a page of the web server; if a scenario sets a `message`, it replaces the page's text."""
    page = PAGES[name]
    html = f"<p>{escape_html(message)}</p>" if message else page.message
    return Reply(page.status, html.encode(), "text/html")


def invoices_reply(call: Call, invoices: Iterable[Document], status: int = 200) -> Reply:
    found = negotiate(call)
    if not found.is_xml:
        return found.reply(status, f"[{','.join(map(_invoice_json, invoices))}]")
    inner = "".join(f"<Invoice>{_xml_members(invoice)}</Invoice>" for invoice in invoices)
    return found.reply(status, f"<ArrayOfInvoice{_NAMESPACES}>{inner}</ArrayOfInvoice>")


def invoice_reply(call: Call, invoice: Document, status: int = 200) -> Reply:
    found = negotiate(call)
    if not found.is_xml:
        return found.reply(status, _invoice_json(invoice))
    return found.reply(status, f"<Invoice{_NAMESPACES}>{_xml_members(invoice)}</Invoice>")


def count_reply(call: Call, status: int, count: int) -> Reply:
    found = negotiate(call)
    return found.reply(status, _COUNT_IN_XML.format(count) if found.is_xml else str(count))


def _invoice_json(invoice: Document) -> str:
    """Return the invoice as JSON: members in declared order, including nulls; amounts without exponent."""
    pairs = (f'"{name}":{_json_value(name, invoice[name])}' for name in DECLARED_ORDER)
    return f"{{{','.join(pairs)}}}"


def _json_value(name: str, value: Json) -> str:
    if name not in AMOUNT_MEMBERS or value is None:
        return json.encode(value).decode()
    digits = format(Decimal(value), "f")
    return digits if "." in digits else f"{digits}.0"


def error_xml(message: str, model_state: Mapping[str, list[str]], details: Mapping[str, str]) -> str:
    """Return an error as XML; the messages of each key in `model_state` are joined to one text."""
    entries = "".join(
        _xml_element(encode_name(place), " ".join(texts)) for place, texts in model_state.items()
    )
    state = f"<ModelState>{entries}</ModelState>" if entries else ""
    rest = "".join(_xml_element(name, text) for name, text in details.items())
    return f"<Error>{_xml_element('Message', message)}{state}{rest}</Error>"


def encode_name(text: str) -> str:
    """Return `text` as an element name; forbidden characters are encoded, for example `[` as `_x005B_`."""
    return _ILLEGAL_IN_NAME.sub(lambda found: _encode_character(found[0]), text)


def _encode_character(character: str) -> str:
    point = ord(character)
    return f"_x{point:04X}_" if point <= 0xFFFF else f"_x{point:08X}_"  # noqa: PLR2004 - end of the BMP


def _xml_members(invoice: Document) -> str:
    return "".join(_xml_member(name, invoice[name]) for name in XML_ORDER)


def _xml_member(name: str, value: Json) -> str:
    if value is None:
        return f'<{name} i:nil="true" />'
    if isinstance(value, bool):
        return _xml_element(name, "true" if value else "false")
    return _xml_element(name, format(value, "f") if isinstance(value, Decimal) else str(value))


def _xml_element(name: str, text: str) -> str:
    legal = _ILLEGAL_IN_XML.sub("\ufffd", text)
    return f"<{name}>{escape(legal, _ENTITIES)}</{name}>"
