"""What an idempotency key promises: one execution, one answer. Edge-cases §3, 12 and 13."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.contract.exchange import Request
from mockserver.server.transport_faults import ConnectionLostError
from tests.invariants.concurrency import overlapping
from tests.invariants.sandboxes import (
    VendorSandbox,
    example_settings,
    invariant,
    item_specs,
    open_sandbox,
    unchecked_client,
)
from tests.invariants.vendors import ALL_VENDORS, CHANGING, REPLAYING, for_each_vendor
from tests.support.client import Response
from tests.support.overlapping_calls import send_overlapping
from tests.support.profiled_vendor import ItemSpec, ProfiledVendor

KEYS = st.text("abcdefgh-0123456789", min_size=1, max_size=128)
BEFORE, SENT, BETWEEN = 1, 2, 3
REFUSING = [one for one in ALL_VENDORS if not one.replays]
CHANGING_ALONE = [
    one
    for one in CHANGING
    if not one.api.spec.operations[one.api.operation_of(one.changed(ItemSpec(one.keys[0], SENT)))].batch
]
"""Vendors whose change of one record is no batch of one."""


def seen(answered: Response) -> tuple[int, bytes, str | None]:
    return answered.status, answered.body, answered.headers.get("content-type")


@invariant(12)
@for_each_vendor(*REPLAYING)
@example_settings(6)
@given(data=st.data(), key=KEYS)
def test_a_replay_has_the_same_answer_and_no_effect(
    vendor: ProfiledVendor, data: st.DataObject, key: str
) -> None:
    items = data.draw(item_specs(vendor, at_least=1))
    with open_sandbox(vendor) as here:
        here.use_keys()
        first = here.send(*items, key=key)
        before = here.state()
        again = here.send(*items, key=key)

        assert seen(again) == seen(first)
        assert here.state() == before
        executions = [entry for entry in here.app.journal.kept.entries(here.sandbox) if entry.decided.items()]
        assert len(executions) == 1


@invariant(12)
@for_each_vendor(*REFUSING)
@example_settings(6)
@given(data=st.data(), key=KEYS)
def test_a_vendor_that_does_not_replay_says_that_it_was_done(
    vendor: ProfiledVendor, data: st.DataObject, key: str
) -> None:
    item = data.draw(item_specs(vendor, at_least=1, good=True))[0]
    with open_sandbox(vendor) as here:
        once = vendor.under_key(vendor.changed(item), key)
        first, before = here.call(once), here.state()
        again = here.call(once)

        assert (first.status, again.status) == (200, vendor.idempotency.replay_status)
        assert here.state() == before


@invariant(13)
@for_each_vendor(*REPLAYING)
@example_settings(6)
@given(data=st.data(), key=KEYS)
def test_a_key_of_another_request_is_refused(vendor: ProfiledVendor, data: st.DataObject, key: str) -> None:
    items = data.draw(item_specs(vendor, at_least=1))
    other = [replace(items[0], number=items[0].number + 1000), *items[1:]]
    with open_sandbox(vendor) as here:
        here.use_keys()
        here.send(*items, key=key)
        before = here.state()

        assert here.send(*other, key=key).status == vendor.idempotency.conflict_status
        assert here.state() == before


@invariant(13)
@for_each_vendor(*REPLAYING)
@example_settings(5)
@given(data=st.data(), key=KEYS)
def test_a_key_in_flight_is_refused_and_the_first_call_is_not_touched(
    vendor: ProfiledVendor, data: st.DataObject, key: str
) -> None:
    items = data.draw(item_specs(vendor, at_least=1, good=True))
    with open_sandbox(vendor) as here, open_sandbox(vendor) as there:
        here.use_keys()
        call = overlapping(vendor, vendor.batch(items, key=key))
        first, second = send_overlapping(here.client, call, call)
        alone = there.send(*items)

        assert (first.status, second.status) == (alone.status, 409)
        assert here.listed() == there.listed() != {}


def committed(commit: Any, **response: Any) -> dict[str, Any]:
    return {"commit": commit, **({"response": response} if response else {})}


def on_first(**effect: Any) -> dict[str, Any]:
    return {"items": [{"select": {"index": 0}, "effect": effect}]}


INTERNAL = {"code": "internal"}
HALF = {"partial": 1}
PAGE = {"text": "<p>gone</p>", "mediaType": "text/html"}
DONE: dict[str, dict[str, Any]] = {
    "all, then 500": committed("full", status=500),
    "all, then a body of a gateway": committed("full", status=504, body=PAGE),
    "all, then reset": committed("full", fault="CONNECTION_RESET_BY_PEER"),
    "all, then cut": committed("full", truncateBodyAtFraction=0.5),
    "all, then silence": committed("full", fault="NO_RESPONSE"),
    "all, then redirected": committed("full", status=307),
    "half, then 500": committed(HALF, status=500),
    "half, then a body of a gateway": committed(HALF, status=504, body=PAGE),
    "half, then reset": committed(HALF, fault="CONNECTION_RESET_BY_PEER"),
    "half, and all is said to be done": committed(HALF),
    "another schema": {"envelope": {"drift": [{"path": "$.added", "change": "add", "to": 1}]}},
    "stored, and said to have failed": on_first(fail={**INTERNAL, "status": 500}, commit=True),
    "stored, and late": on_first(hang=1, commit=True),
    "stored, and left out": on_first(omit=True),
}
NOT_DONE: dict[str, dict[str, Any]] = {
    "nothing, then 500": committed("none", status=500),
    "nothing, then reset": committed("none", fault="CONNECTION_RESET_BY_PEER"),
}


def twice_under_a_key(
    here: VendorSandbox, rule: dict[str, Any], request: Request
) -> tuple[Response, Response]:
    """Two more answers to a call that met the rule, all under one key; the first item is sent in between."""
    here.use_keys()
    vendor, client = here.vendor, unchecked_client(here)
    once = vendor.under_key(request, "k")
    here.arm({"id": "r", "times": {"count": 1}, **rule})
    with suppress(ConnectionLostError):
        vendor.send(client, once)
    assert here.send(ItemSpec(vendor.keys[0], BETWEEN)).status < 300
    return vendor.send(client, once), vendor.send(client, once)


@invariant(12)
@for_each_vendor(*REPLAYING)
@pytest.mark.parametrize("rule", [*DONE.values(), *NOT_DONE.values()], ids=[*DONE, *NOT_DONE])
def test_what_was_done_under_a_key_is_not_done_again(vendor: ProfiledVendor, rule: dict[str, Any]) -> None:
    keys = vendor.keys[:2]
    with open_sandbox(vendor) as here:
        here.send(*(ItemSpec(key, BEFORE) for key in keys))
        batch = vendor.batch([ItemSpec(key, SENT) for key in keys])
        again, once_more = twice_under_a_key(here, rule, batch)

        is_half, is_done = rule.get("commit") == HALF, rule in DONE.values()
        drawn = (BETWEEN if is_done else SENT, BEFORE if is_half else SENT)
        expected = vendor.records(map(ItemSpec, keys, drawn))
        assert {key: here.read(key) for key in keys} == expected
        assert seen(once_more) == seen(again)
        assert again.status >= 500 or not is_half


@invariant(12)
@pytest.mark.parametrize(
    "rule",
    [*DONE.values(), *NOT_DONE.values(), on_first(fail={**INTERNAL, "status": 500}), on_first(hang=1)],
    ids=[*DONE, *NOT_DONE, "failed", "late, and failed"],
)
@for_each_vendor(*CHANGING_ALONE)
def test_one_document_under_a_key_is_kept_once_too(vendor: ProfiledVendor, rule: dict[str, Any]) -> None:
    before, sent, between = (ItemSpec(vendor.keys[0], number) for number in (BEFORE, SENT, BETWEEN))
    with open_sandbox(vendor) as here:
        here.send(before)
        again, _ = twice_under_a_key(here, rule, vendor.changed(sent))

        is_done = rule in DONE.values()
        assert vendor.change is not None
        changed = vendor.change.after(vendor.record(between), sent.drawn)
        assert here.read(sent.key) == (vendor.record(between) if is_done else changed)
        if not vendor.replays:
            assert again.status == (400 if is_done else 200)


@invariant(12)
@for_each_vendor(*REPLAYING)
def test_an_answer_that_the_vendor_loses_is_kept_under_its_key(vendor: ProfiledVendor) -> None:
    sent, between = (ItemSpec(vendor.keys[0], number) for number in (SENT, BETWEEN))
    with open_sandbox(vendor) as here:
        here.use_keys()
        here.assume(availability="failing_after_commit")
        lost = here.send(sent, key="k")
        here.assume(availability="up")
        here.send(between)
        again = here.send(sent, key="k")

        assert (lost.status, again.status < 300) == (500, True)
        assert here.read(sent.key) == vendor.record(between)
