"""Try the sizes of every batch operation, and narrow what fails to the smallest size that does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from statistics import median

from mockserver.contract.config import RunConfig
from mockserver.contract.failure_search import FailureSearch
from mockserver.contract.finding import Finding
from mockserver.contract.isolation import Isolation
from mockserver.contract.ledger import FindingLedger
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.parts import PlannedPart
from mockserver.contract.profile import BatchProfile
from mockserver.contract.progress import RunPart
from mockserver.contract.responses.outcomes import reader_for
from mockserver.contract.size_times import SizeTime, SizeTimes
from mockserver.contract.sizes.plan import (
    SIZES,
    PlannedSize,
    SizeBudget,
    SizePlan,
    limit_of,
    plan,
)
from mockserver.contract.sizes.preparation import calls_by_key
from mockserver.contract.sizes.trial import COMPARED, KeysInUseError, OwnLimitError, Patience, Trials
from mockserver.contract.stateful.narrowing import usable_batches
from mockserver.contract.stateful.sequence import JudgeSequenceExchange, SequenceContext
from mockserver.contract.stateful.shared_positions import with_shared_positions
from mockserver.contract.target import Target
from mockserver.sandbox.clock import Clock, system_clock

PHASE = "sizes"

_ROUNDS = 3
"""Checks of a size that may fail before the next size is tried."""

_NARROWING = 16
"""Batches that are sent to find the smallest size that fails."""

_KEYS_OF_SEQUENCES = 5_000
"""Keys that are left to the sequences at a target without sandboxes."""


def plan_sizes(  # noqa: PLR0913, PLR0917 - as every phase, and a clock for tests
    api: ApiUnderTest,
    target: Target,
    run_config: RunConfig,
    ledger: FindingLedger,
    judge: JudgeSequenceExchange,
    clock: Clock = system_clock,
) -> Iterator[PlannedPart]:
    """Yield the sizes of every batch; each failed check is recorded with the smallest size that fails."""
    profiles = [
        (number, one)
        for number, one in usable_batches(api, run_config).batches
        if api.spec.operations[one.operation].batch is not None
    ]
    for at, (number, profile) in enumerate(profiles, 1):
        part = RunPart(PHASE, profile.operation, at, len(profiles), steps=len(SIZES))
        begun = partial(_run_profile, api, profile, target, run_config, ledger, judge, number, clock)
        yield PlannedPart(part, begun)


def _run_profile(  # noqa: PLR0913, PLR0917 - what a part of a run needs
    api: ApiUnderTest,
    profile: BatchProfile,
    target: Target,
    run_config: RunConfig,
    ledger: FindingLedger,
    judge: JudgeSequenceExchange,
    number: int,
    clock: Clock,
) -> None:
    context = _context(api, profile, target, run_config, ledger, judge, number)
    operation, is_ours = api.spec.operations[profile.operation], context.isolation.are_apart
    limit = limit_of(api.spec, operation, profile, is_ours=is_ours)
    budget = SizeBudget.of(run_config)
    known = context.batch_profile
    sizes = plan(limit, known, budget, calls_by_key(api.spec, known), run_config.seed)
    times: list[SizeTime] = []
    trials = Trials(context, limit, Patience(), clock, times.append)
    run = _SizeRun(trials, sizes, budget, clock(), times, dict(sizes.left_out))
    try:
        run.run()
    finally:
        ledger.sizes.append(
            SizeTimes(
                profile.operation,
                limit.most,
                limit.source,
                budget.calls,
                budget.items,
                budget.seconds,
                tuple(times),
                run.left_out,
            )
        )


def _context(  # noqa: PLR0913, PLR0917 - what a part of a run needs
    api: ApiUnderTest,
    profile: BatchProfile,
    target: Target,
    run_config: RunConfig,
    ledger: FindingLedger,
    judge: JudgeSequenceExchange,
    number: int,
) -> SequenceContext:
    operation = api.spec.operations[profile.operation]
    if operation.batch is None:
        raise AssertionError("only batches are planned")
    name = f"sizes {api.name} {profile.operation} {number}"
    isolation, search = Isolation(target, run_config.seed, name), FailureSearch(run_config)
    if not isolation.are_apart:
        isolation.new_scope(_KEYS_OF_SEQUENCES)
    # A batch that is not answered is told by its size.
    search.known.add((profile.operation, "every-call-is-answered"))
    reader = profile.reader or reader_for(api, operation)
    context = SequenceContext(
        api, profile, operation.batch, target, run_config, ledger, judge, reader, isolation, search
    )
    return with_shared_positions(context, number)


@dataclass(slots=True)
class _SizeRun:
    """The trials of one batch operation; `passed` is the largest size that was tried to its end."""

    trials: Trials
    sizes: SizePlan
    budget: SizeBudget
    began: datetime
    times: list[SizeTime]
    left_out: dict[int, str]
    passed: int | None = None
    ended: str = ""
    """Why no larger size is tried, "" while they are."""

    def run(self) -> None:
        """Try the sizes from the smallest."""
        context = self.trials.context
        for planned in self.sizes.planned:
            if not self.ended and self._is_late():
                self.ended = f"{self.budget.seconds} s were spent"
            if self.ended:
                self.left_out[planned.size] = self.ended
                continue
            context.ledger.observer.step_began()
            self._try(planned)
            self.passed = planned.size
            self._measure()

    def _try(self, planned: PlannedSize) -> None:
        search, ledger = self.trials.context.search, self.trials.context.ledger
        for _ in range(_ROUNDS):
            try:
                finding = self.trials.attempt(planned)
            except OwnLimitError:
                self._note_limit(planned)
                return
            except KeysInUseError:
                self.left_out[planned.size] = "records with its keys are there; another seed has other keys"
                return
            if finding is None:
                return
            finding = self._narrowed(planned, finding)
            search.end()
            ledger.found([finding])
            if search.target_is_lost and not self._answers_again():
                self.ended = "the target does not answer any more"
            elif search.is_done:
                self.ended = "the checks that were asked for failed already"
            if self.ended or self._is_late():
                return

    def _answers_again(self) -> bool:
        """Return whether a target that did not answer answers a small batch."""
        search = self.trials.context.search
        search.target_is_lost = False
        with suppress(KeysInUseError):
            self.trials.seconds_of(1)
        return not search.target_is_lost

    def _narrowed(self, planned: PlannedSize, finding: Finding) -> Finding:
        """Return the finding of the smallest size that fails in the same way."""
        low, high = self.passed, planned.size
        if self.trials.context.run_config.shrinks and not planned.is_over:
            low, high, finding = self._searched(planned, finding)
        if planned.is_over:
            return finding
        passes = f", not with {low:,}" if low else ""
        return replace(finding, said=f"fails with {high:,} items{passes}: {finding.said}")

    def _searched(self, planned: PlannedSize, finding: Finding) -> tuple[int | None, int, Finding]:
        low, high = None, planned.size
        left = _NARROWING
        for size in sorted((one for one in SIZES if 0 < one < planned.size), reverse=True):
            found, left = self._again(replace(planned, size=size)), left - 1
            if found is None:
                low = size
                break
            high, finding = size, found
        while low is not None and high - low > 1 and left and not self._is_late():
            middle = (low + high) // 2
            found, left = self._again(replace(planned, size=middle)), left - 1
            if found is None:
                low = middle
            else:
                high, finding = middle, found
        return low, high, finding

    def _again(self, planned: PlannedSize) -> Finding | None:
        self.trials.context.search.target_is_lost = False
        timed = len(self.times)
        try:
            return self.trials.attempt(planned)
        except (OwnLimitError, KeysInUseError):
            return None
        finally:
            del self.times[timed:]

    def _note_limit(self, planned: PlannedSize) -> None:
        """Find the target's own limit and note it: nobody says that it may have none."""
        low, high = self.passed or 0, planned.size
        for _ in range(_NARROWING):
            if high - low <= 1:
                break
            middle = (low + high) // 2
            try:
                self.trials.attempt(PlannedSize(middle))
            except (OwnLimitError, KeysInUseError):
                high = middle
            else:
                low = middle
        self.ended = f"the target refuses more than {low:,} with 413"
        self.trials.context.search.found = None
        operation = self.trials.context.batch_profile.operation
        self.trials.context.ledger.notes.append(
            f"{operation}: a batch of more than {low:,} items is refused with 413; the spec states no limit, "
            "so this is not a failure, and larger sizes were not tried"
        )

    def _measure(self) -> None:
        """Take from the sizes in the middle how long an item usually takes."""
        taken = [one.seconds / one.size for one in self.times if one.size in COMPARED]
        self.trials.patience.by_item = median(taken) if taken else None

    def _is_late(self) -> bool:
        return (self.trials.clock() - self.began).total_seconds() > self.budget.seconds
