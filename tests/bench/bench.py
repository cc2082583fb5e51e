"""`make bench`: our batch against the floor, both on a socket, in one run; prints medians and ratios.

Then what calls that hang cost one that does not, what the scenario engine costs where no rule matches, and
what an installation costs: size, help, completion, the pytest plugin.
Load goes to loopback only, is bounded in calls, and stops by itself.
"""

from __future__ import annotations

from itertools import count
from statistics import median

from tests.bench import hanging, idle, installation
from tests.bench.service import PATHS, batch, connected, request, serving, timed

CALLS = {1: 2000, 100: 500, 1000: 200}
ROUNDS = 10
LIMITS = {1: 4.0, 1000: 2.0}
KEYS = count(1)


def main() -> int:
    """Measure fresh keys and updates for 1, 100 and 1,000 items, and scenarios; 1 when over a limit."""
    over = False
    with serving("floor") as floor, serving("ours") as ours:
        print(f"{'items':>6} {'keys':<7} {'floor ms':>9} {'ours ms':>9} {'ratio':>6}  limit")
        for items in CALLS:
            for fresh in (True, False):
                turns = [_turn({"floor": floor, "ours": ours}, items, fresh=fresh) for _ in range(ROUNDS)]
                ratio = median(turn["ours"] / turn["floor"] for turn in turns)
                times = {name: median(turn[name] for turn in turns) for name in PATHS}
                limit = LIMITS.get(items)
                over |= limit is not None and ratio >= limit
                print(
                    f"{items:>6} {'fresh' if fresh else 'update':<7} {times['floor']:>9.3f} "
                    f"{times['ours']:>9.3f} {ratio:>6.2f}  {limit or ''}"
                )
        over |= hanging.report(ours)
    with serving("engine off") as off, serving("ours") as on:
        over |= idle.report(off, on)
    over |= installation.report()
    return int(over)


def _turn(ports: dict[str, int], items: int, *, fresh: bool) -> dict[str, float]:
    """Median time of each server in ms; they take turns, so that a drifting machine harms both alike."""
    medians: dict[str, float] = {}
    fixed = batch(items, 0)
    for name, port in ports.items():
        bodies = [batch(items, next(KEYS) * 1000) if fresh else fixed for _ in range(CALLS[items] // ROUNDS)]
        first, *requests = [request(PATHS[name], body) for body in bodies]
        with connected(port) as connection:
            timed(connection, first)
            medians[name] = median(timed(connection, one) for one in requests)
    return medians


if __name__ == "__main__":
    raise SystemExit(main())
