"""Refusals of whole calls and scenario faults, as code and message."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus

from msgspec.structs import replace

from mockserver.codec.http import REFUSAL_STATUSES, json_reply
from mockserver.errors import (
    Forbidden,
    InvalidCall,
    MalformedBody,
    MethodNotAllowed,
    NotFound,
    Refusal,
    Rejected,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
    VendorFailure,
)
from mockserver.model import Action, Call, Document, Fault, Item, Outcome, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation
from mockserver.vendor import (
    FAULT_RULE,
    ExtraOutcome,
    Request,
    fault_status,
    ignore_unknown_parameters,
    refusal_headers,
)
from mockserver.vendors.payt.amounts_and_dates import AMOUNTS, is_local_instant
from mockserver.vendors.payt.messages import (
    FAULT_MESSAGES,
    FAULT_MESSAGES_BY_TYPE,
    NOT_FOUND_MESSAGES,
    OAUTH_MESSAGES,
    REFUSAL_MESSAGES,
    TOKEN_INVALID,
    TOKEN_MESSAGES,
    UNKNOWN_RECORD,
    join_messages,
    missing_parameter,
    word_file_problem,
    word_problem,
)

_STATUSES: Mapping[str, int] = {**REFUSAL_STATUSES, "malformed": 422, "invalid": 422, "rejected": 422}
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
_PAUSE_PATHS = ("/v1/invoices/block", "/v1/invoices/resume")
_OAUTH_PATHS = "/oauth/"

_BROKEN = "internal"
_UNKNOWN = "unknown-reference"


def classify(problem: Problem, call: Call) -> Problem | None:
    """Word a schema problem; an administration's id may be a number, as any text may.

    Source: docs/vendors/payt.md#whole-calls, #invoice.
    """
    if problem.path == ("administration_id",) and type(problem.found) in (int, Decimal):
        return None
    known = ignore_unknown_parameters(problem, call)
    if known is None or (_is_too_long(problem) and call.assumptions["text_limit"] == "none"):
        return None
    if _lacks_offset(problem) and call.assumptions["missing_offset"] == "utc":
        return None
    if problem.path[:1] == ("files",):
        return word_file_problem(known)
    return word_problem(known, spare_call=call.assumptions["broken_record"] == "refuses_record")


def refuse(refusal: Refusal, call: Call, operation: Operation | None, _state: State) -> Reply:
    """Refuse a whole call. Source: docs/vendors/payt.md#whole-calls."""
    if call.path.startswith(_OAUTH_PATHS):
        if isinstance(refusal, Unauthorized):
            challenge = ("WWW-Authenticate", "Basic")
            return _oauth_reply(401, "invalid_client", OAUTH_MESSAGES["invalid_client"], (challenge,))
        if isinstance(refusal, (InvalidCall, MalformedBody, UnsupportedMediaType)):
            return _oauth_reply(400, "invalid_request", _invalid_request_message(refusal))
    status = _status(refusal)
    if isinstance(refusal, MethodNotAllowed) and call.path.endswith(_PAUSE_PATHS):
        # The last step of the path is a word here, and no invoice id.
        refusal = MethodNotAllowed([method for method in refusal.allowed if method == "PATCH"])
    document = {"code": _code(status), "message": _message(refusal, call, operation)}
    return json_reply(status, document, headers=refusal_headers(refusal))


def _status(refusal: Refusal) -> int:
    return fault_status(refusal.problems if isinstance(refusal, Rejected) else ()) or _STATUSES[refusal.code]


def _code(status: int) -> str:
    known = _CODES.get(status)
    if known is not None:
        return known
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        return "error"
    return phrase.lower().replace(" ", "_").replace("-", "_").replace("'", "")


def _is_too_long(problem: Problem) -> bool:
    """Return whether the problem is a text over the import length; amounts have a limit of ours."""
    return problem.rule == "maxLength" and problem.expected == _TEXT_LIMIT and problem.path[-1] not in AMOUNTS


def _lacks_offset(problem: Problem) -> bool:
    """Return whether a record's moment only lacks its zone.

    Source: docs/vendors/payt.md#conventions (timestamps are UTC).
    """
    return (
        problem.path[:1] == ("invoices",)
        and problem.rule == "format:date-time"
        and isinstance(problem.found, str)
        and is_local_instant(problem.found)
    )


def _oauth_reply(
    status: int, error: str, description: str, headers: tuple[tuple[str, str], ...] = ()
) -> Reply:
    return json_reply(status, {"error": error, "error_description": description}, headers=headers)


def _invalid_request_message(refusal: Refusal) -> str:
    for problem in refusal.problems if isinstance(refusal, InvalidCall) else ():
        if problem.rule == "required":
            return missing_parameter(str(problem.path[-1]))
    return OAUTH_MESSAGES["invalid_request"]


def _message(refusal: Refusal, call: Call, operation: Operation | None) -> str:
    match refusal:
        case InvalidCall(problems=problems):
            text = join_messages(problems)
        case MalformedBody() if not call.body and operation and operation.batch:
            text = f"administration_id is missing, {operation.batch.items[0]} is missing"
        case MalformedBody() if not call.body and call.path.endswith(_PAUSE_PATHS):
            text = "administration_id is missing"
        case Unauthorized(reason=reason):
            text = TOKEN_MESSAGES.get(reason, TOKEN_INVALID)
        case Forbidden(reason="scope") if operation and operation.scopes:
            text = f"Missing permission: {min(operation.scopes)}"
        case Rejected(detail=text):
            pass
        case VendorFailure(detail=text) | Unavailable(detail=text) | TooManyRequests(detail=text) if text:
            pass  # a scenario's own words
        case NotFound(what=what):
            text = NOT_FOUND_MESSAGES.get(what, "Not found")
        case _:
            text = REFUSAL_MESSAGES.get(refusal.code, refusal.detail)
    return text


def fault_problem(what: Fault, item: Item, request: Request) -> Problem:
    """Return the fault as a problem of the whole record; an unknown code is an internal error.

    Records have no status, so that of the fault counts only for a whole call.
    """
    batch = request.operation.batch
    kind = str(batch.items[0]) if batch else ""
    path = (kind, item.index) if batch else ()
    return Problem(what.code, path, what.message or _fault_message(what.code, kind), FAULT_RULE, what.status)


def extra_outcome_of(kind: str, *names: str) -> ExtraOutcome:
    """Return a maker of extra outcomes for records of `kind`, identified by `names`.

    The maps name only refused and warned records, so a phantom is refused.
    """

    def made(outcome: Outcome, number: int) -> Outcome:
        name = f"phantom-{number}"
        sent = outcome.item.document
        document: Document = {**(sent if isinstance(sent, dict) else {}), **dict.fromkeys(names, name)}
        item = Item(outcome.item.index, name, document)
        if not outcome.problems and not outcome.warnings:
            problem = Problem(_UNKNOWN, (kind, item.index), _fault_message(_UNKNOWN, kind), FAULT_RULE)
            return Outcome(item, Action.REJECTED, None, (problem,))
        return replace(outcome, item=item, problems=tuple(_with_name(one, name) for one in outcome.problems))

    return made


def _with_name(problem: Problem, name: str) -> Problem:
    return replace(problem, found=name) if problem.code == UNKNOWN_RECORD else problem


def _fault_message(code: str, kind: str) -> str:
    own: Mapping[str, str] = FAULT_MESSAGES_BY_TYPE.get(kind, {})
    return own.get(code) or FAULT_MESSAGES.get(code) or FAULT_MESSAGES[_BROKEN]
