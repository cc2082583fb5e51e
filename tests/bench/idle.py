"""What the scenario engine costs a call that no rule matches: nothing armed, then a rule for another call."""

from __future__ import annotations

import json
from itertools import pairwise
from statistics import median

from tests.bench.service import PATHS, batch, connected, request, timed

CALLS = 100
ROUNDS = 60
LIMIT = 1.03
ELSEWHERE = {
    "version": 1,
    "name": "elsewhere",
    "rules": [{"id": "r1", "match": {"operation": "listPayee"}, "response": {"status": 503}}],
}
_SCENARIO = "/_mock/sandboxes/default/scenarios/elsewhere"


def report(off: int, on: int) -> bool:
    """Print both ratios; whether one is over the limit."""
    over = False
    for what in ("nothing armed", "none matches"):
        if what == "none matches":
            with connected(on) as connection:
                timed(connection, request(_SCENARIO, json.dumps(ELSEWHERE).encode()), 200)
        ratio, off_ms, on_ms = _compared(off, on)
        over |= ratio >= LIMIT
        print(f"scenarios, {what:<14} off {off_ms:.3f} ms  on {on_ms:.3f} ms  ratio {ratio:.3f}  {LIMIT}")
    return over


def _compared(off: int, on: int) -> tuple[float, float, float]:
    """The ratio and both medians in ms; the servers take turns, each first as often as the other."""
    call = request(PATHS["ours"], batch(1, 0))
    turns: list[tuple[float, float]] = []
    with connected(off) as without, connected(on) as beside:
        for _ in range(CALLS):
            timed(without, call)
            timed(beside, call)
        for number in range(ROUNDS):
            pair = (without, beside) if number % 2 else (beside, without)
            first, second = (median(timed(one, call) for _ in range(CALLS)) for one in pair)
            turns.append((first, second) if number % 2 else (second, first))
    smoothed = [(a[0] + b[0], a[1] + b[1]) for a, b in pairwise(turns)]
    ratio = median(beside / without for without, beside in smoothed)
    return ratio, median(turn[0] for turn in turns), median(turn[1] for turn in turns)
