"""Refused calls, schema problems and scenario faults in Xero's words.

A text is the vendor's own if known, else in its style; the text of a fault code is assumed.
Source: docs/vendors/xero.md#error-shapes to docs/vendors/xero.md#refusals, #error-numbers, #messages, #xml,
#headers-and-parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qs

from msgspec.structs import replace

from mockserver import errors
from mockserver.codec import json
from mockserver.codec.http import parse_content_type
from mockserver.codec.instants import parse_instant
from mockserver.codec.json import find_nul
from mockserver.engine.auth import CREDENTIALS
from mockserver.model import EMPTY, Call, Fault, Item, Json, Outcome, Path, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation
from mockserver.vendor import FAULT_RULE, ExtraOutcome, Request, fault_status, refusal_headers
from mockserver.vendors.xero import answers
from mockserver.vendors.xero.access import (
    KEY_HEADER,
    KEY_IN_FLIGHT,
    KEY_MISSING,
    TOKEN_OPERATIONS,
    token_error_reply,
)
from mockserver.vendors.xero.books import kind_of
from mockserver.vendors.xero.lists import HIGH_VOLUME, QUERY
from mockserver.vendors.xero.messages import item_path, make_problem, member_label, message_text

_FORM_TYPE = "application/x-www-form-urlencoded"
_UNKNOWN_EXPIRY = datetime(2001, 1, 1)  # noqa: DTZ001 - the vendor's text names no zone
_TOKEN_REFUSALS = (errors.InvalidCall, errors.MalformedBody, errors.Rejected)
_OUTSIDE_BODY = ("path", "query", "header")
_BOUNDS = ("minimum", "maximum")
_STATUS_RULES = {"BatchPayments": "batch-status-unfit", "Payments": "status-not-deleted"}
_DELETIONS_BY_PATH = ("deletePayment", "deleteBatchPaymentByUrlParam")
_MAX_QUOTED_VALUE = 200
_TYPES_BY_SUFFIX = {"Date": "System.DateTime", "ID": "System.Guid"}
"""Type of a member by the end of its name, for messages."""

_TYPES_BY_SCHEMA = {
    "string": "System.String",
    "number": "System.Decimal",
    "integer": "System.Int64",
    "boolean": "System.Boolean",
    "array": "System.Collections.IList",
}
_COMMON_MESSAGES: Mapping[str, str] = {
    "missing-required": "element-incomplete",
    "too-long": "value-too-long",
    "duplicate-key": "document-entered",
    "unknown-reference": "not-here",
    "locked": "document-locked",
    "conflict": "document-changed",
    "throttled": "element-throttled",
    "internal": "broken",
    "timeout": "element-late",
}
_OWN_CODES = ("missing-required", "duplicate-key", "unknown-reference", "locked")
_OWN_MESSAGES: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "BatchPayments": (255, ("batch-date-missing", "paid-twice", "document-unknown", "not-authorised")),
    "Payments": (0, ("not-positive", "", "document-unknown", "not-authorised")),
    "Invoices": (255, ("lines-missing", "number-taken", "contact-unknown", "has-payments")),
    "CreditNotes": (255, ("lines-missing", "number-taken", "contact-unknown", "has-payments")),
    "Contacts": (255, ("contact-name-missing", "contact-account-taken", "", "contact-archived")),
    "Allocations": (0, ("allocation-not-positive", "", "document-unknown", "allocation-paid")),
    "BankTransactions": (0, ("lines-missing", "", "contact-unknown", "transaction-reconciled")),
    "HistoryRecords": (2500, ("details-missing", "", "", "")),
    "deleted BatchPayments": (0, ("", "batch-deleted", "", "batch-reconciled")),
    "deleted Payments": (0, ("", "payment-deleted", "", "payment-reconciled")),
}
"""Messages of elements for those codes, "" for none of their own, by the name of their list.

