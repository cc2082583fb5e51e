"""Check what people expect of the program, on a fresh clone: prints each point with its result.

`python -m tests.tools.people.people [NUMBER…]` checks all points, or those. Exit status: 0 all hold, 1 not.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from traceback import format_exception_only

from tests.tools.people import browser, console, exports, face, first_minute, in_ci, sums, terminal
from tests.tools.people.point import Point, find_points
from tests.tools.people.stage import Stage, fresh_clone

_SHOWN = 400


def main(wanted: list[str]) -> int:
    """Check the points and return the exit status."""
    points = list(find_points(first_minute, terminal, exports, console, browser, in_ci, face, sums))
    points = [one for one in points if not wanted or str(one.number) in wanted]
    with TemporaryDirectory(prefix="people-") as folder, fresh_clone(Path(folder)) as stage:
        print(f"fresh clone, set up and answering after {stage.set_up_s:.0f} s")
        held = [_holds(one, stage) for one in points]
    print(f"{sum(held)} of {len(held)} points hold")
    return 0 if all(held) else 1


def _holds(one: Point, stage: Stage) -> bool:
    began = perf_counter()
    try:
        word, seen = "holds", one.check(stage)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the point does not hold
        word, seen = "NOT", " ".join("".join(format_exception_only(error)).split())[:_SHOWN]
    took = perf_counter() - began
    print(f"{word:5}  {one.number:2}  {one.text}\n           {seen}   ({took:.1f} s)", flush=True)
    return word == "holds"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
