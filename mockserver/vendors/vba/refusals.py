"""Replies to refused calls, and the messages of schema problems and scenario faults.

It is assumed that every failed row has the status 500, except a throttled row.
Source: docs/vendors/vba.md#refusals, #bodies-that-cannot-be-read, #failed-rows, #single-records.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from http import HTTPStatus
from json import JSONDecoder

from msgspec.structs import replace

from mockserver.codec.http import PROBLEM_TYPE, json_reply, parse_content_type
from mockserver.codec.json import to_utf_8
from mockserver.errors import (
    Forbidden,
    InvalidCall,
    MalformedBody,
    Refusal,
    Rejected,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
)
from mockserver.model import Call, Document, Fault, Item, Path, Problem, Reply, dotted
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation
from mockserver.vendor import RefusalRow, RefusedCall, Request, ignore_unknown_parameters, item_fault
from mockserver.vendors.vba.access import API_KEY_SCHEME, BASIC_SCHEME, DATABASE, GATEWAY, REFRESH_SCHEME
from mockserver.vendors.vba.batches import KEY_MISMATCH
from mockserver.vendors.vba.messages import (
    CLAIM_INVOICE,
    FAULTS,
    column_name,
    message,
    names_for_path,
    truncated_message,
)
from mockserver.vendors.vba.replies import error_reply

_SPACE = " \t\r\n"
# Numbers are skipped as text, whatever their length.
_skip = JSONDecoder(parse_int=str, parse_float=str).raw_decode

ERROR_TYPE_PREFIX = "https://httpstatuses.com/"
_VALIDATION_TYPE = "https://tools.ietf.org/html/rfc9110#section-15.5.1"
_FORBIDDEN_HEADERS = (("x-amzn-ErrorType", "ForbiddenException"),)
_TITLES = {413: "Payload Too Large"}
_UNSUPPORTED = RefusalRow(415)
_PARAMETER_LOCATIONS = ("query", "path", "header")
_RULES_WITH_MESSAGE = ("maxLength", "minItems", "required", KEY_MISMATCH)
"""Rules whose problems have their final message as `detail`."""

_DOTNET_TYPES = {
    "integer": "System.Int32",
    "string": "System.String",
    "boolean": "System.Boolean",
    "number": "System.Nullable`1[System.Double]",
}
_REQUIRED_DATES = ("entry_Date", "update_Date")
TRUNCATED, NULL_KEY = "truncated", "null-key"
DATABASE_RULES = frozenset({TRUNCATED, NULL_KEY})
"""Rules of the database that are checked with the schema. A row that breaks such a rule fails alone."""


def value_position(call: Call, path: Path) -> str:
    """Return where the reader stops in the value at `path`: after a scalar, or after an opening bracket.

    The body must be JSON with a value at `path`. Source: docs/vendors/vba.md#refusals.
    """
    text = _body_text(call).decode()
    at = _skip_spaces(text, 0)
    for step in path:
        at = _element_start(text, at, step) if isinstance(step, int) else _member_start(text, at, step)
    end = at + 1 if text[at] in "[{" else _skip(text, at)[1]
    return _print_position(text[:end].encode())


def byte_position(call: Call, position: int) -> str:
    """Return line and column of the byte at `position`. The body must be text up to this byte."""
    return _print_position(_body_text(call)[:position] if position else b"")


def _body_text(call: Call) -> bytes:
    return to_utf_8(call.body, parse_content_type(call.headers)[1])


def _print_position(read: bytes) -> str:
    line = read.count(b"\n")
    column = len(read) - read.rfind(b"\n") - 1
    return f"LineNumber: {line} | BytePositionInLine: {column}"


def _element_start(text: str, at: int, index: int) -> int:
    at = _skip_spaces(text, at + 1)
    for _ in range(index):
        at = _skip_spaces(text, _skip(text, at)[1])
        at = _skip_spaces(text, at + 1)
    return at


def _member_start(text: str, at: int, name: str) -> int:
    """Return where the last value of `name`, in any letter case, starts in the object at `at`."""
    at, found = _skip_spaces(text, at + 1), at
    while text[at] == '"':
        given, at = _skip(text, at)
        at = _skip_spaces(text, _skip_spaces(text, at) + 1)
        if given.lower() == name.lower():
            found = at
        at = _skip_spaces(text, _skip(text, at)[1])
        at = _skip_spaces(text, at + 1) if text[at] == "," else at
    return found


def _skip_spaces(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at


def refuse(refused: RefusedCall, state: State) -> Reply:
    call, operation = refused.call, refused.operation
    if operation is not None and (sent := _unsupported_media_type(refused.refusal, call, operation)):
        refused = replace(refused, refusal=UnsupportedMediaType(sent, ()), row=_UNSUPPORTED)
    refusal = refused.refusal
    if (reply := _gateway_reply(refused)) is not None:
        return reply
    if _is_framework_refusal(refusal) and call.assumptions["bad_request_style"] == "aspnet":
        return validation_problem_reply(refusal, call, state)
    status = int(call.assumptions["record_errors"]) if _is_database_refusal(refusal) else refused.row.status
    error = {
        "type": f"{ERROR_TYPE_PREFIX}{status}",
        "title": _TITLES.get(status, HTTPStatus(status).phrase),
        "status": status,
        "detail": _detail(refused),
        "instance": call.path,
    }
    return error_reply(error, call, state, refused.headers)


def _unsupported_media_type(refusal: Refusal, call: Call, operation: Operation) -> str:
    """Return the sent media type if the body is empty and the operation cannot read that type, else ""."""
    if call.body or not isinstance(refusal, MalformedBody):
        return ""
    sent, _ = parse_content_type(call.headers)
    return "" if any(fnmatchcase(sent, body.name) for body in operation.bodies) else sent


def _gateway_reply(refused: RefusedCall) -> Reply | None:
    """Return the gateway's reply, without headers that HTTP requires; None if the gateway refuses nothing."""
    refusal = refused.refusal
    if isinstance(refusal, (TooManyRequests, Unavailable)):
        return json_reply(refused.row.status, {"message": refused.row.message})
    of_key = isinstance(refusal, Unauthorized) and refusal.scheme == API_KEY_SCHEME
    if of_key or (isinstance(refusal, Forbidden) and refusal.reason == GATEWAY):
        return json_reply(403, {"message": message("forbidden")}, headers=_FORBIDDEN_HEADERS)
    return None


