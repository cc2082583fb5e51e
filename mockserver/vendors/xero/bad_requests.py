"""What is wrong with what was sent: how the vendor says it of an element, and its answer to a whole call.

Source: Xero fact sheet §3.2, §3.3.
"""

from collections.abc import Iterable

from mockserver.errors import Invalid, Malformed, Rejected
from mockserver.model import Call, Path, Problem, Reply
from mockserver.spec import Operation
from mockserver.store import State
from mockserver.vendor import FAULT
from mockserver.vendors.xero.echo import messages
from mockserver.vendors.xero.idempotency import HEADER, IN_FLIGHT, MISSING
from mockserver.vendors.xero.limits import TENANT
from mockserver.vendors.xero.replies import (
    BAD_QUERY,
    NO_DATA,
    UNREADABLE,
    VALIDATION,
    Headers,
    error,
    headers,
    not_found,
    problem,
    validation_failure,
)
from mockserver.vendors.xero.unreadable import quoted, sentence
from mockserver.vendors.xero.wire import optional
from mockserver.vendors.xero.words import label, say, text

_OUTSIDE_BODY = ("path", "query", "header")
_BOUNDS = ("minimum", "maximum")
_STATUS = ("Status",)


def grade(found: Problem, call: Call) -> Problem | None:
    """Drop what the vendor does not mind, put what it says of an element into its words.

    That a null among the elements fails alone is assumed. Source: Xero fact sheet §1.1, §3.7, §7.34.
    """
    if _is_ignored(found, call):
        return None
    if found.path[:1] and found.path[0] in _OUTSIDE_BODY:
        return found
    if _is_element(found.path) and found.rule == "type" and found.found is None:
        return say("element-empty", found.path)
    rule = "out-of-range" if found.rule in _BOUNDS else found.rule
    if rule not in ("out-of-range", "maxLength", "maxItems"):
        return found
    detail = text(rule, field=label(found.path), limit=found.expected)
    return Problem(found.code, found.path, detail, found.rule, found.expected, found.found)


def _is_ignored(found: Problem, call: Call) -> bool:
    if found.path == ("query", "summarizeErrors"):
        return call.assumptions["unreadable_flag"] == "true"
    if found.path == ("header", TENANT):
        return call.assumptions["tenant_header"] == "optional"
    return found.code == "unknown-parameter"


def _is_element(path: Path) -> bool:
    return len(path) == 2 and isinstance(path[1], int)  # noqa: PLR2004 - the list's name and the place in it


def answer(
    refusal: Malformed | Invalid | Rejected, call: Call, operation: Operation | None, state: State
) -> Reply:
    """The vendor's answer to a call that cannot be read, or breaks a rule, as a whole.

    Source: Xero fact sheet §3.2, §3.3.
    """
    if isinstance(refusal, Malformed):
        return _unread(refusal.detail, call, operation, state)
    if isinstance(refusal, Invalid):
        return _invalid(refusal, call, operation, state)
    return _rejected(refusal, call, state)


def _rejected(refusal: Rejected, call: Call, state: State) -> Reply:
    """A rule of the books against the one document of a call; a key or a scenario's fault has no element."""
    if refusal.document is None:
        sent = (*headers(call, state), *_links(refusal.problems, call))
        return error(_status(refusal.problems), VALIDATION, refusal.detail, sent)
    element = {**refusal.document, "ValidationErrors": messages(refusal.problems)}
    return validation_failure([element], call, state)


def _links(problems: Iterable[Problem], call: Call) -> Headers:
    """Where it is told what a key is, for a call that lacks one."""
    if all(one.code != MISSING for one in problems):
        return ()
    return (("Link", f'<{call.mount}/ui/>; rel="describedby"'),)


def _status(problems: Iterable[Problem]) -> int:
    """400 but for a call whose key is in use, and where a scenario says otherwise."""
    for one in problems:
        if one.code == IN_FLIGHT:
            return 409
        if one.rule == FAULT and one.expected is not None:
            return int(one.expected)
    return 400


def _unread(detail: str, call: Call, operation: Operation | None, state: State) -> Reply:
    if not call.body.strip():
        return _nothing_sent(call, operation, state)
    return error(400, UNREADABLE, text("not-json", detail=detail), headers(call, state))


def _invalid(refusal: Invalid, call: Call, operation: Operation | None, state: State) -> Reply:
    found = refusal.problems[0]
    place = found.path[0] if found.path else ""
    if place == "path":
        return not_found(call, state)
    if place == "header":
        return _header(found, call, state)
    if place == "query":
        return error(400, BAD_QUERY, _query_sentence(found), headers(call, state))
    if found.path == _STATUS and (found.rule in ("required", "enum") or found.found is None):
        return _not_deleted(refusal, call, operation, state)
    if found.rule in ("required", "minItems") or (found.found is None and len(found.path) <= 1):
        return _nothing_sent(call, operation, state)
    return error(400, UNREADABLE, sentence(found), headers(call, state))


def _not_deleted(refusal: Invalid, call: Call, operation: Operation | None, state: State) -> Reply:
    """A status that is not the only one that can be sent. Source: Xero fact sheet §3.7."""
    plural = "Batch payments" if _kind(operation) == "BatchPayment" else "Payments"
    named = optional(refusal.document, "BatchPaymentID", "Status")
    element = {
        **{name: value for name, value in named.items() if value is not None},
        "ValidationErrors": [{"Message": text("status-not-deleted", plural=plural)}],
    }
    return validation_failure([element], call, state)


def _header(found: Problem, call: Call, state: State) -> Reply:
    if found.path[1] == HEADER:
        message = text("key-too-long", limit=found.expected)
        return error(400, VALIDATION, message, headers(call, state))
    return problem(412, text("condition-unreadable"), call, state)


def _nothing_sent(call: Call, operation: Operation | None, state: State) -> Reply:
    return error(400, NO_DATA, text("nothing-sent", kind=_kind(operation)), headers(call, state))


def _kind(operation: Operation | None) -> str:
    """What the operation is sent, in the singular."""
    if operation is None:
        return ""
    plural = str(operation.batch.items[0]) if operation.batch else operation.path.split("/")[3]
    return plural.removesuffix("s")


def _query_sentence(found: Problem) -> str:
    if found.rule == "query":
        return found.detail
    name = found.path[1] if len(found.path) > 1 else ""
    return text("parameter-invalid", value=quoted(found), name=name)
