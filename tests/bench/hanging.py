"""What calls that wait on purpose cost those that do not, and how well a delay keeps its word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from select import select
from statistics import median, quantiles

from tests.bench.service import HOST, PATHS, PATIENCE_S, batch, connected, request, timed

HANGING = 200
CALLS = 1000
ROUNDS = 5
LIMIT = 2.0
ASKED_MS = 25
DELAYED_CALLS = 200
SANDBOX = {"Mock-Sandbox": "waiting"}
LATE = {
    "version": 1,
    "name": "late",
    "rules": [{"id": "r1", "response": {"delay": {"type": "fixed", "value": ASKED_MS}}}],
}


def report(port: int) -> bool:
    """Print both figures; whether the first is over its limit."""
    turns = [(_p99(port), _p99_beside_hanging(port)) for _ in range(ROUNDS)]
    ratio = median(beside / alone for alone, beside in turns)
    alone, beside = (median(turn[kind] for turn in turns) for kind in (0, 1))
    print(f"{'hanging':<14} {'alone p99':>9} {'beside p99':>10} {'ratio':>6}  limit")
    print(f"{HANGING:<14} {alone:>9.3f} {beside:>10.3f} {ratio:>6.2f}  {LIMIT}")
    print(f"a fixed delay of {ASKED_MS} ms: |actual - asked| p99 {_delay_error(port):.3f} ms")
    return ratio >= LIMIT


def _p99(port: int) -> float:
    """Of one item that is updated over and over, in ms."""
    call = request(PATHS["ours"], batch(1, 0))
    with connected(port) as connection:
        timed(connection, call)
        return _percentile([timed(connection, call) for _ in range(CALLS)])


def _p99_beside_hanging(port: int) -> float:
    with _hanging(port):
        return _p99(port)


@contextmanager
def _hanging(port: int) -> Iterator[None]:
    """So many calls that are never answered, all of them taken by the server.

    Raises:
        SystemExit: one of them was answered.
    """
    call = request(PATHS["ours"], batch(1, 0), {**SANDBOX, "Mock-Scenario": "no-response"})
    with ExitStack() as stack:
        before = _taken(port)
        wires = [stack.enter_context(connected(port)) for _ in range(HANGING)]
        for wire in wires:
            wire.sendall(call)
        while _taken(port) < before + HANGING:
            pass
        yield
        if select(wires, (), (), 0)[0]:
            raise SystemExit("a call that was to hang was answered")


def _taken(port: int) -> int:
    """How many calls the sandbox has seen."""
    asking = HTTPConnection(HOST, port, PATIENCE_S)
    asking.request("GET", f"/_mock/sandboxes/{SANDBOX['Mock-Sandbox']}/journal?last=1")
    newest = json.loads(asking.getresponse().read())
    asking.close()
    return newest[0]["number"] if isinstance(newest, list) and newest else 0


def _delay_error(port: int) -> float:
    """p99 of how far answers are from the moment they are due, in ms: a call's usual time and the delay."""
    path = f"/_mock/sandboxes/{SANDBOX['Mock-Sandbox']}/scenarios/late?armed=false"
    plain = request(PATHS["ours"], batch(1, 0), SANDBOX)
    late = request(PATHS["ours"], batch(1, 0), {**SANDBOX, "Mock-Scenario": "late"})
    with connected(port) as connection:
        timed(connection, request(path, json.dumps(LATE).encode()), 200)
        usual = median(timed(connection, plain) for _ in range(DELAYED_CALLS))
        times = [timed(connection, late) for _ in range(DELAYED_CALLS)]
    return _percentile([abs(time - usual - ASKED_MS) for time in times])


def _percentile(times: list[float]) -> float:
    return quantiles(times, n=100)[98]
