"""The run of batches of real sizes: none, one, a few, hundreds, as many as allowed, and one more."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from decimal import Decimal
from functools import partial
from statistics import median

from msgspec import Struct, field
from msgspec.structs import replace

from mockserver.contract.exchange import BrokenRule, Exchange, Finding
from mockserver.contract.isolation import FIRST_OF_SIZES
from mockserver.contract.profile import BatchProfile, DrawnValues, Record, ReportedOutcomes
from mockserver.contract.run_state import PlannedPart, SizeBudget, SizeLimit, SizeTime, SizeTimes
from mockserver.contract.sequences import batches, sentences
from mockserver.contract.sequences.batches import SettledBatch, read_back, settle_batch
from mockserver.contract.sequences.sentences import SentBatch, SequenceItem, batch_items
from mockserver.contract.sequences.sequence import (
    A_PAGE,
    CallSequence,
    SequenceContext,
    plan_batches,
    usable_batches,
)
from mockserver.contract.sequences.undocumented import begin_with_positions
from mockserver.contract.size_plan import (
    IN_TIME,
    LEGAL,
    LIMIT,
    SIZES,
    TENANT,
    BadItems,
    PlannedSize,
    calls_by_key,
    limit_of,
    places_of,
    plan,
    prepare_keys,
    sample_of,
)
from mockserver.contract.trial import Trial
from mockserver.sandbox.clock import Clock, system_clock

PHASE = "sizes"

_MORE_SIZES = 4
"""Number of sizes besides `SIZES`: two uneven sizes, the limit, and the limit plus one."""

_ROUNDS = 3
"""Maximum number of failed checks at a size before the next size is tried."""

_SEARCHES = 16
"""Maximum number of sizes that are tried to find the smallest size that fails."""

_TOO_LARGE = 413
_ORDER, _LISTS = "order-is-kept", "lists-show-what-is-there"
_RANGES = 3
"""Maximum number of key ranges to try. A range is skipped if only a part of its keys has records."""

_SPARED = 300
"""Maximum number of keys for which several ranges are reserved: without sandboxes, a run has 10,000 keys."""

_NUMBERS, _CENTS = 20_000, 9_999_999
_LISTED_TWICE = 100
"""Maximum size at which the list is read after a good batch that batches with bad items follow."""

_JUDGED = 100
"""Maximum size of a batch for which the list's answer is judged, because judging many records takes long."""

_LOOKED_AT = 4
"""Maximum number of records to read singly: this many wrongly listed ones, and this many missing ones."""

COMPARED = range(50, 101)
"""Sizes whose times tell how long larger batches may take."""

_LEAST_SECONDS, _MOST_SECONDS = 2.0, 20.0
"""Minimum and maximum time limit of a batch. The maximum also holds while the usual time is unknown."""

_TIMES = 4.0
"""Factor by which a batch may take longer than its items usually do."""

_SENT_AGAIN = 2
"""Number of times that a late batch is sent again, because one late answer may be chance."""


def plan_sizes(trial: Trial, clock: Clock = system_clock) -> Iterator[PlannedPart]:
    """Yield for each batch a part that tries the sizes, and records failures at the smallest failing size."""
    usable, work = usable_batches(trial.api, trial.run_config), partial(_run_profile, clock=clock)
    yield from plan_batches(trial, usable, PHASE, len(SIZES) + _MORE_SIZES, work)


def _run_profile(trial: Trial, profile: BatchProfile, number: int, clock: Clock) -> None:
    context = begin_with_positions(trial, profile, number, FIRST_OF_SIZES, "sizes ")
    # A missing answer is reported by `sizes-are-answered-in-time`, with the size.
    context.search.known.add((profile.operation, "every-call-is-answered"))
    api, profile = context.api, context.batch_profile
    operation, is_ours = api.spec.operations[profile.operation], context.isolation.are_apart
    limit = limit_of(api.spec, operation, profile, is_ours=is_ours)
    budget = SizeBudget.of(context.run_config)
    seed = context.run_config.seed
    planned, left_out = plan(limit, profile, budget, calls_by_key(api, profile), seed)
    run = _SizeRun(context, limit, budget, clock, clock(), left_out)
    try:
        run.run(planned)
    finally:
        tried = SizeTimes(profile.operation, limit, budget, tuple(run.times), run.left_out)
        context.ledger.sizes.append(tried)


