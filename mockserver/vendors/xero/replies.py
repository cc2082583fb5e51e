"""The vendor's answers: the accounting envelope, its errors, and the headers that go with all of them."""

from collections.abc import Mapping

from mockserver.model import Call, Json, Reply
from mockserver.reply import json_reply
from mockserver.store import State
from mockserver.vendors.xero.limits import left
from mockserver.vendors.xero.wire import ms_now

PROVIDER = "Xero API Partner"
ZERO_ID = "00000000-0000-0000-0000-000000000000"
VALIDATION = (10, "ValidationException")
UNREADABLE = (14, "PostDataInvalidException")
BAD_QUERY = (16, "QueryParseException")
NO_DATA = (17, "NoDataProcessedException")
NOT_IMPLEMENTED = (20, "ApiMethodNotImplementedException")
BROKEN = (500, "InternalServerException")

_INVALID = "A validation exception occurred"
Headers = tuple[tuple[str, str], ...]


def headers(call: Call, state: State) -> Headers:
    """What every answer about a tenant's books carries.

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
        **members,
    }
    return json_reply(200, document, headers=headers(call, state))


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
    return json_reply(400, document, headers=headers(call, state))
