"""What holds of one batch: what its answer says, and what it leaves behind. Edge-cases §3, 1 to 8."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mockserver.model import Action
from tests.invariants.sandboxes import (
    VendorSandbox,
    example_settings,
    invariant,
    item_specs,
    numbers,
    open_sandbox,
)
from tests.invariants.vendors import PER_ITEM, WHOLE, for_each_vendor
from tests.support.client import Response
from tests.support.profiled_vendor import ItemSpec, ProfiledVendor

ACCEPTED = (Action.CREATED, Action.UPDATED, Action.UNCHANGED)


def sent(here: VendorSandbox, items: list[ItemSpec]) -> Response:
    answered = here.send(*items)
    assert answered.status < 500
    return answered


@invariant(1, 2)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_there_is_one_outcome_for_each_item_in_their_order(
    vendor: ProfiledVendor, data: st.DataObject
) -> None:
    with open_sandbox(vendor) as here:
        items = data.draw(item_specs(vendor, at_least=1))
        sent(here, items)

        assert [key for key, _ in here.decided()] == [one.key for one in items]


@invariant(1)
@for_each_vendor(*PER_ITEM)
@example_settings(6)
@given(data=st.data())
def test_an_item_that_is_sent_twice_has_two_outcomes(vendor: ProfiledVendor, data: st.DataObject) -> None:
    with open_sandbox(vendor) as here:
        items = data.draw(item_specs(vendor, at_least=1))
        sent(here, items + items)

        assert Counter(key for key, _ in here.decided()) == Counter(one.key for one in items + items)


@invariant(4)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_created_and_updated_say_what_was_there_before(vendor: ProfiledVendor, data: st.DataObject) -> None:
    with open_sandbox(vendor) as here:
        here.send(*data.draw(item_specs(vendor, good=True)))
        before = here.listed()
        sent(here, data.draw(item_specs(vendor, at_least=1)))

        after = here.listed()
        accepted = {key: action for key, action in here.decided() if action in ACCEPTED}
        assert {key: action is Action.CREATED for key, action in accepted.items()} == {
            key: key not in before for key in accepted
        }
        assert accepted.keys() <= after.keys()


@invariant(3, 4)
@for_each_vendor(*PER_ITEM)
@example_settings(6)
@given(data=st.data())
def test_the_answer_accepts_the_items_that_are_good_and_no_others(
    vendor: ProfiledVendor, data: st.DataObject
) -> None:
    """Its count and its amounts are those of the accepted items."""
    with open_sandbox(vendor) as here:
        items = data.draw(item_specs(vendor, at_least=1))
        answered = sent(here, items)

        good = [one.good for one in items]
        assert [action in ACCEPTED for _, action in here.decided()] == good
        assert vendor.outcomes(vendor.batch(items), answered, items) == good


@invariant(5)
@for_each_vendor(*PER_ITEM)
@example_settings(6)
@given(data=st.data())
def test_a_failed_item_leaves_no_trace(vendor: ProfiledVendor, data: st.DataObject) -> None:
    """The whole sandbox, its numbers and stamps among it, is as if the item had not been sent."""
    some = data.draw(item_specs(vendor, at_least=2))
    items = [replace(some[0], good=True), *some[1:]]
    with open_sandbox(vendor) as here, open_sandbox(vendor) as there:
        sent(here, items)
        sent(there, [one for one in items if one.good])

        assert here.dump() == there.dump()


@invariant(6)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_who_reads_after_the_answer_sees_every_item_that_was_accepted(
    vendor: ProfiledVendor, data: st.DataObject
) -> None:
    with open_sandbox(vendor) as here:
        items = data.draw(item_specs(vendor, at_least=1))
        sent(here, items)

        accepted = {key for key, action in here.decided() if action in ACCEPTED}
        wanted = vendor.records(one for one in items if one.key in accepted)
        assert {key: here.read(key) for key in accepted} == wanted
        assert here.listed().items() >= wanted.items()


@invariant(8)
@for_each_vendor(*WHOLE)
@example_settings(6)
@given(data=st.data(), bad=st.integers(0, 5))
def test_a_bad_item_of_a_whole_batch_changes_nothing(
    vendor: ProfiledVendor, data: st.DataObject, bad: int
) -> None:
    with open_sandbox(vendor) as here:
        items = data.draw(item_specs(vendor, at_least=1, good=True))
        here.send(*items[:1])
        before = here.dump()
        changed = [replace(one, number=one.number + 1000) for one in items]
        changed[bad % len(items)] = replace(changed[bad % len(items)], good=False)

        assert sent(here, changed).status == 400
        assert here.dump() == before


@invariant(8)
@for_each_vendor()
@example_settings(6)
@given(data=st.data(), first=numbers(), second=numbers())
def test_a_bad_item_changes_no_part_of_its_record(
    vendor: ProfiledVendor, data: st.DataObject, first: int, second: int
) -> None:
    key = data.draw(st.sampled_from(vendor.keys))
    with open_sandbox(vendor) as here:
        sent(here, [ItemSpec(key, first)])
        before = here.state()
        sent(here, [ItemSpec(key, second, good=False)])

        assert here.state() == before
