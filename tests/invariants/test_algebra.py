"""What batches come to when they are turned round, split, or sent twice. Edge-cases §3, 9 to 11."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mockserver.model import Action
from tests.invariants.dialects import ALL, XERO, each
from tests.invariants.world import Dialect, examples, invariant, things, world
from tests.vendors.xero.books import BATCHES, EACH, R1, batch, pay

PER_ITEM = [dialect for dialect in ALL if not dialect.whole]


@invariant(9)
@each(*PER_ITEM)
@examples(6)
@given(data=st.data())
def test_the_order_of_the_items_changes_the_order_of_the_outcomes_and_nothing_else(
    dialect: Dialect, data: st.DataObject
) -> None:
    items = data.draw(things(dialect, at_least=2))
    turned = data.draw(st.permutations(items))
    with world(dialect) as here, world(dialect) as there:
        here.send(*items)
        there.send(*turned)

        assert sorted(here.decided()) == sorted(there.decided())
        assert (here.masked(), here.listed()) == (there.masked(), there.listed())


@invariant(9)
@each(*(dialect for dialect in ALL if dialect.whole))
@examples(6)
@given(data=st.data())
def test_the_order_of_the_items_of_a_whole_batch_changes_nothing(
    dialect: Dialect, data: st.DataObject
) -> None:
    items = data.draw(things(dialect, at_least=2))
    turned = data.draw(st.permutations(items))
    with world(dialect) as here, world(dialect) as there:
        answers = [here.send(*items), there.send(*turned)]

        assert len({answered.status for answered in answers}) == 1
        assert (here.masked(), here.listed()) == (there.masked(), there.listed())


@invariant(10)
@each()
@examples(6)
@given(data=st.data())
def test_two_batches_come_to_what_one_of_all_their_items_comes_to(
    dialect: Dialect, data: st.DataObject
) -> None:
    items = data.draw(things(dialect, at_least=2, good=True if dialect.whole else None))
    cut = data.draw(st.integers(1, len(items) - 1))
    with world(dialect) as here, world(dialect) as there:
        here.send(*items)
        whole = here.decided()
        parts = []
        for part in (items[:cut], items[cut:]):
            there.send(*part)
            parts += there.decided()

        assert whole == parts
        assert (here.masked(), here.listed()) == (there.masked(), there.listed())


@invariant(11)
@each()
@examples(6)
@given(data=st.data())
def test_a_batch_that_is_sent_twice_comes_to_what_it_comes_to_once(
    dialect: Dialect, data: st.DataObject
) -> None:
    items = data.draw(things(dialect, at_least=1, good=True))
    with world(dialect) as here:
        here.send(*items)
        once = (here.masked(), here.listed())
        here.send(*items)

        assert (here.masked(), here.listed()) == once
        assert {action for _, action in here.decided()} <= {Action.UPDATED, Action.UNCHANGED}


@invariant(11)
@examples(6)
@given(amount=st.integers(1, 50))
def test_a_call_that_only_creates_does_so_twice_when_it_is_sent_twice(amount: int) -> None:
    with world(XERO) as here:
        sent = {"BatchPayments": [batch(pay(R1, amount))]}
        answers = [here.client.put(f"/xero{BATCHES}{EACH}", json=sent) for _ in range(2)]

        made = {answered.json["BatchPayments"][0]["BatchPaymentID"] for answered in answers}
        listed = here.client.get(f"/xero{BATCHES}").json["BatchPayments"]
        assert len(made & {one["BatchPaymentID"] for one in listed}) == 2


@invariant(10)
@each()
@examples(6)
@given(data=st.data())
def test_what_is_sent_later_counts(dialect: Dialect, data: st.DataObject) -> None:
    first = data.draw(things(dialect, at_least=1, good=True))
    second = [replace(one, value=f"{one.value}-later") for one in first]
    with world(dialect) as here, world(dialect) as there:
        here.send(*first)
        here.send(*second)
        there.send(*first)
        for one in second:
            there.send(one)

        assert here.listed() == there.listed()
        assert {key: here.listed()[key] for key in (one.key for one in second)} == {
            one.key: one.value for one in second
        }
