"""The Hypothesis state machine of one batch operation, and checks that tenants and sandboxes are apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache, partial
from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from msgspec.structs import replace

from mockserver.contract.isolation import IsolationScope
from mockserver.contract.profile import Corruption, DrawnValues, Record
from mockserver.contract.sequences import batches, concurrency, sentences
from mockserver.contract.sequences.batches import SettledBatch
from mockserver.contract.sequences.sentences import SequenceItem
from mockserver.contract.sequences.sequence import CallSequence, SequenceContext

KEYS = 4
"""Maximum number of items in a batch, and usual number of keys of a sequence; few, so that keys recur."""

TENANT = st.integers(0, 1)
KEY = st.integers(0, KEYS - 1)
_TELLING = ("0.01", "0.10", "0.20", "0.30", "1.10", "19.99", "100.00", "1234.56", "4503599.63", "99999999.99")
"""Amounts that no binary float equals, or whose last zero is easily lost."""

AMOUNTS = st.one_of(
    st.sampled_from([Decimal(text) for text in _TELLING]),
    st.integers(1, 10_000_000).map(lambda cents: Decimal(cents).scaleb(-2)),
)
DRAWN = st.builds(DrawnValues, st.just(0), AMOUNTS)
"""Values with the number 0. The machine replaces the number, so that no two items are equal."""

_kept = lru_cache(maxsize=64)
"""Cache of strategies. Sequences in different sandboxes have equal keys, so they can share strategies."""

_DATA = st.data()
_NUMBERS = 1000
_TENANTS, _SANDBOXES = "tenants-are-apart", "worlds-are-apart"


@_kept
def draw_items(
    keys: tuple[str, ...], corruptions: tuple[Corruption, ...] = ()
) -> st.SearchStrategy[list[SequenceItem]]:
    """Draw items with different keys. Without `corruptions`, all are good; else none, some or all are bad."""
    if not corruptions:
        return _items_with(keys, st.none(), KEYS)
    bad = st.sampled_from(list(corruptions))
    return st.one_of(_items_with(keys, st.none() | bad, KEYS), _items_with(keys, bad, KEYS))


@_kept
def draw_with_one_bad(
    keys: tuple[str, ...], ways: tuple[Corruption, ...]
) -> st.SearchStrategy[list[SequenceItem]]:
    def spoiled(batch: list[SequenceItem], place: int, corruption: Corruption) -> list[SequenceItem]:
        at = place % len(batch)
        return [*batch[:at], replace(batch[at], corruption=corruption), *batch[at + 1 :]]

    return st.builds(spoiled, _items_with(keys, st.none(), KEYS), KEY, st.sampled_from(list(ways)))


@_kept
def draw_duplicates(keys: tuple[str, ...]) -> st.SearchStrategy[list[SequenceItem]]:
    def doubled(batch: list[SequenceItem]) -> st.SearchStrategy[list[SequenceItem]]:
        again = st.builds(SequenceItem, st.just(batch[0].key), DRAWN)
        return again.map(lambda one: [*batch, one])

    return _items_with(keys, st.none(), KEYS - 1).flatmap(doubled)


@_kept
def draw_alike(keys: tuple[str, ...]) -> st.SearchStrategy[tuple[list[SequenceItem], list[SequenceItem]]]:
    """Draw two batches of good items, the second with the keys of the first in reverse order.

    Each batch may have a key that the other batch lacks, because only that key reveals a lost item.
    """
    others = st.lists(DRAWN, min_size=KEYS + 1, max_size=KEYS + 1)

    def paired(
        batch: list[SequenceItem],
        drawn: list[DrawnValues],
        less: bool,  # noqa: FBT001 - drawn
        own: bool,  # noqa: FBT001 - drawn
    ) -> tuple[list[SequenceItem], list[SequenceItem]]:
        other = [SequenceItem(one.key, new) for one, new in zip(reversed(batch), drawn, strict=False)]
        other = other[1:] if less and len(other) > 1 else other
        spare = [key for key in keys if key not in {one.key for one in batch}] if own else []
        return batch, [*other, *(SequenceItem(key, drawn[-1]) for key in spare[:1])]

    return st.builds(paired, _items_with(keys, st.none(), KEYS), others, st.booleans(), st.booleans())


def _items_with(
    keys: tuple[str, ...], mood: st.SearchStrategy[Corruption | None], at_most: int
) -> st.SearchStrategy[list[SequenceItem]]:
    one = st.builds(SequenceItem, st.sampled_from(list(keys)), DRAWN, mood)
    return st.lists(one, min_size=1, max_size=min(at_most, len(keys)), unique_by=lambda thing: thing.key)


class BatchMachine(RuleBasedStateMachine):
    """State machine for one batch profile."""

    context: SequenceContext
    """Context of the run. `build_machine` sets it in a subclass."""

    def __init__(self) -> None:
        super().__init__()
        self.context.search.begin()
        self.context.ledger.observer.step_began()
        self.batch_profile = self.context.batch_profile
        self.alone = tuple(way for way in self.batch_profile.corruptions if not way.refuses_call)
        self.pool = KEYS if self.context.takes_again else 2 * KEYS
        scope = self.context.isolation.new_scope(self.pool)
        self.sequence = CallSequence(self.context, scope)
        self.isolation = [scope]
        self.keys = tuple(
            dict.fromkeys(self.batch_profile.key(scope.first + number) for number in range(self.pool))
        )
        self.last: tuple[list[SequenceItem], int] | None = None
        self.numbers = count(1)

    def teardown(self) -> None:
        try:
            if not self.sequence.has_ended:
                batches.read_back_at_end(self.sequence)
        finally:
            for scope in self.isolation:
                self.context.isolation.drop(scope)

    @rule(data=_DATA, tenant=TENANT)
    def send_a_batch(self, data: st.DataObject, tenant: int) -> None:
        batch = self._drawn(data, draw_items(self.keys, self.alone))
        self.last = (batch, self._tenant(tenant))
        batches.send_batch(self.sequence, batch, self._tenant(tenant))

    @rule(data=_DATA, tenant=TENANT)
    def send_a_good_batch(self, data: st.DataObject, tenant: int) -> None:
        batch = self._drawn(data, draw_items(self.keys))
        self.last = (batch, self._tenant(tenant))
        batches.send_batch(self.sequence, batch, self._tenant(tenant))

    @precondition(lambda self: self.batch_profile.corruptions)
    @rule(data=_DATA, tenant=TENANT)
    def send_one_bad_item(self, data: st.DataObject, tenant: int) -> None:
        """Send one bad item among good items. If there is a second tenant, check its records, too."""
        ways = self.alone or self.batch_profile.corruptions
        batch = self._drawn(data, draw_with_one_bad(self.keys, ways))
        if self.batch_profile.tenants > 1:
            check_beside(self.sequence, batch, tenant, 1 - tenant)
        else:
            batches.send_batch(self.sequence, batch, self._tenant(tenant))

    @precondition(lambda self: any(corruption.refuses_call for corruption in self.batch_profile.corruptions))
    @rule(data=_DATA, tenant=TENANT)
    def send_what_refuses_all(self, data: st.DataObject, tenant: int) -> None:
        ways = tuple(corruption for corruption in self.batch_profile.corruptions if corruption.refuses_call)
        batches.send_batch(
            self.sequence, self._drawn(data, draw_with_one_bad(self.keys, ways)), self._tenant(tenant)
        )

    @rule()
    def send_it_again(self) -> None:
        if self.last is not None:
            batches.send_batch(self.sequence, *self.last)

    @precondition(lambda self: self.batch_profile.twice)
    @rule(data=_DATA, tenant=TENANT)
    def send_a_key_twice(self, data: st.DataObject, tenant: int) -> None:
        batches.send_batch(self.sequence, self._drawn(data, draw_duplicates(self.keys)), self._tenant(tenant))

    @precondition(lambda self: self.batch_profile.encodings)
    @rule(data=_DATA, tenant=TENANT)
    def send_in_another_media_type(self, data: st.DataObject, tenant: int) -> None:
        media_type = data.draw(st.sampled_from(sorted(self.batch_profile.encodings)))
        batches.send_batch(
            self.sequence, self._drawn(data, draw_items(self.keys)), self._tenant(tenant), media_type
        )

    @precondition(lambda self: self.batch_profile.steps)
    @rule(data=_DATA, number=KEY, drawn=DRAWN, tenant=TENANT)
    def take_a_step(self, data: st.DataObject, number: int, drawn: DrawnValues, tenant: int) -> None:
        self._step(data, self.keys[number % len(self.keys)], drawn, self._tenant(tenant))

    @precondition(lambda self: self.batch_profile.steps)
    @rule(data=_DATA, drawn=DRAWN, tenant=TENANT)
    def send_one_and_take_a_step(self, data: st.DataObject, drawn: DrawnValues, tenant: int) -> None:
        """Send an item, take a step on its record, then read the list."""
        (one, *_) = self._drawn(data, draw_items(self.keys))
        batches.send_batch(self.sequence, [one], self._tenant(tenant))
        self._step(data, one.key, drawn, self._tenant(tenant))
        batches.read_list_back(self.sequence, self._tenant(tenant))

    @precondition(lambda self: self.batch_profile.again)
    @rule(data=_DATA, tenant=TENANT, something=st.booleans())
    def replay(self, data: st.DataObject, tenant: int, *, something: bool) -> None:
        batch, other = self._pair(data)
        between = self._pair(data)[0] if something else []
        concurrency.check_replay(self.sequence, batch, between, other, self._tenant(tenant))

    @precondition(lambda self: self.batch_profile.again == "same")
    @rule(data=_DATA, tenant=TENANT)
    def replay_at_once(self, data: st.DataObject, tenant: int) -> None:
        concurrency.check_same_key_at_once(
            self.sequence, self._drawn(data, draw_items(self.keys)), self._tenant(tenant)
        )

    @rule(data=_DATA, tenant=TENANT, known=st.booleans())
    def send_two_at_once(self, data: st.DataObject, tenant: int, *, known: bool) -> None:
        batch, other = self._pair(data)
        if known and self.context.takes_again:
            batches.send_batch(self.sequence, self._numbered(batch), self._tenant(tenant))
        concurrency.send_together(self.sequence, batch, other, self._tenant(tenant))

    @precondition(lambda self: self.context.batch.atomic and self.batch_profile.corruptions)
    @rule(data=_DATA, tenant=TENANT)
    def send_what_is_refused_and_read(self, data: st.DataObject, tenant: int) -> None:
        batch = self._drawn(data, draw_with_one_bad(self.keys, self.batch_profile.corruptions))
        concurrency.is_refused_together(self.sequence, batch, self._tenant(tenant))

    @precondition(lambda self: self.batch_profile.tenants > 1)
    @rule(data=_DATA, tenant=TENANT, keyed=st.booleans())
    def send_beside_a_tenant(self, data: st.DataObject, tenant: int, *, keyed: bool) -> None:
        corruptions = () if keyed and self.batch_profile.again == "same" else self.batch_profile.corruptions
        batch = self._drawn(data, draw_items(self.keys, corruptions))
        check_beside(self.sequence, batch, tenant, 1 - tenant, keyed=keyed)

    @precondition(lambda self: self.context.isolation.are_apart)
    @rule(data=_DATA, tenant=TENANT, keyed=st.booleans())
    def send_beside_a_sandbox(self, data: st.DataObject, tenant: int, *, keyed: bool) -> None:
        batch = self._drawn(data, draw_items(self.keys))
        self.isolation.append(self.context.isolation.new_scope(self.pool))
        check_beside(self.sequence, batch, self._tenant(tenant), self.isolation[-1], keyed=keyed)

    @rule(tenant=TENANT)
    def look(self, tenant: int) -> None:
        batches.read_all_back(self.sequence)
        batches.read_list_back(self.sequence, self._tenant(tenant))

    def _step(self, data: st.DataObject, key: str, drawn: DrawnValues, tenant: int) -> None:
        step = data.draw(st.sampled_from(self.batch_profile.steps))
        batches.do_step(self.sequence, step, key, self._other(drawn), tenant)

    def _drawn(self, data: st.DataObject, batch: st.SearchStrategy[list[SequenceItem]]) -> list[SequenceItem]:
        return self._numbered(data.draw(batch))

    def _numbered(self, batch: list[SequenceItem]) -> list[SequenceItem]:
        return [replace(one, drawn=self._other(one.drawn)) for one in batch]

    def _other(self, drawn: DrawnValues) -> DrawnValues:
        """Return values that are unique in the sequence, so that a stored value can be recognised."""
        number = next(self.numbers)
        cents = Decimal(number % _NUMBERS).scaleb(-2)
        return DrawnValues(self.sequence.scope.numbers_from + number, drawn.amount + cents)

    def _pair(self, data: st.DataObject) -> tuple[list[SequenceItem], list[SequenceItem]]:
        batch, other = data.draw(draw_alike(self.keys))
        return self._numbered(batch), self._numbered(other)

    def _tenant(self, drawn: int) -> int:
        return drawn % self.batch_profile.tenants


def build_machine(context: SequenceContext) -> type[BatchMachine]:
    return type("Sequences", (BatchMachine,), {"context": context})


def check_beside(
    sequence: CallSequence,
    items: Sequence[SequenceItem],
    here: int,
    other: int | IsolationScope,
    *,
    keyed: bool = False,
) -> None:
    """Send a batch in tenant `here`; check that another tenant knows neither batch nor idempotency key.

    If `other` is the scope of another sandbox, check the same for tenant `here` of that sandbox.
    """
    aside, there = (None, other) if isinstance(other, int) else (other, here)
    check, sent_to = (_SANDBOXES, "to one sandbox") if aside else (_TENANTS, "in one tenant")
    subject, keys = sequence.context.batch_profile, [item.key for item in items]
    read = partial(sequence.read, scope=aside) if aside else sequence.known
    before = {key: read(key, there) for key in keys}
    if aside and subject.prepare is None:
        _is_as_it_was(sequence, before, here)
    token = sequence.token() if keyed and subject.again == "same" else ""
    answered = batches.send_batch(sequence, items, here, token=token)
    for key in keys:
        shown = sequence.read(key, there, aside)
        message = f"{sentences.batch(items)} {sent_to}, and in another {{difference}} ({key})"
        sequence.compare(check, before[key], shown, message)
        if not aside:
            sequence.there[there, key] = shown
    if token and answered is not None and not answered.refused:
        where = replace(sequence, scope=aside, there={}) if aside else sequence
        _as_new(where, check, answered, there, token)


def _is_as_it_was(sequence: CallSequence, first: Mapping[str, Record | None], here: int) -> None:
    """Check that `first` (initial records of another sandbox) equals the initial records of the sequence."""
    for key, shown in first.items():
        sequence.known(key, here)
        message = f"a new sandbox does not begin as this one did: for {key} {{difference}}"
        sequence.compare(_SANDBOXES, sequence.initial[here, key], shown, message)


def _as_new(sequence: CallSequence, check: str, answered: SettledBatch, where: int, token: str) -> None:
    """Send batch and idempotency key to another tenant or sandbox, and check that the batch is done there."""
    place = "tenant" if check == _TENANTS else "sandbox"
    sent = batches.build_items(sequence, answered.sent.items, where)
    if not sent.expected_effect.is_done:
        return
    exchange = sequence.call(batches.request_of(sequence, sent, where, token), where)
    if exchange is None:
        return
    sequence.steps.append(f"the same under that key in another {place} → {exchange.response.status}")
    sequence.count_check(check)
    refused = exchange.response.is_refused
    for one, fate in zip(sent.items, sent.expected_effect.effects, strict=True):
        shown = sequence.read(one.key, where)
        if refused or shown != fate.record:
            message = (
                f"an idempotency key of one {place} was taken for known in another, and the call not done"
            )
            sequence.fail(check, message, sentences.record(fate.record), sentences.record(shown))
        sequence.there[where, one.key] = shown