class _SizeRun(Struct):
    """The run of the sizes of one batch operation."""

    context: SequenceContext
    limit: SizeLimit
    budget: SizeBudget
    clock: Clock
    began: datetime
    left_out: dict[int, str]
    times: list[SizeTime] = field(default_factory=list)
    """The time of each batch."""
    seconds_by_item: float | None = None
    """Usual seconds of an item in batches of the sizes `COMPARED`, None before such a batch was sent."""
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
            self.seconds_by_item = median(taken) if taken else None

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
        """Return the finding, or if the run shrinks, the finding of the smallest size that fails."""
        if planned.is_over:
            return finding
        low, high = self.passed, planned.size
        if self.context.run_config.shrinks:
            low, high, finding = self._searched(planned, finding)
        passes = f", not with {low:,}" if low else ""
        return dataclasses.replace(finding, message=f"fails with {high:,} items{passes}: {finding.message}")

    def _searched(self, planned: PlannedSize, finding: Finding) -> tuple[int | None, int, Finding]:
        low, high = None, planned.size
        for _ in range(_SEARCHES):
            size = _size_between(low, high)
            if size is None or (low is not None and self._is_late()):
                break
            found = self._again(replace(planned, size=size))
            if found is None:
                low = size
            else:
                high, finding = size, found
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
        while (size := _size_between(low, high)) is not None:
            try:
                self.attempt(PlannedSize(size))
            except (OwnLimitError, KeysInUseError):
                high = size
            else:
                low = size
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
        """Try a size in a new isolation scope; return the first finding that the search looks for, or None.

        Raises OwnLimitError and KeysInUseError.
        """
        try:
            with self._opened(planned) as opened:
                for number, bad in enumerate(planned.batches):
                    opened.send(number, bad)
        except BrokenRule as broken:
            return broken.finding
        return None

    def seconds_of(self, size: int) -> float:
        """Send a good batch of this size and return its seconds. Raises KeysInUseError."""
        with self._opened(PlannedSize(size)) as opened:
            return opened.timed_call(opened.items(0, "none"))[1]

    @contextmanager
    def _opened(self, planned: PlannedSize) -> Iterator[_OpenedTrial]:
        isolation, profile = self.context.isolation, self.context.batch_profile
        number = planned.size if self.context.takes_again else len(planned.batches) * planned.size
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


