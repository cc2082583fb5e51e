"""Deterministic random numbers drawn from a seed and words, and delays sampled from them."""

from __future__ import annotations

from hashlib import blake2b
from math import exp
from statistics import NormalDist

from mockserver.scenario.model import Delay

_BITS = 53
"""Number of fractions that a float represents exactly."""


def draw(seed: int, *what: str) -> float:
    """Return a number in [0, 1) for this seed and these words, the same in every thread, process and order.

    Each word goes in behind its length, so that no two lists of words are hashed alike.
    """
    told = [str(seed), *what]
    digest = blake2b(digest_size=8)
    for word in told:
        raw = word.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return (int.from_bytes(digest.digest(), "big") >> (64 - _BITS)) / (1 << _BITS)


MAX_DELAY_MS = 600_000
"""No delay is longer than ten minutes (docs/scenarios.md)."""

_MIN_DRAW = 2.0**-54
"""In place of a draw of 0, where the inverse normal has no value."""

_MAX_EXPONENT = 700.0
"""Beyond this power of e a delay is over any bound."""

_STANDARD_NORMAL = NormalDist()


def sample_delay(delay: Delay, u: float) -> float:
    """Return the delay in milliseconds for the draw `u` in [0, 1).

    A lognormal one is `median` at 0.5 and spreads by `sigma`; `longest` and ten minutes cap every kind.
    """
    if delay.type == "fixed":
        asked = float(delay.value)
    elif delay.type == "uniform":
        asked = delay.lower + u * (delay.upper - delay.lower)
    else:
        power = delay.sigma * _STANDARD_NORMAL.inv_cdf(max(u, _MIN_DRAW))
        asked = delay.median * exp(min(power, _MAX_EXPONENT))
    longest = MAX_DELAY_MS if delay.longest is None else delay.longest
    return float(min(asked, longest, MAX_DELAY_MS))
