"""Replies: message texts, envelope, media type, rate limit and its headers, sorted pages.

The wording is SQL Server's, ASP.NET Core's, Cognito's and API Gateway's own; that VBA passes it on, and the
names of tables and constraints in it, is assumed. The vendor sends no rate limit headers; those here are the
RateLimit draft's. Source: docs/vendors/vba.md#refusals, #bodies-that-cannot-be-read, #failed-rows,
#duplicates-in-a-batch, #single-records, #lists, #envelope, #media-types.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from mockserver.codec import json
from mockserver.codec.http import json_reply, parse_accept
from mockserver.model import Call, Document, Json, Reply
from mockserver.sandbox.quota import QUOTAS, QuotaUse, QuotaWindow, count_in_token_bucket, rate_limit_headers
from mockserver.sandbox.store import State
from mockserver.vendor import Request

# The gateway in front of the service (docs/vendors/vba.md#refusals).
FORBIDDEN = "Forbidden"
TOO_MANY_REQUESTS = "Too Many Requests"
UNAVAILABLE = "Service Unavailable"
FORBIDDEN_TYPE = "ForbiddenException"
# Log in and refresh (docs/vendors/vba.md#refusals; the refresh texts are Cognito's).
WRONG_PASSWORD = "Incorrect username or password."  # noqa: S105 - a message
REFRESH_MESSAGES = {
    "expired": "Refresh Token has expired",
    "revoked": "Refresh Token has been revoked",
    "unknown": "Invalid Refresh Token",
}
NEW_PASSWORD = "NEW_PASSWORD_REQUIRED"  # noqa: S105 - public: the one documented challenge
# The framework, before a row is looked at (docs/vendors/vba.md#refusals, #bodies-that-cannot-be-read,
# #single-records).
NO_BODY = "A non-empty request body is required."
NO_ROWS = "The field must be a string or array type with a minimum length of '1'."
KEYS_DIFFER = "The key in the path and the key in the body must match."
VALIDATION_TITLE = "One or more validation errors occurred."
VALIDATION_TYPE = "https://tools.ietf.org/html/rfc9110#section-15.5.1"
# The database (docs/vendors/vba.md#failed-rows).
DATE_OVERFLOW = "SqlDateTime overflow. Must be between 1/1/1753 12:00:00 AM and 12/31/9999 11:59:59 PM."
BAD_CHARACTER = "Invalid character value for cast specification."
KEYS_EXHAUSTED = "Arithmetic overflow error converting IDENTITY to data type int."
DEADLOCK = (
    "Transaction (Process ID 61) was deadlocked on lock resources with another process and has been chosen "
    "as the deadlock victim. Rerun the transaction."
)
TIMEOUT = (
    "Execution Timeout Expired.  The timeout period elapsed prior to completion of the operation or the "
    "server is not responding."
)
CHANGED_MEANWHILE = (
    "The database operation was expected to affect 1 row(s), but actually affected 0 row(s); data may have "
    "been modified or deleted since entities were loaded."
)
NOT_SAVED = "An error occurred while saving the entity changes. See the inner exception for details."
_SHOWN_CHARACTERS = 32
_RATE, _BURST = 25, 50
_ON = "on"
_JSON = "application/json; charset=utf-8"
_TEXT_JSON = "text/json; charset=utf-8"
_PLAIN = "text/plain; charset=utf-8"
_CONTENT_TYPES = {"application/json": _JSON, "application/*": _JSON, "text/json": _TEXT_JSON}
DEFAULT_PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class RecordNames:
    """Names of one kind of record: `key` is its key on the wire, `parameter` the path's."""

    entity: str
    table: str
    key: str
    parameter: str
    collection: str

    @property
    def model(self) -> str:
        return f"VBAPI.Models.{self.entity}"

    def body_type(self, path: str) -> str:
        listed = re.fullmatch("/[^/]+-batch", path)  # a payee's own path may end like that too
        return f"System.Collections.Generic.List`1[{self.model}]" if listed else self.model


CLAIM_INVOICE = RecordNames("ClaimInvoice", "Claim_Invoice", "invoice_Key", "invoiceKey", "claim-invoices")
PAYEE = RecordNames("Payee", "Payee", "payee_ID", "payeeID", "payees")


def names_for_path(path: str) -> RecordNames:
    return PAYEE if path.startswith("/payees") else CLAIM_INVOICE


def column_name(member: str) -> str:
    return member[:1].upper() + member[1:]


def not_found(key: str) -> str:
    return f"The requested resource ({key}) was not found."


def required_field(name: str) -> str:
    return f"The {name} field is required."


def invalid_value(value: object) -> str:
    return f"The value '{value}' is not valid."


def unreadable_value(dotnet_type: str) -> str:
    return f"The JSON value could not be converted to {dotnet_type}."


def over_length(member: str, limit: int) -> str:
    return f"The field {column_name(member)} must be a string with a maximum length of {limit}."


def duplicate_in_batch(names: RecordNames) -> str:
    """Two rows with one key (`duplicates` tracked, docs/vendors/vba.md#duplicates-in-a-batch)."""
    return (
        f"The instance of entity type '{names.entity}' cannot be tracked because another instance with the "
        f"same key value for {{'{column_name(names.key)}'}} is already being tracked."
    )


def unknown_payee(verb: str, database: str) -> str:
    """Error 547: the row names a missing payee; `verb` is INSERT or UPDATE."""
    return (
        f'The {verb} statement conflicted with the FOREIGN KEY constraint "FK_Claim_Invoice_Payee". '
        f'The conflict occurred in database "{database}", table "dbo.Payee", column \'Payee_ID\'.'
    )


