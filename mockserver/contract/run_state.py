"""State of a run: its configuration, parts, checks made, calls, findings and progress."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from msgspec import Struct, field
from msgspec.structs import fields

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Exchange, Finding, TargetUnreachableError
from mockserver.contract.profile import BatchProfile
from mockserver.errors import BrokenRunError
from mockserver.model import Value

_LIMITS = 16
_CALLS_FOR_SIZES, _ITEMS, _SECONDS_FOR_SIZES = 250, 2_500, 120
_ITEMS_AN_EXAMPLE = 25


class RunConfig(Value, frozen=True):
    """Size of a run, and its checks and operations by id. An empty set means all, except in `left_out`."""

    seed: int = 0
    max_examples: int = 100
    """Maximum number of random calls of an operation, and maximum number of sequences of a batch."""
    only: frozenset[str] = frozenset()
    """Checks to make."""
    operations: frozenset[str] = frozenset()
    """Operations to call."""
    shrinks: bool = True
    """Whether to search for a smaller example of each failure."""
    workers: int = 1
    """Number of processes that do independent parts side by side. This number does not change the result."""
    left_out: frozenset[str] = frozenset()
    """Operations that are never called, not even by sequences of another operation. Empty means none."""
    parts: frozenset[str] = frozenset()
    """Subjects of the parts to do: operations, or "links" for the walks."""

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


class RunPart(Value, frozen=True):
    """A part of a run: generated calls, walks along links, sequences or sizes of a batch, pages of a list."""

    phase: str
    operation: str
    """An operationId, "" for walks."""
    number: int
    """Number of the part among the parts of its kind, from 1 to `of`."""
    of: int
    note: str = ""
    """Distinguishes parts of one operation ("as application/xml")."""
    steps: int = 0
    """Number of planned walks, sequences or sizes, 0 if unknown."""
    calls: int = 0
    """Usual number of calls."""

    @property
    def subject(self) -> str:
        return self.operation or self.phase

    @property
    def name(self) -> str:
        return " ".join(filter(None, [self.phase, self.operation and f"of {self.operation}", self.note]))


class PartResult(Value, frozen=True):
    """Result of a finished part."""

    checks: int
    """Number of checks that were made. A check counts once for each operation."""
    calls: int
    broken: tuple[Finding, ...] = ()
    """A finding for each check that failed in this part, even if the check also failed in an earlier part."""
    seconds: float | None = None
    """Time that a worker process took for the part, None if no worker did it."""


class RunObserver:
    """Observer of runs, one run after another. This base class ignores everything.

    A method of a subclass must not raise, and must not call the target.
    """

    def run_began(self, api: ApiUnderTest, secrets: Mapping[str, str]) -> None:
        """Receive the API of a run, and a replacement for each secret text."""

    def run_planned(self, calls: int) -> None:
        """Receive the usual number of calls of a run with the planned parts."""

    def part_began(self, part: RunPart) -> None:
        """Receive the part that begins."""

    def call_made(self, number: int = 1) -> None:
        """Add `number` to the answered calls; `number` is 0 if no call was answered since the last report."""

    def step_began(self) -> None:
        """Count a walk, a sequence or a size that begins in the current part."""

    def check_failed(self, finding: Finding) -> None:
        """Receive the first failure of a check at an operation."""

    def part_ended(self, part: RunPart, result: PartResult) -> None:
        """Receive the result of a finished part."""


SILENT = RunObserver()


class FindingLedger(Struct):
    """The results of a run so far."""

    keeps_exchanges: bool = False
    """Whether `exchanges` collects every call."""
    observer: RunObserver = SILENT
    made: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each check was made, by operation and check."""
    calls: Counter[str] = field(default_factory=Counter)
    """Number of calls by operation."""
    findings: list[Finding] = field(default_factory=list)
    """The first failure of each check at each operation."""
    exchanges: list[Exchange] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Sentences about what limited the run."""
    sizes: list[SizeTimes] = field(default_factory=list)
    profiles: dict[tuple[str, int], BatchProfile] = field(default_factory=dict)
    """Batch profiles adapted to the target, by operation and by number of the batch in the profile."""
    fault: BrokenRunError | None = None
    """The fault of the suite itself that ended the run."""
    _part: RunPart | None = None
    _broken: dict[tuple[str, str], Finding] = field(default_factory=dict)

    def begin_anew(self, observer: RunObserver) -> None:
        fresh = FindingLedger(self.keeps_exchanges, observer)
        for one in fields(self):
            setattr(self, one.name, getattr(fresh, one.name))

    def add(self, other: FindingLedger) -> None:
        """Add the results of a part that a worker process did."""
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
        """Record findings; of each check at each operation, the ledger's `findings` get only the first."""
        known = {(finding.operation, finding.check) for finding in self.findings}
        part = self._part
        for new in findings:
            one = new
            if part and not new.phase:
                phase = part.phase if part.operation else "fuzzing"
                one = dataclasses.replace(new, phase=phase, part=part.subject)
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


class SizeLimit(Value, frozen=True):
    most: int | None
    """Maximum number of items, None if it is stated nowhere."""
    source: str
    """Who states the limit ("the spec (maxItems)")."""


class SizeBudget(Value, frozen=True):
    """Maximum effort for all sizes of one batch operation.

    Calls and items limit the plan, so that equal seeds give equal calls. Seconds only stop a slow run.
    """

    calls: int
    items: int
    seconds: int

    @classmethod
    def of(cls, run_config: RunConfig) -> SizeBudget:
        """Return the budget of a run: calls and items grow with `max_examples`."""
        examples = run_config.max_examples
        return cls(
            max(_CALLS_FOR_SIZES, 2 * examples), max(_ITEMS, _ITEMS_AN_EXAMPLE * examples), _SECONDS_FOR_SIZES
        )


class SizeTime(Value, frozen=True):
    """A size that was tried with a batch, and the time until the answer."""

    size: int
    """Number of items."""
    bad: str
    """Which items are bad ("last", "every second"); "none" if all are good."""
    status: int
    seconds: float
    compared: int = 0
    """Number of items whose record was read back, alone or in a list."""
    due: float = 0
    """Maximum number of seconds for the answer, 0 if there is no limit."""


class SizeTimes(Value, frozen=True):
    """The sizes that were tried at a batch operation, and the budget for them."""

    operation: str
    limit: SizeLimit
    budget: SizeBudget
    times: tuple[SizeTime, ...]
    left_out: Mapping[int, str]
    """The reason for each size that was not tried."""


class PlannedPart(Value, frozen=True):
    """A part of a run and its work."""

    part: RunPart
    work: Callable[[], Any]
    """Does the part. Raises TargetUnreachableError."""
    group: str = ""
    """Parts with equal groups are done one after another; parts with "" are independent of all parts."""


def run_parts(parts: Iterable[PlannedPart], ledger: FindingLedger) -> None:
    """Do the parts in their order. Raises TargetUnreachableError; BrokenRunError: a fault of the suite."""
    for part in parts:
        try:
            with ledger.part(part.part):
                part.work()
        except (TargetUnreachableError, BrokenPipeError):
            raise
        except Exception as fault:
            raise BrokenRunError.of(fault, part.part.name) from fault
