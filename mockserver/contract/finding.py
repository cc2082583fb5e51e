"""Results of a run: checks by name, how often each was made, and each failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
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

    `said` is a sentence that a stranger understands: what was sent, what came, what was expected. `pointer`
    is where in the answer, "" for all of it. `exchanges` are the calls that show it, in their order; the last
    one is judged. `told` are the steps before it in plain words, one each.
    """

    check: str
    operation: str
    said: str
    pointer: str = ""
    expected: str = ""
    came: str = ""
    exchanges: tuple[Exchange, ...] = ()
    told: tuple[str, ...] = ()


class BrokenRule(AssertionError):
    """A check did not hold; raised where Hypothesis is to shrink what led there."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.check}: {finding.said}")
        self.finding = finding


@dataclass(slots=True)
class FindingLedger:
    """The results of a run so far: the only mutable value in this package.

    `made` counts the checks that were made, by operation and check; `findings` holds the failed ones, at most
    one (the smallest) for each operation and check; `exchanges` are all calls if `keeps_exchanges`.
    """

    keeps_exchanges: bool = False
    made: Counter[tuple[str, str]] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)

    def count_call(self, exchange: Exchange) -> None:
        """Count a call."""
        self.calls[exchange.operation] += 1
        if self.keeps_exchanges:
            self.exchanges.append(exchange)

    def count_check(self, operation: str, check: str, times: int = 1) -> None:
        """Count a check of an operation's response, on so many items or calls."""
        self.made[operation, check] += times

    def found(self, findings: Iterable[Finding]) -> None:
        """Record a failed check; a later failure of the same check and operation adds nothing."""
        known = {(one.operation, one.check) for one in self.findings}
        for one in findings:
            if (one.operation, one.check) not in known:
                known.add((one.operation, one.check))
                self.findings.append(one)
