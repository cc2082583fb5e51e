"""Quotas: how often something may be done, counted in the state and timed by the sandbox clock."""

from __future__ import annotations

from math import ceil

from mockserver.clock import parse_instant, print_instant
from mockserver.model import Value
from mockserver.store import State

COLLECTION = "quotas"
"""The vendor-wide collection of counters."""


class Spent(Value, frozen=True):
    """What is left after a call, and how many whole seconds it has to wait: 0 when it was let in."""

    left: int
    wait: int = 0

    @property
    def allowed(self) -> bool:
        """Whether the call was within the quota."""
        return self.wait == 0


class Window(Value, frozen=True):
    """A quota to be told of: `limit` calls in `seconds`, `left` of them for the next `resets` seconds."""

    name: str
    limit: int
    seconds: int
    left: int
    resets: int


def peek(state: State, key: str, limit: int, seconds: int) -> Spent:
    """What is left of a fixed window; counts nothing."""
    window, _ = divmod(int(state.now.timestamp()), seconds)
    kept = state.collection(COLLECTION, "").get(key)
    used = kept["used"] if kept is not None and kept["window"] == window else 0
    return Spent(max(0, limit - used))


def watched(state: State, key: str, name: str, limit: int, seconds: int) -> Window:
    """A fixed window as it stands now; counts nothing."""
    resets = seconds - int(state.now.timestamp()) % seconds
    return Window(name, limit, seconds, peek(state, key, limit, seconds).left, resets)


def rate_limit(*windows: Window) -> tuple[tuple[str, str], ...]:
    """The headers that tell of quotas: `q` calls in `w` seconds, `r` left for `t` seconds.

    Source: draft-ietf-httpapi-ratelimit-headers.
    """
    policy = ", ".join(f'"{one.name}";q={one.limit};w={one.seconds}' for one in windows)
    left = ", ".join(f'"{one.name}";r={one.left};t={one.resets}' for one in windows)
    return (("RateLimit-Policy", policy), ("RateLimit", left))


def fixed_window(state: State, key: str, limit: int, seconds: int) -> Spent:
    """Count one call of at most `limit` in `seconds`; windows begin at multiples of `seconds`."""
    window, gone = divmod(int(state.now.timestamp()), seconds)
    left = peek(state, key, limit, seconds).left
    if left == 0:
        return Spent(0, seconds - gone)
    state.collection(COLLECTION, "")[key] = {"window": window, "used": limit - left + 1}
    return Spent(left - 1)


def token_bucket(state: State, key: str, rate: float, burst: int) -> Spent:
    """Count one call of a bucket that holds `burst` and gains `rate` a second."""
    counters = state.collection(COLLECTION, "")
    kept = counters.get(key)
    tokens = float(burst)
    if kept is not None:
        gained = (state.now - parse_instant(kept["at"])).total_seconds() * rate
        tokens = min(tokens, float(kept["tokens"]) + max(0.0, gained))
    if tokens < 1:
        return Spent(0, max(1, ceil((1 - tokens) / rate)))
    counters[key] = {"at": print_instant(state.now), "tokens": str(tokens - 1)}
    return Spent(int(tokens - 1))