class _OpenedTrial(Struct):
    """A trial of one size in its own isolation scope."""

    run: _SizeRun
    sequence: CallSequence
    planned: PlannedSize
    keys: tuple[str, ...]
    """Keys of all batches in order. If a key may be sent again, all batches have the same keys."""
    exact: frozenset[str] = frozenset()
    """Keys whose record is exactly known."""

    def prepare(self) -> bool:
        """Create what the items need; note the keys' records. Return False if only some keys have a record.

        If no record can exist, nothing is read. Otherwise a sample of the keys is read, and the record of the
        first key is assumed for all keys outside the sample.
        """
        if not self.keys:
            return True
        sequence, profile = self.sequence, self.sequence.context.batch_profile
        if not self.planned.is_over:
            prepare_keys(sequence, tuple(dict.fromkeys(self.keys)))
        if sequence.scope.has_sandbox and profile.prepare is None and profile.creates:
            shown: dict[str, Record | None] = dict.fromkeys(self.keys)
        else:
            shown = {key: sequence.read(key, TENANT) for key in self._sampled_keys()}
        if len({record is None for record in shown.values()}) > 1:
            return False
        like = next(iter(shown.values()), None)
        for key in self.keys:
            sequence.there[TENANT, key] = sequence.initial[TENANT, key] = shown.get(key, like)
        self.exact = frozenset(self.keys if like is None else shown)
        return True

    def items(self, number: int, named: BadItems) -> list[SequenceItem]:
        """Return the items of batch `number` (from 0), bad as `named` says. All values in a trial differ.

        If the vendor accepts a key again, all batches have the same keys.
        """
        size, known = self.planned.size, self.sequence.context.batch_profile.corruptions
        ways, bad = tuple(way for way in known if not way.refuses_call) or known, places_of(named, size)
        first = number * size % len(self.keys) if self.keys else 0
        return [
            SequenceItem(
                key,
                self._drawn(number * _NUMBERS + place + 1),
                ways[place % len(ways)] if place in bad else None,
            )
            for place, key in enumerate(self.keys[first : first + size])
        ]

    def timed_call(self, items: Sequence[SequenceItem]) -> tuple[Exchange | None, float, SentBatch]:
        """Send the items. Return the exchange (None if no answer came), the call's seconds, and the batch."""
        sent = batches.build_items(self.sequence, items, TENANT)
        request = batches.request_of(self.sequence, sent, TENANT)
        began = self.run.clock()
        exchange = self.sequence.call(request, TENANT)
        return exchange, (self.run.clock() - began).total_seconds(), sent

    def send(self, number: int, named: BadItems) -> None:
        """Send a batch, and check the answer, the records after the batch, and the time of the call."""
        exchange, seconds, sent = self.timed_call(self.items(number, named))
        self.sequence.count_check(IN_TIME)
        if exchange is None:
            message = f"{sent.says}; no answer came: {self.sequence.lost}"
            self.sequence.fail(IN_TIME, message, "an answer", "none")
        elif self.planned.is_over:
            self._is_one_too_many(sent, exchange)
        else:
            self._is_taken(sent, exchange)
            compared = 0
            try:
                answered = batches.read_answer(self.sequence, sent, exchange.request, exchange)
                self._keeps_order(answered)
                settle_batch(self.sequence, answered)
                compared = self._read_back(answered, named)
            finally:
                status, due = (
                    exchange.response.status,
                    _seconds_for(len(sent.items), self.run.seconds_by_item),
                )
                self.run.times.append(SizeTime(len(sent.items), named, status, seconds, compared, due))
            self._is_in_time(sent, seconds)

    def _read_back(self, answered: SettledBatch, named: BadItems) -> int:
        """Read a sample of the items singly, then the list. Return the number of records that were compared.

        For each item outside the sample, assume that its reported outcome is true. If records can only be
        read in a list, and may not fit on one page, the sample is empty.
        """
        sequence, size = self.sequence, len(answered.sent.items)
        due = _after(answered, sequence.there)
        places = sample_of(size, places_of(named, size), self._seed)
        sampled = dict.fromkeys(answered.sent.items[place].key for place in places)
        if self._reads_a_page() and size > A_PAGE:
            sampled = {}
        read_back(sequence, answered, TENANT, sampled)
        sequence.there.update({(TENANT, key): due[key] for key in due.keys() - sampled.keys()})
        compared = frozenset(sampled)
        is_listed = named != "none" or size <= _LISTED_TWICE or len(self.planned.batches) == 1
        if is_listed and size:
            compared |= self._read_list(answered)
        if sequence.lost:
            message = f"{answered.sent.says}; reading them back was not answered: {sequence.lost}"
            sequence.fail(IN_TIME, message, "an answer", "none")
        return len(compared)

    def _read_list(self, answered: SettledBatch) -> frozenset[str]:
        """Compare the list with the records of the `exact` keys, and return the keys that were compared.

        If a record is different or missing in the list, read the single record before a check fails.
        """
        sequence, items = self.sequence, answered.sent.items
        due = {item.key: sequence.there[TENANT, item.key] for item in items if item.key in self.exact}
        expected = {key for key, record in due.items() if record is not None}
        pages = sequence.read_list(expected, TENANT)
        if pages is None:
            return frozenset()
        if len(items) <= _JUDGED:
            sequence.judge(pages.first)
        listed = pages.rows
        is_whole = expected <= listed.keys()
        compared = frozenset(key for key in due if is_whole or key in listed)
        sequence.count_check(_LISTS, len(compared))
        odd = [key for key, record in due.items() if key in listed and listed[key] != record][:_LOOKED_AT]
        is_unknown = self._reads_a_page() and not pages.is_whole
        missing = [] if is_unknown else _missing(due, listed)[:_LOOKED_AT]
        read_back(sequence, answered, TENANT, [*odd, *missing])
        for key in [*odd, *(missing if pages.is_whole else ())]:
            shown = sequence.there[TENANT, key]
            batches.compare_listed(sequence, key, listed, shown, f"{answered.sent.says}; ")
        return compared.union(missing)

    def _reads_a_page(self) -> bool:
        """Return whether records can only be read in a list, so that the requests of all keys are equal."""
        profile = self.sequence.context.batch_profile
        first, second = (profile.read(profile.key(number), TENANT) for number in (0, 1))
        return first == second

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
                message = f"{answered.sent.says}; at the position of item {places[one.key]} ({one.key}) is "
                message += f"the outcome of {outcome.key}, which is item {places[outcome.key]}"
                self.sequence.fail(_ORDER, message, one.key, outcome.key, outcome.at)

    def _is_in_time(self, sent: SentBatch, seconds: float) -> None:
        """Fail if a batch is late, and is late again each time that it is repeated.

        Before a batch larger than `COMPARED` is repeated, measure the time of a smaller batch again, because
        the target may have become slower since the earlier batches.
        """
        size, by_item = len(sent.items), self.run.seconds_by_item
        for _ in range(_SENT_AGAIN):
            if seconds <= _seconds_for(size, by_item):
                return
            if by_item is not None and size > COMPARED[-1]:
                by_item = max(self.run.seconds_of(COMPARED[-1]) / COMPARED[-1], by_item)
            seconds = min(seconds, self.run.seconds_of(size))
        due = _seconds_for(size, by_item)
        if seconds <= due:
            return
        usual = f", as an item of a smaller batch took {by_item:.4f} s" if by_item else ""
        message = f"{sent.says}; the answer took {seconds:.1f} s, three times in a row; expected within "
        message += f"{due:.1f} s{usual}"
        self.sequence.fail(IN_TIME, message, f"{due:.1f} s", f"{seconds:.1f} s")

    def _is_taken(self, sent: SentBatch, exchange: Exchange) -> None:
        """Fail if a good batch of a legal size is refused as a whole.

        Raises OwnLimitError if no limit is stated and a batch is refused with 413.
        """
        status, limit = exchange.response.status, self.run.limit
        if len(sent.items) < 2:  # noqa: PLR2004 - one item is no size
            return
        if status == _TOO_LARGE and limit.most is None:
            raise OwnLimitError
        if not sent.expected_effect.is_done:
            return
        self.sequence.count_check(LEGAL)
        if not exchange.response.is_refused:
            return
        allowed = f"{limit.most:,} are allowed by {limit.source}" if limit.most else "no limit is stated"
        received = sentences.response(exchange)
        message = f"{sent.says}, and {allowed}; the call is refused with {received}"
        self.sequence.fail(LEGAL, message, "the call taken", received)

    def _is_one_too_many(self, sent: SentBatch, exchange: Exchange) -> None:
        """Fail if a batch above the limit is not refused, or changes records although it is refused."""
        sequence, limit = self.sequence, self.run.limit
        sequence.count_check(LIMIT)
        received = sentences.response(exchange)
        if not exchange.response.is_refused and not self._refuses_some(sent, exchange):
            message = f"{sent.says}, and at most {limit.most:,} are allowed by {limit.source}; the call is "
            sequence.fail(LIMIT, f"{message}answered {received}", "the call refused", received)
        for key in self._sampled_keys() if exchange.response.is_refused else ():
            message = f"{sent.says}, one too many; the call was refused; {key}: {{difference}}"
            before = sequence.there[TENANT, key]
            sequence.compare("whole-or-nothing", before, sequence.read(key, TENANT), message)

    def _refuses_some(self, sent: SentBatch, exchange: Exchange) -> bool:
        context = self.sequence.context
        items = batch_items(context.batch_profile, context.batch, sent.items, sent.documents)
        reported = self.sequence.reported(exchange, items)
        return isinstance(reported, ReportedOutcomes) and any(
            not outcome.accepted for outcome in reported.outcomes
        )

    def _sampled_keys(self) -> list[str]:
        size = self.planned.size
        named: tuple[BadItems, ...] = ("none", *self.planned.batches)
        places = {place for bad in named for place in sample_of(size, places_of(bad, size), self._seed)}
        parts = [self.keys[first : first + size] for first in range(0, len(self.keys), size)]
        return list(dict.fromkeys(part[place] for part in parts for place in sorted(places)))

    def _drawn(self, number: int) -> DrawnValues:
        cents = (number * 7919 + self._seed * 104_729) % _CENTS + 1
        return DrawnValues(self.sequence.scope.numbers_from + number, Decimal(cents).scaleb(-2))

    @property
    def _seed(self) -> int:
        return self.sequence.context.run_config.seed


