"""Whole calls refused, each in the shape that the vendor has for it."""

from datetime import datetime

from mockserver.auth import CREDENTIALS
from mockserver.clock import parse_instant
from mockserver.errors import (
    Failed,
    Forbidden,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Refusal,
    Rejected,
    TooLarge,
    TooManyItems,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
)
from mockserver.model import NOTHING, Call, Json, Problem, Reply
from mockserver.reply import json_reply
from mockserver.spec import Operation
from mockserver.store import State
from mockserver.vendors.xero.echo import messages
from mockserver.vendors.xero.idempotency import HEADER
from mockserver.vendors.xero.limits import TENANT
from mockserver.vendors.xero.replies import (
    BAD_QUERY,
    BROKEN,
    NO_DATA,
    NOT_IMPLEMENTED,
    UNREADABLE,
    VALIDATION,
    correlation,
    error,
    headers,
    validation_failure,
)
from mockserver.vendors.xero.tokens import GRANTING, ungranted
from mockserver.vendors.xero.unreadable import quoted, sentence
from mockserver.vendors.xero.wire import optional
from mockserver.vendors.xero.words import label, text

LONG_AGO = datetime(2001, 1, 1)  # noqa: DTZ001 - the vendor's text names no zone
_OUTSIDE_BODY = ("path", "query", "header")
_BOUNDS = ("minimum", "maximum")
_TITLES = {401: "Unauthorized", 403: "Forbidden", 412: "Precondition Failed"}
_STATUS = ("Status",)
_UNGRANTED = (Invalid, Malformed, Rejected)


def grade(problem: Problem, call: Call) -> Problem | None:
    """Drop what the vendor does not mind, put what it says of an element into its words.

    Source: Xero fact sheet §1.1, §3.7, §7.34.
    """
    if problem.code == "unknown-parameter":
        return None
    if problem.path == ("query", "summarizeErrors") and call.assumptions["unreadable_flag"] == "true":
        return None
    if problem.path == ("header", TENANT) and call.assumptions["tenant_header"] == "optional":
        return None
    if problem.path[:1] and problem.path[0] in _OUTSIDE_BODY:
        return problem
    rule = "out-of-range" if problem.rule in _BOUNDS else problem.rule
    if rule not in ("out-of-range", "maxLength", "maxItems"):
        return problem
    detail = text(rule, field=label(problem.path), limit=problem.expected)
    return Problem(problem.code, problem.path, detail, problem.rule, problem.expected, problem.found)


def refuse(refusal: Refusal, call: Call, operation: Operation | None, state: State) -> Reply:
    """The vendor's answer to a call that is refused whole.

    Source: Xero fact sheet §3.2 to §3.4.
    """
    if operation is not None and operation.id in GRANTING and isinstance(refusal, _UNGRANTED):
        return ungranted(refusal, state)
    if isinstance(refusal, (Unauthorized, Forbidden)):
        return _unwelcome(refusal, call, state)
    if isinstance(refusal, (Malformed, Invalid, Rejected)):
        return _wrong(refusal, call, operation, state)
    if isinstance(refusal, NotFound):
        return not_found(call, state)
    if isinstance(refusal, TooManyRequests):
        return _too_many(refusal, call, state)
    return _limits(refusal, state)


def not_found(call: Call, state: State) -> Reply:
    """404 in plain text that calls itself HTML.

    Source: Xero fact sheet §3.4 (OAS#163).
    """
    return Reply(404, text("not-found").encode(), "text/html", headers(call, state))


def _unwelcome(refusal: Unauthorized | Forbidden, call: Call, state: State) -> Reply:
    """A scope that is missing is a 401, a tenant a 403. Source: Xero fact sheet §3.4."""
    if isinstance(refusal, Forbidden):
        if refusal.reason == "scope":
            return _problem(int(call.assumptions["scope_refused"]), text("unauthorised"), state)
        return _problem(403, text("unauthenticated"), state)
    if refusal.reason == "expired":
        return _problem(401, text("token-expired", at=_expiry(call, state)), state)
    return _problem(401, text("unauthenticated"), state)


def _expiry(call: Call, state: State) -> str:
    """When the token ran out; one that is only said to have done so did it long ago."""
    token = call.headers.get("authorization", "").partition(" ")[2].strip()
    known = state.collection(CREDENTIALS, "").get(token) or NOTHING
    moment = parse_instant(known["expires"]) if "expires" in known else LONG_AGO
    return f"{moment:%m/%d/%Y %H:%M:%S}"


def _too_many(refusal: TooManyRequests, call: Call, state: State) -> Reply:
    """429 without a body. Source: Xero fact sheet §3.4, the empty body assumed."""
    sent = (*headers(call, state), ("X-Rate-Limit-Problem", refusal.which))
    wait = () if refusal.wait is None else (("Retry-After", str(refusal.wait)),)
    return Reply(429, headers=(*sent, *wait))


