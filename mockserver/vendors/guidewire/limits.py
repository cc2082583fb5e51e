"""How often a caller may call: as often as it likes, unless a switch says so many times a minute.

The vendor publishes no limits and no headers for them; those here are the draft's. Source: Guidewire fact
sheet §3.2; draft-ietf-httpapi-ratelimit-headers.
"""

from __future__ import annotations

from mockserver.errors import TooManyRequests
from mockserver.model import Call
from mockserver.quota import fixed_window, rate_limit, watched
from mockserver.store import State

UNLIMITED = "unlimited"
HEADERS = ("RateLimit-Policy", "RateLimit")

_MINUTE = 60
_NAME = "minute"


def count(call: Call, state: State) -> None:
    """Count a call of this caller, if calls are counted.

    Raises:
        TooManyRequests: its minute holds no more.
    """
    limit = call.assumptions["calls_a_minute"]
    if limit == UNLIMITED:
        return
    spent = fixed_window(state, _key(call), int(limit), _MINUTE)
    if not spent.allowed:
        raise TooManyRequests(_NAME, spent.wait)


def left(call: Call, state: State) -> tuple[tuple[str, str], ...]:
    """The headers that say how many calls a minute holds and how many are left, if they are counted."""
    limit = call.assumptions["calls_a_minute"]
    if limit == UNLIMITED:
        return ()
    return rate_limit(watched(state, _key(call), _NAME, int(limit), _MINUTE))


def _key(call: Call) -> str:
    return f"calls/{call.principal.name}"
