"""Count calls against fixed windows and token buckets, timed by the sandbox clock."""

from __future__ import annotations

from math import ceil

from mockserver.codec.instants import parse_instant, print_instant
from mockserver.model import Value
from mockserver.sandbox.store import State

QUOTAS = "quotas"
"""The vendor-wide collection of the counters of quotas."""


class QuotaUse(Value, frozen=True):
    """Result of counting a call."""

    left: int
    """Number of further calls that are allowed now."""
    wait: int = 0
    """Whole seconds until a call is allowed; 0 if this call is allowed."""

    @property
    def allowed(self) -> bool:
        return self.wait == 0


class QuotaWindow(Value, frozen=True):
    """State of a quota at one moment."""

    name: str
    limit: int
    """Number of calls that are allowed in `seconds`."""
    seconds: int
    left: int
    """Number of further calls that are allowed in this window."""
    resets: int
    """Seconds until the next window begins."""


def peek_fixed_window(state: State, key: str, limit: int, seconds: int) -> QuotaUse:
    window, _ = divmod(int(state.now.timestamp()), seconds)
    kept = state.collection(QUOTAS, "").get(key)
    used = kept["used"] if kept is not None and kept["window"] == window else 0
    return QuotaUse(max(0, limit - used))


def describe_fixed_window(state: State, key: str, name: str, limit: int, seconds: int) -> QuotaWindow:
    """Return the state of a fixed window at this moment, without counting a call."""
    resets = seconds - int(state.now.timestamp()) % seconds
    return QuotaWindow(name, limit, seconds, peek_fixed_window(state, key, limit, seconds).left, resets)


def rate_limit_headers(*windows: QuotaWindow) -> tuple[tuple[str, str], ...]:
    """Return the headers `RateLimit-Policy` and `RateLimit`.

    `q` is the limit, `w` the seconds of a window, `r` the calls left, `t` the seconds to the next window.
    Source: draft-ietf-httpapi-ratelimit-headers.
    """
    policy = ", ".join(f'"{one.name}";q={one.limit};w={one.seconds}' for one in windows)
    left = ", ".join(f'"{one.name}";r={one.left};t={one.resets}' for one in windows)
    return (("RateLimit-Policy", policy), ("RateLimit", left))


def count_in_fixed_window(state: State, key: str, limit: int, seconds: int) -> QuotaUse:
    """Count one call if the window has fewer than `limit` calls. Windows begin at multiples of `seconds`."""
    window, gone = divmod(int(state.now.timestamp()), seconds)
    left = peek_fixed_window(state, key, limit, seconds).left
    if left == 0:
        return QuotaUse(0, seconds - gone)
    used = limit - left + 1
    state.collection(QUOTAS, "")[key] = {"window": window, "used": used, "limit": limit, "seconds": seconds}
    return QuotaUse(left - 1)


def count_in_token_bucket(state: State, key: str, rate: float, burst: int) -> QuotaUse:
    """Count one call if the bucket has a token; the bucket holds `burst` tokens and gains `rate` a second."""
    counters = state.collection(QUOTAS, "")
    kept = counters.get(key)
    tokens = float(burst)
    if kept is not None:
        gained = (state.now - parse_instant(kept["at"])).total_seconds() * rate
        tokens = min(tokens, float(kept["tokens"]) + max(0.0, gained))
    if tokens < 1:
        return QuotaUse(0, max(1, ceil((1 - tokens) / rate)))
    counters[key] = {"at": print_instant(state.now), "tokens": str(tokens - 1)}
    return QuotaUse(int(tokens - 1))
