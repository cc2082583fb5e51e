"""Replies to refused calls, and the messages of schema problems and scenario faults.

If the vendor's own message is known, it is used; else the message is in the vendor's style. The messages
of fault codes are assumed.
Source: docs/vendors/xero.md#error-shapes to docs/vendors/xero.md#refusals, #error-numbers, #messages, #xml,
#headers-and-parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from urllib.parse import parse_qs
from uuid import UUID

from msgspec.structs import replace

from mockserver import errors
from mockserver.codec import json
from mockserver.codec.http import parse_content_type
from mockserver.codec.instants import parse_instant
from mockserver.codec.json import find_nul
from mockserver.engine.auth import CREDENTIALS
from mockserver.model import EMPTY, Call, Fault, Item, Json, Outcome, Path, Problem, Reply, dotted
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation
from mockserver.vendor import (
    ExtraOutcome,
    RefusalRow,
    RefusedCall,
    Request,
    fault_status,
    item_fault,
    read_tables,
    refusal_rows,
)
from mockserver.vendors.xero import answers
from mockserver.vendors.xero.access import (
    KEY_HEADER,
    KEY_IN_FLIGHT,
    KEY_MISSING,
)
from mockserver.vendors.xero.books import kind_of
from mockserver.vendors.xero.lists import HIGH_VOLUME, QUERY
from mockserver.vendors.xero.messages import item_path, make_problem, member_label, message_text
from mockserver.vendors.xero.sign_in import SIGN_IN_OPERATIONS, sign_in_error_reply

_FORM_TYPE = "application/x-www-form-urlencoded"
_UNKNOWN_EXPIRY = datetime(2001, 1, 1)  # noqa: DTZ001 - the vendor's text names no zone
_READING_REFUSALS = (errors.InvalidCall, errors.MalformedBody, errors.Rejected)
_OUTSIDE_BODY = ("path", "query", "header")
_BOUNDS = ("minimum", "maximum")
_STATUS_RULES = {"BatchPayments": "batch-status-unfit", "Payments": "status-not-deleted"}
_DELETIONS_BY_PATH = ("deletePayment", "deleteBatchPaymentByUrlParam")
_MAX_QUOTED_VALUE = 200
_TYPES_BY_SUFFIX = {"Date": "System.DateTime", "ID": "System.Guid"}
"""For messages, the type of a member by the ending of its name."""

_TYPES_BY_SCHEMA = {
    "string": "System.String",
    "number": "System.Decimal",
    "integer": "System.Int64",
    "boolean": "System.Boolean",
    "array": "System.Collections.IList",
}
_TABLES = read_tables(__file__)
REFUSALS = refusal_rows(_TABLES["refusals"])


def nul_problems(item: Item, request: Request) -> Iterator[Problem]:
    """Yield a problem for each text with a NUL.

    Source: docs/catalogue.md#133-nul-and-controls (the vendor's message is assumed).
    """
    if request.may_contain_nul:
        for path in find_nul(item.document, item_path(item, request)):
            yield make_problem("not-allowed", path, field=member_label(path))


def refuse(refused: RefusedCall, state: State) -> Reply:
    refusal, call, operation, row = refused.refusal, refused.call, refused.operation, refused.row
    name = operation.id if operation else ""
    if name in SIGN_IN_OPERATIONS and isinstance(refusal, _READING_REFUSALS):
        return sign_in_error_reply(refusal, state)
    match refusal:
        case errors.MalformedBody():
            reply = _malformed_reply(refusal.detail, call, operation, state)
        case errors.InvalidCall():
            reply = _invalid_reply(refusal, call, operation, state)
        case errors.Rejected():
            reply = _rejected_reply(refusal, call, state)
        case errors.NotFound():
            reply = answers.not_found_reply(call, state)
        case errors.Unauthorized() | errors.Forbidden():
            reply = _denied_reply(refusal, row, call, state)
        case errors.TooManyRequests():
            reply = _rate_limit_reply(refusal, refused, state)
        case errors.Unavailable():
            reply = Reply(row.status, row.message.encode(), "text/html", answers.common_headers(call, state))
        case _:
            reply = answers.error_reply(row.status, row.kind, row.message, call, state, *refused.headers)
    return reply


def _denied_reply(
    refusal: errors.Unauthorized | errors.Forbidden, row: RefusalRow, call: Call, state: State
) -> Reply:
    status, message = row.status, row.message
    if isinstance(refusal, errors.Unauthorized) and refusal.reason == "expired":
        message = message_text("token-expired", at=_token_expiry(call, state))
    if isinstance(refusal, errors.Forbidden) and refusal.reason == "scope":
        status = int(call.assumptions["scope_refused"])
    return answers.problem_reply(status, message, call, state)


def _token_expiry(call: Call, state: State) -> str:
    """Return the time at which the token expired; if that time is unknown, a day in 2001."""
    token = call.headers.get("authorization", "").partition(" ")[2].strip()
    known = state.collection(CREDENTIALS, "").get(token) or EMPTY
    moment = parse_instant(known["expires"]) if "expires" in known else _UNKNOWN_EXPIRY
    return f"{moment:%m/%d/%Y %H:%M:%S}"


def _rate_limit_reply(refusal: errors.TooManyRequests, refused: RefusedCall, state: State) -> Reply:
    """Reply 429 without a body. Source: docs/vendors/xero.md#refusals (the empty body is assumed)."""
    limit = refusal.which if refusal.which in answers.LIMIT_NAMES else answers.LIMIT_NAMES[0]
    own = (*answers.common_headers(refused.call, state), ("X-Rate-Limit-Problem", limit))
    return Reply(refused.row.status, headers=(*own, *refused.headers))


