"""How many steps of Python a call takes, so that nobody makes calls slower unnoticed.

A step is one instruction of Python's bytecode. The number does not depend on how busy the machine is. The
figures belong to a version of Python. `make bench` counts the machine's instructions.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import CodeType, FrameType
from typing import Any

import pytest

from tests.support.direct_calls import DirectCalls
from tests.tools.bench.batches import ORDERS, VBA, Bad, Batches

_TOLERANCE = 0.05
_WARM_UP, _COUNTED = 40, 3
_TOOL = 4
"""A number that `sys.monitoring` leaves free."""

_STATUS = b"HTTP/1.1 207 "
_BATCHES: Mapping[str, Batches] = {"vba": VBA, "orders": ORDERS}
_STEPS: Mapping[tuple[str, int, Bad], Mapping[tuple[int, int], int]] = {
    ("vba", 1, "none"): {(3, 11): 7974, (3, 12): 7238, (3, 13): 7188},
    ("vba", 1, "tenth"): {(3, 11): 9599, (3, 12): 8684, (3, 13): 8609},
    ("vba", 100, "none"): {(3, 11): 36561, (3, 12): 34324, (3, 13): 33086},
    ("vba", 100, "tenth"): {(3, 11): 51144, (3, 12): 47499, (3, 13): 45909},
    ("orders", 1, "none"): {(3, 11): 6464, (3, 12): 5857, (3, 13): 5818},
    ("orders", 1, "tenth"): {(3, 11): 7976, (3, 12): 7227, (3, 13): 7169},
    ("orders", 100, "none"): {(3, 11): 18509, (3, 12): 17478, (3, 13): 16767},
    ("orders", 100, "tenth"): {(3, 11): 40309, (3, 12): 37650, (3, 13): 36165},
}
"""Steps of Python by batch, size and share of bad items, for each version of Python."""


class StepCounter:
    """Counts the instructions of Python while it is entered, except those of tests."""

    def __init__(self) -> None:
        self.steps = 0

    def __enter__(self) -> None:
        if sys.version_info >= (3, 12):
            monitoring, instruction = sys.monitoring, sys.monitoring.events.INSTRUCTION
            monitoring.use_tool_id(_TOOL, "steps")
            monitoring.register_callback(_TOOL, instruction, self._count)
            monitoring.set_events(_TOOL, instruction)
        else:
            self._before = sys.gettrace()
            sys.settrace(self._trace)

    def __exit__(self, *_error: object) -> None:
        if sys.version_info >= (3, 12):
            sys.monitoring.set_events(_TOOL, 0)
            sys.monitoring.free_tool_id(_TOOL)
        else:
            sys.settrace(self._before)

    def _count(self, code: CodeType, _offset: int) -> None:
        self.steps += "tests" not in code.co_filename

    def _trace(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "call":
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        elif event == "opcode":
            self._count(frame.f_code, 0)
        return self._trace


def steps_of(batches: Batches, items: int, bad: Bad) -> int:
    """Return the smallest number of steps of some equal calls, after calls that fill the caches."""
    call = batches.call(items, 10_000, bad)

    async def count(calls: DirectCalls) -> int:
        for _ in range(_WARM_UP):
            assert (await calls.answer(call)).startswith(_STATUS)
        counters = [StepCounter() for _ in range(_COUNTED)]
        for counter in counters:
            with counter:
                await calls.answer(call)
        return min(counter.steps for counter in counters)

    return DirectCalls().run(count)


@pytest.mark.parametrize(("name", "items", "bad"), _STEPS)
def test_a_call_takes_no_more_steps_than_before(name: str, items: int, bad: Bad) -> None:
    expected = _STEPS[name, items, bad].get(sys.version_info[:2])
    if expected is None:
        pytest.skip("the steps of this version of Python are not known")

    steps = steps_of(_BATCHES[name], items, bad)

    assert steps == pytest.approx(expected, rel=_TOLERANCE), "if this is meant, write the new figure above"
