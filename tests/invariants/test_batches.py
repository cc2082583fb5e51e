"""What holds of one batch: what its answer says, and what it leaves behind. Edge-cases §3, 1 to 8."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from mockserver.model import Action
from tests.invariants.adapters import ADAPTERS, GUIDEWIRE, PAYT, PVEX, VBA, XERO, for_each_vendor
from tests.invariants.sandboxes import (
    ItemSpec,
    VendorAdapter,
    VendorSandbox,
    example_settings,
    invariant,
    item_specs,
    open_sandbox,
)
from tests.support.client import Response
from tests.vendors.xero.documents import BATCHES, EACH, R1, R2, batch, pay

PER_ITEM = [dialect for dialect in ADAPTERS if not dialect.all_or_nothing]
ACCEPTED = (Action.CREATED, Action.UPDATED, Action.UNCHANGED)


def sent(here: VendorSandbox, items: list[ItemSpec]) -> Response:
    answered = here.send(*items)
    assert answered.status < 500
    return answered


@invariant(1)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_there_are_as_many_outcomes_as_items_and_of_the_same_keys(
    adapter: VendorAdapter, data: st.DataObject
) -> None:
    with open_sandbox(adapter) as here:
        items = data.draw(item_specs(adapter, at_least=1))
        answered = sent(here, items)

        keys = Counter(one.key for one in items)
        assert Counter(key for key, _ in here.decided()) == keys
        told = adapter.reported(answered)
        assert told is None or Counter(key for key, _ in told) == keys


@invariant(1)
@for_each_vendor(VBA, PAYT, XERO, GUIDEWIRE)
@example_settings(6)
@given(data=st.data())
def test_an_item_that_is_sent_twice_has_two_outcomes(adapter: VendorAdapter, data: st.DataObject) -> None:
    with open_sandbox(adapter) as here:
        items = data.draw(item_specs(adapter, at_least=1))
        sent(here, items + items)

        assert Counter(key for key, _ in here.decided()) == Counter(one.key for one in items + items)


@invariant(2)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_outcomes_stand_in_the_order_of_the_items(adapter: VendorAdapter, data: st.DataObject) -> None:
    with open_sandbox(adapter) as here:
        items = data.draw(item_specs(adapter, at_least=1))
        answered = sent(here, items)

        keys = [one.key for one in items]
        assert [key for key, _ in here.decided()] == keys
        told = adapter.reported(answered)
        assert told is None or [key for key, _ in told] == keys


@invariant(3)
@example_settings(6)
@given(items=item_specs(PAYT))
def test_a_count_and_the_items_that_failed_make_all_items(items: list[ItemSpec]) -> None:
    with open_sandbox(PAYT) as here:
        answered = sent(here, items).json

        bad = {one.key for one in items if not one.good}
        assert answered["count"] + len(bad) == len(items)
        assert set(answered["errors"]) == bad


@invariant(3)
@example_settings(6)
@given(first=st.integers(1, 10000), second=st.integers(1, 10000))
def test_the_total_of_a_batch_payment_is_the_sum_of_its_payments(first: int, second: int) -> None:
    with open_sandbox(XERO) as here:
        amounts = [Decimal(cents) / 100 for cents in (first, second)]
        payments = batch(pay(R1, amounts[0]), pay(R2, amounts[1]))
        answered = here.client.put(f"/xero{BATCHES}{EACH}", json={"BatchPayments": [payments]})

        assert answered.json["BatchPayments"][0]["TotalAmount"] == sum(amounts)


@invariant(4)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_created_and_updated_say_what_was_there_before(adapter: VendorAdapter, data: st.DataObject) -> None:
    with open_sandbox(adapter) as here:
        here.send(*data.draw(item_specs(adapter, good=True)))
        before = here.listed()
        sent(here, data.draw(item_specs(adapter, at_least=1)))

        after = here.listed()
        for key, action in here.decided():
            if action is Action.CREATED:
                assert key not in before
                assert key in after
            elif action in ACCEPTED:
                assert key in before
                assert key in after


@invariant(4)
@for_each_vendor(*PER_ITEM)
@example_settings(6)
@given(data=st.data())
def test_the_answer_accepts_the_items_that_are_good_and_no_others(
    adapter: VendorAdapter, data: st.DataObject
) -> None:
    with open_sandbox(adapter) as here:
        items = data.draw(item_specs(adapter, at_least=1))
        answered = sent(here, items)

        good = [(one.key, one.good) for one in items]
        assert [(key, action in ACCEPTED) for key, action in here.decided()] == good
        told = adapter.reported(answered)
        assert told is None or told == good


@invariant(5)
@for_each_vendor(*PER_ITEM)
@example_settings(6)
@given(data=st.data())
def test_a_failed_item_leaves_no_trace(adapter: VendorAdapter, data: st.DataObject) -> None:
    """The whole sandbox, its numbers and stamps among it, is as if the item had not been sent."""
    some = data.draw(item_specs(adapter, at_least=2))
    items = [replace(some[0], good=True), *some[1:]]
    with open_sandbox(adapter) as here, open_sandbox(adapter) as there:
        sent(here, items)
        sent(there, [one for one in items if one.good])

        assert here.dump() == there.dump()


@invariant(6)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_who_reads_after_the_answer_sees_every_item_that_was_accepted(
    adapter: VendorAdapter, data: st.DataObject
) -> None:
    with open_sandbox(adapter) as here:
        items = data.draw(item_specs(adapter, at_least=1))
        sent(here, items)

        accepted = {key for key, action in here.decided() if action in ACCEPTED}
        wanted = {one.key: one.value for one in items if one.key in accepted}
        assert {key: adapter.read(here.client, key) for key in accepted} == wanted
        assert {key: value for key, value in here.listed().items() if key in accepted} == wanted


@invariant(8)
@example_settings(6)
@given(items=item_specs(PVEX, at_least=1), bad=st.integers(0, 5))
def test_a_bad_item_of_a_whole_batch_changes_nothing(items: list[ItemSpec], bad: int) -> None:
    with open_sandbox(PVEX) as here:
        here.send(*items[:1])
        before = here.dump()
        at = bad % len(items)
        changed = [ItemSpec(one.key, f"{one.value}!", good=number != at) for number, one in enumerate(items)]

        assert sent(here, changed).status == 400
        assert here.dump() == before


@invariant(8)
@for_each_vendor(GUIDEWIRE)
@example_settings(6)
@given(data=st.data())
def test_a_change_of_one_invoice_is_whole(adapter: VendorAdapter, data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(adapter.keys))
    good = {"mailTo": data.draw(st.text("abc", min_size=1, max_size=9))}
    with open_sandbox(adapter) as here:
        before = here.state()
        attributes = {**good, "payeeAddressBookUID": "ab:999"}
        path = f"/guidewire/claim/v1{key}"
        answered = here.client.patch(path, json={"data": {"attributes": attributes}})

        assert answered.status == 400
        assert here.state() == before
