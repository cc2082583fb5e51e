"""How long a scenario keeps an answer back."""

from __future__ import annotations

from math import exp
from statistics import NormalDist

from mockserver.scenario.model import Delay

LONGEST_MS = 600_000
"""No delay is longer than ten minutes (edge-cases §2)."""

_SMALLEST = 2.0**-54
"""In place of a draw of 0, where the inverse normal has no value."""

_MAX_SIGMAS = 700.0
"""Beyond this power of e a delay is over any bound."""

_STANDARD = NormalDist()


def sampled(delay: Delay, u: float) -> float:
    """The delay in milliseconds that the draw `u`, in [0, 1), stands for.

    A lognormal one is `median` at 0.5 and spreads by `sigma`; `longest` and ten minutes cap every kind.
    """
    if delay.type == "fixed":
        asked = float(delay.value)
    elif delay.type == "uniform":
        asked = delay.lower + u * (delay.upper - delay.lower)
    else:
        power = delay.sigma * _STANDARD.inv_cdf(max(u, _SMALLEST))
        asked = delay.median * exp(min(power, _MAX_SIGMAS))
    longest = LONGEST_MS if delay.longest is None else delay.longest
    return float(min(asked, longest, LONGEST_MS))
