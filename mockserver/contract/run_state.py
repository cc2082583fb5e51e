"""State of a run: its size, its parts, checks made, calls, failures and progress."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Exchange, Finding, TargetUnreachableError
from mockserver.contract.profile import BatchProfile
from mockserver.errors import BrokenRunError

_LIMITS = 16


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Size and scope of a run.

    `max_examples` bounds the random calls of an operation and the sequences of a subject. `only` are the
    checks to make and `operations` the ones to call, by id; empty: all. Without `shrinks` a failure is
    reported as found. `workers` processes do independent parts side by side; the result is the same.
    `left_out` are operations that are never called, not even by a sequence of another operation. `parts` are
    the operations whose parts are done ("links": the walks); empty: all.
    """

    seed: int = 0
    max_examples: int = 100
    only: frozenset[str] = frozenset()
    operations: frozenset[str] = frozenset()
    shrinks: bool = True
    workers: int = 1
    left_out: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()

    @property
    def max_limit_calls(self) -> int:
        return _LIMITS * self.max_examples

    def wants(self, check: str) -> bool:
        return not self.only or check in self.only

    def wants_any(self, checks: Iterable[str]) -> bool:
        return any(map(self.wants, checks))

    def calls(self, operation: str) -> bool:
        return self.may_call(operation) and (not self.operations or operation in self.operations)

    def may_call(self, operation: str) -> bool:
        return operation not in self.left_out


@dataclass(frozen=True, slots=True)
class RunPart:
    """A part of a run: the generated calls of an operation, walks along links, or sequences of a batch.

    `operation` is an operationId, "" for walks. `number` counts from 1 to `of` within the `phase`. `note`
    distinguishes parts of one operation ("as application/xml"). `steps` is the number of planned walks or
    sequences, 0 if unknown. `calls` is the usual number.
    """

    phase: str
    operation: str
    number: int
    of: int
    note: str = ""
    steps: int = 0
    calls: int = 0

    @property
    def subject(self) -> str:
        return self.operation or self.phase

    @property
    def run_phase(self) -> str:
        return self.phase if self.operation else "fuzzing"

    @property
    def name(self) -> str:
        return " ".join(filter(None, [self.phase, self.operation and f"of {self.operation}", self.note]))


@dataclass(frozen=True, slots=True)
class PartResult:
    """Result of a finished part; `broken` has a finding for each failed check, also one found before.

    `seconds` is how long another process took for it, None if it was done in this one.
    """

    checks: int
    calls: int
    broken: tuple[Finding, ...] = ()
    seconds: float | None = None


class RunObserver:
    """Observer of one run after the other; this one ignores everything.

    A subclass must not raise, and must not call the target.
    """

    def run_began(self, api: ApiUnderTest, secrets: Mapping[str, str]) -> None:
        """Receive the API of a run, and secret texts with their replacements."""

    def run_planned(self, calls: int) -> None:
        """Receive how many calls the run takes as a rule."""

    def part_began(self, part: RunPart) -> None:
        """Receive the part that begins."""

    def call_made(self, number: int = 1) -> None:
        """Count calls that were answered; 0 where there was none for a while."""

    def step_began(self) -> None:
        """Count a walk or a sequence of the current part."""

    def check_failed(self, finding: Finding) -> None:
        """Receive the first failure of a check at an operation."""

    def part_ended(self, part: RunPart, result: PartResult) -> None:
        """Receive the result of a finished part."""


SILENT = RunObserver()


@dataclass(slots=True)
class FindingLedger:
    """The results of a run so far.

    `made` counts the checks that were made, by operation and check; `findings` holds the failed ones, at most
    one (the smallest) for each operation and check; `exchanges` are all calls if `keeps_exchanges`. `notes`
    are sentences about the limits of the run itself, `sizes` the times of batches of each size. `profiles`
    are the batch profiles as adapted to the target, by operation and number. `fault` is the fault of ours
    that ended the run.
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

    def add(self, other: FindingLedger) -> None:
        """Add the results of a part that another process did."""
        self.calls += other.calls
        self.made += other.made
        self.exchanges += other.exchanges
        self.notes += other.notes
        self.sizes += other.sizes
        self.record(other.findings)

    def count_call(self, exchange: Exchange) -> Exchange:
        self.calls[exchange.operation] += 1
        if self.keeps_exchanges:
            self.exchanges.append(exchange)
        self.observer.call_made()
        return exchange

    def count_check(self, operation: str, check: str, times: int = 1) -> None:
        self.made[operation, check] += times

    def record(self, findings: Iterable[Finding]) -> None:
        """Record a failed check; a later failure of the same check and operation is dropped."""
        known = {(finding.operation, finding.check) for finding in self.findings}
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
        calls, made = self.calls.total(), dict(self.made)
        self._part = part
        self._broken.clear()
        self.observer.part_began(part)
        yield
        judged = {name for name, times in self.made.items() if times > made.get(name, 0)} | set(self._broken)
        result = PartResult(len(judged), self.calls.total() - calls, tuple(self._broken.values()))
        self.observer.part_ended(part, result)


@dataclass(frozen=True, slots=True)
class SizeTime:
    """A batch that was answered: number of items, the bad ones, the status, and the time.

    `compared`: the number of items read back, alone or in a list. `due` are the seconds after which it is
    late, 0 if nobody says.
    """

    size: int
    bad: str
    status: int
    seconds: float
    compared: int = 0
    due: float = 0


@dataclass(frozen=True, slots=True)
class SizeTimes:
    """The sizes of a batch operation: `limit` is None if nobody states one, `limit_source` is its source.

    `most_calls`, `most_items` and `most_seconds` are the budget. `left_out` are sizes that were not tried,
    with the reason.
    """

    operation: str
    limit: int | None
    limit_source: str
    most_calls: int
    most_items: int
    most_seconds: int
    times: tuple[SizeTime, ...]
    left_out: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """A part of a run and its work.

    Parts with the same `group` are done one after the other; "" is a group of its own. `work` raises
    `TargetUnreachableError`.
    """

    part: RunPart
    work: Callable[[], Any]
    group: str = ""


def run_parts(parts: Iterable[PlannedPart], ledger: FindingLedger) -> None:
    """Do the parts in their order. Raises TargetUnreachableError; BrokenRunError: a fault of ours."""
    for part in parts:
        try:
            with ledger.part(part.part):
                part.work()
        except (TargetUnreachableError, BrokenPipeError):
            raise
        except Exception as fault:
            raise BrokenRunError.of(fault, part.part.name) from fault