def classify(problem: Problem, call: Call) -> Problem | None:
    """Return the problem with the vendor's message, or None if the vendor ignores the problem.

    A null among the elements is a failed element, and the other elements are processed (assumed).
    """
    if _is_ignored(problem, call):
        return None
    if problem.path[:1] and problem.path[0] in _OUTSIDE_BODY:
        return problem
    if _is_element(problem.path) and problem.rule == "type" and problem.found is None:
        return make_problem("element-empty", problem.path)
    if _is_status_unfit(problem):
        return make_problem(_STATUS_RULES[str(problem.path[0])], problem.path)
    rule = "out-of-range" if problem.rule in _BOUNDS else problem.rule
    if rule not in ("out-of-range", "maxLength", "maxItems"):
        return problem
    detail = message_text(rule, field=member_label(problem.path), limit=problem.expected)
    return Problem(problem.code, problem.path, detail, problem.rule, problem.expected, problem.found)


def _is_ignored(problem: Problem, call: Call) -> bool:
    if problem.path == ("query", "summarizeErrors"):
        return call.assumptions["unreadable_flag"] == "true"
    if problem.path == ("header", answers.TENANT_HEADER):
        return call.assumptions["tenant_header"] == "optional"
    return problem.code == "unknown-parameter"


def _is_status_unfit(problem: Problem) -> bool:
    """Return whether the id or the Status DELETED is missing in a document that can only be deleted."""
    if len(problem.path) != len(("list", "place", "member")) or problem.path[0] not in _STATUS_RULES:
        return False
    return problem.rule == "required" or (problem.rule == "enum" and problem.expected == ["DELETED"])


def _is_element(path: Path) -> bool:
    return len(path) == 2 and isinstance(path[1], int)  # noqa: PLR2004 - the list's name and the place in it


def _rejected_reply(refusal: errors.Rejected, call: Call, state: State) -> Reply:
    """Reply to a document that breaks a rule. For a bad idempotency key or a fault, show no document."""
    if refusal.document is None:
        codes = {problem.code for problem in refusal.problems}
        status = 409 if KEY_IN_FLIGHT in codes else fault_status(refusal.problems) or 400
        help_page = ("Link", f'<{call.mount}/ui/>; rel="describedby"')
        links = (help_page,) if KEY_MISSING in codes else ()
        return answers.error_reply(status, answers.VALIDATION, refusal.detail, call, state, *links)
    element = {**refusal.document, "ValidationErrors": answers.validation_errors(refusal.problems)}
    return answers.validation_reply([element], call, state)


def _malformed_reply(detail: str, call: Call, operation: Operation | None, state: State) -> Reply:
    if not _sent_text(call).strip():
        return _no_data_reply(call, operation, state)
    rule = "not-xml" if _is_xml(call) else "not-json"
    return answers.error_reply(400, answers.UNREADABLE, message_text(rule, detail=detail), call, state)


def _sent_text(call: Call) -> bytes | str:
    """Return the body; if the body is a form, return the XML in the form."""
    if parse_content_type(call.headers)[0] != _FORM_TYPE:
        return call.body
    return parse_qs(call.body.decode("latin-1"), keep_blank_values=True).get("xml", [call.body])[0]


def _is_xml(call: Call) -> bool:
    """Return whether the media type is not JSON, so that the body is XML, alone or in a form."""
    return "json" not in parse_content_type(call.headers)[0]


def _invalid_reply(
    refusal: errors.InvalidCall, call: Call, operation: Operation | None, state: State
) -> Reply:
    problem = refusal.problems[0]
    place = problem.path[0] if problem.path else ""
    if place == "path":
        return answers.not_found_reply(call, state)
    if place == "header":
        return _header_reply(problem, call, state)
    if place == "query":
        kind = answers.HIGH_VOLUME if problem.rule == HIGH_VOLUME else answers.BAD_QUERY
        return answers.error_reply(400, kind, _query_message(problem), call, state)
    if operation is not None and operation.id in _DELETIONS_BY_PATH and problem.rule == "required":
        unfit = make_problem(_STATUS_RULES[str(problem.path[0])])
        return answers.validation_reply(
            [{"ValidationErrors": answers.validation_errors([unfit])}], call, state
        )
    if problem.rule in ("required", "minItems") or (problem.found is None and len(problem.path) <= 1):
        return _no_data_reply(call, operation, state)
    is_date_of_xml = problem.rule == "pattern" and isinstance(problem.found, str) and _is_xml(call)
    message = (
        message_text("not-a-moment", value=problem.found) if is_date_of_xml else _conversion_message(problem)
    )
    return answers.error_reply(400, answers.UNREADABLE, message, call, state)


