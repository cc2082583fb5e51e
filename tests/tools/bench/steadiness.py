"""How steady the machine is: the same plain loop, timed between measurements."""

from __future__ import annotations

from time import perf_counter, process_time

from tests.tools.bench.figures import spread

_STEPS = 300_000
_ENOUGH = 3


class Steadiness:
    """Times of a loop that is always the same; what lengthens it is no doing of the servers."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._cpu: list[float] = []

    def sample(self) -> None:
        """Time the loop, by the clock and by the processor."""
        started, cpu_started = perf_counter(), process_time()
        total = 0
        for number in range(_STEPS):
            total += number
        self.add(perf_counter() - started, process_time() - cpu_started)

    def add(self, seconds: float, cpu_seconds: float) -> None:
        """Count one more sample."""
        self._times.append(seconds)
        self._cpu.append(cpu_seconds)

    @property
    def swing(self) -> float:
        """How noisy the machine is, as a share; 0 as long as there are few samples.

        The larger of two: how far the loop's own work lies apart, and by how much other processes lengthened
        it, which a load that never changes does too.
        """
        if len(self._times) < _ENOUGH:
            return 0.0
        return max(spread(self._cpu), sum(self._times) / sum(self._cpu) - 1)
