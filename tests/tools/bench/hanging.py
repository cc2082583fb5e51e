"""What calls that wait on purpose cost those that do not, and how exact a delay is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from select import select
from statistics import median

from tests.tools.bench.batches import VBA
from tests.tools.bench.figures import percentile, spread
from tests.tools.bench.goals import Goal
from tests.tools.bench.proof import control
from tests.tools.bench.rounds import Pace
from tests.tools.bench.wire import connected, timed

HANGING = 200
CALLS = 1000
ROUNDS = 5
LIMIT = 2.0
ASKED_MS = 25
STATUS = 207
DELAYED_CALLS = 200
_LOOKS = 10_000
SANDBOX = {"Mock-Sandbox": "waiting"}
LATE = {
    "version": 1,
    "name": "late",
    "rules": [{"id": "r1", "response": {"delay": {"type": "fixed", "value": ASKED_MS}}}],
}


@dataclass(frozen=True, slots=True)
class Hanging:
    """p99 of one item alone and beside calls that hang, by round, in ms; how exact a delay is."""

    rounds: tuple[tuple[float, float], ...]
    delay_error_ms: float

    @property
    def ratio(self) -> float:
        return median(beside / alone for alone, beside in self.rounds)

    def figures(self) -> dict[str, object]:
        alone, beside = (median(one[kind] for one in self.rounds) for kind in (0, 1))
        return {
            "hanging_calls": HANGING,
            "alone_p99": alone,
            "beside_p99": beside,
            "ratio": self.ratio,
            "delay_ms": ASKED_MS,
            "delay_error_p99": self.delay_error_ms,
        }

    def goal(self) -> Goal:
        noise = spread([alone for alone, _ in self.rounds])
        return Goal(f"vba: p99 of one item beside {HANGING} hanging calls", self.ratio, LIMIT, noise=noise)


def run(port: int, pace: Pace) -> Hanging:
    """Measure both, in turns."""
    calls = max(100, int(CALLS * pace.share))
    rounds = tuple(
        (_p99(port, calls), _p99_beside_hanging(port, calls)) for _ in range(min(ROUNDS, pace.rounds))
    )
    return Hanging(rounds, _delay_error(port))


def _p99(port: int, calls: int) -> float:
    """Of one item that is updated over and over, in ms."""
    call = VBA.call(1, 0)
    with connected(port) as connection:
        timed(connection, call, STATUS)
        return percentile([timed(connection, call, STATUS) for _ in range(calls)], 99)


def _p99_beside_hanging(port: int, calls: int) -> float:
    with _hanging(port):
        return _p99(port, calls)


@contextmanager
def _hanging(port: int) -> Iterator[None]:
    """So many calls that are never answered, all of them taken by the server.

    Raises:
        SystemExit: one of them was answered, or not taken.
    """
    call = VBA.call(1, 0, headers={**SANDBOX, "Mock-Scenario": "no-response"})
    with ExitStack() as stack:
        _name_sandbox(port)
        before = _taken(port)
        wires = [stack.enter_context(connected(port)) for _ in range(HANGING)]
        for wire in wires:
            wire.sendall(call)
        _wait_until_taken(port, before + HANGING)
        yield
        if select(wires, (), (), 0)[0]:
            raise SystemExit("a call that was to hang was answered")


def _wait_until_taken(port: int, number: int) -> None:
    for _ in range(_LOOKS):
        if _taken(port) >= number:
            return
    raise SystemExit("a call that was to hang did not arrive")


def _name_sandbox(port: int) -> None:
    """Send one call there, which makes the sandbox if it is new."""
    with connected(port) as connection:
        timed(connection, VBA.call(1, 0, headers=SANDBOX), STATUS)


def _taken(port: int) -> int:
    """How many calls the sandbox has seen."""
    newest = control(port, "GET", f"/{SANDBOX['Mock-Sandbox']}/journal?last=1")
    return newest[0]["number"] if newest else 0


def _delay_error(port: int) -> float:
    """p99 of how far answers are from the moment they are due, in ms: a call's usual time and the delay."""
    control(port, "PUT", f"/{SANDBOX['Mock-Sandbox']}/scenarios/late?armed=false", LATE)
    plain = VBA.call(1, 0, headers=SANDBOX)
    late = VBA.call(1, 0, headers={**SANDBOX, "Mock-Scenario": "late"})
    with connected(port) as connection:
        usual = median(timed(connection, plain, STATUS) for _ in range(DELAYED_CALLS))
        times = [timed(connection, late, STATUS) for _ in range(DELAYED_CALLS)]
    return percentile([abs(time - usual - ASKED_MS) for time in times], 99)
