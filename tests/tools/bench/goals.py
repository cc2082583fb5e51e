"""Goals: a figure, its limit, and whether the run was quiet enough to say that it was missed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

NOISE = 0.25
"""Rounds of the same work that lie further apart are too noisy to judge by."""

Verdict: TypeAlias = Literal["ok", "MISSED", "too noisy"]


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure and its limit, which it may reach; `noise` is how far apart its rounds lie, as a share."""

    what: str
    figure: float
    limit: float
    unit: str = "x"
    at_least: bool = False
    noise: float = 0.0

    @property
    def holds(self) -> bool:
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit

    def verdict(self, machine_noise: float) -> Verdict:
        """A figure within its limit always holds; one beyond it counts on a quiet machine only."""
        if self.holds:
            return "ok"
        return "too noisy" if max(self.noise, machine_noise) > NOISE else "MISSED"


@dataclass(frozen=True, slots=True)
class Judgement:
    """All goals of a run; `machine_noise` is how far the same plain loop swung between measurements."""

    goals: tuple[Goal, ...]
    machine_noise: float

    def verdicts(self) -> list[tuple[Goal, Verdict]]:
        return [(goal, goal.verdict(self.machine_noise)) for goal in self.goals]

    @property
    def exit_code(self) -> int:
        return int(any(verdict == "MISSED" for _, verdict in self.verdicts()))

    def lines(self) -> Iterable[str]:
        """One line a goal, then what they come to."""
        for goal, verdict in self.verdicts():
            bound = "at least" if goal.at_least else "at most"
            figure, limit = shown(goal.figure, goal.unit), shown(goal.limit, goal.unit)
            yield f"{verdict:<9} {goal.what:<66} {figure:>10}  {bound} {limit}"
        yield f"other work lengthened a plain loop by {self.machine_noise:.0%}, or it swung by that"
        yield self._conclusion()

    def _conclusion(self) -> str:
        missed = self._count("MISSED")
        noisy = self._count("too noisy")
        if missed:
            return f"{missed} of {len(self.goals)} goals missed" + (
                f", {noisy} too noisy to judge" if noisy else ""
            )
        if noisy:
            return f"too noisy to judge: {noisy} of {len(self.goals)} goals; run it again on a quiet machine"
        return f"all {len(self.goals)} goals hold"

    def _count(self, verdict: Verdict) -> int:
        return sum(one == verdict for _, one in self.verdicts())


def shown(figure: float, unit: str) -> str:
    """A figure with its unit: `1.25x`, `12.3 %`, `0.55 s`, `68 MiB`."""
    if unit == "x":
        return f"{figure:.2f}x"
    if unit == "%":
        return f"{figure * 100:.1f} %"
    return f"{figure:.2f} {unit}" if unit in ("s", "ms") else f"{figure:.0f} {unit}"


def worst(goals: Sequence[Goal]) -> Goal:
    """The goal that is furthest beyond its limit, or nearest to it."""
    return max(
        goals, key=lambda goal: goal.limit / goal.figure if goal.at_least else goal.figure / goal.limit
    )
