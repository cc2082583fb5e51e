"""Drills in pytest: each case is a test, and the client is a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from mockserver.testing.control_client import ControlClient
from mockserver.testing.drill import SILENT, UNMET, Drill, DrillTarget, Plan, Result, call_function
from mockserver.testing.pytest_plugin.servers import fail_without_traceback

_PLANS = pytest.StashKey[dict[str, Plan]]()
"""Plan of each test's client, by the test's id without the case; learned in the test's first case."""


@dataclass(frozen=True, slots=True)
class MockDrill:
    control: ControlClient
    vendor: str
    case: str
    test: str
    """Id of the test without the case, but with all other parameters."""
    stash: pytest.Stash

    def run(self, function: Callable[[DrillTarget], object]) -> Result:
        """Call the function with a target that has `url`, `token`, `tenant`, `headers` and `clock`.

        Before the first case of a test, the function is called without faults as well. The test fails if the
        client has a fault, such as a lost or doubled item. The test is skipped if the case did not happen to
        this client. If the function raises an exception, the client ends with status 1, as a program would.
        """
        __tracebackhide__ = True
        drill = Drill(self.control, self.vendor, call_function(function))
        with fail_without_traceback():
            plan = self._plan(drill)
            case = next(one for one in plan.cases if one.id == self.case)
            result = drill.run(case, plan.clean)
        if result.verdict == SILENT:
            pytest.fail(_describe(result), pytrace=False)
        with fail_without_traceback():
            drill.drop(result)
        if result.verdict == UNMET:
            pytest.skip(result.message)
        return result

    def _plan(self, drill: Drill) -> Plan:
        plans = self.stash.setdefault(_PLANS, {})
        if self.test not in plans:
            plans[self.test] = drill.learn()
        plan = plans[self.test]
        if plan.obstacle:
            output = plan.clean.ending.output.strip()
            pytest.fail("\n".join(filter(None, (plan.obstacle, output))), pytrace=False)
        return plan


def _describe(result: Result) -> str:
    worst = result.findings[0]
    call = result.example_call(worst)
    lines = [
        f"{result.word} {result.case.id}: {result.message}",
        worst.cause and f"  the cause: {worst.cause}",
        call.get("answer") and f"  the answer to #{call['number']}: {call['answer']}",
        *(f"  also {one.kind}: {one.message}" for one in result.findings[1:]),
        f"  the case: {result.case.says}",
        *(f"  {call['line']}" for call in result.calls),
        f"  the client wrote:\n{result.ending.output.strip()}",
    ]
    return "\n".join(filter(None, lines))
