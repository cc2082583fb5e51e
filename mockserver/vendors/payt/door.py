"""What stands before the vendor's operations: how often a token may call, which formats it may want and send.

Source: Payt fact sheet §1.5, §3.1.
"""

from __future__ import annotations

from mockserver.auth import authenticate
from mockserver.errors import TooManyRequests, Unauthorized
from mockserver.model import Call
from mockserver.reply import check_is_utf_8, check_takes_json
from mockserver.store import State
from mockserver.vendor import Enter
from mockserver.vendors.payt.limits import BEARER, spend


def admit(call: Call, enter: Enter, state: State) -> str:
    """Count the call of a token, then refuse `Accept` and charsets where the assumptions require it.

    Files are put to their storage in any charset, and nothing is answered there.

    Raises:
        TooManyRequests: it is the eleventh of a second.
        NotAcceptable: its Accept header has no room for JSON.
        UnsupportedMediaType: its body is declared to be in another charset.
    """
    if call.assumptions["quotas"] == "on":
        _count(call, state)
    operation = enter()
    if operation.path.startswith("/v1/"):
        _negotiate(call)
    return ""


def _negotiate(call: Call) -> None:
    if call.assumptions["unacceptable"] == "406":
        check_takes_json(call.headers)
    if call.body and call.assumptions["other_charset"] == "415":
        check_is_utf_8(call.headers)


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