def _seconds_for(size: int, by_item: float | None) -> float:
    """Return the time limit of a batch; `by_item` is the usual time of an item, None if it is unknown."""
    if by_item is None:
        return _MOST_SECONDS
    return min(_MOST_SECONDS, max(_LEAST_SECONDS, _TIMES * by_item * size))


def _size_between(low: int | None, high: int) -> int | None:
    """Return the next size to try between `low`, which passes, and `high`, which fails, or None at the end.

    If no size is known to pass (`low` is None), take the largest of `SIZES` below `high`.
    """
    if low is None:
        return max((one for one in SIZES if 0 < one < high), default=None)
    return (low + high) // 2 if high - low > 1 else None


def _after(
    answered: SettledBatch, before: Mapping[tuple[int, str], Record | None]
) -> dict[str, Record | None]:
    """Return the record that each key must have after the batch, according to its answer."""
    due: dict[str, Record | None] = {}
    taken = not answered.exchange.response.is_refused and not answered.sent.expected_effect.whole
    rows = zip(answered.sent.items, answered.sent.expected_effect.effects, answered.verdicts, strict=True)
    for one, effect, verdict in rows:
        due.setdefault(one.key, before[TENANT, one.key])
        if taken and effect.accepted and verdict.accepted is not False:
            due[one.key] = effect.record
    return due


def _missing(due: Mapping[str, Record | None], listed: Mapping[str, Record]) -> list[str]:
    """Return the keys of records that the list lacks. Keys whose neighbours are listed come first."""
    keys = list(due)
    lost = [place for place, key in enumerate(keys) if due[key] is not None and key not in listed]

    def is_gap(place: int) -> bool:
        return all(keys[other] in listed for other in (place - 1, place + 1) if 0 <= other < len(keys))

    return [keys[place] for place in sorted(lost, key=lambda place: (not is_gap(place), place))]
