"""The run of batches of real sizes: none, one, a few, hundreds, as many as allowed, and one more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from statistics import median

from mockserver.contract import size_plan
from mockserver.contract.exchange import BrokenRule, Exchange, Finding
from mockserver.contract.profile import BatchProfile, DrawnValues, ReportedOutcomes
from mockserver.contract.run_state import PlannedPart, SizeBudget, SizeLimit, SizeTime, SizeTimes
from mockserver.contract.sequences import batches, sentences
from mockserver.contract.sequences.batches import SettledBatch, settle_batch
from mockserver.contract.sequences.sentences import SentBatch, SequenceItem, batch_items
from mockserver.contract.sequences.sequence import (
    CallSequence,
    SequenceContext,
    plan_batches,
    usable_batches,
)
from mockserver.contract.sequences.undocumented import with_shared_positions
from mockserver.contract.size_plan import (
    IN_TIME,
    LEGAL,
    LIMIT,
    SIZES,
    BadItems,
    PlannedSize,
    calls_by_key,
    limit_of,
    places_of,
    plan,
    sample_of,
)
from mockserver.contract.trial import Trial
from mockserver.sandbox.clock import Clock, system_clock

PHASE = "sizes"

_MORE_SIZES = 4
"""Number of sizes beside `SIZES`, which are two uneven sizes, the limit, and the limit plus one."""

_ROUNDS = 3
"""Maximum number of failed checks at a size before the next size is tried."""

_SEARCHES = 16
"""Maximum number of sizes that are tried to find the smallest size that fails."""

_KEYS_OF_SEQUENCES = 5_000
"""Number of keys that are reserved for the sequences at a target without sandboxes."""

TOO_LARGE = 413
_TENANT = 0
_ORDER = "order-is-kept"
_RANGES = 3
"""Maximum number of key ranges to try. A range is skipped if only a part of its keys has records."""

_SPARED = 300
"""Maximum number of keys in each of several ranges, because a run without sandboxes has 10,000 keys."""

_NUMBERS, _CENTS = 20_000, 9_999_999
_LISTED_TWICE = 100
"""Maximum size for which the list is also read after the good batch if batches with bad items follow."""

COMPARED = range(50, 101)
"""Sizes whose times tell how long larger batches may take."""

_SENT_AGAIN = 2
"""Number of times that a late batch is sent again, because one late answer may be chance."""


def plan_sizes(trial: Trial, clock: Clock = system_clock) -> Iterator[PlannedPart]:
    """Yield a part for every batch, which tries the sizes and records a failure at the smallest size."""

    def run(trial: Trial, profile: BatchProfile, number: int) -> None:
        _run_profile(_context(trial, profile, number), clock)

    yield from plan_batches(
        trial, usable_batches(trial.api, trial.run_config), PHASE, len(SIZES) + _MORE_SIZES, run
    )


def _run_profile(context: SequenceContext, clock: Clock) -> None:
    api, profile = context.api, context.batch_profile
    operation, is_ours = api.spec.operations[profile.operation], context.isolation.are_apart
    limit = limit_of(api.spec, operation, profile, is_ours=is_ours)
    budget = SizeBudget.of(context.run_config)
    sizes = plan(limit, profile, budget, calls_by_key(api, profile), context.run_config.seed)
    run = _SizeRun(context, limit, budget, clock, clock(), dict(sizes.left_out))
    try:
        run.run(sizes.planned)
    finally:
        tried = SizeTimes(profile.operation, limit, budget, tuple(run.times), run.left_out)
        context.ledger.sizes.append(tried)


def _context(trial: Trial, profile: BatchProfile, number: int) -> SequenceContext:
    context = SequenceContext.begin(trial, profile, f"sizes {trial.api.name} {profile.operation} {number}")
    if not context.isolation.are_apart:
        context.isolation.new_scope(_KEYS_OF_SEQUENCES)
    # A missing answer is reported by `sizes-are-answered-in-time`, with the size.
    context.search.known.add((profile.operation, "every-call-is-answered"))
    return with_shared_positions(context, number)


@dataclass(slots=True)
class Patience:
    """Time limits of batches, from the times of smaller batches."""

    by_item: float | None = None
    """Usual seconds of an item in smaller batches, None before such a batch was sent."""
    least: float = 2.0
    """Minimum limit in seconds."""
    most: float = 20.0
    """Maximum limit in seconds; the limit while `by_item` is unknown."""
    times: float = 4.0
    """Factor by which a batch may take longer than its items usually do."""

    def limit(self, size: int) -> float:
        if self.by_item is None:
            return self.most
        return min(self.most, max(self.least, self.times * self.by_item * size))


@dataclass(slots=True)
class _SizeRun:
    """The run of the sizes of one batch operation."""

    context: SequenceContext
    limit: SizeLimit
    budget: SizeBudget
    clock: Clock
    began: datetime
    left_out: dict[int, str]
    times: list[SizeTime] = field(default_factory=list)
    """The time of each batch."""
    patience: Patience = field(default_factory=Patience)
    passed: int | None = None
    """Largest size whose trial is over, None before the first trial."""
    ended: str = ""
    """Why no larger size is tried, "" while the run goes on."""

    def run(self, sizes: Iterable[PlannedSize]) -> None:
        for planned in sizes:
            if not self.ended and self._is_late():
                self.ended = f"{self.budget.seconds} s were spent"
            if self.ended:
                self.left_out[planned.size] = self.ended
                continue
            self.context.ledger.observer.step_began()
            self._try(planned)
            self.passed = planned.size
            taken = [time.seconds / time.size for time in self.times if time.size in COMPARED]
            self.patience.by_item = median(taken) if taken else None

    def _try(self, planned: PlannedSize) -> None:
        search, ledger = self.context.search, self.context.ledger
        for _ in range(_ROUNDS):
            try:
                finding = self.attempt(planned)
            except OwnLimitError:
                self._note_limit(planned)
                return
            except KeysInUseError:
                self.left_out[planned.size] = "records with its keys are there; another seed has other keys"
                return
            if finding is None:
                return
            finding = self._smallest_failing(planned, finding)
            search.end()
            ledger.record([finding])
            if search.target_is_lost and not self._answers_again():
                self.ended = "the target does not answer any more"
            elif search.is_done:
                self.ended = "the checks that were asked for failed already"
            if self.ended or self._is_late():
                return

    def _answers_again(self) -> bool:
        search = self.context.search
        search.target_is_lost = False
        with suppress(KeysInUseError):
            self.seconds_of(1)
        return not search.target_is_lost

    def _smallest_failing(self, planned: PlannedSize, finding: Finding) -> Finding:
        """Return the finding of the smallest failing size. Search for this size only if the run shrinks."""
        low, high = self.passed, planned.size
        if self.context.run_config.shrinks and not planned.is_over:
            low, high, finding = self._searched(planned, finding)
        if planned.is_over:
            return finding
        passes = f", not with {low:,}" if low else ""
        return replace(finding, message=f"fails with {high:,} items{passes}: {finding.message}")

    def _searched(self, planned: PlannedSize, finding: Finding) -> tuple[int | None, int, Finding]:
        low, high = None, planned.size
        left = _SEARCHES
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
        self.context.search.target_is_lost = False
        timed = len(self.times)
        try:
            return self.attempt(planned)
        except (OwnLimitError, KeysInUseError):
            return None
        finally:
            del self.times[timed:]

    def _note_limit(self, planned: PlannedSize) -> None:
        low, high = self.passed or 0, planned.size
        for _ in range(_SEARCHES):
            if high - low <= 1:
                break
            middle = (low + high) // 2
            try:
                self.attempt(PlannedSize(middle))
            except (OwnLimitError, KeysInUseError):
                high = middle
            else:
                low = middle
        self.ended = f"the target refuses more than {low:,} with 413"
        self.context.search.finding = None
        operation = self.context.batch_profile.operation
        self.context.ledger.notes.append(
            f"{operation}: a batch of more than {low:,} items is refused with 413; the spec states no limit, "
            "so this is not a failure, and larger sizes were not tried"
        )

    def _is_late(self) -> bool:
        return (self.clock() - self.began).total_seconds() > self.budget.seconds

    def attempt(self, planned: PlannedSize) -> Finding | None:
        """Try a size in a scope of its own; return the first finding that the search looks for, or None.

        Raises OwnLimitError and KeysInUseError.
        """
        try:
            with self._opened(planned) as opened:
                if planned.good:
                    opened.first()
                for number, bad in enumerate(planned.bad, planned.good):
                    opened.mixed(number, bad)
        except BrokenRule as broken:
            return broken.finding
        return None

    def seconds_of(self, size: int) -> float:
        """Send a good batch of this size and return its seconds. Raises KeysInUseError."""
        with self._opened(PlannedSize(size)) as opened:
            return opened.timed_call(opened.good(0))[1]

    @contextmanager
    def _opened(self, planned: PlannedSize) -> Iterator[_OpenedTrial]:
        isolation, profile = self.context.isolation, self.context.batch_profile
        takes_again = self.context.batch.upsert or profile.record_after is not None
        number = planned.size if takes_again else planned.batches * planned.size
        # All ranges are reserved at once, so that each size has the same ranges in every run.
        ranges = _RANGES if number <= _SPARED else 1
        scope = isolation.new_scope(ranges * number)
        try:
            for at in range(ranges):
                first = scope.first + at * number
                keys = tuple(profile.key(first + place) for place in range(number))
                opened = _OpenedTrial(self, CallSequence(self.context, scope), planned, keys)
                if opened.prepare():
                    yield opened
                    return
            raise KeysInUseError
        finally:
            isolation.drop(scope)


class OwnLimitError(Exception):
    """The target refuses a size with 413 although no limit is stated, so it has a limit of its own."""


class KeysInUseError(Exception):
    """In every range of keys for a size, some records exist and some do not."""


@dataclass(slots=True)
class _OpenedTrial:
    """A trial of one size in its scope."""

    run: _SizeRun
    sequence: CallSequence
    planned: PlannedSize
    keys: tuple[str, ...]
    """Keys of all batches in order. If a key may be sent again, all batches have the same keys."""
    exact: frozenset[str] = frozenset()
    """Keys whose record is exactly known."""

    def prepare(self) -> bool:
        """Create what the items need. Return False if some of the keys, but not all, have records."""
        if not self.keys:
            return True
        if not self.planned.is_over:
            size_plan.prepare_keys(self.sequence, tuple(dict.fromkeys(self.keys)), _TENANT)
        profile = self.sequence.context.batch_profile
        is_fresh = self.sequence.scope.has_sandbox and profile.prepare is None and profile.creates
        exact = size_plan.know_before(
            self.sequence, self.keys, self._sampled_keys(), _TENANT, is_fresh=is_fresh
        )
        self.exact = exact or frozenset()
        return exact is not None

    def first(self) -> None:
        items = self.good(0)
        if self.planned.is_over:
            self._send_one_too_many(items)
        else:
            self._send(items, frozenset(), lists=self.planned.size <= _LISTED_TWICE or not self.planned.bad)

    def mixed(self, number: int, named: BadItems) -> None:
        """Send bad items among good items. If the vendor accepts a key again, repeat the earlier keys."""
        bad = places_of(named, self.planned.size)
        known = self.sequence.context.batch_profile.corruptions
        ways = tuple(way for way in known if not way.refuses_call) or known
        items = [
            SequenceItem(one.key, one.drawn, ways[place % len(ways)] if place in bad else None)
            for place, one in enumerate(self.good(number))
        ]
        self._send(items, bad, lists=True, named=named)

    def good(self, number: int) -> list[SequenceItem]:
        """Return the good items of the batch `number`; all values in a trial differ."""
        size = self.planned.size
        first = number * size % len(self.keys) if self.keys else 0
        return [
            SequenceItem(key, self._drawn(number * _NUMBERS + place + 1))
            for place, key in enumerate(self.keys[first : first + size])
        ]

    def timed_call(self, items: Sequence[SequenceItem]) -> tuple[Exchange | None, float, SentBatch]:
        """Send the items. Return the exchange (None if no answer came), its seconds, and the batch."""
        sent = batches.build_items(self.sequence, items, _TENANT)
        request = batches.request_of(self.sequence, sent, _TENANT)
        began = self.run.clock()
        exchange = self.sequence.call(request, _TENANT)
        return exchange, (self.run.clock() - began).total_seconds(), sent

    def _send(
        self, items: Sequence[SequenceItem], bad: frozenset[int], *, lists: bool, named: BadItems = "none"
    ) -> None:
        exchange, seconds, sent = self.timed_call(items)
        self._is_answered(sent, exchange)
        if exchange is None:
            return
        self._is_taken(sent, exchange)
        compared = 0
        try:
            answered = batches.read_answer(self.sequence, sent, exchange.request, exchange)
            self._keeps_order(answered)
            settle_batch(self.sequence, answered)
            compared = self._read(answered, bad, lists=lists)
        finally:
            status, due = exchange.response.status, self.run.patience.limit(len(items))
            self.run.times.append(SizeTime(len(items), named, status, seconds, compared, due))
        self._is_in_time(sent, seconds)

    def _read(self, answered: SettledBatch, bad: frozenset[int], *, lists: bool) -> int:
        """Read records back and return the number of compared records."""
        places = sample_of(len(answered.sent.items), bad, self._seed)
        compared = size_plan.read_some(self.sequence, answered, places, _TENANT)
        if lists and answered.sent.items:
            compared |= size_plan.read_list(self.sequence, answered, self.exact, _TENANT)
        if self.sequence.lost:
            message = f"{sentences.batch(answered.sent.items)}; reading them back was not answered"
            self.sequence.fail(IN_TIME, f"{message}: {self.sequence.lost}", "an answer", "none")
        return len(compared)

    def _keeps_order(self, answered: SettledBatch) -> None:
        """Fail if the outcome of an item names another item of the batch."""
        places = {one.key: place for place, one in enumerate(answered.sent.items)}
        if len(places) < len(answered.sent.items):
            return
        rows = zip(answered.sent.items, answered.verdicts, strict=True)
        named = [(one, verdict.outcome) for one, verdict in rows if verdict.outcome and verdict.outcome.key]
        self.sequence.count_check(_ORDER, len(named))
        for one, outcome in named:
            if outcome.key and outcome.key != one.key and outcome.key in places:
                message = (
                    f"{sentences.batch(answered.sent.items)}; at the position of item {places[one.key]} "
                )
                owner = f"{outcome.key}, which is item {places[outcome.key]}"
                message = f"{message}({one.key}) is the outcome of {owner}"
                self.sequence.fail(_ORDER, message, one.key, outcome.key, outcome.at)

    def _is_answered(self, sent: SentBatch, exchange: Exchange | None) -> None:
        self.sequence.count_check(IN_TIME)
        if exchange is None:
            message = f"{sentences.batch(sent.items)}; no answer came: {self.sequence.lost}"
            self.sequence.fail(IN_TIME, message, "an answer", "none")

    def _is_in_time(self, sent: SentBatch, seconds: float) -> None:
        """Fail if a batch is late, and is late again each time that it is repeated.

        Before a batch larger than `COMPARED` is repeated, measure the time of a smaller batch again, because
        the target may have become slower since the earlier batches.
        """
        size, patience = len(sent.items), self.run.patience
        for _ in range(_SENT_AGAIN):
            if seconds <= patience.limit(size):
                return
            if patience.by_item is not None and size > COMPARED[-1]:
                by_item = self.run.seconds_of(COMPARED[-1]) / COMPARED[-1]
                patience = replace(patience, by_item=max(by_item, patience.by_item))
            seconds = min(seconds, self.run.seconds_of(size))
        due = patience.limit(size)
        if seconds <= due:
            return
        usual = f", as an item of a smaller batch took {patience.by_item:.4f} s" if patience.by_item else ""
        message = f"{sentences.batch(sent.items)}; the answer took {seconds:.1f} s, three times in a row"
        self.sequence.fail(
            IN_TIME, f"{message}; expected within {due:.1f} s{usual}", f"{due:.1f} s", f"{seconds:.1f} s"
        )

    def _is_taken(self, sent: SentBatch, exchange: Exchange) -> None:
        """Fail if a good batch of a legal size is refused as a whole.

        Raises OwnLimitError if no limit is stated and a batch is refused with 413.
        """
        status, limit = exchange.response.status, self.run.limit
        if len(sent.items) < 2:  # noqa: PLR2004 - one item is no size
            return
        if status == TOO_LARGE and limit.most is None:
            raise OwnLimitError
        if not sent.expected_effect.is_done:
            return
        self.sequence.count_check(LEGAL)
        if not exchange.response.is_refused:
            return
        allowed = f"{limit.most:,} are allowed by {limit.source}" if limit.most else "no limit is stated"
        message = f"{sentences.batch(sent.items)}, and {allowed}; the call is refused with "
        received = sentences.response(exchange)
        self.sequence.fail(LEGAL, f"{message}{received}", "the call taken", received)

    def _send_one_too_many(self, items: Sequence[SequenceItem]) -> None:
        exchange, _, sent = self.timed_call(items)
        self._is_answered(sent, exchange)
        if exchange is None:
            return
        self.sequence.count_check(LIMIT)
        received = sentences.response(exchange)
        if not exchange.response.is_refused and not self._refuses_some(sent, exchange):
            message = f"{sentences.batch(sent.items)}, and at most {self.run.limit.most:,} are allowed by "
            message = f"{message}{self.run.limit.source}; the call is answered {received}"
            self.sequence.fail(LIMIT, message, "the call refused", received)
        elif exchange.response.is_refused:
            self._keeps_nothing(sent)

    def _refuses_some(self, sent: SentBatch, exchange: Exchange) -> bool:
        context = self.sequence.context
        items = batch_items(context.batch_profile, context.batch, sent.items, sent.documents)
        reported = self.sequence.reported(exchange, items)
        return isinstance(reported, ReportedOutcomes) and any(
            not outcome.accepted for outcome in reported.outcomes
        )

    def _keeps_nothing(self, sent: SentBatch) -> None:
        for key in self._sampled_keys():
            before = self.sequence.there[_TENANT, key]
            shown = self.sequence.read(key, _TENANT)
            message = (
                f"{sentences.batch(sent.items)}, one too many; the call was refused; {key}: {{difference}}"
            )
            self.sequence.compare("whole-or-nothing", before, shown, message)

    def _sampled_keys(self) -> list[str]:
        size = self.planned.size
        named: tuple[BadItems, ...] = ("none", *self.planned.bad)
        places = {place for bad in named for place in sample_of(size, places_of(bad, size), self._seed)}
        parts = [self.keys[first : first + size] for first in range(0, len(self.keys), size)]
        return list(dict.fromkeys(part[place] for part in parts for place in sorted(places)))

    def _drawn(self, number: int) -> DrawnValues:
        cents = (number * 7919 + self._seed * 104_729) % _CENTS + 1
        return DrawnValues(self.sequence.scope.numbers_from + number, Decimal(cents).scaleb(-2))

    @property
    def _seed(self) -> int:
        return self.sequence.context.run_config.seed
