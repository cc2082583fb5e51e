"""Run a case in a sandbox through the vendor's API and the control plane."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from mockserver.control.cases import steps as cases_steps
from mockserver.control.cases.case_run import CaseRun
from mockserver.control.cases.language import STEPS, Case, Node
from mockserver.control.cases.sandbox_client import SandboxClient, UnmetExpectationError
from mockserver.errors import MalformedBody

_NAMED_STEPS = frozenset({"call", "control", "walk"})
"""Kinds of steps for which a message shows the called target."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """Result of a case: the differences, and the journal numbers of its calls.

    Calls of others in the sandbox at the same time are included.
    """

    says: tuple[str, ...]
    calls: tuple[int, ...]

    @property
    def passed(self) -> bool:
        """Whether there are no differences."""
        return not self.says


async def run(case: Case, client: SandboxClient) -> CaseResult:
    """Run the case in the sandbox, up to its end or the first step with a difference."""
    try:
        first = await client.last_number() + 1
        said = await _run_with_reset(CaseRun(case, client))
        return CaseResult(said, tuple(range(first, await client.last_number() + 1)))
    except UnmetExpectationError as gone:
        return CaseResult(gone.said, ())


async def _run_with_reset(run: CaseRun) -> tuple[str, ...]:
    """Run the case and return its differences; take a snapshot first if a step resets the sandbox."""
    if any("reset" in step for step in run.case.steps):
        run.start_snapshot = await run.client.snapshot()
    said: tuple[str, ...] = ()
    try:
        await _run_parts(run)
    except UnmetExpectationError as unmet:
        said = unmet.said
    if run.start_snapshot:
        await run.client.call_control("DELETE", f"/snapshots/{run.start_snapshot}")
    return said


async def _run_parts(run: CaseRun) -> None:
    case = run.case
    for name, value in case.names.items():
        try:
            run.placeholders[name] = run.fill(value)
        except KeyError as missing:
            raise UnmetExpectationError(
                [f"{case.place}: names, {name}", f"nothing is called {missing}"]
            ) from None
    await run.assume(case.assumptions)
    if case.freeze is not None:
        await run.client.freeze(case.freeze)
    await _run_steps(run, "given", case.given)
    await run.record_start()
    for scenario in case.scenarios:
        await run.client.arm(run.fill(scenario))
    await _run_steps(run, "when", case.when)
    await _run_steps(run, "then", case.then)


async def _run_steps(run: CaseRun, part: str, steps: Iterable[Node]) -> None:
    """Run the steps in order.

    Raises:
        UnmetExpectationError: a step has a difference.
    """
    for number, step in enumerate(steps, 1):
        kind = next(kind for kind in STEPS if kind in step)
        try:
            said = await _STEP_FUNCTIONS[kind](run, step)
        except UnmetExpectationError as unmet:
            said = list(unmet.said)
        except KeyError as missing:
            said = [f"nothing is called {missing}"]
        except MalformedBody as error:
            said = [f"is no JSON: {error}"]
        if said:
            what = step[kind] if kind in _NAMED_STEPS else kind
            raise UnmetExpectationError([f"{run.case.place}: {part}, step {number}, {what}", *said])


async def _walk(run: CaseRun, step: Node) -> list[str]:
    return await cases_steps.walk(run, step, lambda: _run_steps(run, "between", step.get("between", ())))


_STEP_FUNCTIONS: Mapping[str, Callable[[CaseRun, Node], Awaitable[list[str]]]] = {
    "call": cases_steps.call,
    "control": cases_steps.control,
    "together": cases_steps.together,
    "walk": _walk,
    "advance": cases_steps.advance,
    "freeze": cases_steps.freeze,
    "assume": cases_steps.assume,
    "scenario": cases_steps.scenario,
    "disarm": cases_steps.disarm,
    "snapshot": cases_steps.snapshot,
    "restore": cases_steps.restore,
    "reset": cases_steps.reset,
    "journal": cases_steps.newest_entries,
    "calls": cases_steps.call_count,
    "dump": cases_steps.dump,
    "unchanged": cases_steps.unchanged,
}
