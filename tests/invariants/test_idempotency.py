"""What an idempotency key promises: one execution, one answer. Edge-cases §3, 12 and 13."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mockserver.codec import json
from tests.invariants.adapters import GUIDEWIRE, PAYT, PVEX, VBA, XERO, for_each_vendor
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
