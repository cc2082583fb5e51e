"""What an idempotency key promises: one execution, one answer. Edge-cases §3, 12 and 13."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.codec import json
from mockserver.server.transport_faults import ConnectionLostError
from tests.invariants.adapters import GUIDEWIRE, PAYT, PVEX, VBA, XERO, for_each_vendor
from tests.invariants.sandboxes import (
    ItemSpec,
    OperationRequest,
    VendorAdapter,
    VendorSandbox,
    example_settings,
    invariant,
    item_specs,
    open_sandbox,
    unchecked_client,
)
from tests.support.client import Response
from tests.support.overlapping_calls import OverlappingRequest, send_overlapping

REPLAYING = (PAYT, PVEX, VBA, XERO)
KEYS = st.text("abcdefgh-0123456789", min_size=1, max_size=128)


def keyed(here: VendorSandbox) -> None:
    if here.adapter.key_assumption:
        here.assume(**{here.adapter.key_assumption: "on"})


def seen(answered: Response) -> tuple[int, bytes, str | None]:
    return answered.status, answered.body, answered.headers.get("content-type")


@invariant(12)
@for_each_vendor(*REPLAYING)
@example_settings(6)
@given(data=st.data(), key=KEYS)
def test_a_replay_has_the_same_answer_and_no_effect(
    adapter: VendorAdapter, data: st.DataObject, key: str
) -> None:
    items = data.draw(item_specs(adapter, at_least=1))
    with open_sandbox(adapter) as here:
        keyed(here)
        first = here.send(*items, key=key)
        before = here.state()
        again = here.send(*items, key=key)

        assert seen(again) == seen(first)
        assert here.state() == before
        executions = [entry for entry in here.app.journal.entries(here.sandbox) if entry.decided.items()]
        assert len(executions) == 1


@invariant(12)
@example_settings(6)
@given(items=item_specs(GUIDEWIRE, at_least=1, good=True), key=KEYS)
def test_a_vendor_that_does_not_replay_says_that_it_was_done(items: list[ItemSpec], key: str) -> None:
    with open_sandbox(GUIDEWIRE) as here:
        sent = GUIDEWIRE.change(items[0].key, items[0].value)
        once = replace(sent, headers={GUIDEWIRE.key_header: key})
        first, before = once.to(here.client), here.state()
        again = once.to(here.client)

        assert (first.status, again.status) == (200, 400)
        assert here.state() == before


@invariant(13)
@for_each_vendor(*REPLAYING)
@example_settings(6)
@given(data=st.data(), key=KEYS)
def test_a_key_of_another_request_is_refused(adapter: VendorAdapter, data: st.DataObject, key: str) -> None:
    items = data.draw(item_specs(adapter, at_least=1))
    other = [replace(items[0], value=f"{items[0].value}-other"), *items[1:]]
    with open_sandbox(adapter) as here:
        keyed(here)
        here.send(*items, key=key)
        before = here.state()

        assert here.send(*other, key=key).status == (422 if adapter.key_assumption else 400)
        assert here.state() == before


@invariant(13)
@for_each_vendor(*REPLAYING)
@example_settings(5)
@given(data=st.data(), key=KEYS)
def test_a_key_in_flight_is_refused_and_the_first_call_is_not_touched(
    adapter: VendorAdapter, data: st.DataObject, key: str
) -> None:
    items = data.draw(item_specs(adapter, at_least=1, good=True))
    with open_sandbox(adapter) as here, open_sandbox(adapter) as there:
        keyed(here)
        told = adapter.batch(items)
        call = OverlappingRequest(
            told.method, told.path, json.encode(told.document), {adapter.key_header: key}
        )
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
    here: VendorSandbox, rule: dict[str, Any], call: OperationRequest
) -> tuple[Response, Response]:
    """Two more answers to a call that met the rule, all under one key; the first item is changed before."""
    keyed(here)
    sent = replace(call, headers={here.adapter.key_header: "k"})
    here.arm({"id": "r", "times": {"count": 1}, **rule})
    with suppress(ConnectionLostError):
        sent.to(unchecked_client(here))
    assert here.adapter.change(here.adapter.keys[0], "between").to(here.client).status < 300
    return sent.to(unchecked_client(here)), sent.to(unchecked_client(here))


@invariant(12)
@for_each_vendor(*REPLAYING)
@pytest.mark.parametrize("rule", [*DONE.values(), *NOT_DONE.values()], ids=[*DONE, *NOT_DONE])
def test_what_was_done_under_a_key_is_not_done_again(adapter: VendorAdapter, rule: dict[str, Any]) -> None:
    first, second = adapter.keys[:2]
    with open_sandbox(adapter) as here:
        here.send(ItemSpec(first, "before"), ItemSpec(second, "before"))
        batch = adapter.batch([ItemSpec(first, "sent"), ItemSpec(second, "sent")])
        again, once_more = twice_under_a_key(here, rule, batch)

        is_half, is_done = rule.get("commit") == HALF, rule in DONE.values()
        assert adapter.read(here.client, first) == ("between" if is_done else "sent")
        assert adapter.read(here.client, second) == ("before" if is_half else "sent")
        assert seen(once_more) == seen(again)
        assert again.status >= 500 or not is_half


@invariant(12)
@pytest.mark.parametrize(
    "rule",
    [*DONE.values(), *NOT_DONE.values(), on_first(fail={**INTERNAL, "status": 500}), on_first(hang=1)],
    ids=[*DONE, *NOT_DONE, "failed", "late, and failed"],
)
@for_each_vendor(VBA, PVEX, GUIDEWIRE)
def test_one_document_under_a_key_is_kept_once_too(adapter: VendorAdapter, rule: dict[str, Any]) -> None:
    key = adapter.keys[0]
    with open_sandbox(adapter) as here:
        here.send(ItemSpec(key, "before"))
        again, _ = twice_under_a_key(here, rule, adapter.change(key, "sent"))

        is_done = rule in DONE.values()
        assert adapter.read(here.client, key) == ("between" if is_done else "sent")
        if not adapter.replays:
            assert again.status == (400 if is_done else 200)


@invariant(12)
@for_each_vendor(*REPLAYING)
def test_an_answer_that_the_vendor_loses_is_kept_under_its_key(adapter: VendorAdapter) -> None:
    with open_sandbox(adapter) as here:
        keyed(here)
        here.assume(availability="failing_after_commit")
        lost = here.send(ItemSpec(adapter.keys[0], "sent"), key="k")
        here.assume(availability="up")
        here.send(ItemSpec(adapter.keys[0], "between"))
        again = here.send(ItemSpec(adapter.keys[0], "sent"), key="k")

        assert (lost.status, again.status < 300) == (500, True)
        assert adapter.read(here.client, adapter.keys[0]) == "between"
