"""Optional rate limit per caller, and its response headers."""

from __future__ import annotations

from mockserver.errors import TooManyRequests
from mockserver.model import Call
from mockserver.sandbox.quota import count_in_fixed_window, describe_fixed_window, rate_limit_headers
from mockserver.sandbox.store import State

UNLIMITED = "unlimited"
RATE_LIMIT_HEADERS = ("RateLimit-Policy", "RateLimit")

_MINUTE = 60
_POLICY = "minute"


def count_call(call: Call, state: State) -> None:
    """Count a call of this caller, if calls are counted.

    Raises:
        TooManyRequests: its minute holds no more.
    """
    limit = call.assumptions["calls_a_minute"]
    if limit == UNLIMITED:
        return
    spent = count_in_fixed_window(state, _window_key(call), int(limit), _MINUTE)
    if not spent.allowed:
        raise TooManyRequests(_POLICY, spent.wait)


def remaining_headers(call: Call, state: State) -> tuple[tuple[str, str], ...]:
    """Return the headers on how many calls a minute has and has left, if they are counted."""
    limit = call.assumptions["calls_a_minute"]
    if limit == UNLIMITED:
        return ()
    return rate_limit_headers(describe_fixed_window(state, _window_key(call), _POLICY, int(limit), _MINUTE))


def _window_key(call: Call) -> str:
    return f"calls/{call.principal.name}"
