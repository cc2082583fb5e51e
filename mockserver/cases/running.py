"""Runs a case in a sandbox: by the vendor's API and the control plane, as any client could."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from mockserver.cases import calling, looking, turning, walking
from mockserver.cases.language import STEPS, Case, Node
from mockserver.cases.progress import Progress
from mockserver.cases.world import UnmetError, World
from mockserver.errors import Malformed

_NAMED = frozenset({"call", "control", "walk"})
"""Kinds of steps that a message shows with what they call."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a case: the differences, none when it passed, and the journal's numbers of its calls.

    Calls that others made in the sandbox meanwhile are among them.
    """

    says: tuple[str, ...]
    calls: tuple[int, ...]

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.says


async def run(case: Case, world: World) -> Verdict:
    """Run the case in the sandbox as it is, to its end or to the first step that is not as expected."""
    try:
        first = await world.last_number() + 1
        said = await _said(Progress(case, world))
        return Verdict(said, tuple(range(first, await world.last_number() + 1)))
    except UnmetError as gone:
        return Verdict(gone.said, ())


async def _said(run: Progress) -> tuple[str, ...]:
    """What is not as the case expects it; () when it passes."""
    if any("reset" in step for step in run.case.steps):
        run.beginning = await run.world.snapshot()
    said: tuple[str, ...] = ()
    try:
        await _through(run)
    except UnmetError as unmet:
        said = unmet.said
    if run.beginning:
        await run.world.asked("DELETE", f"/snapshots/{run.beginning}")
    return said


async def _through(run: Progress) -> None:
    case = run.case
    for name, value in case.names.items():
        try:
            run.kept[name] = run.made(value)
        except KeyError as missing:
            raise UnmetError([f"{case.place}: names, {name}", f"nothing is called {missing}"]) from None
    await run.assume(case.assumptions)
    if case.freeze is not None:
        await run.world.freeze(case.freeze)
    await _go(run, "given", case.given)
    await run.note()
    for scenario in case.scenarios:
        await run.world.arm(run.made(scenario))
    await _go(run, "when", case.when)
    await _go(run, "then", case.then)


async def _go(run: Progress, part: str, steps: Iterable[Node]) -> None:
    """Every step in its order.

    Raises:
        UnmetError: one is not as expected.
    """
    for number, step in enumerate(steps, 1):
        kind = next(kind for kind in STEPS if kind in step)
        try:
            said = await _DOING[kind](run, step)
        except UnmetError as unmet:
            said = list(unmet.said)
        except KeyError as missing:
            said = [f"nothing is called {missing}"]
        except Malformed as error:
            said = [f"is no JSON: {error}"]
        if said:
            what = step[kind] if kind in _NAMED else kind
            raise UnmetError([f"{run.case.place}: {part}, step {number}, {what}", *said])


async def _walk(run: Progress, step: Node) -> list[str]:
    return await walking.walk(run, step, lambda: _go(run, "between", step.get("between", ())))


_DOING: Mapping[str, Callable[[Progress, Node], Awaitable[list[str]]]] = {
    "call": calling.call,
    "control": calling.control,
    "together": calling.together,
    "walk": _walk,
    "advance": turning.advance,
    "freeze": turning.freeze,
    "assume": turning.assume,
    "scenario": turning.scenario,
    "disarm": turning.disarm,
    "snapshot": turning.snapshot,
    "restore": turning.restore,
    "reset": turning.reset,
    "journal": looking.journal,
    "calls": looking.calls,
    "dump": looking.dump,
    "unchanged": looking.unchanged,
}
