"""Run a case in a sandbox through the vendor's API and the control plane."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from mockserver.control.cases import steps as cases_steps
from mockserver.control.cases.case_run import CaseRun, UnsendableCallError
from mockserver.control.cases.language import STEPS, Case, Node
from mockserver.control.cases.matching import TooLargeValueError
from mockserver.control.cases.sandbox_client import SEED, SandboxClient, UnmetExpectationError
from mockserver.control.cases.transport import HttpClient
from mockserver.errors import MalformedBody

_NAMED_STEPS = frozenset({"call", "control", "walk"})
"""Kinds of steps for which a message shows the called target."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """Result of a case: the differences, and the journal numbers of its calls.

    Calls of others in the sandbox at the same time are included.
    """

    differences: tuple[str, ...]
    calls: tuple[int, ...]

    @property
    def passed(self) -> bool:
        """Whether there are no differences."""
        return not self.differences


async def run(case: Case, client: SandboxClient) -> CaseResult:
    """Run the case in the sandbox, up to its end or the first step with a difference."""
    try:
        first = await client.last_number() + 1
        differences = await _run_with_reset(CaseRun(case, client))
        return CaseResult(differences, tuple(range(first, await client.last_number() + 1)))
    except UnmetExpectationError as unmet:
        return CaseResult(unmet.differences, ())


async def run_in_new_sandbox(case: Case, name: str, client: HttpClient) -> CaseResult:
    """Create a sandbox of this name, run the case in it, and delete the sandbox.

    Raises:
        UnmetExpectationError: the sandbox cannot be created.
    """
    sandbox = SandboxClient(name, client, client)
    await sandbox.create(SEED if case.seed is None else case.seed, empty=case.empty)
    try:
        return await run(case, sandbox)
    finally:
        await sandbox.call_control("DELETE", "")


async def _run_with_reset(case_run: CaseRun) -> tuple[str, ...]:
    """Run the case and return its differences; take a snapshot first if a step resets the sandbox."""
    if any("reset" in step for step in case_run.case.steps):
        case_run.start_snapshot = await case_run.client.snapshot()
    differences: tuple[str, ...] = ()
    try:
        await _run_parts(case_run)
    except UnmetExpectationError as unmet:
        differences = unmet.differences
    if case_run.start_snapshot:
        await case_run.client.call_control("DELETE", f"/snapshots/{case_run.start_snapshot}")
    return differences


async def _run_parts(case_run: CaseRun) -> None:
    case = case_run.case
    _fill_names(case_run)
    await case_run.assume(case.assumptions)
    if case.freeze is not None:
        await case_run.client.freeze(case.freeze)
    await _run_steps(case_run, "given", case.given)
    await case_run.record_start()
    for scenario in case.scenarios:
        await case_run.client.arm(case_run.fill(scenario))
    await _run_steps(case_run, "when", case.when)
    await _run_steps(case_run, "then", case.then)


async def run_steps(case_run: CaseRun) -> None:
    """Run the steps alone, at a server without sandboxes and control plane.

    Raises:
        UnmetExpectationError: a step has a difference.
    """
    _fill_names(case_run)
    for part in ("given", "when", "then"):
        await _run_steps(case_run, part, getattr(case_run.case, part))


def _fill_names(case_run: CaseRun) -> None:
    case = case_run.case
    for name, value in case.names.items():
        try:
            case_run.placeholders[name] = case_run.fill(value)
        except KeyError as missing:
            raise UnmetExpectationError(
                [f"{case.place}: names, {name}", f"nothing is called {missing}"]
            ) from None
        except TooLargeValueError as error:
            raise UnmetExpectationError([f"{case.place}: names, {name}", str(error)]) from None


async def _run_steps(case_run: CaseRun, part: str, steps: Iterable[Node]) -> None:
    """Run the steps in order.

    Raises:
        UnmetExpectationError: a step has a difference.
    """
    for number, step in enumerate(steps, 1):
        kind = next(kind for kind in STEPS if kind in step)
        try:
            differences = await _STEP_FUNCTIONS[kind](case_run, step)
        except UnmetExpectationError as unmet:
            differences = list(unmet.differences)
        except KeyError as missing:
            differences = [f"nothing is called {missing}"]
        except MalformedBody as error:
            differences = [f"is no JSON: {error}"]
        except (TooLargeValueError, UnsendableCallError) as error:
            differences = [str(error)]
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            differences = [f"cannot be done: {type(error).__name__}: {error}"]
        if differences:
            what = step[kind] if kind in _NAMED_STEPS else kind
            raise UnmetExpectationError(
                [f"{case_run.case.place}: {part}, step {number}, {what}", *differences]
            )


async def _walk(case_run: CaseRun, step: Node) -> list[str]:
    return await cases_steps.walk(
        case_run, step, lambda: _run_steps(case_run, "between", step.get("between", ()))
    )


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
