"""Whole calls refused, each in the shape that the vendor has for it."""

from mockserver.codec import json
from mockserver.errors import (
    Forbidden,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Refusal,
    Rejected,
    TooLarge,
    TooManyItems,
    Unauthorized,
    UnsupportedMediaType,
)
from mockserver.model import Call, Json, Path, Problem, Reply
from mockserver.reply import json_reply
from mockserver.spec import Operation
from mockserver.store import State
from mockserver.vendors.xero.replies import (
    BAD_QUERY,
    NO_DATA,
    NOT_IMPLEMENTED,
    UNREADABLE,
    VALIDATION,
    correlation,
    error,
    headers,
)
from mockserver.vendors.xero.words import label, text

EXPIRED_AT = "01/01/2001 00:00:00"
_OUTSIDE_BODY = ("path", "query", "header")
_BOUNDS = ("minimum", "maximum")
_LONGEST_VALUE = 200
_TYPES = {
    "string": "System.String",
    "number": "System.Decimal",
    "integer": "System.Int64",
    "boolean": "System.Boolean",
    "array": "System.Collections.IList",
}
_TITLES = {401: "Unauthorized", 403: "Forbidden", 412: "Precondition Failed"}


def grade(problem: Problem, _call: Call) -> Problem | None:
    """Drop what the vendor does not mind, put what it says of an element into its words.

    A `summarizeErrors` that is no boolean counts as true.

    Source: Xero fact sheet §1.1, §3.7, §7.34.
    """
    if problem.code == "unknown-parameter" or problem.path == ("query", "summarizeErrors"):
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
    match refusal:
        case Unauthorized() | Forbidden():
            return _unwelcome(refusal, state)
        case NotFound():
            return not_found(state)
        case Malformed(detail=detail):
            return _unread(detail, call, operation, state)
        case Invalid(problems=problems):
            return _invalid(problems[0], operation, state)
        case Rejected(detail=detail):
            return error(400, VALIDATION, detail, headers(state))
    return _limits(refusal, state)


def not_found(state: State) -> Reply:
    """404 in plain text that calls itself HTML.

    Source: Xero fact sheet §3.4 (OAS#163).
    """
    return Reply(404, text("not-found").encode(), "text/html", headers(state))


def _unwelcome(refusal: Unauthorized | Forbidden, state: State) -> Reply:
    """A scope that is missing is a 401, a tenant a 403. Source: Xero fact sheet §3.4."""
    if isinstance(refusal, Forbidden):
        if refusal.reason == "scope":
            return _problem(401, text("unauthorised"), state)
        return _problem(403, text("unauthenticated"), state)
    if refusal.reason == "expired":
        return _problem(401, text("token-expired", at=EXPIRED_AT), state)
    return _problem(401, text("unauthenticated"), state)


def _limits(refusal: Refusal, state: State) -> Reply:
    sent = correlation(state)
    match refusal:
        case MethodNotAllowed(allowed=allowed):
            allow = ("Allow", ", ".join(allowed))
            return error(405, NOT_IMPLEMENTED, text("not-implemented"), (*sent, allow))
        case UnsupportedMediaType(media_type=found):
            return error(415, UNREADABLE, text("media-type", found=found), sent)
        case TooLarge(limit=limit):
            return error(413, UNREADABLE, text("body-too-large", limit=limit), sent)
        case TooManyItems(limit=limit, found=found):
            return error(413, UNREADABLE, text("too-many-elements", limit=limit, found=found), sent)
    return error(431, UNREADABLE, text("headers-too-large"), sent)


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


def _unread(detail: str, call: Call, operation: Operation | None, state: State) -> Reply:
    if not call.body.strip():
        return _nothing_sent(operation, state)
    return error(400, UNREADABLE, text("not-json", detail=detail), headers(state))


def _invalid(problem: Problem, operation: Operation | None, state: State) -> Reply:
    place = problem.path[0] if problem.path else ""
    if place == "path":
        return not_found(state)
    if place == "header":
        return _header(problem, state)
    if place == "query":
        return error(400, BAD_QUERY, _query_sentence(problem), headers(state))
    if problem.rule in ("required", "minItems") or (problem.found is None and len(problem.path) <= 1):
        return _nothing_sent(operation, state)
    return error(400, UNREADABLE, _sentence(problem), headers(state))


def _header(problem: Problem, state: State) -> Reply:
    name = problem.path[1]
    if name == "xero-tenant-id":
        return _problem(403, text("unauthenticated"), state)
    if name == "Idempotency-Key":
        return error(400, VALIDATION, text("key-too-long", limit=problem.expected), headers(state))
    return _problem(412, text("condition-unreadable"), state)


def _nothing_sent(operation: Operation | None, state: State) -> Reply:
    kind = str(operation.batch.items[0])[:-1] if operation and operation.batch else ""
    return error(400, NO_DATA, text("nothing-sent", kind=kind), headers(state))


def _query_sentence(problem: Problem) -> str:
    if problem.rule == "query":
        return problem.detail
    name = problem.path[1] if len(problem.path) > 1 else ""
    return text("parameter-invalid", value=_quoted(problem), name=name)


def _sentence(problem: Problem) -> str:
    """A value that the vendor's decoder cannot read, in the words of Json.NET.

    Source: Xero fact sheet §3.3.
    """
    path = _json_path(problem.path)
    if isinstance(problem.found, (dict, list)):
        return text("unexpected", value="{" if isinstance(problem.found, dict) else "[", path=path)
    value = "{null}" if problem.found is None else _quoted(problem)
    return text("unconvertible", value=value, type=_type_name(problem), path=path)


def _type_name(problem: Problem) -> str:
    own = f"Xero.Api.{_class_name(problem.path)}"
    if problem.rule == "type":
        return _TYPES.get(problem.expected[0], own)
    return {"pattern": "System.DateTime", "format:uuid": "System.Guid"}.get(problem.rule, own)


def _class_name(path: Path) -> str:
    """The member's name, of a list's element the singular of the list's; the body itself is a request."""
    *holder, last = ("Request", *path)
    return str(last) if isinstance(last, str) else str(holder[-1]).removesuffix("s")


def _quoted(problem: Problem) -> str:
    shown = json.encode(problem.found).decode()
    return shown if len(shown) <= _LONGEST_VALUE else f"{shown[:_LONGEST_VALUE]}…"


def _json_path(path: Path) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")