def _limits(refusal: Refusal, state: State) -> Reply:
    sent = correlation(state)
    if isinstance(refusal, Unavailable):
        return Reply(503, text("offline").encode(), "text/html", sent)
    if isinstance(refusal, Failed):
        return error(500, BROKEN, text("broken"), sent)
    if isinstance(refusal, MethodNotAllowed):
        allow = ("Allow", ", ".join(refusal.allowed))
        return error(405, NOT_IMPLEMENTED, text("not-implemented"), (*sent, allow))
    status, message = _too_much(refusal)
    return error(status, UNREADABLE, message, sent)


def _too_much(refusal: Refusal) -> tuple[int, str]:
    """What this server does not take, and says in the vendor's shape."""
    match refusal:
        case UnsupportedMediaType(media_type=found):
            return 415, text("media-type", found=found)
        case TooLarge(limit=limit):
            return 413, text("body-too-large", limit=limit)
        case TooManyItems(limit=limit, found=found):
            return 413, text("too-many-elements", limit=limit, found=found)
    return 431, text("headers-too-large")


def _problem(status: int, detail: str, state: State) -> Reply:
    document: Json = {
        "Type": None,
        "Title": _TITLES[status],
        "Status": status,
        "Detail": detail,
        "Instance": state.uuid(),
        "Extensions": {},
    }
    return json_reply(status, document, headers=correlation(state))


def _wrong(
    refusal: Malformed | Invalid | Rejected, call: Call, operation: Operation | None, state: State
) -> Reply:
    if isinstance(refusal, Malformed):
        return _unread(refusal.detail, call, operation, state)
    if isinstance(refusal, Invalid):
        return _invalid(refusal, call, operation, state)
    return _rejected(refusal, call, state)


def _rejected(refusal: Rejected, call: Call, state: State) -> Reply:
    """A rule of the books against the one document of a call, or a key used twice, which has no element."""
    if refusal.document is None:
        return error(400, VALIDATION, refusal.detail, headers(call, state))
    element = {**refusal.document, "ValidationErrors": messages(refusal.problems)}
    return validation_failure([element], call, state)


def _unread(detail: str, call: Call, operation: Operation | None, state: State) -> Reply:
    if not call.body.strip():
        return _nothing_sent(call, operation, state)
    return error(400, UNREADABLE, text("not-json", detail=detail), headers(call, state))


def _invalid(refusal: Invalid, call: Call, operation: Operation | None, state: State) -> Reply:
    problem = refusal.problems[0]
    place = problem.path[0] if problem.path else ""
    if place == "path":
        return not_found(call, state)
    if place == "header":
        return _header(problem, call, state)
    if place == "query":
        return error(400, BAD_QUERY, _query_sentence(problem), headers(call, state))
    if problem.path == _STATUS and problem.rule in ("required", "enum"):
        return _not_deleted(refusal, call, operation, state)
    if problem.rule in ("required", "minItems") or (problem.found is None and len(problem.path) <= 1):
        return _nothing_sent(call, operation, state)
    return error(400, UNREADABLE, sentence(problem), headers(call, state))


def _not_deleted(refusal: Invalid, call: Call, operation: Operation | None, state: State) -> Reply:
    """A status that is not the only one that can be sent. Source: Xero fact sheet §3.7."""
    plural = "Batch payments" if _kind(operation) == "BatchPayment" else "Payments"
    element = {
        **optional(refusal.document, "BatchPaymentID", "Status"),
        "ValidationErrors": [{"Message": text("status-not-deleted", plural=plural)}],
    }
    return validation_failure([element], call, state)


def _header(problem: Problem, call: Call, state: State) -> Reply:
    if problem.path[1] == HEADER:
        message = text("key-too-long", limit=problem.expected)
        return error(400, VALIDATION, message, headers(call, state))
    return _problem(412, text("condition-unreadable"), state)


def _nothing_sent(call: Call, operation: Operation | None, state: State) -> Reply:
    return error(400, NO_DATA, text("nothing-sent", kind=_kind(operation)), headers(call, state))


def _kind(operation: Operation | None) -> str:
    """What the operation is sent, in the singular."""
    if operation is None:
        return ""
    plural = str(operation.batch.items[0]) if operation.batch else operation.path.split("/")[3]
    return plural.removesuffix("s")


def _query_sentence(problem: Problem) -> str:
    if problem.rule == "query":
        return problem.detail
    name = problem.path[1] if len(problem.path) > 1 else ""
    return text("parameter-invalid", value=quoted(problem), name=name)