def _is_framework_refusal(refusal: Refusal) -> bool:
    """Return whether the framework answers 400 before the service's own code runs."""
    if isinstance(refusal, InvalidCall):
        return not _is_database_refusal(refusal) and refusal.problems[0].rule != KEY_MISMATCH
    return isinstance(refusal, MalformedBody)


def _is_database_refusal(refusal: Refusal) -> bool:
    if isinstance(refusal, InvalidCall):
        return all(problem.rule in DATABASE_RULES for problem in refusal.problems)
    return isinstance(refusal, Rejected)


def _detail(refused: RefusedCall) -> str | None:
    refusal = refused.refusal
    match refusal:
        case InvalidCall(problems=problems):
            ahead = [problem for problem in problems if problem.rule not in DATABASE_RULES]
            return problem_message((ahead or problems)[0], refused.call)
        case MalformedBody():
            return malformed_message(refusal, refused.call)
        case Rejected(problems=problems):
            return problems[0].detail
        case Unauthorized(scheme=scheme, reason=reason):
            return _unauthorized_detail(scheme, reason)
    return refused.row.message or None


def _unauthorized_detail(scheme: str, reason: str) -> str | None:
    """Return the detail of a 401: a message for a wrong password or refresh token, else None."""
    if scheme == BASIC_SCHEME and reason != "missing":
        return message("wrong-password")
    return message(f"refresh-{reason}") if scheme == REFRESH_SCHEME else None


def validation_problem_reply(refusal: Refusal, call: Call, state: State) -> Reply:
    """Return ASP.NET's problem document for an automatic 400 (assumption `bad_request_style`: aspnet)."""
    document = {
        "type": _VALIDATION_TYPE,
        "title": message("validation-title"),
        "status": 400,
        "errors": _errors_by_key(refusal, call),
        "traceId": f"00-{state.octets(16).hex()}-{state.octets(8).hex()}-00",
    }
    return json_reply(400, document, f"{PROBLEM_TYPE}; charset=utf-8")


def problem_message(problem: Problem, call: Call) -> str:
    if problem.path and problem.path[0] in _PARAMETER_LOCATIONS:
        if problem.rule in ("required", "minLength"):
            return message("required", name=problem.path[1])
        return message("invalid", value="" if problem.found is None else problem.found)
    if problem.rule in DATABASE_RULES or problem.rule in _RULES_WITH_MESSAGE:
        return problem.detail
    text = message("unreadable", type=_dotnet_type(problem, call))
    return f"{text} Path: ${dotted(problem.path)} | {value_position(call, problem.path)}."


