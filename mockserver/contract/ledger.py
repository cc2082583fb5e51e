"""The ledger of a run: checks made, calls, failures; it reports progress to an observer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from mockserver.contract.exchange import Exchange
from mockserver.contract.finding import Finding
from mockserver.contract.profile import BatchProfile
from mockserver.contract.progress import SILENT, PartResult, RunObserver, RunPart
from mockserver.contract.size_times import SizeTimes
from mockserver.errors import BrokenRunError


@dataclass(slots=True)
class FindingLedger:
    """The results of a run so far: the only mutable value in this package.

    `made` counts the checks that were made, by operation and check; `findings` holds the failed ones, at most
    one (the smallest) for each operation and check; `exchanges` are all calls if `keeps_exchanges`. `notes`
    are sentences about what the run itself could not do, `sizes` how long batches of each size took.
    `profiles` are the batch profiles with what was found out about the target, by operation and number.
    `fault` is the fault of ours that ended the run.
    """

    keeps_exchanges: bool = False
    observer: RunObserver = SILENT
    made: Counter[tuple[str, str]] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sizes: list[SizeTimes] = field(default_factory=list)
    profiles: dict[tuple[str, int], BatchProfile] = field(default_factory=dict)
    fault: BrokenRunError | None = None
    _part: RunPart | None = None
    _broken: dict[tuple[str, str], Finding] = field(default_factory=dict)

    def begin_anew(self, observer: RunObserver) -> None:
        """Forget all results, and report to another observer."""
        self.observer = observer
        for results in (
            self.made,
            self.calls,
            self.findings,
            self.exchanges,
            self.notes,
            self.sizes,
            self.profiles,
            self._broken,
        ):
            results.clear()

    def count_call(self, exchange: Exchange) -> None:
        """Count a call."""
        self.calls[exchange.operation] += 1
        if self.keeps_exchanges:
            self.exchanges.append(exchange)
        self.observer.call_made()

    def count_check(self, operation: str, check: str, times: int = 1) -> None:
        """Count a check of an operation's response, on so many items or calls."""
        self.made[operation, check] += times

    def found(self, findings: Iterable[Finding]) -> None:
        """Record a failed check; a later failure of the same check and operation adds nothing."""
        known = {(one.operation, one.check) for one in self.findings}
        part = self._part
        for new in findings:
            one = new
            if part and not new.phase:
                one = replace(new, phase=part.run_phase, part=part.subject)
            name = (one.operation, one.check)
            self._broken.setdefault(name, one)
            if name not in known:
                known.add(name)
                self.findings.append(one)
                self.observer.check_failed(one)

    @contextmanager
    def part(self, part: RunPart) -> Iterator[None]:
        """Report a part of the run; one that ends early is not reported as finished."""
        calls, made = self.calls.total(), dict(self.made)
        self._part = part
        self._broken.clear()
        self.observer.part_began(part)
        yield
        judged = {name for name, times in self.made.items() if times > made.get(name, 0)} | set(self._broken)
        result = PartResult(len(judged), self.calls.total() - calls, tuple(self._broken.values()))
        self.observer.part_ended(part, result)
