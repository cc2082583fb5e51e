"""What an idempotency key promises: one execution, one answer. Edge-cases §3, 12 and 13."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mockserver.codec import json
from tests.invariants.dialects import GUIDEWIRE, PAYT, PVEX, VBA, XERO, each
from tests.invariants.world import Dialect, Thing, World, examples, invariant, things, world
from tests.support.client import Answered
from tests.support.overlap import Sent, overlapped

REPLAYING = (PAYT, PVEX, VBA, XERO)
KEYS = st.text("abcdefgh-0123456789", min_size=1, max_size=128)


def keyed(here: World) -> None:
    if here.dialect.key_switch:
        here.assume(**{here.dialect.key_switch: "on"})


def seen(answered: Answered) -> tuple[int, bytes, str | None]:
    return answered.status, answered.body, answered.headers.get("content-type")


@invariant(12)
@each(*REPLAYING)
@examples(6)
@given(data=st.data(), key=KEYS)
def test_a_replay_has_the_same_answer_and_no_effect(dialect: Dialect, data: st.DataObject, key: str) -> None:
    items = data.draw(things(dialect, at_least=1))
    with world(dialect) as here:
        keyed(here)
        first = here.send(*items, key=key)
        before = here.state()
        again = here.send(*items, key=key)

        assert seen(again) == seen(first)
        assert here.state() == before
        executions = [entry for entry in here.app.journal.entries(here.sandbox) if entry.decided.items()]
        assert len(executions) == 1


@invariant(12)
@examples(6)
@given(items=things(GUIDEWIRE, at_least=1, good=True), key=KEYS)
def test_a_vendor_that_does_not_replay_says_that_it_was_done(items: list[Thing], key: str) -> None:
    with world(GUIDEWIRE) as here:
        sent = GUIDEWIRE.change(items[0].key, items[0].value)
        once = replace(sent, headers={GUIDEWIRE.key_header: key})
        first, before = once.to(here.client), here.state()
        again = once.to(here.client)

        assert (first.status, again.status) == (200, 400)
        assert here.state() == before


@invariant(13)
@each(*REPLAYING)
@examples(6)
@given(data=st.data(), key=KEYS)
def test_a_key_of_another_request_is_refused(dialect: Dialect, data: st.DataObject, key: str) -> None:
    items = data.draw(things(dialect, at_least=1))
    other = [replace(items[0], value=f"{items[0].value}-other"), *items[1:]]
    with world(dialect) as here:
        keyed(here)
        here.send(*items, key=key)
        before = here.state()

        assert here.send(*other, key=key).status == (422 if dialect.key_switch else 400)
        assert here.state() == before


@invariant(13)
@each(*REPLAYING)
@examples(5)
@given(data=st.data(), key=KEYS)
def test_a_key_in_flight_is_refused_and_the_first_call_is_not_touched(
    dialect: Dialect, data: st.DataObject, key: str
) -> None:
    items = data.draw(things(dialect, at_least=1, good=True))
    with world(dialect) as here, world(dialect) as there:
        keyed(here)
        told = dialect.batch(items)
        call = Sent(told.method, told.path, json.encode(told.document), {dialect.key_header: key})
        first, second = overlapped(here.client, call, call)
        alone = there.send(*items)

        assert (first.status, second.status) == (alone.status, 409)
        assert here.listed() == there.listed() != {}