def malformed_message(refusal: MalformedBody, call: Call) -> str:
    if not call.body:
        return message("no-body")
    text = message("unreadable", type=names_for_path(call.path).body_type(call.path))
    return f"{text} Path: $ | {byte_position(call, refusal.position or 0)}."


def _errors_by_key(refusal: Refusal, call: Call) -> Document:
    """Return messages by key. If values cannot be read, report only the first of these values."""
    if isinstance(refusal, MalformedBody):
        return {"$" if call.body else "": [malformed_message(refusal, call)]}
    problems = refusal.problems if isinstance(refusal, InvalidCall) else ()
    unread = [problem for problem in problems if _is_reader_problem(problem)]
    errors: dict[str, list[str]] = {}
    for problem in unread[:1] or problems:
        if problem.rule not in DATABASE_RULES:
            errors.setdefault(_error_key(problem), []).append(problem_message(problem, call))
    return errors


def _is_reader_problem(problem: Problem) -> bool:
    in_body = not problem.path or problem.path[0] not in _PARAMETER_LOCATIONS
    return in_body and problem.rule not in DATABASE_RULES and problem.rule not in _RULES_WITH_MESSAGE


def _error_key(problem: Problem) -> str:
    """Return ASP.NET's key of a problem: the name of a parameter, a JSON path, or the path in the model."""
    if problem.path and problem.path[0] in _PARAMETER_LOCATIONS:
        return str(problem.path[1])
    if _is_reader_problem(problem):
        return "$" + dotted(problem.path)
    in_model = (step if isinstance(step, int) else column_name(step) for step in problem.path)
    return dotted(in_model).lstrip(".")


def _dotnet_type(problem: Problem, call: Call) -> str:
    names = names_for_path(call.path)
    member = str(problem.path[-1]) if problem.path else ""
    if member.endswith("_Date"):
        return "System.DateTime" if member in _REQUIRED_DATES else "System.Nullable`1[System.DateTime]"
    if problem.rule in ("minimum", "maximum"):
        return _DOTNET_TYPES["integer"]
    if not problem.path:
        return names.body_type(call.path)
    kinds = [kind for kind in problem.expected if kind != "null"] if problem.rule == "type" else ["string"]
    return _DOTNET_TYPES.get(kinds[0], names.model)


def classify(problem: Problem, call: Call) -> Problem | None:
    """Return the problem as VBA reports it, or None if VBA ignores it.

    Assumptions decide on a missing key (`missing_key`), a text that is too long (`length_errors`), and a null
    row (`null_row`).

    Source: docs/vendors/vba.md#bodies-that-cannot-be-read, #failed-rows.
    """
    names, database = names_for_path(call.path), call.headers.get(DATABASE, "")
    if problem.rule == "required" and problem.path[-1:] == (names.key,):
        if call.assumptions["missing_key"] == "assign":
            return None
        return replace(problem, detail=message("required", name=names.column))
    if problem.rule == "maxLength" and problem.path[:1] != ("path",):
        member = str(problem.path[-1])
        if call.assumptions["length_errors"] == "request":
            text = message("over-length", column=column_name(member), limit=problem.expected)
            return replace(problem, detail=text)
        text = truncated_message(database, names.table, member, problem.found, problem.expected)
        return replace(problem, rule=TRUNCATED, detail=text)
    if _is_null_row(problem) and call.assumptions["null_row"] == "item":
        text = message("null-key", column=names.column, database=database, table=names.table)
        return replace(problem, rule=NULL_KEY, detail=text)
    return ignore_unknown_parameters(problem, call)


def _is_null_row(problem: Problem) -> bool:
    at_row = len(problem.path) == 1 and isinstance(problem.path[0], int)
    return at_row and problem.rule == "type" and problem.found is None


def fault_problem(fault: Fault, item: Item, request: Request) -> Problem:
    status = 429 if fault.code == "throttled" else 500
    found = item_fault(fault, item, request, _fault_message(fault.code, item, request))
    return found if fault.status is not None else replace(found, expected=status)


def _fault_message(code: str, item: Item, request: Request) -> str:
    names, database = names_for_path(request.call.path), request.tenant
    if code == "too-long":
        member = "description" if names is CLAIM_INVOICE else "name"
        return truncated_message(database, names.table, member, "", 0)
    return message(
        FAULTS.get(code, "not-saved"),
        verb="INSERT",
        database=database,
        table=names.table,
        column=names.column,
        key=item.key,
    )