def still_referenced(constraint: str, database: str, table: str, name: str) -> str:
    """Error 547: a row of `table` names the record. Source: docs/vendors/vba.md#single-records."""
    return (
        f'The DELETE statement conflicted with the REFERENCE constraint "{constraint}". '
        f'The conflict occurred in database "{database}", table "dbo.{table}", column \'{name}\'.'
    )


def truncated(database: str, table: str, member: str, text: str, limit: int) -> str:
    """Error 2628: the text does not fit its column; `limit` is the column's length."""
    shown = text[: min(limit, _SHOWN_CHARACTERS)]
    return (
        f"String or binary data would be truncated in table '{database}.dbo.{table}', "
        f"column '{column_name(member)}'. Truncated value: '{shown}'."
    )


def null_key(database: str, names: RecordNames) -> str:
    """Error 515: a row is null, and so is its key."""
    return (
        f"Cannot insert the value NULL into column '{column_name(names.key)}', "
        f"table '{database}.dbo.{names.table}'; column does not allow nulls. INSERT fails."
    )


def duplicate_key(table: str, key: str) -> str:
    """Error 2627: the primary key is taken."""
    return (
        f"Violation of PRIMARY KEY constraint 'PK_{table}'. "
        f"Cannot insert duplicate key in object 'dbo.{table}'. The duplicate key value is ({key})."
    )


def duplicate_number(number: str) -> str:
    """Error 2627: another invoice has that number (`unique_invoice_number` on)."""
    return (
        "Violation of UNIQUE KEY constraint 'UQ_Claim_Invoice_Number'. "
        f"Cannot insert duplicate key in object 'dbo.Claim_Invoice'. The duplicate key value is ({number})."
    )


def count_call(key: str, state: State) -> QuotaUse:
    return count_in_token_bucket(state, _bucket_name(key), _RATE, _BURST)


def remaining_headers(call: Call, state: State) -> tuple[tuple[str, str], ...]:
    if call.assumptions["quota_headers"] != _ON:
        return ()
    kept = state.collection(QUOTAS, "").get(_bucket_name(call.headers.get("x-api-key", "")))
    left = _BURST if kept is None else int(float(kept["tokens"]))
    full_in = max(1, -(-(_BURST - left) // _RATE))
    return rate_limit_headers(QuotaWindow("key", _BURST, _BURST // _RATE, left, full_in))


def _bucket_name(key: str) -> str:
    return f"throttle/{key}"


def success_reply(
    status: int, data: Json, call: Call, state: State, headers: tuple[tuple[str, str], ...] = ()
) -> Reply:
    """`data` with the id of this activity.

    Source: docs/vendors/vba.md#envelope, #media-types (`literal_text_plain`).
    """
    plain = call.assumptions["literal_text_plain"] == "on"
    told = (*headers, *remaining_headers(call, state))
    return json_reply(status, _envelope(data, None, state), _PLAIN if plain else content_type(call), told)


def error_reply(
    error: Document, call: Call, state: State, headers: tuple[tuple[str, str], ...] = ()
) -> Reply:
    """`error` with the id of this activity and no data. Source: docs/vendors/vba.md#envelope."""
    told = (*headers, *remaining_headers(call, state))
    return json_reply(error["status"], _envelope(None, error, state), content_type(call), told)


def _envelope(data: Json, error: Json, state: State) -> Document:
    return {"data": data, "error": error, "debug": {"activityID": state.uuid()}}


def content_type(call: Call) -> str:
    """ASP.NET Core's choice: JSON, or text/json if nothing wider is accepted.

    Source: docs/vendors/vba.md#media-types.
    """
    return _preferred_type(call.headers.get("accept", ""))


@lru_cache(256)
def _preferred_type(accepted: str) -> str:
    ranges = sorted(parse_accept(accepted), key=lambda one: -one[1])
    if any(name == "*/*" for name, _ in ranges):
        return _JSON
    return next(
        (_CONTENT_TYPES[name] for name, quality in ranges if quality and name in _CONTENT_TYPES), _JSON
    )


def page_reply(documents: Iterable[Document], key: str, request: Request, state: State) -> Reply:
    """Return the page asked for, sorted by `sortBy` and then by `key`."""
    rows = sorted(documents, key=lambda document: _sort_key(document[key]))
    for member, descending in reversed(_parse_sort_by(request.parameters.get("sortBy", ""))):
        rows.sort(key=lambda document: _sort_key(document[member]), reverse=descending)
    size = request.parameters.get("pageSize", DEFAULT_PAGE_SIZE)
    size = size if size > 0 else DEFAULT_PAGE_SIZE
    number = max(1, request.parameters.get("page", 1))
    start = (number - 1) * size
    facts = {
        "TotalCount": len(rows),
        "TotalPages": -(-len(rows) // size),
        "CurrentPage": number,
        "PageSize": size,
    }
    header = (("x-pagination", json.encode(facts).decode()),)
    return success_reply(200, rows[start : start + size], request.call, state, header)


def _parse_sort_by(text: str) -> list[tuple[str, bool]]:
    """Member and whether it descends, for each part of `Field`, `Field:asc`, `Field:desc`."""
    parts = [part.partition(":") for part in text.split(",") if part]
    return [(name[:1].lower() + name[1:], direction == "desc") for name, _, direction in parts]


def _sort_key(value: Json) -> tuple[bool, Json]:
    return (value is not None, value)