The number is the maximum length of the member that holds a magic token, 0 for none.
"""

_GUID_GROUPS = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))


def nul_problems(item: Item, request: Request) -> Iterator[Problem]:
    """Yield a problem for each text with a NUL.

    Source: docs/catalogue.md#133-nul-and-controls, the vendor's text assumed.
    """
    if request.may_contain_nul:
        for path in find_nul(item.document, item_path(item, request)):
            yield make_problem("not-allowed", path, field=member_label(path))


def refuse(refusal: errors.Refusal, call: Call, operation: Operation | None, state: State) -> Reply:
    if operation is not None and operation.id in TOKEN_OPERATIONS and isinstance(refusal, _TOKEN_REFUSALS):
        return token_error_reply(refusal, state)
    if isinstance(refusal, errors.MalformedBody):
        return _malformed_reply(refusal.detail, call, operation, state)
    if isinstance(refusal, errors.InvalidCall):
        return _invalid_reply(refusal, call, operation, state)
    return _REPLIES.get(type(refusal), _unsupported_reply)(refusal, call, state)


def _forbidden_reply(refusal: errors.Forbidden, call: Call, state: State) -> Reply:
    """Return 401 for a missing scope, 403 for another tenant."""
    if refusal.reason == "scope":
        status = int(call.assumptions["scope_refused"])
        return answers.problem_reply(status, message_text("unauthorised"), call, state)
    return answers.problem_reply(403, message_text("unauthenticated"), call, state)


def _unauthorized_reply(refusal: errors.Unauthorized, call: Call, state: State) -> Reply:
    if refusal.reason == "expired":
        return answers.problem_reply(
            401, message_text("token-expired", at=_token_expiry(call, state)), call, state
        )
    return answers.problem_reply(401, message_text("unauthenticated"), call, state)


def _token_expiry(call: Call, state: State) -> str:
    """Expiry of the token; one without an expiry expired long ago."""
    token = call.headers.get("authorization", "").partition(" ")[2].strip()
    known = state.collection(CREDENTIALS, "").get(token) or EMPTY
    moment = parse_instant(known["expires"]) if "expires" in known else _UNKNOWN_EXPIRY
    return f"{moment:%m/%d/%Y %H:%M:%S}"


def _rate_limit_reply(refusal: errors.TooManyRequests, call: Call, state: State) -> Reply:
    """429 without a body. Source: docs/vendors/xero.md#refusals, the empty body assumed."""
    limit = refusal.which if refusal.which in answers.LIMIT_NAMES else answers.LIMIT_NAMES[0]
    own = (*answers.common_headers(call, state), ("X-Rate-Limit-Problem", limit))
    return Reply(429, headers=(*own, *refusal_headers(refusal)))


def _offline_reply(refusal: errors.Unavailable, call: Call, state: State) -> Reply:
    text = refusal.detail or message_text("offline")
    return Reply(503, text.encode(), "text/html", answers.common_headers(call, state))


def _broken_reply(refusal: errors.VendorFailure, call: Call, state: State) -> Reply:
    return answers.error_reply(500, answers.INTERNAL, refusal.detail or message_text("broken"), call, state)


def _method_reply(refusal: errors.MethodNotAllowed, call: Call, state: State) -> Reply:
    message, headers = message_text("not-implemented"), refusal_headers(refusal)
    return answers.error_reply(501, answers.NOT_IMPLEMENTED, message, call, state, *headers)


def _unsupported_reply(refusal: errors.Refusal, call: Call, state: State) -> Reply:
    """Return the vendor's refusal of an unsupported call."""
    match refusal:
        case errors.UnsupportedMediaType(media_type=found, supported=wanted):
            status, message = 415, message_text("media-type", found=found, wanted=", ".join(wanted))
        case errors.NotAcceptable(accept=accept):
            status, message = 406, message_text("not-acceptable", accept=accept)
        case errors.TooLarge(limit=limit):
            status, message = 413, message_text("body-too-large", limit=limit)
        case errors.TooManyItems(limit=limit, found=found):
            status, message = 413, message_text("too-many-elements", limit=limit, found=found)
        case _:
            status, message = 431, message_text("headers-too-large")
    return answers.error_reply(status, answers.UNREADABLE, message, call, state)


