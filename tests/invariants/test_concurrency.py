"""Many at once: threads in the corridor, calls in one loop. Edge-cases §3, 6, 7 and 32."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from functools import partial
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.exchange import Response as ContractResponse
from mockserver.contract.profile import Record
from mockserver.engine.admission import Arrival
from mockserver.model import Call, Reply
from tests.invariants.concurrency import RegisterOperation, is_linearizable, overlapping, run_together
from tests.invariants.sandboxes import VendorSandbox, example_settings, invariant, item_specs, open_sandbox
from tests.invariants.vendors import for_each_vendor
from tests.support.engine_samples import handle
from tests.support.profiled_vendor import ItemSpec, ProfiledVendor


@pytest.fixture(autouse=True)
def _restless() -> Iterator[None]:
    """Threads take turns fifty times as often as they do."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(interval / 50)
    yield
    sys.setswitchinterval(interval)


def handled(here: VendorSandbox, request: Request) -> Reply:
    """What the vendor's pipeline answers to the call, in the thread that asks."""
    pipeline = here.app.asgi.vendors[here.vendor.name].pipeline
    path, _, query = request.path.partition("?")
    headers = {**here.client.headers, **request.headers}
    call = Call(here.vendor.name, here.sandbox, request.method, path, query, headers, request.body)
    return handle(pipeline, Arrival(call))[1].reply


@invariant(7)
@for_each_vendor()
def test_who_reads_while_others_write_sees_whole_items(vendor: ProfiledVendor) -> None:
    written = [ItemSpec(vendor.keys[0], number) for number in range(1, 21)]
    seen: list[Record | None] = []
    with open_sandbox(vendor) as here:
        handled(here, vendor.batch(written[:1]))

        def write() -> None:
            for item in written:
                assert handled(here, vendor.batch([item])).status < 300

        def read() -> None:
            request = vendor.profile.read(written[0].key, 0)
            for _ in written:
                reply = handled(here, request)
                answer = ContractResponse(reply.status, {}, reply.body)
                seen.append(vendor.profile.shown(written[0].key, Exchange(request, answer)))

        run_together(write, read, read)

    records = [vendor.record(item) for item in written]
    assert len(seen) == 2 * len(written)
    assert [record for record in seen if record not in records] == []


@invariant(32)
@for_each_vendor()
@example_settings(5)
@given(plans=st.lists(st.lists(st.sampled_from("rw"), min_size=3, max_size=4), min_size=3, max_size=3))
def test_reads_and_writes_of_one_key_have_an_order_that_explains_them(
    vendor: ProfiledVendor, plans: list[list[str]]
) -> None:
    key, ticks, numbers = vendor.keys[0], count(), count(1)
    history: list[RegisterOperation] = []
    with open_sandbox(vendor) as here:
        before = here.read(key)

        def write() -> Record:
            item = ItemSpec(key, next(numbers))
            assert handled(here, vendor.batch([item])).status < 300
            return vendor.record(item)

        def follow(plan: list[str]) -> None:
            for step in plan:
                begun = next(ticks)
                found = write() if step == "w" else here.read(key)
                history.append(RegisterOperation(step == "w", found, begun, next(ticks)))

        run_together(*(partial(follow, plan) for plan in plans))

    assert len(history) == sum(map(len, plans))
    assert is_linearizable(history, before)


@invariant(32)
@pytest.mark.parametrize(
    ("history", "explained"),
    [
        ([(True, "a", 0, 1), (False, "a", 2, 3)], True),
        ([(True, "a", 0, 3), (False, None, 1, 2)], True),
        ([(True, "a", 0, 1), (False, None, 2, 3)], False),
        ([(True, "a", 0, 9), (False, "a", 1, 2), (False, None, 3, 4)], False),
        ([(True, "a", 0, 9), (True, "b", 0, 9), (False, "a", 1, 2), (False, "b", 3, 4)], True),
        ([(False, "never", 0, 1)], False),
    ],
)
def test_the_checker_tells_what_can_be_explained_from_what_cannot(
    history: list[tuple[bool, str | None, int, int]],
    explained: bool,  # noqa: FBT001 - a column of the table
) -> None:
    operations = [
        RegisterOperation(writes, {"": value} if value else None, begun, ended)
        for writes, value, begun, ended in history
    ]
    assert is_linearizable(operations, None) == explained


@invariant(6, 32)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_two_crossed_batches_come_to_what_one_after_the_other_comes_to(
    vendor: ProfiledVendor, data: st.DataObject
) -> None:
    first = data.draw(item_specs(vendor, at_least=2, good=True))
    second = [ItemSpec(one.key, one.number + 1000) for one in reversed(first)]
    with open_sandbox(vendor) as here, open_sandbox(vendor) as there:
        asyncio.run(_at_once(here, first, second))
        _serial(there, first, second)
        ends = [there.listed()]
        _serial(there, second, first)
        ends.append(there.listed())

        assert here.listed() in ends


async def _at_once(here: VendorSandbox, *batches: list[ItemSpec]) -> None:
    calls = [overlapping(here.vendor, here.vendor.batch(items)) for items in batches]
    answers = await asyncio.gather(*(one.by(here.client) for one in calls))
    assert all(answered.status < 300 for answered in answers)


def _serial(here: VendorSandbox, *batches: list[ItemSpec]) -> None:
    for items in batches:
        here.send(*items)


@invariant(6)
@for_each_vendor()
@example_settings(5)
@given(data=st.data())
def test_every_thread_sees_what_was_answered_before_it_asked(
    vendor: ProfiledVendor, data: st.DataObject
) -> None:
    items = data.draw(item_specs(vendor, at_least=1, good=True))
    wanted = vendor.records(items)
    with open_sandbox(vendor) as here:
        here.send(*items)
        found: list[dict[str, Record]] = []
        run_together(*(lambda: found.append(here.listed()) for _ in range(3)))

        assert [{key: one.get(key) for key in wanted} for one in found] == [wanted] * 3
