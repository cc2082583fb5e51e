"""Many connections from one process: `python -m tests.tools.bench.load PORT SECONDS STATUS < calls`.

Standard input has one JSON list for each connection: the files with the calls that it sends in turns, one at
a time. Prints how many were answered, in which time, and p50 and p99 in ms.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from time import perf_counter

from tests.tools.bench.figures import percentile
from tests.tools.bench.wire import PATIENCE_S, Reading, connected, status_of

_WARM_UP_SHARE = 0.2


class Line:
    """A connection that sends its next call as soon as the one before is answered."""

    def __init__(self, connection: socket.socket, calls: Sequence[bytes], status: int) -> None:
        self.connection = connection
        self._calls: Iterator[bytes] = cycle(calls)
        self._status = status
        self._reading = Reading()
        self._started = 0.0

    def send(self) -> None:
        self._reading = Reading()
        self._started = perf_counter()
        self.connection.sendall(next(self._calls))

    def receive(self) -> float | None:
        """Read what is there; the time that the call took, in ms, if its answer is complete.

        Raises:
            SystemExit: the status is another one, or the server closed the connection.
        """
        received = self.connection.recv(1 << 20)
        if not received:
            raise SystemExit("the server closed a connection")
        self._reading.add(received)
        if not self._reading.complete:
            return None
        took = (perf_counter() - self._started) * 1000
        if status_of(self._reading.answer) != self._status:
            raise SystemExit(f"{self._status} was expected: {self._reading.answer[:500]!r}")
        return took


def loaded(lines: Sequence[Line], seconds: float) -> list[float]:
    """Keep all lines busy for so long; the times of the calls, in ms, those of the warm-up left out."""
    with DefaultSelector() as selector:
        for line in lines:
            selector.register(line.connection, EVENT_READ, line)
            line.send()
        _times(selector, seconds * _WARM_UP_SHARE)
        return _times(selector, seconds)


def _times(selector: DefaultSelector, seconds: float) -> list[float]:
    end = perf_counter() + seconds
    times: list[float] = []
    while perf_counter() < end:
        for key, _ in selector.select(PATIENCE_S):
            took = key.data.receive()
            if took is not None:
                times.append(took)
                key.data.send()
    return times


def main() -> None:
    port, seconds, status = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    files: list[list[str]] = json.load(sys.stdin)
    with ExitStack() as stack:
        lines = [
            Line(stack.enter_context(connected(port)), [Path(one).read_bytes() for one in names], status)
            for names in files
        ]
        times = loaded(lines, seconds)
    if not times:
        raise SystemExit("no call was answered in time")
    figures = {
        "calls_s": len(times) / seconds,
        "p50": percentile(times, 50),
        "p99": percentile(times, 99),
    }
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    main()
