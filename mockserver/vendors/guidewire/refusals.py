"""Refusals in the vendor's shape: status, error class, message, and what may be forgiven by header."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mockserver.errors import Invalid, MethodNotAllowed, Refusal, Rejected
from mockserver.model import Call, Document, Json, Problem, Reply, Value
from mockserver.reply import json_reply
from mockserver.spec import Operation
from mockserver.store import State
from mockserver.vendors.guidewire import rules
from mockserver.vendors.guidewire.assumed import CONFLICT_STATUS
from mockserver.vendors.guidewire.messages import detail
from mockserver.vendors.guidewire.records import INVOICES
from mockserver.vendors.guidewire.render import correlated
from mockserver.vendors.guidewire.words import INVOICE_ATTRIBUTES, ITEM_ATTRIBUTES


class Kind(Value, frozen=True):
    """One way to refuse: the status, the vendor's exception class, and its sentence."""

    status: int
    error_code: str
    message: str


_REST = "gw.api.rest.exceptions."
BAD_INPUT = Kind(400, _REST + "BadInputException", "The request parameters or body had issues")
KINDS: Mapping[str, Kind] = {
    "malformed": Kind(400, BAD_INPUT.error_code, "The request body could not be read as JSON"),
    "unauthorized": Kind(401, _REST + "RestAuthenticationException", "Authentication is required"),
    "forbidden": Kind(403, _REST + "NotAuthorizedException", "The caller may not use this endpoint"),
    "not-found": Kind(404, _REST + "NotFoundException", "No resource was found at path {path}"),
    "method-not-allowed": Kind(405, _REST + "MethodNotAllowedException", "The method is not allowed here"),
    "too-large": Kind(413, _REST + "RequestTooLargeException", "The request body is too large"),
    "unsupported-media-type": Kind(
        415, _REST + "UnsupportedMediaTypeException", "The media type is not supported"
    ),
    "headers-too-large": Kind(431, _REST + "RequestTooLargeException", "The request headers are too large"),
}
"""Refusals by their code; all others are bad input.

Source: Guidewire fact sheet §3.2. Assumed: the classes of 405, 413, 415 and 431, and every sentence but
the one of 404.
"""

PROBLEM_KINDS: Mapping[str, Kind] = {
    "already-executed": Kind(
        400,
        "gw.api.webservice.exception.AlreadyExecutedException",
        "The transaction was executed before",
    ),
    "not-editable": Kind(
        400,
        BAD_INPUT.error_code,
        "Cannot take action 'update'. See the details element for further information.",
    ),
    "stale-checksum": Kind(
        CONFLICT_STATUS, _REST + "ConflictException", "The resource was changed by someone else"
    ),
}
"""Problems that are more than bad input. Source: Guidewire fact sheet §3.2, §3.3."""

_LENIENT = frozenset({"ignore", "log"})
_INVOICES = "/claim/v1/bulk-invoices/"
_ITEMS = "/bulk-invoice-items"


def grade(problem: Problem, call: Call) -> Problem | None:
    """Forgive unknown names where a header says so; name apart those that exist but cannot be written.

    Source: Guidewire fact sheet §1.5, §2.2.
    """
    if problem.code == "unknown-parameter":
        return None if _is_lenient(call, "gw-unknownqueryparamhandling") else problem
    if problem.code != "unknown-member":
        return problem
    known = ITEM_ATTRIBUTES if call.path.endswith(_ITEMS) else INVOICE_ATTRIBUTES
    if problem.path[:-1] == rules.ATTRIBUTES and problem.path[-1] in known:
        return Problem("read-only", problem.path, problem.detail, "read-only", found=problem.found)
    return None if _is_lenient(call, "gw-unknownpropertyhandling") else problem


def refuse(refusal: Refusal, call: Call, operation: Operation | None, state: State) -> Reply:
    """The vendor's error for a whole call. Source: Guidewire fact sheet §3."""
    headers: tuple[tuple[str, str], ...] = ()
    if isinstance(refusal, MethodNotAllowed):
        headers = (("Allow", ", ".join(refusal.allowed)),)
    if refusal.code == "unauthorized":
        headers = (("WWW-Authenticate", "Bearer"),)
    if isinstance(refusal, (Invalid, Rejected)):
        document = problem_document((*refusal.problems, *_further(refusal, call, operation, state)))
    else:
        document = refusal_document(refusal.code, call.path)
    return correlated(json_reply(document["status"], document, headers=headers), call, state)


def refusal_document(code: str, path: str) -> Json:
    """The error for a refusal that is no matter of single problems."""
    kind = KINDS.get(code, BAD_INPUT)
    readable = path.encode(errors="replace").decode()
    return _document(kind, kind.message.replace("{path}", readable))


def problem_document(problems: Iterable[Problem]) -> Json:
    """The error for problems; the first one says what kind it is."""
    listed = tuple(problems)
    kind = PROBLEM_KINDS.get(listed[0].code, BAD_INPUT)
    return {**_document(kind, kind.message), "details": [detail(problem) for problem in listed]}


def _document(kind: Kind, message: str) -> Json:
    return {"status": kind.status, "errorCode": kind.error_code, "userMessage": message}


def _further(refusal: Refusal, call: Call, operation: Operation | None, state: State) -> list[Problem]:
    """What the rules say of a body that its schema already refuses, but for members named already."""
    if not isinstance(refusal, Invalid) or operation is None:
        return []
    data = refusal.document.get("data") if isinstance(refusal.document, dict) else None
    sent = data.get("attributes") if isinstance(data, dict) else None
    if not isinstance(sent, dict):
        return []
    named = {problem.path[:3] for problem in refusal.problems}
    found = rules.of(operation.id, sent, _invoice(call, state), state)
    return [problem for problem in found if problem.path not in named]


def _invoice(call: Call, state: State) -> Document | None:
    """The invoice that the path names, None when there is none."""
    name = call.path.removeprefix(_INVOICES).partition("/")[0]
    return state.collection(INVOICES).get(name)


def _is_lenient(call: Call, header: str) -> bool:
    return call.headers.get(header, "") in _LENIENT
