"""Whole-call refusals in the vendor's words, and the one table of those that are assumed.

Source: PVEx fact sheet §1.2, §3.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from mockserver.errors import Invalid, Malformed, MethodNotAllowed, NotFound, Refusal, UnsupportedMediaType
from mockserver.model import Call, Reply, Value
from mockserver.reply import media_type_of
from mockserver.spec import Operation
from mockserver.store import State
from mockserver.vendors.pvex.faults import GENERAL, parameters, unreadable
from mockserver.vendors.pvex.reading import Reading, reading_of
from mockserver.vendors.pvex.render import INVALID, error_reply

NOT_FOUND = "No HTTP resource was found that matches the request URI '{uri}'."
NO_METHOD = "The requested resource does not support http method '{method}'."
NO_MEDIA_TYPE = (
    "The request contains an entity body but no Content-Type header. "
    "The inferred media type 'application/octet-stream' is not supported for this resource."
)
OTHER_MEDIA_TYPE = "The request entity's media type '{media_type}' is not supported for this resource."
_API = "/api"
_OUTSIDE = b"<!DOCTYPE html><title>404</title><h1>404 - File or directory not found.</h1>"


class Refused(Value, frozen=True):
    """A status and its message."""

    status: int
    message: str
    headers: tuple[tuple[str, str], ...] = ()


_DENIED = Refused(401, "Authorization has been denied for this request.", (("WWW-Authenticate", "Bearer"),))
_TOO_LONG = Refused(413, "Maximum request length exceeded.")

ASSUMED: Mapping[str, Refused] = {
    "unauthorized": _DENIED,
    "forbidden": _DENIED,  # the framework's filter knows no 403
    "too-large": _TOO_LONG,
    "too-many-items": _TOO_LONG,
    "headers-too-large": Refused(431, "Request header fields too large."),
    "null-model": Refused(400, GENERAL),  # design §8.7; setting `null_body`
}
"""What no page and no source says: credentials, limits, and what becomes of a body that is null."""


def refuse(refusal: Refusal, call: Call, _operation: Operation | None, _state: State) -> Reply:
    """The whole call is refused."""
    if isinstance(refusal, NotFound) and not _in_api(call.path):
        return Reply(404, _OUTSIDE, "text/html")
    if isinstance(refusal, Malformed):
        return _unread(call, is_null=_is_blank(call))
    if isinstance(refusal, Invalid):
        return _invalid(refusal, call)
    refused = ASSUMED.get(refusal.code) or _by_source(refusal, call)
    return error_reply(call, refused.status, refused.message, headers=refused.headers)


def _by_source(refusal: Refusal, call: Call) -> Refused:
    if isinstance(refusal, MethodNotAllowed):
        message = NO_METHOD.format(method=call.method)
        return Refused(405, message, (("Allow", ", ".join(refusal.allowed)),))
    if isinstance(refusal, UnsupportedMediaType):
        named = "/" in refusal.media_type
        return Refused(
            415, OTHER_MEDIA_TYPE.format(media_type=refusal.media_type) if named else NO_MEDIA_TYPE
        )
    return Refused(404, NOT_FOUND.format(uri=_uri(call)))


def _invalid(refusal: Invalid, call: Call) -> Reply:
    if refusal.problems[0].path[:1] in (("query",), ("path",)):
        return error_reply(call, 400, INVALID, parameters(refusal.problems))
    members = refusal.document if isinstance(refusal.document, dict) else {}
    return _unread(call, is_null=refusal.document is None, member=next(iter(members), ""))


def _unread(call: Call, *, is_null: bool, member: str = "") -> Reply:
    if is_null:
        null = ASSUMED["null-model"]
        return error_reply(call, null.status, null.message)
    return error_reply(call, 400, INVALID, unreadable(member))


def _is_blank(call: Call) -> bool:
    """Whether the reader finds no value at all; XML of white space only is a broken one instead."""
    is_json = reading_of(media_type_of(call.headers)[0]) is Reading.JSON
    return not (call.body.strip() if is_json else call.body)


def _in_api(path: str) -> bool:
    return path.lower() == _API or path.lower().startswith(f"{_API}/")


def _uri(call: Call) -> str:
    path = quote(call.path, safe="/:@!$&'()*+,;=~", errors="surrogateescape")
    return f"{call.origin}{call.mount}{path}" + (f"?{call.query}" if call.query else "")
