"""What stands before the vendor's operations: how often a token may call, and which formats it may want.

Source: Payt fact sheet §1.5, §3.1.
"""

from __future__ import annotations

from mockserver.auth import Scheme, authenticate
from mockserver.errors import NotAcceptable, TooManyRequests, Unauthorized
from mockserver.model import Call
from mockserver.quota import fixed_window
from mockserver.reply import JSON, accepted
from mockserver.store import State

_BEARER = Scheme("bearerAuth", {"type": "http", "scheme": "bearer"})
_CALLS_A_SECOND = 10
_JSON_RANGES = (JSON, "application/*", "*/*")


def gateway(call: Call, state: State) -> None:
    """Let pass a call that wants what there is, and whose token has not called too often.

    Raises:
        NotAcceptable: its Accept header has no room for JSON, and the switch says that this counts.
        TooManyRequests: it is the eleventh of a second.
    """
    if call.assumptions["unacceptable"] == "406" and not _takes_json(call):
        raise NotAcceptable(call.headers["accept"])
    if call.assumptions["quotas"] == "on":
        _count(call, state)


def _takes_json(call: Call) -> bool:
    header = call.headers.get("accept", "")
    wanted = dict(accepted(header))
    return not call.path.startswith("/v1/") or not wanted or any(wanted.get(kind) for kind in _JSON_RANGES)


def _count(call: Call, state: State) -> None:
    """Count the call; who has no good token is told of that instead, later on.

    Source: Payt fact sheet §3.1 (401 comes before 429).
    """
    token = _BEARER.credential(call)
    if token is None:
        return
    try:
        authenticate(_BEARER, token, state, strict=False)
    except Unauthorized:
        return
    if not fixed_window(state, token, _CALLS_A_SECOND, 1).allowed:
        raise TooManyRequests("second")
