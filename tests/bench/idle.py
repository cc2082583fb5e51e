"""What the scenario engine costs a call that no rule matches: nothing armed, then a rule for another call."""

from __future__ import annotations

import json
from statistics import median

from tests.bench.service import PATHS, batch, connected, request, timed

PAIRS = 6000
WARM_UP = 200
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
    """The ratio and both medians in ms; the two calls of a pair are a moment apart, either first."""
    call = request(PATHS["ours"], batch(1, 0))
    pairs: list[tuple[float, float]] = []
    with connected(off) as without, connected(on) as beside:
        for number in range(PAIRS + WARM_UP):
            if number % 2:
                pair = (timed(without, call), timed(beside, call))
            else:
                pair = (timed(beside, call), timed(without, call))[::-1]
            pairs.append(pair)
    counted = pairs[WARM_UP:]
    ratio = median(on_ms / off_ms for off_ms, on_ms in counted)
    return ratio, median(off_ms for off_ms, _ in counted), median(on_ms for _, on_ms in counted)
