"""What a scenario does, and what it leaves alone. Edge-cases §3, 17, 18, 28 to 30, 33 and 35."""

from __future__ import annotations

from contextlib import suppress
from math import sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.app import Application
from mockserver.app.wire import ConnectionLost
from mockserver.model import Action
from mockserver.scenario.fate import draw
from tests.invariants.dialects import ALL, GUIDEWIRE, XERO, each
from tests.invariants.walks import seen, steps, walk
from tests.invariants.world import Dialect, Thing, World, examples, invariant, things, unchecked, world

PER_ITEM = [dialect for dialect in ALL if not dialect.whole]
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


def bent(here: World, items: list[Thing]) -> None:
    """Send a batch whose answer may be anything, or never come."""
    with suppress(ConnectionLost):
        here.dialect.batch(items).to(unchecked(here))


def fates(here: World, items: list[Thing]) -> dict[str, Action]:
    here.send(*items)
    return dict(here.decided())


@invariant(17)
@each(*PER_ITEM)
@examples(8)
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_the_fate_of_an_item_is_the_same_in_any_company(
    dialect: Dialect, data: st.DataObject, seed: int
) -> None:
    items = data.draw(things(dialect, at_least=2, good=True))
    others = data.draw(st.permutations(items))[: data.draw(st.integers(1, len(items)))]
    with world(dialect) as here, world(dialect, seed=99) as there:
        for one in (here, there):
            one.arm(HALF, seed=seed)
        there.send()
        found, again = fates(here, items), fates(there, others)

        rejected = {key for key, action in found.items() if action is Action.REJECTED}
        assert {key for key, action in again.items() if action is Action.REJECTED} == rejected & set(again)


@invariant(17, 18)
@each(*PER_ITEM)
@examples(5)
@given(seed=st.integers(0, 10**6))
def test_two_attempts_of_one_item_have_fates_of_their_own(dialect: Dialect, seed: int) -> None:
    with world(dialect) as here:
        here.arm(HALF, seed=seed)
        items = [Thing(dialect.keys[0], "v1")]
        met = {fates(here, items)[dialect.keys[0]] is Action.REJECTED for _ in range(40)}

        assert met == {True, False}


@invariant(18)
@examples(6)
@given(p=st.floats(0.001, 0.999), seed=st.integers())
def test_chances_come_out_as_often_as_they_should(p: float, seed: int) -> None:
    number = 10_000
    hits = sum(draw(seed, "scenario", "rule", str(at), "1") < p for at in range(number))

    assert abs(hits / number - p) <= 4 * sqrt(p * (1 - p) / number)


@invariant(28)
@each()
@pytest.mark.parametrize("response", RESPONSES, ids=lambda one: str(next(iter(one.values())))[:12])
@examples(2)
@given(data=st.data())
def test_work_that_is_to_be_done_is_done_however_its_answer_leaves(
    dialect: Dialect, response: dict[str, Any], data: st.DataObject
) -> None:
    items = data.draw(things(dialect, at_least=1))
    with world(dialect) as here, world(dialect) as there:
        here.arm({"id": "r", "commit": "full", "response": response})
        bent(here, items)
        there.send(*items)

        assert here.vendor() == there.vendor()


@invariant(28)
@each()
@examples(6)
@given(data=st.data(), response=st.sampled_from(RESPONSES))
def test_work_that_is_not_to_be_done_is_not_done(
    dialect: Dialect, data: st.DataObject, response: dict[str, Any]
) -> None:
    with world(dialect) as here:
        before = here.state()
        here.arm({"id": "r", "commit": "none", "response": response})
        bent(here, data.draw(things(dialect, at_least=1)))

        assert here.state() == before


@invariant(28)
@each()
@examples(6)
@given(data=st.data(), first=st.integers(1, 6))
def test_of_work_that_is_to_be_half_done_the_first_items_are_done(
    dialect: Dialect, data: st.DataObject, first: int
) -> None:
    items = data.draw(things(dialect, at_least=1, good=True if dialect.whole else None))
    with world(dialect) as here, world(dialect) as there:
        here.arm({"id": "r", "commit": {"partial": first}, "response": {"status": 500}})
        bent(here, items)
        there.send(*items[:first])

        assert here.state() == there.state()


@invariant(29)
@each()
@examples(6)
@given(data=st.data(), times=st.integers(1, 4))
def test_an_item_that_is_to_fail_so_often_fails_so_often_and_then_no_more(
    dialect: Dialect, data: st.DataObject, times: int
) -> None:
    items = data.draw(things(dialect, at_least=1, good=True))
    effect = {"fail": {"code": "internal"}, "failTimes": times}
    with world(dialect) as here:
        here.arm({"id": "r", "items": [{"select": {"key": items[0].key}, "effect": effect}]})
        met = [fates(here, items)[items[0].key] for _ in range(times + 1)]

        assert met[:-1] == [Action.REJECTED] * times
        assert met[-1] in (Action.CREATED, Action.UPDATED)
        assert here.listed()[items[0].key] == items[0].value


