"""Whole-call refusals in the vendor's words.

Source: PVEx fact sheet §1.2, §3.2.
"""

from __future__ import annotations

from urllib.parse import quote

from mockserver.errors import (
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Refusal,
    Rejected,
    TooManyRequests,
    UnsupportedMediaType,
)
from mockserver.model import Call, Reply
from mockserver.spec import Operation
from mockserver.store import State
from mockserver.vendor import FAULT
from mockserver.vendors.pvex import details, unread
from mockserver.vendors.pvex.access import LOGIN, refuse_login
from mockserver.vendors.pvex.faults import parameters
from mockserver.vendors.pvex.manner import Manner
from mockserver.vendors.pvex.render import (
    CRASHES,
    Error,
    crash_reply,
    error_reply,
    offline_reply,
    page_reply,
    storing_failed,
)
from mockserver.vendors.pvex.words import (
    ASSUMED,
    DENIED,
    INVALID,
    NO_CONTROLLER,
    NO_MEDIA_TYPE,
    NO_METHOD,
    NOT_FOUND,
    OTHER_MEDIA_TYPE,
)

_ONE = "postInvoice"
_CONTROLLERS = ("invoice", "invoicebatch")
_TOO_LARGE_PAGES = {"404": ASSUMED.too_large_404, "500": ASSUMED.too_large_500}
_LOGIN_FAULTS = ("malformed", "invalid", "unsupported-media-type")


def refuse(refusal: Refusal, call: Call, operation: Operation | None, _state: State) -> Reply:
    """The whole call is refused."""
    if operation is not None and operation.id == LOGIN and refusal.code in _LOGIN_FAULTS:
        return refuse_login(refusal)
    if isinstance(refusal, NotFound):
        return _not_found(call)
    if isinstance(refusal, (Malformed, Invalid, Rejected)):
        return _unsound(refusal, call, Manner(call, listed=operation is None or operation.id != _ONE))
    if isinstance(refusal, MethodNotAllowed):
        allowed = (("Allow", ", ".join(refusal.allowed)),)
        return error_reply(call, Error(405, NO_METHOD.format(method=call.method), headers=allowed))
    if isinstance(refusal, UnsupportedMediaType):
        return _other_media_type(refusal, call, single=operation is not None and operation.id == _ONE)
    return _assumed(refusal, call)


def _assumed(refusal: Refusal, call: Call) -> Reply:
    """What no page and no source says: credentials, limits, and a vendor out of order."""
    if refusal.code in ("too-large", "too-many-items"):
        page = _TOO_LARGE_PAGES.get(call.assumptions["body_too_large"])
        return page_reply(page) if page else error_reply(call, Error(413, ASSUMED.too_large))
    if refusal.code == "headers-too-large":
        return error_reply(call, Error(431, ASSUMED.headers_too_large))
    if isinstance(refusal, TooManyRequests):
        wait = () if refusal.wait is None else (("Retry-After", str(refusal.wait)),)
        return error_reply(call, Error(429, refusal.detail or ASSUMED.too_many, headers=wait))
    if refusal.code == "failed":
        return crash_reply(call, ASSUMED.broken, refusal.detail)
    if refusal.code == "unavailable":
        return offline_reply(refusal.detail)
    return _denied(refusal, call)


def _denied(refusal: Refusal, call: Call) -> Reply:
    """No credential, or one that may not do this: the framework's filter knows no 403.

    That an `Accept` cannot be met it never says of itself, and then it has no body.
    """
    if refusal.code == "not-acceptable":
        return Reply(406)
    return error_reply(call, Error(401, DENIED, headers=(("WWW-Authenticate", "Bearer"),)))


def _unsound(refusal: Malformed | Invalid | Rejected, call: Call, manner: Manner) -> Reply:
    """The body cannot be read, or what it says is wrong."""
    if isinstance(refusal, Malformed):
        return unread.malformed(refusal, manner)
    if isinstance(refusal, Rejected):
        return _rejected(refusal, call, manner)
    if refusal.problems and refusal.problems[0].path[:1] in (("query",), ("path",)):
        return error_reply(call, Error(400, INVALID, parameters(refusal.problems)))
    return unread.invalid(refusal, manner)


def _rejected(refusal: Rejected, call: Call, manner: Manner) -> Reply:
    """What is stored, or a scenario, has something against the call or its one invoice."""
    first = refusal.problems[0]
    if first.code in CRASHES:
        return storing_failed(call, first)
    if first.path:
        return unread.faulty(refusal, manner)
    state = {} if first.rule == FAULT else {manner.name: [first.detail]}
    return error_reply(call, Error(400, INVALID, state))


def _not_found(call: Call) -> Reply:
    """No such path, or no such invoice; what is outside of the API is answered by the web server."""
    _, *segments = call.path.split("/")
    if not segments or segments[0].lower() != "api":
        return page_reply(ASSUMED.outside)
    found = {}
    if not 2 <= len(segments) <= 3 or not segments[1]:  # noqa: PLR2004 - api/{controller}/{id}
        found = {"MessageDetail": ASSUMED.no_route}
    elif segments[1].lower() not in _CONTROLLERS:
        found = {"MessageDetail": NO_CONTROLLER.format(name=segments[1])}
    return error_reply(call, Error(404, NOT_FOUND.format(uri=_uri(call)), details=found))


def _other_media_type(refusal: UnsupportedMediaType, call: Call, *, single: bool) -> Reply:
    if "/" not in refusal.media_type:
        return error_reply(call, Error(415, NO_MEDIA_TYPE))
    kind = "Invoice" if single else "List`1"
    said = details.NO_FORMATTER.format(type=kind, media_type=refusal.media_type)
    thrown = {"ExceptionMessage": said, "ExceptionType": details.NO_FORMATTER_TYPE}
    message = OTHER_MEDIA_TYPE.format(media_type=refusal.media_type)
    return error_reply(call, Error(415, message, details=thrown))


def _uri(call: Call) -> str:
    path = quote(call.path, safe="/:@!$&'()*+,;=~", errors="surrogateescape")
    return f"{call.origin}{call.mount}{path}" + (f"?{call.query}" if call.query else "")
