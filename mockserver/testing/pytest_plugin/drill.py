"""A drill in pytest: one test a case, the client is a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from mockserver.testing.control_client import ControlClient
from mockserver.testing.drill import FAILED, UNMET, Case, Drill, DrillTarget, Plan, Result, call_function
from mockserver.testing.pytest_plugin.servers import fail_without_traceback

_PLANS = pytest.StashKey[dict[tuple[str, str], Plan]]()
"""What the client of each test means to do, which its first case learns."""


@dataclass(frozen=True, slots=True)
class MockDrill:
    """One case of a drill; `test` is the test's name without the case."""

    control: ControlClient
    vendor: str
    case: str
    test: str
    stash: pytest.Stash

    def run(self, function: Callable[[DrillTarget], object]) -> Result:
        """Call the function with a target that has `url`, `token`, `tenant`, `headers` and `clock`.

        It is called once more, without faults, by the first case of a test. The test fails if the client
        loses an item, sends one twice or does something else wrong; it is skipped if the case cannot happen
        to this client. An exception of the function is an end with status 1, as of a program.
        """
        __tracebackhide__ = True
        drill = Drill(self.control, self.vendor, call_function(function))
        with fail_without_traceback():
            plan = self._plan(drill)
            case = next(one for one in plan.cases if one.id == self.case)
            result = drill.run(case, plan.clean)
        if result.verdict == FAILED:
            pytest.fail("\n".join(_lines(case, result)), pytrace=False)
        with fail_without_traceback():
            drill.drop(result)
        if result.verdict == UNMET:
            pytest.skip(result.message)
        return result

    def _plan(self, drill: Drill) -> Plan:
        plans = self.stash.setdefault(_PLANS, {})
        plan = plans.get((self.test, self.vendor))
        if plan is None:
            plan = plans[self.test, self.vendor] = drill.learn()
        if plan.obstacle:
            output = plan.clean.ending.output.strip()
            pytest.fail("\n".join(filter(None, (plan.obstacle, output))), pytrace=False)
        return plan


def _lines(case: Case, result: Result) -> Iterator[str]:
    yield f"{result.word} {case.id}: {result.message}"
    yield from (f"  also {one.kind}: {one.message}" for one in result.findings[1:])
    yield f"  the case: {case.says}"
    yield from (f"  {call['line']}" for call in result.calls)
    if output := result.ending.output.strip():
        yield f"  the client wrote:\n{output}"
