"""What stands before the vendor's operations: how often a token may call, which formats it may want and send.

Source: Payt fact sheet §1.5, §3.1.
"""

from __future__ import annotations

from mockserver.auth import authenticate
from mockserver.errors import NotAcceptable, TooManyRequests, Unauthorized, UnsupportedMediaType
from mockserver.model import Call
from mockserver.reply import JSON, accepted, media_type_of
from mockserver.spec import Operation
from mockserver.store import State
from mockserver.vendors.payt.limits import BEARER, spend

_JSON_RANGES = (JSON, "application/*", "*/*")
"""What JSON is asked for by, the most telling first (RFC 9110 §12.5.1)."""

_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii"})


def gateway(call: Call, state: State) -> None:
    """Let pass a call whose token has not called too often.

    Raises:
        TooManyRequests: it is the eleventh of a second.
    """
    if call.assumptions["quotas"] == "on":
        _count(call, state)


def enter(call: Call, operation: Operation, _state: State) -> None:
    """Let pass a call that wants what there is and sends UTF-8, as far as switches ask for that.

    Files are put to their storage in any charset, and nothing is answered there.

    Raises:
        NotAcceptable: its Accept header has no room for JSON.
        UnsupportedMediaType: its body is declared to be in another charset.
    """
    if not operation.path.startswith("/v1/"):
        return
    if call.assumptions["unacceptable"] == "406" and not _takes_json(call.headers.get("accept", "")):
        raise NotAcceptable(call.headers["accept"])
    if call.body and call.assumptions["other_charset"] == "415":
        media_type, charset = media_type_of(call.headers)
        if charset not in _UTF_8:
            raise UnsupportedMediaType(f"{media_type}; charset={charset}", (JSON,))


def _takes_json(header: str) -> bool:
    wanted = dict(accepted(header))
    return not wanted or next((wanted[kind] > 0 for kind in _JSON_RANGES if kind in wanted), False)


def _count(call: Call, state: State) -> None:
    """Count the call; who has no good token is told of that instead, later on.

    Source: Payt fact sheet §3.1 (401 comes before 429).
    """
    token = BEARER.credential(call)
    if token is None:
        return
    try:
        authenticate(BEARER, token, state, strict=False)
    except Unauthorized:
        return
    if not spend(token, state):
        raise TooManyRequests("second")
