"""How Payt refuses a whole call: always `{code, message}`, the code being the status phrase in snake case.

What is refused of a request for a token has OAuth's own shape.
Source: Payt fact sheet §1.4, §3.1; `forbidden` and its permission text are documented, the rest is assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from http import HTTPStatus

from mockserver.errors import (
    Failed,
    Forbidden,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Refusal,
    Rejected,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
)
from mockserver.model import Call, Problem, Reply
from mockserver.reply import STATUSES, json_reply
from mockserver.spec import Operation
from mockserver.store import State
from mockserver.vendor import FAULT, keep_known
from mockserver.vendors.payt.limits import telling
from mockserver.vendors.payt.moments import is_local
from mockserver.vendors.payt.money import AMOUNTS
from mockserver.vendors.payt.texts import (
    GRANTS,
    NOT_FOUND,
    REFUSALS,
    TOKEN_INVALID,
    TOKENS,
    missing_parameter,
)
from mockserver.vendors.payt.wording import joined, worded, worded_file

_STATUSES: Mapping[str, int] = {**STATUSES, "malformed": 422, "invalid": 422, "rejected": 422}
_CODES: Mapping[int, str] = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "payload_too_large",
    415: "unsupported_media_type",
    422: "unprocessable_entity",
    429: "too_many_requests",
    431: "request_header_fields_too_large",
    500: "internal_server_error",
    503: "service_unavailable",
}
_TEXT_LIMIT = 255
_PAUSING = ("/v1/invoices/block", "/v1/invoices/resume")
_TOKEN_PATHS = "/oauth/"  # noqa: S105 - a path, no token


def grade(problem: Problem, call: Call) -> Problem | None:
    """What a schema found, in Payt's words; an administration's id may be a number, as any text may.

    Source: Payt fact sheet §3.1, §5.5.
    """
    if problem.path == ("administration_id",) and type(problem.found) in (int, Decimal):
        return None
    known = keep_known(problem, call)
    if known is None or (_is_too_long(problem) and call.assumptions["text_limit"] == "none"):
        return None
    if _is_utc(problem) and call.assumptions["missing_offset"] == "utc":
        return None
    if problem.path[:1] == ("files",):
        return worded_file(known)
    return worded(known, spare_call=call.assumptions["broken_record"] == "refuses_record")


def refuse(refusal: Refusal, call: Call, operation: Operation | None, state: State) -> Reply:
    """The reply to a call that is refused as a whole.

    Source: Payt fact sheet §3.1.
    """
    return telling(_said(refusal, call, operation), call, state)


def _said(refusal: Refusal, call: Call, operation: Operation | None) -> Reply:
    if call.path.startswith(_TOKEN_PATHS):
        if isinstance(refusal, Unauthorized):
            challenge = ("WWW-Authenticate", "Basic")
            return _oauth_reply(401, "invalid_client", GRANTS["invalid_client"], (challenge,))
        if isinstance(refusal, (Invalid, Malformed, UnsupportedMediaType)):
            return _oauth_reply(400, "invalid_request", _request_fault(refusal))
    status = _status(refusal)
    headers: tuple[tuple[str, str], ...] = ()
    if isinstance(refusal, MethodNotAllowed):
        headers = (("Allow", ", ".join(_allowed(refusal, call))),)
    elif isinstance(refusal, Unauthorized):
        headers = (("WWW-Authenticate", "Bearer"),)
    elif isinstance(refusal, TooManyRequests) and refusal.wait is not None:
        headers = (("Retry-After", str(refusal.wait)),)  # of a scenario; the vendor's own limit promises none
    document = {"code": _code(status), "message": _message(refusal, call, operation)}
    return json_reply(status, document, headers=headers)


def _status(refusal: Refusal) -> int:
    """The refusal's status, unless it is of a scenario that says which."""
    for problem in refusal.problems if isinstance(refusal, Rejected) else ():
        if problem.rule == FAULT and problem.expected is not None:
            return int(problem.expected)
    return _STATUSES[refusal.code]


def _code(status: int) -> str:
    known = _CODES.get(status)
    if known is not None:
        return known
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        return "error"
    return phrase.lower().replace(" ", "_").replace("-", "_").replace("'", "")


def _allowed(refusal: MethodNotAllowed, call: Call) -> Iterable[str]:
    """The methods of the path, without those of an invoice whose id its last step could be as well."""
    return [method for method in refusal.allowed if not call.path.endswith(_PAUSING) or method == "PATCH"]


def _is_too_long(problem: Problem) -> bool:
    """Whether the problem is the length alone that imports allow a text; amounts have it for our own sake."""
    return problem.rule == "maxLength" and problem.expected == _TEXT_LIMIT and problem.path[-1] not in AMOUNTS


def _is_utc(problem: Problem) -> bool:
    """Whether the problem is alone that a moment of a record does not name its zone.

    Source: Payt fact sheet §1.5 (timestamps are UTC).
    """
    return (
        problem.path[:1] == ("invoices",)
        and problem.rule == "format:date-time"
        and isinstance(problem.found, str)
        and is_local(problem.found)
    )


def _oauth_reply(
    status: int, error: str, description: str, headers: tuple[tuple[str, str], ...] = ()
) -> Reply:
    return json_reply(status, {"error": error, "error_description": description}, headers=headers)


def _request_fault(refusal: Refusal) -> str:
    """What is said of a request for a token that cannot be read: the first parameter that it lacks."""
    for problem in refusal.problems if isinstance(refusal, Invalid) else ():
        if problem.rule == "required":
            return missing_parameter(str(problem.path[-1]))
    return GRANTS["invalid_request"]


def _message(refusal: Refusal, call: Call, operation: Operation | None) -> str:
    match refusal:
        case Invalid(problems=problems):
            text = joined(problems)
        case Malformed() if not call.body and operation and operation.batch:
            text = f"administration_id is missing, {operation.batch.items[0]} is missing"
        case Malformed() if not call.body and call.path.endswith(_PAUSING):
            text = "administration_id is missing"
        case Unauthorized(reason=reason):
            text = TOKENS.get(reason, TOKEN_INVALID)
        case Forbidden(reason="scope") if operation and operation.scopes:
            text = f"Missing permission: {min(operation.scopes)}"
        case Rejected(detail=text):
            pass
        case Failed(detail=text) | Unavailable(detail=text) | TooManyRequests(detail=text) if text:
            pass  # a scenario's own words
        case NotFound(what=what):
            text = NOT_FOUND.get(what, "Not found")
        case _:
            text = REFUSALS.get(refusal.code, refusal.detail)
    return text
