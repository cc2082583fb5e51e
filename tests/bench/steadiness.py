"""How steady the machine is: the same plain loop, timed between measurements."""

from __future__ import annotations

from time import perf_counter

from tests.bench.figures import spread

_STEPS = 100_000
_REPEATS = 3
_ENOUGH = 3


class Steadiness:
    """Times of a loop that is always the same; what lengthens it is no doing of the servers."""

    def __init__(self) -> None:
        self._times: list[float] = []

    def sample(self) -> None:
        """Time the loop: the shortest of three, so that one interruption does not count."""
        self._times.append(min(_loop_ms() for _ in range(_REPEATS)))

    @property
    def swing(self) -> float:
        """How far the times lie apart, as a share of their median; 0 as long as there are few."""
        return spread(self._times) if len(self._times) >= _ENOUGH else 0.0


def _loop_ms() -> float:
    started = perf_counter()
    total = 0
    for number in range(_STEPS):
        total += number
    return (perf_counter() - started) * 1000
