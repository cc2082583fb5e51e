"""What batches come to when they are permuted, split, or sent twice. Edge-cases §3, 9 to 11."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mockserver.model import Action
from tests.invariants.sandboxes import example_settings, invariant, item_specs, open_sandbox
from tests.invariants.vendors import PER_ITEM, WHOLE, for_each_vendor
from tests.support.profiled_vendor import ProfiledVendor


@invariant(9)
@for_each_vendor(*PER_ITEM)
@example_settings(6)
@given(data=st.data())
def test_the_order_of_the_items_changes_the_order_of_the_outcomes_and_nothing_else(
    vendor: ProfiledVendor, data: st.DataObject
) -> None:
    items = data.draw(item_specs(vendor, at_least=2))
    permuted = data.draw(st.permutations(items))
    with open_sandbox(vendor) as here, open_sandbox(vendor) as there:
        here.send(*items)
        there.send(*permuted)

        assert sorted(here.decided()) == sorted(there.decided())
        assert (here.without_generated(), here.listed()) == (there.without_generated(), there.listed())


@invariant(9)
@for_each_vendor(*WHOLE)
@example_settings(6)
@given(data=st.data())
def test_the_order_of_the_items_of_a_whole_batch_changes_nothing(
    vendor: ProfiledVendor, data: st.DataObject
) -> None:
    items = data.draw(item_specs(vendor, at_least=2))
    permuted = data.draw(st.permutations(items))
    with open_sandbox(vendor) as here, open_sandbox(vendor) as there:
        answers = [here.send(*items), there.send(*permuted)]

        assert len({answered.status for answered in answers}) == 1
        assert (here.without_generated(), here.listed()) == (there.without_generated(), there.listed())


@invariant(10)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_two_batches_come_to_what_one_of_all_their_items_comes_to(
    vendor: ProfiledVendor, data: st.DataObject
) -> None:
    items = data.draw(item_specs(vendor, at_least=2, good=True if vendor.marks.atomic else None))
    cut = data.draw(st.integers(1, len(items) - 1))
    with open_sandbox(vendor) as here, open_sandbox(vendor) as there:
        here.send(*items)
        whole = here.decided()
        parts = []
        for part in (items[:cut], items[cut:]):
            there.send(*part)
            parts += there.decided()

        assert whole == parts
        assert (here.without_generated(), here.listed()) == (there.without_generated(), there.listed())


@invariant(11)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_a_batch_that_is_sent_twice_comes_to_what_it_comes_to_once(
    vendor: ProfiledVendor, data: st.DataObject
) -> None:
    items = data.draw(item_specs(vendor, at_least=1, good=True))
    with open_sandbox(vendor) as here:
        here.send(*items)
        once = (here.without_generated(), here.listed())
        here.send(*items)

        assert (here.without_generated(), here.listed()) == once
        assert {action for _, action in here.decided()} <= {Action.UPDATED, Action.UNCHANGED}


@invariant(10)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_what_is_sent_later_counts(vendor: ProfiledVendor, data: st.DataObject) -> None:
    first = data.draw(item_specs(vendor, at_least=1, good=True))
    second = [replace(one, number=one.number + 1000) for one in first]
    with open_sandbox(vendor) as here, open_sandbox(vendor) as there:
        here.send(*first)
        here.send(*second)
        there.send(*first)
        for one in second:
            there.send(one)

        assert here.listed() == there.listed()
        assert here.listed().items() >= vendor.records(second).items()
