"""What a scenario does, and what it leaves alone. Edge-cases §3, 17, 18, 28 to 30, 33 and 35."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from math import sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.model import Action
from mockserver.scenario.evaluation import draw
from mockserver.server.application import Application
from mockserver.server.transport_faults import ConnectionLostError
from tests.invariants.sandboxes import (
    VendorSandbox,
    example_settings,
    invariant,
    item_specs,
    open_sandbox,
    unchecked_client,
)
from tests.invariants.sequences import comparable, run_sequence, sequences
from tests.invariants.vendors import CHANGING, PER_ITEM, XERO, for_each_vendor
from tests.support.profiled_vendor import ItemSpec, ProfiledVendor

HALF = {"id": "r", "items": [{"select": {"sample": 0.5}, "effect": {"fail": {"code": "internal"}}}]}
RESPONSES: tuple[dict[str, Any], ...] = (
    {"status": 504, "body": {"text": "<p>gone</p>", "mediaType": "text/html"}},
    {"truncateBodyAtFraction": 0.5},
    {"fault": "CONNECTION_RESET_BY_PEER"},
    {"fault": "RANDOM_DATA_THEN_CLOSE"},
    {"fault": "EMPTY_RESPONSE"},
    {"fault": "MALFORMED_RESPONSE_CHUNK"},
    {"fault": "TRUNCATED_BODY"},
    {"fault": "WRONG_LENGTH"},
    {"fault": "NO_RESPONSE"},
    {"fault": "CLOSE_IDLE"},
)


def bent(here: VendorSandbox, items: list[ItemSpec]) -> None:
    """Send a batch whose answer may be anything, or never come."""
    with suppress(ConnectionLostError):
        here.vendor.send(unchecked_client(here), here.vendor.batch(items))


def fates(here: VendorSandbox, items: list[ItemSpec]) -> dict[str, Action]:
    here.send(*items)
    return dict(here.decided())


@invariant(17)
@for_each_vendor(*PER_ITEM)
@example_settings(8)
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_the_fate_of_an_item_is_the_same_in_any_company(
    vendor: ProfiledVendor, data: st.DataObject, seed: int
) -> None:
    items = data.draw(item_specs(vendor, at_least=2, good=True))
    others = data.draw(st.permutations(items))[: data.draw(st.integers(1, len(items)))]
    with open_sandbox(vendor) as here, open_sandbox(vendor, seed=99) as there:
        for one in (here, there):
            one.arm(HALF, seed=seed)
        there.send()
        found, again = fates(here, items), fates(there, others)

        rejected = {key for key, action in found.items() if action is Action.REJECTED}
        assert {key for key, action in again.items() if action is Action.REJECTED} == rejected & set(again)


@invariant(17, 18)
@for_each_vendor(*PER_ITEM)
@example_settings(5)
@given(seed=st.integers(0, 10**6))
def test_two_attempts_of_one_item_have_fates_of_their_own(vendor: ProfiledVendor, seed: int) -> None:
    with open_sandbox(vendor) as here:
        here.arm(HALF, seed=seed)
        items = [ItemSpec(vendor.keys[0], 1)]
        met = {fates(here, items)[vendor.keys[0]] is Action.REJECTED for _ in range(40)}

        assert met == {True, False}


@invariant(18)
@example_settings(6)
@given(p=st.floats(0.001, 0.999), seed=st.integers())
def test_chances_come_out_as_often_as_they_should(p: float, seed: int) -> None:
    number = 10_000
    hits = sum(draw(seed, "scenario", "rule", str(at), "1") < p for at in range(number))

    assert abs(hits / number - p) <= 4 * sqrt(p * (1 - p) / number)


@invariant(28)
@for_each_vendor()
@pytest.mark.parametrize("response", RESPONSES, ids=lambda one: str(next(iter(one.values())))[:12])
@example_settings(2)
@given(data=st.data())
def test_work_that_is_to_be_done_is_done_however_its_answer_leaves(
    vendor: ProfiledVendor, response: dict[str, Any], data: st.DataObject
) -> None:
    items = data.draw(item_specs(vendor, at_least=1))
    with open_sandbox(vendor) as here, open_sandbox(vendor) as there:
        here.arm({"id": "r", "commit": "full", "response": response})
        bent(here, items)
        there.send(*items)

        assert here.of_vendor() == there.of_vendor()


@invariant(28)
@for_each_vendor()
@example_settings(6)
@given(data=st.data(), response=st.sampled_from(RESPONSES))
def test_work_that_is_not_to_be_done_is_not_done(
    vendor: ProfiledVendor, data: st.DataObject, response: dict[str, Any]
) -> None:
    with open_sandbox(vendor) as here:
        before = here.state()
        here.arm({"id": "r", "commit": "none", "response": response})
        bent(here, data.draw(item_specs(vendor, at_least=1)))

        assert here.state() == before


@invariant(28)
@for_each_vendor()
@example_settings(6)
@given(data=st.data(), first=st.integers(1, 6))
def test_of_work_that_is_to_be_half_done_the_first_items_are_done(
    vendor: ProfiledVendor, data: st.DataObject, first: int
) -> None:
    items = data.draw(item_specs(vendor, at_least=1, good=True if vendor.marks.atomic else None))
    with open_sandbox(vendor) as here, open_sandbox(vendor) as there:
        here.arm({"id": "r", "commit": {"partial": first}, "response": {"status": 500}})
        bent(here, items)
        there.send(*items[:first])

        assert here.state() == there.state()


@invariant(29)
@for_each_vendor()
def test_the_transient_item_is_the_same_one_wherever_it_stands(vendor: ProfiledVendor) -> None:
    a, b = (ItemSpec(key, 1) for key in vendor.keys[:2])
    with open_sandbox(vendor) as here:
        bound = replace(here, client=here.client.within(mock_scenario="transient-item"))
        met = [fates(bound, items) for items in ([a, b], [b], [b, a], [a, b])]

        assert [Action.REJECTED in one.values() for one in met] == [True, False, True, False]
        assert met[0][a.key] is met[2][a.key] is Action.REJECTED


@invariant(29)
@for_each_vendor()
@example_settings(6)
@given(data=st.data(), times=st.integers(1, 4))
def test_an_item_that_is_to_fail_so_often_fails_so_often_and_then_no_more(
    vendor: ProfiledVendor, data: st.DataObject, times: int
) -> None:
    items = data.draw(item_specs(vendor, at_least=1, good=True))
    effect = {"fail": {"code": "internal"}, "failTimes": times}
    with open_sandbox(vendor) as here:
        here.arm(
            {"id": "r", "items": [{"select": {"key": vendor.journal_keys[items[0].key]}, "effect": effect}]}
        )
        met = [fates(here, items)[items[0].key] for _ in range(times + 1)]

        assert met[:-1] == [Action.REJECTED] * times
        assert met[-1] in (Action.CREATED, Action.UPDATED)
        assert here.listed()[items[0].key] == vendor.record(items[0])


@invariant(29)
@for_each_vendor(*PER_ITEM)
@example_settings(6)
@given(data=st.data())
def test_attempts_are_counted_for_each_item_apart(vendor: ProfiledVendor, data: st.DataObject) -> None:
    items = data.draw(item_specs(vendor, at_least=2, good=True))
    effect = {"fail": {"code": "internal"}, "failTimes": 1}
    with open_sandbox(vendor) as here:
        here.arm({"id": "r", "items": [{"select": {"all": True}, "effect": effect}]})
        here.send(items[0])
        met = fates(here, items)

        rejected = {key for key, action in met.items() if action is Action.REJECTED}
        assert rejected == {one.key for one in items[1:]}


@invariant(30)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_a_scenario_that_does_not_match_changes_no_byte(
    vendor: ProfiledVendor, data: st.DataObject, bare: Application
) -> None:
    walked = data.draw(sequences(vendor))
    with open_sandbox(vendor) as here, open_sandbox(vendor, bare) as there:
        here.arm({"id": "r", "match": {"headers": {"x-never": "sent"}}, "response": {"status": 500}})

        assert run_sequence(here, walked) == run_sequence(there, walked)
        assert here.of_vendor() == there.of_vendor()


@invariant(33)
@for_each_vendor()
@example_settings(6)
@given(limit=st.integers(1, 3), seconds=st.integers(1, 600), calls=st.integers(1, 6))
def test_a_quota_lets_in_as_many_as_it_says_and_more_after_the_wait_that_it_states(
    vendor: ProfiledVendor, limit: int, seconds: int, calls: int
) -> None:
    with open_sandbox(vendor) as here:
        here.arm({"id": "r", "quota": {"limit": limit, "windowMillis": seconds * 1000}})
        client, request = unchecked_client(here), vendor.list_request()
        answers = [vendor.send(client, request) for _ in range(calls)]

        refused = [answered for answered in answers if answered.status == 429]
        assert len(refused) == max(0, calls - limit)
        if refused:
            wait = int(refused[-1].headers.get("retry-after", seconds))  # not every vendor says how long
            assert 1 <= wait <= seconds
            here.control("POST", "/clock/advance", {"seconds": wait})
            assert vendor.send(client, request).status == 200


@invariant(33)
@example_settings(5)
@given(limit=st.integers(1, 5))
def test_a_quota_of_the_vendors_own_does_so_too(limit: int) -> None:
    with open_sandbox(XERO) as here:
        here.assume(quotas="on", call_limits=f"{limit}/9/999")
        answers = [here.call(XERO.list_request()) for _ in range(limit + 2)]

        assert [answered.status for answered in answers] == [200] * limit + [429] * 2
        here.control("POST", "/clock/advance", {"seconds": int(answers[-1].headers["retry-after"])})
        assert here.call(XERO.list_request()).status == 200


@invariant(35)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_the_journal_has_every_call_once_in_order_with_the_rule_that_hit_it(
    vendor: ProfiledVendor, data: st.DataObject
) -> None:
    with open_sandbox(vendor) as here:
        here.arm({"id": "r", "times": {"after": 1, "count": 1}, "response": {"headers": {"X-Bent": "yes"}}})
        answers = [
            vendor.send(unchecked_client(here), vendor.batch(data.draw(item_specs(vendor, at_least=1))))
            for _ in range(4)
        ]

        entries = here.app.journal.kept.entries(here.sandbox)
        assert [entry.number for entry in entries] == [int(one.headers["mock-journal"]) for one in answers]
        assert [entry.reply.body for entry in entries] == [one.body for one in answers]
        assert [entry.applied for entry in entries] == [(), ("bend/r",), (), ()]
        assert [comparable(one)[2].count(("x-bent", "yes")) for one in answers] == [0, 1, 0, 0]


@invariant(35)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_what_the_journal_verifies_is_what_it_holds(vendor: ProfiledVendor, data: st.DataObject) -> None:
    with open_sandbox(vendor) as here:
        batches = [data.draw(item_specs(vendor, at_least=1)) for _ in range(3)]
        for items in batches:
            here.send(*items)

        entries = here.app.journal.kept.entries(here.sandbox)
        rejected = sum(entry.decided.counts.get("rejected", 0) for entry in entries)
        wanted = {"match": {"operation": vendor.operation}, "calls": 3, "items": {"rejected": rejected}}
        assert here.control("POST", "/journal/verify", wanted).status == 204
        assert _verified(here, {**wanted, "calls": 4}) == 409
        assert _verified(here, {**wanted, "items": {"rejected": rejected + 1}}) == 409


def _verified(here: VendorSandbox, wanted: Any) -> int:
    path = f"/_mock/sandboxes/{here.sandbox}/journal/verify"
    return here.client.request("POST", path, json=wanted).status


@invariant(28)
@for_each_vendor(*CHANGING)
@example_settings(6)
@given(data=st.data())
def test_one_change_without_a_batch_keeps_the_law_too(vendor: ProfiledVendor, data: st.DataObject) -> None:
    items = data.draw(item_specs(vendor, at_least=1, good=True))
    with open_sandbox(vendor) as here, open_sandbox(vendor) as there:
        for world in (here, there):
            world.send(items[0])
        here.arm({"id": "r", "commit": "full", "response": {"status": 504}})
        change = vendor.changed(replace(items[0], number=1000))
        vendor.send(unchecked_client(here), change)
        there.call(change)

        assert here.state() == there.state()
