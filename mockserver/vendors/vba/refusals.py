"""Whole calls refused: bare by the gateway, in the envelope by the service."""

from fnmatch import fnmatchcase
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
from mockserver.model import Call, Reply
from mockserver.reply import STATUSES, json_reply, media_type_of
from mockserver.spec import Operation
from mockserver.store import State
from mockserver.vendors.vba import framework, words
from mockserver.vendors.vba.access import API_KEY, GATEWAY
from mockserver.vendors.vba.envelope import failed
from mockserver.vendors.vba.login import BASIC
from mockserver.vendors.vba.rows import OF_THE_DATABASE
from mockserver.vendors.vba.single import KEYS_DIFFER
from mockserver.vendors.vba.tokens import REFRESH

PROBLEM_TYPES = "https://httpstatuses.com/"
_TITLES = {413: "Payload Too Large"}


def refuse(refusal: Refusal, call: Call, operation: Operation | None, state: State) -> Reply:
    """The vendor's answer to a call that is refused whole.

    Source: VBA fact sheet §3.1, §3.2.
    """
    if operation is not None and (sent := _unread_media_type(refusal, call, operation)):
        refusal = UnsupportedMediaType(sent, ())
    if (reply := _by_gateway(refusal)) is not None:
        return reply
    if _is_automatic(refusal) and call.assumptions["bad_request_style"] == "aspnet":
        return framework.validation_problem(refusal, call, state)
    status = _status(refusal, call)
    error = {
        "type": f"{PROBLEM_TYPES}{status}",
        "title": _TITLES.get(status, HTTPStatus(status).phrase),
        "status": status,
        "detail": _detail(refusal, call),
        "instance": call.path,
    }
    return failed(error, call, state, _headers(refusal))


def _unread_media_type(refusal: Refusal, call: Call, operation: Operation) -> str:
    """The media type of no body, where nothing reads it: the framework asks for a reader before a body."""
    if call.body or not isinstance(refusal, Malformed):
        return ""
    sent, _ = media_type_of(call.headers)
    return "" if any(fnmatchcase(sent, body.name) for body in operation.bodies) else sent


def _by_gateway(refusal: Refusal) -> Reply | None:
    """What the gateway says itself, without the envelope."""
    if isinstance(refusal, TooManyRequests):
        return json_reply(429, {"message": refusal.detail or words.TOO_MANY_REQUESTS})
    if isinstance(refusal, Unavailable):
        return json_reply(503, {"message": refusal.detail or words.UNAVAILABLE})
    of_key = isinstance(refusal, Unauthorized) and refusal.scheme == API_KEY
    if of_key or (isinstance(refusal, Forbidden) and refusal.reason == GATEWAY):
        headers = (("x-amzn-ErrorType", words.FORBIDDEN_TYPE),)
        return json_reply(403, {"message": words.FORBIDDEN}, headers=headers)
    return None


def _is_automatic(refusal: Refusal) -> bool:
    """Whether the framework says 400 before the service's own code is asked."""
    if isinstance(refusal, Invalid):
        return not _is_databases(refusal) and refusal.problems[0].rule != KEYS_DIFFER
    return isinstance(refusal, Malformed)


def _is_databases(refusal: Refusal) -> bool:
    """Whether the database refuses a single record; of a batch it refuses rows."""
    if isinstance(refusal, Invalid):
        return all(problem.rule in OF_THE_DATABASE for problem in refusal.problems)
    return isinstance(refusal, Rejected)


def _status(refusal: Refusal, call: Call) -> int:
    if _is_databases(refusal):
        return int(call.assumptions["record_errors"])
    return STATUSES[refusal.code]


def _headers(refusal: Refusal) -> tuple[tuple[str, str], ...]:
    if isinstance(refusal, MethodNotAllowed):
        return (("Allow", ", ".join(refusal.allowed)),)
    if isinstance(refusal, Unauthorized):
        return (("WWW-Authenticate", "Basic" if refusal.scheme == BASIC else "Bearer"),)
    return ()


def _detail(refusal: Refusal, call: Call) -> str | None:
    if isinstance(refusal, Invalid):
        ahead = [problem for problem in refusal.problems if problem.rule not in OF_THE_DATABASE]
        return framework.sentence((ahead or refusal.problems)[0], call)
    match refusal:
        case Malformed():
            return framework.unreadable(refusal, call)
        case Rejected(problems=problems):
            return problems[0].detail
        case NotFound(what=what, key=key) if what != "path":
            return words.not_found(key)
        case Unauthorized():
            return _not_let_in(refusal)
    return refusal.detail or None if isinstance(refusal, Failed) else None


def _not_let_in(refusal: Unauthorized) -> str | None:
    """A bearer is refused without a word; a password and a refresh token that are wrong are told of."""
    if refusal.scheme == BASIC and refusal.reason != "missing":
        return words.WRONG_PASSWORD
    return words.REFRESH_REFUSED[refusal.reason] if refusal.scheme == REFRESH else None
