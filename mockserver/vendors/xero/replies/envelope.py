"""Envelope, headers and error shapes of Xero's replies."""

import re
from collections.abc import Mapping
from typing import Any

from mockserver.codec.http import json_reply
from mockserver.model import Call, Document, Json, Reply
from mockserver.sandbox.store import State
from mockserver.spec.formats import UUID_PATTERN
from mockserver.vendor import Request
from mockserver.vendors.xero.dates import print_now_ms
from mockserver.vendors.xero.messages import message_text
from mockserver.vendors.xero.rate_limit import remaining_headers

_GUID = re.compile(UUID_PATTERN)
_DIGITS = re.compile("[0-9a-f]{32}")


def is_guid(text: str) -> bool:
    """Return whether `text` is a GUID, in either letter case."""
    return _GUID.fullmatch(text) is not None


def id_parameter(request: Request, name: str) -> str:
    """Return the id in the path as it is stored."""
    return stored_id(str(request.parameters[name]))


def named_id(sent: Document, name: str, request: Request) -> str:
    """Return the id that the path or else the element gives, "" where neither does."""
    if name in request.parameters:
        return id_parameter(request, name)
    key = str(sent.get(name, "")).lower()
    return "" if key == ZERO_ID else key


def stored_id(text: str) -> str:
    """Return an id as it is stored: in lower case, with dashes where it came as 32 hex digits."""
    text = text.lower()
    if not _DIGITS.fullmatch(text):
        return text
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def pick_members(document: Document, *names: str) -> dict[str, Any]:
    """Return the named members that the document has."""
    found: dict[str, Any] = {}
    for name in names:
        if name in document:
            found[name] = document[name]
    return found


PROVIDER = "Xero API Partner"
ZERO_ID = "00000000-0000-0000-0000-000000000000"
VALIDATION = (10, "ValidationException")
UNREADABLE = (14, "PostDataInvalidException")
BAD_QUERY = (16, "QueryParseException")
NO_DATA = (17, "NoDataProcessedException")
NOT_IMPLEMENTED = (20, "ApiMethodNotImplementedException")
INTERNAL = (500, "InternalServerException")

_TITLES = {401: "Unauthorized", 403: "Forbidden", 412: "Precondition Failed"}
_DATE_STRINGS = ("DateString", "DueDateString")
_VALIDATION_MESSAGE = "A validation exception occurred"
Headers = tuple[tuple[str, str], ...]


def common_headers(call: Call, state: State) -> Headers:
    """Return what every answer about a tenant's books carries, and every refusal.

    Source: docs/vendors/xero.md#refusals.
    """
    return (*correlation_header(state), *remaining_headers(call, state))


def correlation_header(state: State) -> Headers:
    """Return what every answer carries."""
    return (("Xero-Correlation-Id", state.uuid()),)


def success_reply(members: Mapping[str, Json], call: Call, state: State) -> Reply:
    """200 with the vendor's four members before `members`.

    Source: seed; docs/vendors/xero.md#envelope.
    """
    document = {
        "Id": state.uuid(),
        "Status": "OK",
        "ProviderName": PROVIDER,
        "DateTimeUTC": print_now_ms(state.now),
        **_apply_date_separator(members, call),
    }
    return json_reply(200, document, headers=common_headers(call, state))


def not_found_reply(call: Call, state: State) -> Reply:
    """404 in plain text that calls itself HTML.

    Source: docs/vendors/xero.md#refusals (OAS#163).
    """
    return Reply(404, message_text("not-found").encode(), "text/html", common_headers(call, state))


def problem_reply(status: int, detail: str, call: Call, state: State) -> Reply:
    """Return what the gate before the accounting says: who may not enter, or a condition that cannot be read.

    Source: docs/vendors/xero.md#refusals.
    """
    document: Json = {
        "Type": None,
        "Title": _TITLES[status],
        "Status": status,
        "Detail": detail,
        "Instance": state.uuid(),
        "Extensions": {},
    }
    return json_reply(status, document, headers=common_headers(call, state))


def error_reply(status: int, kind: tuple[int, str], message: str, sent: Headers) -> Reply:
    """Return an error with its number and type.

    Source: docs/vendors/xero.md#error-shapes, #error-numbers.
    """
    number, name = kind
    return json_reply(status, {"ErrorNumber": number, "Type": name, "Message": message}, headers=sent)


def validation_reply(elements: list[Json], call: Call, state: State) -> Reply:
    """400 with the elements that failed, and only those.

    Source: docs/vendors/xero.md#summarizeerrors, #error-shapes.
    """
    number, name = VALIDATION
    document = {"ErrorNumber": number, "Type": name, "Message": _VALIDATION_MESSAGE, "Elements": elements}
    return json_reply(400, _apply_date_separator(document, call), headers=common_headers(call, state))


def _apply_date_separator(document: Json, call: Call) -> Json:
    """Return the document with the texts beside its dates as the assumption `date_string` says."""
    return document if call.assumptions["date_string"] == "T" else _separate_by_space(document)


def _separate_by_space(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {
            name: child.replace("T", " ") if name in _DATE_STRINGS else _separate_by_space(child)
            for name, child in value.items()
        }
    return [_separate_by_space(child) for child in value] if isinstance(value, list) else value
