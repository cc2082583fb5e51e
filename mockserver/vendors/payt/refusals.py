"""How Payt refuses a whole call: always `{code, message}`, the code being the status phrase in snake case.

Source: Payt fact sheet §3.1; `forbidden` and its permission text are documented, the rest is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from mockserver.errors import (
    Forbidden,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Refusal,
    Unauthorized,
)
from mockserver.model import Call, Problem, Reply
from mockserver.reply import STATUSES, json_reply
from mockserver.spec import Operation
from mockserver.store import State
from mockserver.vendor import keep_known
from mockserver.vendors.payt.texts import MALFORMED, joined, worded

_STATUSES: Mapping[str, int] = {**STATUSES, "malformed": 422, "invalid": 422, "rejected": 422}
_CODES: Mapping[int, str] = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "payload_too_large",
    415: "unsupported_media_type",
    422: "unprocessable_entity",
    431: "request_header_fields_too_large",
}
_MESSAGES: Mapping[str, str] = {
    "malformed": MALFORMED,
    "method-not-allowed": "Method not allowed",
    "too-large": "The request body is too large",
    "too-many-items": "The request holds too many records",
    "unsupported-media-type": "The provided content-type is not supported",
    "headers-too-large": "The request headers are too large",
}
_TOKENS: Mapping[str, str] = {
    "expired": "The access token expired",
    "revoked": "The access token was revoked",
}
_RECORDS: Mapping[str, str] = {"invoices": "Invoice not found", "debtors": "Debtor not found"}


def grade(problem: Problem, call: Call) -> Problem | None:
    """What a schema found, in Payt's words; an administration's id may be a number, as any text may.

    Source: Payt fact sheet §3.1, §5.5.
    """
    if problem.path == ("administration_id",) and type(problem.found) in (int, Decimal):
        return None
    known = keep_known(problem, call)
    return None if known is None else worded(known)


def refuse(refusal: Refusal, call: Call, operation: Operation | None, _state: State) -> Reply:
    """The reply to a call that is refused as a whole.

    Source: Payt fact sheet §3.1.
    """
    status = _STATUSES[refusal.code]
    headers: tuple[tuple[str, str], ...] = ()
    if isinstance(refusal, MethodNotAllowed):
        headers = (("Allow", ", ".join(refusal.allowed)),)
    elif isinstance(refusal, Unauthorized):
        headers = (("WWW-Authenticate", "Bearer"),)
    document = {"code": _CODES[status], "message": _message(refusal, call, operation)}
    return json_reply(status, document, headers=headers)


def _message(refusal: Refusal, call: Call, operation: Operation | None) -> str:
    match refusal:
        case Invalid(problems=problems):
            text = joined(problems)
        case Malformed() if not call.body and operation and operation.batch:
            text = f"administration_id is missing, {operation.batch.items[0]} is missing"
        case Unauthorized(reason=reason):
            text = _TOKENS.get(reason, "The access token is invalid")
        case Forbidden(reason="scope") if operation and operation.scopes:
            text = f"Missing permission: {min(operation.scopes)}"
        case NotFound(what=what):
            text = _RECORDS.get(what, "Not found")
        case _:
            text = _MESSAGES.get(refusal.code, refusal.detail)
    return text