def classify(problem: Problem, call: Call) -> Problem | None:
    """Drop problems that the vendor ignores, and word the others.

    That a null among the elements fails alone is assumed.
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
    """Return whether a document that can only be deleted lacks Status DELETED, or an id."""
    if len(problem.path) != len(("list", "place", "member")) or problem.path[0] not in _STATUS_RULES:
        return False
    return problem.rule == "required" or (problem.rule == "enum" and problem.expected == ["DELETED"])


def _is_element(path: Path) -> bool:
    return len(path) == 2 and isinstance(path[1], int)  # noqa: PLR2004 - the list's name and the place in it


def _rejected_reply(refusal: errors.Rejected, call: Call, state: State) -> Reply:
    """Return the reply to a single document that breaks a rule; keys and faults have no element."""
    if refusal.document is None:
        status, links = _rejection_status(refusal.problems), _key_links(refusal.problems, call)
        return answers.error_reply(status, answers.VALIDATION, refusal.detail, call, state, *links)
    element = {**refusal.document, "ValidationErrors": answers.validation_errors(refusal.problems)}
    return answers.validation_reply([element], call, state)


def _key_links(problems: Iterable[Problem], call: Call) -> answers.Headers:
    if all(problem.code != KEY_MISSING for problem in problems):
        return ()
    return (("Link", f'<{call.mount}/ui/>; rel="describedby"'),)


def _rejection_status(problems: Sequence[Problem]) -> int:
    """400, except for a key in use, or a scenario's own status."""
    in_flight = any(problem.code == KEY_IN_FLIGHT for problem in problems)
    return 409 if in_flight else fault_status(problems) or 400


def _malformed_reply(detail: str, call: Call, operation: Operation | None, state: State) -> Reply:
    if not _sent_text(call).strip():
        return _no_data_reply(call, operation, state)
    rule = "not-xml" if _is_xml(call) else "not-json"
    return answers.error_reply(400, answers.UNREADABLE, message_text(rule, detail=detail), call, state)


def _sent_text(call: Call) -> bytes | str:
    """Return the body, or the XML in a form."""
    if parse_content_type(call.headers)[0] != _FORM_TYPE:
        return call.body
    return parse_qs(call.body.decode("latin-1"), keep_blank_values=True).get("xml", [call.body])[0]


def _is_xml(call: Call) -> bool:
    """Return whether the body is XML, alone or in a form."""
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
    message = _moment_message(problem) if _is_xml(call) else ""
    return answers.error_reply(400, answers.UNREADABLE, message or _conversion_message(problem), call, state)


def _moment_message(problem: Problem) -> str:
    """Return the message of XML about an invalid date, "" for any other value."""
    is_moment = problem.rule == "pattern" and isinstance(problem.found, str)
    return message_text("not-a-moment", value=problem.found) if is_moment else ""


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
    """Return the message about an unconvertible value, with its place."""
    path = _json_path(problem.path)
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
    """Return the member's class name, in the singular for elements; the body is a request."""
    *holder, last = ("Request", *path)
    return str(last) if isinstance(last, str) else str(holder[-1]).removesuffix("s")


def _json_path(path: Path) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


def fault_problem(fault: Fault, item: Item, request: Request) -> Problem:
    """Return the fault as a problem of the whole element; an unknown code is an internal error.

    Elements have no status, so that of the fault is only stored.
    """
    here: Path = item_path(item, request) if request.operation.batch else ()
    message = fault.message or _fault_message(fault.code, request)
    return Problem(fault.code, here, message, FAULT_RULE, fault.status)


def _fault_message(code: str, request: Request) -> str:
    limit, rules = _OWN_MESSAGES.get(_element_kind(request.operation), (0, ()))
    if code == "too-long" and limit:
        return message_text("maxLength", field=request.operation.magic[-1], limit=limit)
    own = dict(zip(_OWN_CODES, rules, strict=False))
    rule = own.get(code) or _COMMON_MESSAGES.get(code, "broken")
    return message_text(rule, document=kind_of(request).label)


def _element_kind(operation: Operation) -> str:
    plural = str(operation.batch.items[0]) if operation.batch else ""
    return f"deleted {plural}" if operation.id.startswith("delete") else plural


def extra_outcome(name: str, *ids: str) -> ExtraOutcome:
    """Return a maker of extra outcomes: clients identify them by `name`; `ids` are the vendor's."""

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
    """Return a GUID of a version that the sandbox never assigns; equal for equal seeds."""
    digits = blake2b(seed.encode(), digest_size=16).hexdigest()
    digits = f"{digits[:12]}8{digits[13:16]}a{digits[17:]}"
    return "-".join(digits[start:end] for start, end in _GUID_GROUPS)


_REPLIES: Mapping[type[errors.Refusal], Callable[[Any, Call, State], Reply]] = {
    errors.Unauthorized: _unauthorized_reply,
    errors.Forbidden: _forbidden_reply,
    errors.Rejected: _rejected_reply,
    errors.NotFound: lambda _refusal, call, state: answers.not_found_reply(call, state),
    errors.TooManyRequests: _rate_limit_reply,
    errors.Unavailable: _offline_reply,
    errors.VendorFailure: _broken_reply,
    errors.MethodNotAllowed: _method_reply,
}
