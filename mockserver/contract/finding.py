"""A check, and a finding: a check that failed."""

from __future__ import annotations

from dataclasses import dataclass, field

from mockserver.contract.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Check:
    """A rule that must hold.

    `id` is stable and kebab-case ("count-is-processed"), `says` stands in the table ("count = processed"),
    `counts` is what is counted there ("calls", "items", "sequences"), `reason` why it must hold.
    """

    id: str
    says: str
    counts: str
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that did not hold.

    `said` is a sentence for people who do not know the suite: what was sent, what came, what was expected.
    `pointer` is where in the answer, "" for all of it. `exchanges` are the calls that show it, in order; the
    last one is checked. `told` are the steps before it in plain words, one each. `phase` and `part` (an
    operation, or a phase) are of the part of the run that found it.
    """

    check: str
    operation: str
    said: str
    pointer: str = ""
    expected: str = ""
    came: str = ""
    exchanges: tuple[Exchange, ...] = ()
    told: tuple[str, ...] = ()
    phase: str = field(default="", compare=False)
    part: str = field(default="", compare=False)


class BrokenRule(AssertionError):
    """A check did not hold; raised where Hypothesis is to shrink what led there."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.check}: {finding.said}")
        self.finding = finding
