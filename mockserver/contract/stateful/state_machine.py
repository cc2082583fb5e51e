"""The Hypothesis state machine of one batch operation."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from mockserver.contract.profile import DrawnValues
from mockserver.contract.stateful import batch_calls, concurrency, isolation_checks, read_back, replay_checks
from mockserver.contract.stateful.sequence import CallSequence, SequenceContext
from mockserver.contract.stateful.state_model import SequenceItem
from mockserver.contract.stateful.strategies import (
    DRAWN,
    KEY,
    KEYS,
    TENANT,
    draw_alike,
    draw_duplicates,
    draw_items,
    draw_with_one_bad,
)

_DATA = st.data()
_NUMBERS = 1000


class BatchMachine(RuleBasedStateMachine):
    """State machine for one batch profile; `context` is set in the subclass that a run creates."""

    context: SequenceContext

    def __init__(self) -> None:
        super().__init__()
        self.context.search.begin()
        self.context.ledger.observer.step_began()
        self.batch_profile = self.context.batch_profile
        self.pool = KEYS if _takes_again(self.context) else 2 * KEYS
        world = self.context.isolation.new_scope(self.pool)
        self.sequence = CallSequence(self.context, world)
        self.isolation = [world]
        self.keys = tuple(
            dict.fromkeys(self.batch_profile.key(world.first + number) for number in range(self.pool))
        )
        self.last: tuple[list[SequenceItem], int] | None = None
        self.numbers = count(1)

    def teardown(self) -> None:
        """Look at everything once more, and leave no sandbox behind."""
        try:
            if not self.sequence.has_ended:
                read_back.read_back_at_end(self.sequence)
        finally:
            for world in self.isolation:
                self.context.isolation.drop(world)

    @rule(data=_DATA, tenant=TENANT)
    def send_a_batch(self, data: st.DataObject, tenant: int) -> None:
        """Good and bad items, each of a key of its own."""
        batch = self._drawn(
            data,
            draw_items(
                self.keys, tuple(one for one in self.batch_profile.corruptions if not one.refuses_call)
            ),
        )
        self.last = (batch, self._tenant(tenant))
        batch_calls.send_batch(self.sequence, batch, self._tenant(tenant))

    @rule(data=_DATA, tenant=TENANT)
    def send_a_good_batch(self, data: st.DataObject, tenant: int) -> None:
        """Items with nothing wrong."""
        batch = self._drawn(data, draw_items(self.keys))
        self.last = (batch, self._tenant(tenant))
        batch_calls.send_batch(self.sequence, batch, self._tenant(tenant))

    @precondition(lambda self: self.batch_profile.corruptions)
    @rule(data=_DATA, tenant=TENANT)
    def send_one_bad_item(self, data: st.DataObject, tenant: int) -> None:
        """Among good ones; where there is another tenant, looked at from there."""
        alone = tuple(spoil for spoil in self.batch_profile.corruptions if not spoil.refuses_call)
        batch = self._drawn(data, draw_with_one_bad(self.keys, alone or self.batch_profile.corruptions))
        if self.batch_profile.tenants > 1:
            isolation_checks.check_other_tenant(self.sequence, batch, tenant, 1 - tenant)
        else:
            batch_calls.send_batch(self.sequence, batch, self._tenant(tenant))

    @precondition(lambda self: any(spoil.refuses_call for spoil in self.batch_profile.corruptions))
    @rule(data=_DATA, tenant=TENANT)
    def send_what_refuses_all(self, data: st.DataObject, tenant: int) -> None:
        """Send one item that refuses the whole call, among good ones."""
        ways = tuple(spoil for spoil in self.batch_profile.corruptions if spoil.refuses_call)
        batch_calls.send_batch(
            self.sequence, self._drawn(data, draw_with_one_bad(self.keys, ways)), self._tenant(tenant)
        )

    @rule()
    def send_it_again(self) -> None:
        """Send the same batch again: updates become unchanged."""
        if self.last is not None:
            batch_calls.send_batch(self.sequence, *self.last)

    @precondition(lambda self: self.batch_profile.twice)
    @rule(data=_DATA, tenant=TENANT)
    def send_a_key_twice(self, data: st.DataObject, tenant: int) -> None:
        """In one batch."""
        batch_calls.send_batch(
            self.sequence, self._drawn(data, draw_duplicates(self.keys)), self._tenant(tenant)
        )

    @precondition(lambda self: self.batch_profile.encodings)
    @rule(data=_DATA, tenant=TENANT)
    def send_in_another_media_type(self, data: st.DataObject, tenant: int) -> None:
        """Good items, which become the same records."""
        media_type = data.draw(st.sampled_from(sorted(self.batch_profile.encodings)))
        batch_calls.send_batch(
            self.sequence, self._drawn(data, draw_items(self.keys)), self._tenant(tenant), media_type
        )

    @precondition(lambda self: self.batch_profile.steps)
    @rule(data=_DATA, number=KEY, drawn=DRAWN, tenant=TENANT)
    def take_a_step(self, data: st.DataObject, number: int, drawn: DrawnValues, tenant: int) -> None:
        """On a record that is there, or is not."""
        self._step(data, self.keys[number % len(self.keys)], drawn, self._tenant(tenant))

    @precondition(lambda self: self.batch_profile.steps)
    @rule(data=_DATA, drawn=DRAWN, tenant=TENANT)
    def send_one_and_take_a_step(self, data: st.DataObject, drawn: DrawnValues, tenant: int) -> None:
        """On a record that is there for sure; then the list is looked at."""
        (one, *_) = self._drawn(data, draw_items(self.keys))
        batch_calls.send_batch(self.sequence, [one], self._tenant(tenant))
        self._step(data, one.key, drawn, self._tenant(tenant))
        read_back.read_list_back(self.sequence, self._tenant(tenant))

    @precondition(lambda self: self.batch_profile.again)
    @rule(data=_DATA, tenant=TENANT, something=st.booleans())
    def replay(self, data: st.DataObject, tenant: int, *, something: bool) -> None:
        """Replay a call under an idempotency key, then send the key with another body."""
        batch, other = self._pair(data)
        between = self._pair(data)[0] if something else []
        replay_checks.check_replay(self.sequence, batch, between, other, self._tenant(tenant))

    @precondition(lambda self: self.batch_profile.again == "same")
    @rule(data=_DATA, tenant=TENANT)
    def replay_at_once(self, data: st.DataObject, tenant: int) -> None:
        """Send a call twice at once under one idempotency key."""
        replay_checks.check_same_key_at_once(
            self.sequence, self._drawn(data, draw_items(self.keys)), self._tenant(tenant)
        )

    @rule(data=_DATA, tenant=TENANT, known=st.booleans())
    def send_two_at_once(self, data: st.DataObject, tenant: int, *, known: bool) -> None:
        """Batches over the same keys, which are there or not."""
        batch, other = self._pair(data)
        if known and _takes_again(self.context):
            batch_calls.send_batch(self.sequence, self._numbered(batch), self._tenant(tenant))
        concurrency.send_together(self.sequence, batch, other, self._tenant(tenant))

    @precondition(lambda self: self.context.batch.atomic and self.batch_profile.corruptions)
    @rule(data=_DATA, tenant=TENANT)
    def send_what_is_refused_and_read(self, data: st.DataObject, tenant: int) -> None:
        """At once: what is refused as a whole is never there."""
        batch = self._drawn(data, draw_with_one_bad(self.keys, self.batch_profile.corruptions))
        concurrency.is_refused_together(self.sequence, batch, self._tenant(tenant))

    @precondition(lambda self: self.batch_profile.tenants > 1)
    @rule(data=_DATA, tenant=TENANT, keyed=st.booleans())
    def send_beside_a_tenant(self, data: st.DataObject, tenant: int, *, keyed: bool) -> None:
        """Send a batch beside another tenant, which must not see it."""
        spoils = () if keyed and self.batch_profile.again == "same" else self.batch_profile.corruptions
        batch = self._drawn(data, draw_items(self.keys, spoils))
        isolation_checks.check_other_tenant(self.sequence, batch, tenant, 1 - tenant, keyed=keyed)

    @precondition(lambda self: self.context.isolation.are_apart)
    @rule(data=_DATA, tenant=TENANT, keyed=st.booleans())
    def send_beside_a_sandbox(self, data: st.DataObject, tenant: int, *, keyed: bool) -> None:
        """Send a batch beside another sandbox, which must not see it."""
        batch = self._drawn(data, draw_items(self.keys))
        self.isolation.append(self.context.isolation.new_scope(self.pool))
        isolation_checks.check_other_sandbox(
            self.sequence, self.isolation[-1], batch, self._tenant(tenant), keyed=keyed
        )

    @rule(tenant=TENANT)
    def look(self, tenant: int) -> None:
        """At whatever was touched, and at the list of all."""
        read_back.read_all_back(self.sequence)
        read_back.read_list_back(self.sequence, self._tenant(tenant))

    def _step(self, data: st.DataObject, key: str, drawn: DrawnValues, tenant: int) -> None:
        step = data.draw(st.sampled_from(self.batch_profile.steps))
        batch_calls.do_step(self.sequence, step, key, self._other(drawn), tenant)

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


def _takes_again(context: SequenceContext) -> bool:
    """Return whether the profile says what happens to an existing key; otherwise more keys are needed."""
    return context.batch.upsert or context.batch_profile.record_after is not None


def build_machine(context: SequenceContext) -> type[BatchMachine]:
    """Return the machine that tells a subject's sequences."""
    return type("Sequences", (BatchMachine,), {"context": context})
