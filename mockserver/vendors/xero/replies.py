"""The vendor's answers: the accounting envelope, its errors, and the headers that go with all of them."""

from collections.abc import Mapping

from mockserver.model import Call, Json, Reply
from mockserver.reply import json_reply
from mockserver.store import State
from mockserver.vendors.xero.limits import left
from mockserver.vendors.xero.wire import ms_now
from mockserver.vendors.xero.words import text

PROVIDER = "Xero API Partner"
ZERO_ID = "00000000-0000-0000-0000-000000000000"
VALIDATION = (10, "ValidationException")
UNREADABLE = (14, "PostDataInvalidException")
BAD_QUERY = (16, "QueryParseException")
NO_DATA = (17, "NoDataProcessedException")
NOT_IMPLEMENTED = (20, "ApiMethodNotImplementedException")
BROKEN = (500, "InternalServerException")

_TITLES = {401: "Unauthorized", 403: "Forbidden", 412: "Precondition Failed"}
_DATE_STRINGS = ("DateString", "DueDateString")
_INVALID = "A validation exception occurred"
Headers = tuple[tuple[str, str], ...]


def headers(call: Call, state: State) -> Headers:
    """What every answer about a tenant's books carries, and every refusal.

    Source: Xero fact sheet §3.4.
    """
    return (*correlation(state), *left(call, state))


def correlation(state: State) -> Headers:
    """What every answer carries."""
    return (("xero-correlation-id", state.uuid()),)


def enveloped(members: Mapping[str, Json], call: Call, state: State) -> Reply:
    """200 with the vendor's four members before `members`.

    Source: seed; Xero fact sheet §2.1.
    """
    document = {
        "Id": state.uuid(),
        "Status": "OK",
        "ProviderName": PROVIDER,
        "DateTimeUTC": ms_now(state.now),
        **_dated(members, call),
    }
    return json_reply(200, document, headers=headers(call, state))


def not_found(call: Call, state: State) -> Reply:
    """404 in plain text that calls itself HTML.

    Source: Xero fact sheet §3.4 (OAS#163).
    """
    return Reply(404, text("not-found").encode(), "text/html", headers(call, state))


def problem(status: int, detail: str, call: Call, state: State) -> Reply:
    """What the gate before the accounting says: who may not enter, or a condition that cannot be read.

    Source: Xero fact sheet §3.4.
    """
    document: Json = {
        "Type": None,
        "Title": _TITLES[status],
        "Status": status,
        "Detail": detail,
        "Instance": state.uuid(),
        "Extensions": {},
    }
    return json_reply(status, document, headers=headers(call, state))


def error(status: int, kind: tuple[int, str], message: str, sent: Headers) -> Reply:
    """An error with its number and type.

    Source: Xero fact sheet §3.2, §3.3.
    """
    number, name = kind
    return json_reply(status, {"ErrorNumber": number, "Type": name, "Message": message}, headers=sent)


def validation_failure(elements: list[Json], call: Call, state: State) -> Reply:
    """400 with the elements that failed, and only those.

    Source: Xero fact sheet §3.1, §3.2.
    """
    number, name = VALIDATION
    document = {"ErrorNumber": number, "Type": name, "Message": _INVALID, "Elements": elements}
    return json_reply(400, _dated(document, call), headers=headers(call, state))


def _dated(document: Json, call: Call) -> Json:
    """The document with the texts beside its dates as the switch `date_string` says."""
    return document if call.assumptions["date_string"] == "T" else _spaced(document)


def _spaced(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {
            name: child.replace("T", " ") if name in _DATE_STRINGS else _spaced(child)
            for name, child in value.items()
        }
    return [_spaced(child) for child in value] if isinstance(value, list) else value
