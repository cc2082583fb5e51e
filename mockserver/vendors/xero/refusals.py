"""Whole calls refused, each in the shape that the vendor has for it.

Source: Xero fact sheet §3.4.
"""

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
from mockserver.model import NOTHING, Call, Reply
from mockserver.spec import Operation
from mockserver.store import State
from mockserver.vendors.xero.bad_requests import answer
from mockserver.vendors.xero.limits import PROBLEMS
from mockserver.vendors.xero.replies import (
    BROKEN,
    NOT_IMPLEMENTED,
    UNREADABLE,
    error,
    headers,
    not_found,
    problem,
)
from mockserver.vendors.xero.tokens import GRANTING, ungranted
from mockserver.vendors.xero.words import text

LONG_AGO = datetime(2001, 1, 1)  # noqa: DTZ001 - the vendor's text names no zone
_UNGRANTED = (Invalid, Malformed, Rejected)


def refuse(refusal: Refusal, call: Call, operation: Operation | None, state: State) -> Reply:
    """The vendor's answer to a call that is refused whole.

    Source: Xero fact sheet §3.2 to §3.4.
    """
    if operation is not None and operation.id in GRANTING and isinstance(refusal, _UNGRANTED):
        return ungranted(refusal, state)
    if isinstance(refusal, (Unauthorized, Forbidden)):
        return _unwelcome(refusal, call, state)
    if isinstance(refusal, (Malformed, Invalid, Rejected)):
        return answer(refusal, call, operation, state)
    if isinstance(refusal, NotFound):
        return not_found(call, state)
    if isinstance(refusal, TooManyRequests):
        return _too_many(refusal, call, state)
    return _unserved(refusal, call, state)


def _unwelcome(refusal: Unauthorized | Forbidden, call: Call, state: State) -> Reply:
    """A scope that is missing is a 401, a tenant a 403. Source: Xero fact sheet §3.4."""
    if isinstance(refusal, Forbidden):
        if refusal.reason == "scope":
            return problem(int(call.assumptions["scope_refused"]), text("unauthorised"), call, state)
        return problem(403, text("unauthenticated"), call, state)
    if refusal.reason == "expired":
        return problem(401, text("token-expired", at=_expiry(call, state)), call, state)
    return problem(401, text("unauthenticated"), call, state)


def _expiry(call: Call, state: State) -> str:
    """When the token ran out; one that is only said to have done so did it long ago."""
    token = call.headers.get("authorization", "").partition(" ")[2].strip()
    known = state.collection(CREDENTIALS, "").get(token) or NOTHING
    moment = parse_instant(known["expires"]) if "expires" in known else LONG_AGO
    return f"{moment:%m/%d/%Y %H:%M:%S}"


def _too_many(refusal: TooManyRequests, call: Call, state: State) -> Reply:
    """429 without a body. Source: Xero fact sheet §3.4, the empty body assumed."""
    which = refusal.which if refusal.which in PROBLEMS else PROBLEMS[0]
    sent = (*headers(call, state), ("X-Rate-Limit-Problem", which))
    wait = () if refusal.wait is None else (("Retry-After", str(refusal.wait)),)
    return Reply(429, headers=(*sent, *wait))


def _unserved(refusal: Refusal, call: Call, state: State) -> Reply:
    sent = headers(call, state)
    if isinstance(refusal, Unavailable):
        return Reply(503, (refusal.detail or text("offline")).encode(), "text/html", sent)
    if isinstance(refusal, Failed):
        return error(500, BROKEN, refusal.detail or text("broken"), sent)
    if isinstance(refusal, MethodNotAllowed):
        allow = ("Allow", ", ".join(refusal.allowed))
        return error(405, NOT_IMPLEMENTED, text("not-implemented"), (*sent, allow))
    status, message = _too_much(refusal)
    return error(status, UNREADABLE, message, sent)


def _too_much(refusal: Refusal) -> tuple[int, str]:
    """What this server does not take, and says in the vendor's shape."""
    match refusal:
        case UnsupportedMediaType(media_type=found, supported=wanted):
            return 415, text("media-type", found=found, wanted=", ".join(wanted))
        case TooLarge(limit=limit):
            return 413, text("body-too-large", limit=limit)
        case TooManyItems(limit=limit, found=found):
            return 413, text("too-many-elements", limit=limit, found=found)
    return 431, text("headers-too-large")