@invariant(29)
@each(*PER_ITEM)
@examples(6)
@given(data=st.data())
def test_attempts_are_counted_for_each_item_apart(dialect: Dialect, data: st.DataObject) -> None:
    items = data.draw(things(dialect, at_least=2, good=True))
    effect = {"fail": {"code": "internal"}, "failTimes": 1}
    with world(dialect) as here:
        here.arm({"id": "r", "items": [{"select": {"all": True}, "effect": effect}]})
        here.send(items[0])
        met = fates(here, items)

        rejected = {key for key, action in met.items() if action is Action.REJECTED}
        assert rejected == {one.key for one in items[1:]}


@invariant(30)
@each()
@examples(6)
@given(data=st.data())
def test_a_scenario_that_does_not_match_changes_no_byte(
    dialect: Dialect, data: st.DataObject, bare: Application
) -> None:
    walked = data.draw(steps(dialect))
    with world(dialect) as here, world(dialect, bare) as there:
        here.arm({"id": "r", "match": {"headers": {"x-never": "sent"}}, "response": {"status": 500}})

        assert walk(here, walked) == walk(there, walked)
        assert here.vendor() == there.vendor()


@invariant(33)
@each()
@examples(6)
@given(limit=st.integers(1, 3), seconds=st.integers(1, 600), calls=st.integers(1, 6))
def test_a_quota_lets_in_as_many_as_it_says_and_more_after_the_wait_that_it_states(
    dialect: Dialect, limit: int, seconds: int, calls: int
) -> None:
    with world(dialect) as here:
        here.arm({"id": "r", "quota": {"limit": limit, "windowMillis": seconds * 1000}})
        answers = [dialect.listing(unchecked(here)) for _ in range(calls)]

        refused = [answered for answered in answers if answered.status == 429]
        assert len(refused) == max(0, calls - limit)
        if refused:
            wait = int(refused[-1].headers.get("retry-after", seconds))  # not every vendor says how long
            assert 1 <= wait <= seconds
            here.control("POST", "/clock/advance", {"seconds": wait})
            assert dialect.listing(unchecked(here)).status == 200


@invariant(33)
@examples(5)
@given(limit=st.integers(1, 5))
def test_a_quota_of_the_vendors_own_does_so_too(limit: int) -> None:
    with world(XERO) as here:
        here.assume(quotas="on", call_limits=f"{limit}/9/999")
        answers = [XERO.listing(here.client) for _ in range(limit + 2)]

        assert [answered.status for answered in answers] == [200] * limit + [429] * 2
        here.control("POST", "/clock/advance", {"seconds": int(answers[-1].headers["retry-after"])})
        assert XERO.listing(here.client).status == 200


@invariant(35)
@each()
@examples(6)
@given(data=st.data())
def test_the_journal_has_every_call_once_in_order_with_the_rule_that_hit_it(
    dialect: Dialect, data: st.DataObject
) -> None:
    with world(dialect) as here:
        here.arm({"id": "r", "times": {"after": 1, "count": 1}, "response": {"headers": {"X-Bent": "yes"}}})
        answers = [
            dialect.batch(data.draw(things(dialect, at_least=1))).to(unchecked(here)) for _ in range(4)
        ]

        entries = here.app.journal.entries(here.sandbox)
        assert [entry.number for entry in entries] == [int(one.headers["mock-journal"]) for one in answers]
        assert [entry.reply.body for entry in entries] == [one.body for one in answers]
        assert [entry.applied for entry in entries] == [(), ("bend/r",), (), ()]
        assert [seen(one)[2].count(("x-bent", "yes")) for one in answers] == [0, 1, 0, 0]


@invariant(35)
@each()
@examples(6)
@given(data=st.data())
def test_what_the_journal_verifies_is_what_it_holds(dialect: Dialect, data: st.DataObject) -> None:
    with world(dialect) as here:
        batches = [data.draw(things(dialect, at_least=1)) for _ in range(3)]
        for items in batches:
            here.send(*items)

        entries = here.app.journal.entries(here.sandbox)
        rejected = sum(entry.decided.counts.get("rejected", 0) for entry in entries)
        wanted = {"match": {"operation": dialect.operation}, "calls": 3, "items": {"rejected": rejected}}
        assert here.control("POST", "/journal/verify", wanted).status == 204
        assert _verified(here, {**wanted, "calls": 4}) == 409
        assert _verified(here, {**wanted, "items": {"rejected": rejected + 1}}) == 409


def _verified(here: World, wanted: Any) -> int:
    path = f"/_mock/sandboxes/{here.sandbox}/journal/verify"
    return here.client.request("POST", path, json=wanted).status


@invariant(28)
@examples(6)
@given(items=things(GUIDEWIRE, at_least=1, good=True))
def test_one_change_without_a_batch_keeps_the_law_too(items: list[Thing]) -> None:
    with world(GUIDEWIRE) as here, world(GUIDEWIRE) as there:
        here.arm({"id": "r", "commit": "full", "response": {"status": 504}})
        sent = GUIDEWIRE.change(items[0].key, items[0].value)
        sent.to(unchecked(here))
        sent.to(there.client)

        assert here.state() == there.state()
