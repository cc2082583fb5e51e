"""Refusals of whole calls (code and message), and scenario faults of records."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus

from msgspec.structs import replace

from mockserver.codec.http import json_reply
from mockserver.errors import (
    Forbidden,
    InvalidCall,
    MalformedBody,
    MethodNotAllowed,
    Refusal,
    Rejected,
    Unauthorized,
    UnsupportedMediaType,
)
from mockserver.model import Action, Call, Document, Fault, Item, Outcome, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import (
    FAULT_RULE,
    ExtraOutcome,
    Headers,
    RefusedCall,
    Request,
    fault_status,
    ignore_unknown_parameters,
    item_fault,
)
from mockserver.vendors.payt.amounts_and_dates import AMOUNTS, is_local_instant
from mockserver.vendors.payt.messages import (
    FAULT_MESSAGES,
    FAULT_MESSAGES_BY_TYPE,
    OAUTH_MESSAGES,
    UNKNOWN_RECORD,
    join_messages,
    missing_parameter,
    word_file_problem,
    word_problem,
)

_CODES: Mapping[int, str] = {413: "payload_too_large", 422: "unprocessable_entity"}
"""Error codes by status, for statuses whose phrase differs between versions of Python."""

_TEXT_LIMIT = 255
_PAUSE_PATHS = ("/v1/invoices/block", "/v1/invoices/resume")
_OAUTH_PATHS = "/oauth/"

_BROKEN = "internal"
_UNKNOWN = "unknown-reference"


def classify(problem: Problem, call: Call) -> Problem | None:
    """Return the schema problem in the vendor's words, or None if the vendor tolerates it.

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


def refuse(refused: RefusedCall, _state: State) -> Reply:
    """Return the response to a refused call. Source: docs/vendors/payt.md#whole-calls."""
    refusal, path, headers = refused.refusal, refused.call.path, refused.headers
    if path.startswith(_OAUTH_PATHS):
        if isinstance(refusal, Unauthorized):
            challenge = (("WWW-Authenticate", "Basic"),)
            return _oauth_reply(401, "invalid_client", OAUTH_MESSAGES["invalid_client"], challenge)
        if isinstance(refusal, (InvalidCall, MalformedBody, UnsupportedMediaType)):
            return _oauth_reply(400, "invalid_request", _invalid_request_message(refusal))
    if isinstance(refusal, MethodNotAllowed) and path.endswith(_PAUSE_PATHS):
        # The last step of the path is a word here, and no invoice id.
        headers = (("Allow", ", ".join({"PATCH"}.intersection(refusal.allowed))),)
    status = fault_status(refusal.problems if isinstance(refusal, Rejected) else ()) or refused.row.status
    return json_reply(status, {"code": _code(status), "message": _message(refused)}, headers=headers)


def _code(status: int) -> str:
    if status in _CODES:
        return _CODES[status]
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        return "error"
    return phrase.lower().replace(" ", "_").replace("-", "_").replace("'", "")


def _is_too_long(problem: Problem) -> bool:
    """Return whether a text exceeds the vendor's limit. Amounts are exempt: their limit is this server's."""
    return problem.rule == "maxLength" and problem.expected == _TEXT_LIMIT and problem.path[-1] not in AMOUNTS


def _lacks_offset(problem: Problem) -> bool:
    """Return whether the problem is an invoice's date-time that only lacks an offset.

    Source: docs/vendors/payt.md#conventions (timestamps are UTC).
    """
    return (
        problem.path[:1] == ("invoices",)
        and problem.rule == "format:date-time"
        and isinstance(problem.found, str)
        and is_local_instant(problem.found)
    )


def _oauth_reply(status: int, error: str, description: str, headers: Headers = ()) -> Reply:
    return json_reply(status, {"error": error, "error_description": description}, headers=headers)


def _invalid_request_message(refusal: Refusal) -> str:
    for problem in refusal.problems if isinstance(refusal, InvalidCall) else ():
        if problem.rule == "required":
            return missing_parameter(str(problem.path[-1]))
    return OAUTH_MESSAGES["invalid_request"]


def _message(refused: RefusedCall) -> str:
    refusal, call, operation = refused.refusal, refused.call, refused.operation
    match refusal:
        case InvalidCall(problems=problems):
            return join_messages(problems)
        case MalformedBody() if not call.body and operation and operation.batch:
            return f"administration_id is missing, {operation.batch.items[0]} is missing"
        case MalformedBody() if not call.body and call.path.endswith(_PAUSE_PATHS):
            return "administration_id is missing"
        case Forbidden(reason="scope") if operation and operation.scopes:
            return f"Missing permission: {min(operation.scopes)}"
    return refused.row.message or refusal.detail


def fault_problem(fault: Fault, item: Item, request: Request) -> Problem:
    """Return the fault as a problem of the record; an unknown code gets the message of an internal error.

    Records have no status in a response, so the fault's status counts only if the whole call is refused.
    """
    batch = request.operation.batch
    return item_fault(fault, item, request, _fault_message(fault.code, str(batch.items[0]) if batch else ""))


def extra_outcome_of(kind: str, *names: str) -> ExtraOutcome:
    """Return a function that makes outcomes of unsent records of `kind`; `names` are the key members.

    Responses name only records with errors or warnings, so an outcome without messages becomes a rejection.
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