def _header_reply(problem: Problem, call: Call, state: State) -> Reply:
    if problem.path[1] == KEY_HEADER:
        message = message_text("key-too-long", limit=problem.expected)
        return answers.error_reply(400, answers.VALIDATION, message, call, state)
    return answers.problem_reply(412, message_text("condition-unreadable"), call, state)


def _no_data_reply(call: Call, operation: Operation | None, state: State) -> Reply:
    message = message_text("nothing-sent", kind=_element_name(operation))
    return answers.error_reply(400, answers.NO_DATA, message, call, state)


def _element_name(operation: Operation | None) -> str:
    """Return the name of the operation's elements, in the singular."""
    if operation is None:
        return ""
    fixed = [step for step in operation.path.split("/") if not step.startswith("{")]
    plural = str(operation.batch.items[0]) if operation.batch else fixed[-1]
    return plural.removesuffix("s")


def _query_message(problem: Problem) -> str:
    if problem.rule in (QUERY, HIGH_VOLUME):
        return problem.detail
    name = problem.path[1] if len(problem.path) > 1 else ""
    return message_text("parameter-invalid", value=_quote_value(problem), name=name)


def _conversion_message(problem: Problem) -> str:
    """Return the message about a value that cannot be converted, with its path."""
    path = dotted(problem.path).removeprefix(".")
    if isinstance(problem.found, (dict, list)):
        return message_text("unexpected", value="{" if isinstance(problem.found, dict) else "[", path=path)
    value = "{null}" if problem.found is None else _quote_value(problem)
    return message_text("unconvertible", value=value, type=_type_name(problem), path=path)


def _quote_value(problem: Problem) -> str:
    shown = json.encode(problem.found).decode()
    return shown if len(shown) <= _MAX_QUOTED_VALUE else f"{shown[:_MAX_QUOTED_VALUE]}…"


def _type_name(problem: Problem) -> str:
    name = _class_name(problem.path)
    for ending, kind in _TYPES_BY_SUFFIX.items():
        if name.endswith(ending):
            return kind
    own = f"Xero.Api.{name}"
    return _TYPES_BY_SCHEMA.get(problem.expected[0], own) if problem.rule == "type" else own


def _class_name(path: Path) -> str:
    """Return a value's class: the member's name; for a list's element, the list's name in the singular."""
    *holder, last = ("Request", *path)
    return str(last) if isinstance(last, str) else str(holder[-1]).removesuffix("s")


def fault_problem(fault: Fault, item: Item, request: Request) -> Problem:
    """Return the fault as a problem of the whole element. An unknown code has the text of an internal error.

    An element shows no status, so the fault's status is only in the problem's `expected`.
    """
    return item_fault(fault, item, request, _fault_message(fault.code, request))


def _fault_message(code: str, request: Request) -> str:
    rule = _TABLES["faults-by-list"].get(_element_kind(request.operation), EMPTY).get(code)
    if isinstance(rule, int):
        return message_text("maxLength", field=request.operation.magic[-1], limit=rule)
    return message_text(rule or _TABLES["faults"].get(code, "broken"), document=kind_of(request).label)


def _element_kind(operation: Operation) -> str:
    plural = str(operation.batch.items[0]) if operation.batch else ""
    return f"deleted {plural}" if operation.id.startswith("delete") else plural


def extra_outcome(name: str, *ids: str) -> ExtraOutcome:
    """Return a function that copies an outcome for an unsent element, with new values of `name` and `ids`."""

    def made(outcome: Outcome, n: int) -> Outcome:
        called = {name: f"phantom-{n}"}
        item = replace(
            outcome.item,
            key=called[name],
            document={**_replace_ids(outcome.item.document or {}, ids, n), **called},
        )
        if not isinstance(outcome.document, Mapping):
            return replace(outcome, item=item)
        return replace(outcome, item=item, document={**_replace_ids(outcome.document, ids, n), **called})

    return made


def _replace_ids(value: Json, ids: tuple[str, ...], n: int) -> Json:
    if isinstance(value, Mapping):
        return {
            name: _derive_guid(f"{child}/{n}") if name in ids else _replace_ids(child, ids, n)
            for name, child in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_replace_ids(child, ids, n) for child in value]
    return value


def _derive_guid(seed: str) -> str:
    """Return a GUID that depends on the seed alone, of a version that the sandbox never assigns."""
    digits = blake2b(seed.encode(), digest_size=16).hexdigest()
    return str(UUID(f"{digits[:12]}8{digits[13:16]}a{digits[17:]}"))
