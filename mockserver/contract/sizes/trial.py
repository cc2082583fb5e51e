"""One size: a batch of good items, then bad ones among them on the same records, each read back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from mockserver.contract.exchange import Exchange
from mockserver.contract.finding import BrokenRule, Finding
from mockserver.contract.profile import Corruption, DrawnValues, ReportedOutcomes
from mockserver.contract.size_times import SizeTime
from mockserver.contract.sizes import preparation, reading
from mockserver.contract.sizes.checks import IN_TIME, LEGAL, LIMIT
from mockserver.contract.sizes.plan import BadItems, PlannedSize, SizeLimit, places_of, sample_of
from mockserver.contract.stateful import batch_calls, sentences
from mockserver.contract.stateful.batch_checks import settle_batch
from mockserver.contract.stateful.checks import SettledBatch
from mockserver.contract.stateful.sequence import CallSequence, SequenceContext
from mockserver.contract.stateful.state_model import FIRST_REFUSAL, SentBatch, SequenceItem, batch_items
from mockserver.sandbox.clock import Clock

TOO_LARGE = 413
_TENANT = 0
_ORDER = "order-is-kept"
_RANGES = 3
"""Ranges of keys that are tried where some of a range is there already and some is not."""

_NUMBERS, _CENTS = 20_000, 9_999_999
_LISTED_TWICE = 100
"""Up to this size the list is read after every batch, above it only after the last one."""


class OwnLimitError(Exception):
    """The target refuses a size with 413, and nobody states a limit: this is its own one."""


@dataclass(slots=True)
class Patience:
    """How long a batch may take.

    A batch is late after `most` seconds, or if it takes `times` what smaller ones let expect, and `least`
    seconds. `by_item` is the most that an item of a smaller batch took, None until one was sent.
    """

    by_item: float | None = None
    least: float = 2.0
    most: float = 20.0
    times: float = 4.0

    def limit(self, size: int) -> float:
        """Return after how many seconds a batch of this size is late."""
        if self.by_item is None:
            return self.most
        return min(self.most, max(self.least, self.times * self.by_item * size))


@dataclass(frozen=True, slots=True)
class Trials:
    """What the trials of a batch operation share; `timed` receives what each batch took."""

    context: SequenceContext
    limit: SizeLimit
    patience: Patience
    clock: Clock
    timed: Callable[[SizeTime], None]

    def attempt(self, planned: PlannedSize) -> Finding | None:
        """Try a size in a scope of its own; return the first check that fails and is searched for.

        Raises:
            OwnLimitError: the target has a limit that nobody states.
        """
        try:
            with self._opened(planned) as opened:
                if opened is None:
                    return None
                if planned.good:
                    opened.first()
                if planned.bad != "none":
                    opened.second()
        except BrokenRule as broken:
            return broken.finding
        return None

    def seconds_of(self, size: int) -> float:
        """Return how long a good batch of this size takes when it is sent once more."""
        with self._opened(PlannedSize(size)) as opened:
            return opened.timed_call(opened.good(0))[1] if opened else 0.0

    @contextmanager
    def _opened(self, planned: PlannedSize) -> Iterator[_OpenedTrial | None]:
        isolation, profile = self.context.isolation, self.context.batch_profile
        takes_again = self.context.batch.upsert or profile.record_after is not None
        number = planned.size if takes_again or planned.batches == 1 else 2 * planned.size
        for _ in range(_RANGES):
            scope = isolation.new_scope(number)
            try:
                sequence = CallSequence(self.context, scope)
                keys = tuple(profile.key(scope.first + place) for place in range(number))
                opened = _OpenedTrial(self, sequence, planned, keys)
                if opened.prepare():
                    yield opened
                    return
            finally:
                isolation.drop(scope)
        yield None


@dataclass(slots=True)
class _OpenedTrial:
    """A trial in its scope; `keys` are of the first batch, then of the second if it has others."""

    trials: Trials
    sequence: CallSequence
    planned: PlannedSize
    keys: tuple[str, ...]
    exact: frozenset[str] = frozenset()

    def prepare(self) -> bool:
        """Make what the keys need; return whether it is known what is there of them."""
        if not self.keys:
            return True
        if not self.planned.is_over:
            preparation.prepare_keys(self.sequence, tuple(dict.fromkeys(self.keys)), _TENANT)
        profile = self.sequence.context.batch_profile
        is_fresh = self.sequence.scope.has_sandbox and profile.prepare is None and profile.creates
        exact = reading.know_before(
            self.sequence, self.keys, self._sampled_keys(), _TENANT, is_fresh=is_fresh
        )
        self.exact = exact or frozenset()
        return exact is not None

    def first(self) -> None:
        """Send good items; one more than allowed must be refused."""
        items = self.good(0)
        if self.planned.is_over:
            self._send_one_too_many(items)
        else:
            self._send(
                items, frozenset(), lists=self.planned.size <= _LISTED_TWICE or self.planned.bad == "none"
            )

    def second(self) -> None:
        """Send bad items among good ones, to the same records if the vendor takes a key again."""
        bad = places_of(self.planned.bad, self.planned.size)
        ways = self._ways()
        items = [
            SequenceItem(one.key, one.drawn, ways[place % len(ways)] if place in bad else None)
            for place, one in enumerate(self.good(1))
        ]
        self._send(items, bad, lists=True, named=self.planned.bad)

    def good(self, number: int) -> list[SequenceItem]:
        """Return the good items of a batch; no two of the trial have the same values."""
        size = self.planned.size
        keys = self.keys[size:] if number and len(self.keys) > size else self.keys
        return [
            SequenceItem(key, self._drawn(number * _NUMBERS + place + 1))
            for place, key in enumerate(keys[:size])
        ]

    def timed_call(self, items: Sequence[SequenceItem]) -> tuple[Exchange | None, float, SentBatch]:
        """Send the items; return the answer, the seconds that it took, and what was sent."""
        sent = batch_calls.build_items(self.sequence, items, _TENANT)
        request = batch_calls.request_of(self.sequence, sent, _TENANT)
        began = self.trials.clock()
        exchange = self.sequence.call(request, _TENANT)
        return exchange, (self.trials.clock() - began).total_seconds(), sent

    def _send(
        self, items: Sequence[SequenceItem], bad: frozenset[int], *, lists: bool, named: BadItems = "none"
    ) -> None:
        exchange, seconds, sent = self.timed_call(items)
        self._is_answered(sent, exchange)
        if exchange is None:
            return
        self._is_taken(sent, exchange)
        self.trials.timed(SizeTime(len(items), named, exchange.response.status, seconds))
        answered = batch_calls.read_answer(self.sequence, sent, exchange.request, exchange)
        self._keeps_order(answered)
        settle_batch(self.sequence, answered)
        self._read(answered, bad, lists=lists)
        self._is_in_time(sent, seconds)

    def _read(self, answered: SettledBatch, bad: frozenset[int], *, lists: bool) -> None:
        places = sample_of(len(answered.sent.items), bad, self._seed)
        reading.read_some(self.sequence, answered, places, _TENANT)
        if lists and answered.sent.items:
            reading.read_list(self.sequence, answered, self.exact, _TENANT)
        if self.sequence.lost:
            said = f"{sentences.batch(answered.sent.items)}; reading them back was not answered"
            self.sequence.breaks(IN_TIME, f"{said}: {self.sequence.lost}", "an answer", "none")

    def _keeps_order(self, answered: SettledBatch) -> None:
        """Break where an outcome names another item, however far back it stands."""
        places = {one.key: place for place, one in enumerate(answered.sent.items)}
        if len(places) < len(answered.sent.items):
            return
        rows = zip(answered.sent.items, answered.verdicts, strict=True)
        named = [(one, verdict.told) for one, verdict in rows if verdict.told and verdict.told.key]
        self.sequence.count_check(_ORDER, len(named))
        for one, told in named:
            if told.key and told.key != one.key and told.key in places:
                said = f"{sentences.batch(answered.sent.items)}; at the position of item {places[one.key]} "
                said = f"{said}({one.key}) is the outcome of {told.key}, which is item {places[told.key]}"
                self.sequence.breaks(_ORDER, said, one.key, told.key, told.at)

    def _is_answered(self, sent: SentBatch, exchange: Exchange | None) -> None:
        self.sequence.count_check(IN_TIME)
        if exchange is None:
            said = f"{sentences.batch(sent.items)}; no answer came: {self.sequence.lost}"
            self.sequence.breaks(IN_TIME, said, "an answer", "none")

    def _is_in_time(self, sent: SentBatch, seconds: float) -> None:
        """Break where a batch is late; what is late once may be chance, so it is sent twice more."""
        size, patience = len(sent.items), self.trials.patience
        if seconds <= patience.limit(size):
            return
        seconds = min(seconds, *(self.trials.seconds_of(size) for _ in range(2)))
        due = patience.limit(size)
        if seconds <= due:
            return
        usual = f", as an item of a smaller batch took {patience.by_item:.4f} s" if patience.by_item else ""
        said = f"{sentences.batch(sent.items)}; the answer took {seconds:.1f} s, three times in a row"
        self.sequence.breaks(
            IN_TIME, f"{said}; expected within {due:.1f} s{usual}", f"{due:.1f} s", f"{seconds:.1f} s"
        )

    def _is_taken(self, sent: SentBatch, exchange: Exchange) -> None:
        """Break where a good batch of a legal size is refused as a whole.

        Raises:
            OwnLimitError: the target has a limit that nobody states.
        """
        status, limit = exchange.response.status, self.trials.limit
        if len(sent.items) < 2:  # noqa: PLR2004 - one item is no size
            return
        if status == TOO_LARGE and limit.most is None:
            raise OwnLimitError
        if not sent.expected_effect.is_done:
            return
        self.sequence.count_check(LEGAL)
        if status < FIRST_REFUSAL:
            return
        allowed = f"{limit.most:,} are allowed by {limit.source}" if limit.most else "no limit is stated"
        said = f"{sentences.batch(sent.items)}, and {allowed}; the call is refused with "
        came = sentences.response(exchange)
        self.sequence.breaks(LEGAL, f"{said}{came}", "the call taken", came)

    def _send_one_too_many(self, items: Sequence[SequenceItem]) -> None:
        exchange, _, sent = self.timed_call(items)
        self._is_answered(sent, exchange)
        if exchange is None:
            return
        self.sequence.count_check(LIMIT)
        came = sentences.response(exchange)
        if exchange.response.status < FIRST_REFUSAL and not self._refuses_some(sent, exchange):
            said = f"{sentences.batch(sent.items)}, and at most {self.trials.limit.most:,} are allowed by "
            said = f"{said}{self.trials.limit.source}; the call is answered {came}"
            self.sequence.breaks(LIMIT, said, "the call refused", came)
        elif exchange.response.status >= FIRST_REFUSAL:
            self._keeps_nothing(sent)

    def _refuses_some(self, sent: SentBatch, exchange: Exchange) -> bool:
        context = self.sequence.context
        items = batch_items(context.batch_profile, context.batch, sent.items, sent.documents)
        told = self.sequence.reported(exchange, items)
        return isinstance(told, ReportedOutcomes) and any(not one.accepted for one in told.outcomes)

    def _keeps_nothing(self, sent: SentBatch) -> None:
        for key in self._sampled_keys():
            before = self.sequence.there[_TENANT, key]
            shown = self.sequence.read(key, _TENANT)
            self.sequence.count_check("whole-or-nothing")
            if shown != before:
                said = f"{sentences.batch(sent.items)}, one too many; the call was refused"
                said = f"{said}; {key}: {sentences.difference(before, shown)}"
                self.sequence.breaks(
                    "whole-or-nothing", said, sentences.record(before), sentences.record(shown)
                )

    def _sampled_keys(self) -> list[str]:
        size, bad = self.planned.size, places_of(self.planned.bad, self.planned.size)
        parts = [self.keys[:size], self.keys[size:]]
        places = sorted({*sample_of(size, frozenset(), self._seed), *sample_of(size, bad, self._seed)})
        return list(dict.fromkeys(part[place] for part in parts if part for place in places))

    def _ways(self) -> Sequence[Corruption]:
        ways = self.sequence.context.batch_profile.corruptions
        return tuple(one for one in ways if not one.refuses_call) or ways

    def _drawn(self, number: int) -> DrawnValues:
        cents = (number * 7919 + self._seed * 104_729) % _CENTS + 1
        return DrawnValues(self.sequence.scope.numbers_from + number, Decimal(cents).scaleb(-2))

    @property
    def _seed(self) -> int:
        return self.sequence.context.run_config.seed
