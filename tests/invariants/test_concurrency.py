"""Many at once: threads in the corridor, calls in one loop. Edge-cases §3, 6, 7 and 32."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.codec import json
from mockserver.engine.admission import Arrival
from mockserver.model import Answer, Json
from tests.invariants.adapters import GUIDEWIRE, PAYT, PVEX, VBA, for_each_vendor
from tests.invariants.concurrency import RegisterOperation, is_linearizable, run_together
from tests.invariants.sandboxes import (
    ItemSpec,
    OperationRequest,
    VendorAdapter,
    VendorSandbox,
    example_settings,
    invariant,
    item_specs,
    open_sandbox,
)
from tests.support import overlapping_calls
from tests.support.engine_samples import handle
from tests.vendors.guidewire.samples import A_ID as A
from tests.vendors.pvex.samples import visit


@pytest.fixture(autouse=True)
def _restless() -> Iterator[None]:
    """Threads take turns fifty times as often as they do."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(interval / 50)
    yield
    sys.setswitchinterval(interval)


def handled(here: VendorSandbox, sent: OperationRequest) -> Answer:
    """What the vendor's pipeline answers to the call, in the thread that asks."""
    pipeline = here.app.asgi.vendors[here.adapter.name].pipeline
    path, _, query = sent.path.partition("?")
    below = path.removeprefix(f"/{here.adapter.name}")
    body = b"" if sent.document is None else json.encode(sent.document)
    headers = {**here.client.headers, **(sent.headers or {}), "content-type": "application/json"}
    return handle(pipeline, Arrival(here.sandbox, sent.method, below, query, headers, body))[1]


@dataclass(frozen=True, slots=True)
class Pair:
    """A record of which two members are always written together: how, where it is read, which two."""

    adapter: VendorAdapter
    write: Callable[[str], OperationRequest]
    path: str
    read: Callable[[Json], tuple[Json, Json]]


def _vba(value: str) -> OperationRequest:
    return OperationRequest(
        "PUT",
        "/vba/claim-invoice-batch",
        [{"invoice_Key": 5001, "description": value, "invoice_Number": value}],
    )


def _pvex(value: str) -> OperationRequest:
    return OperationRequest("POST", "/pvex/api/InvoiceBatch", [visit(1, PmsStatus=value, Number=value)])


def _payt(value: str) -> OperationRequest:
    sent = PAYT.batch([ItemSpec("N-1", value)])
    bills = [{**bill, "order_number": value} for bill in sent.document["invoices"]]
    return OperationRequest(sent.method, sent.path, {**sent.document, "invoices": bills})


def _guidewire(value: str) -> OperationRequest:
    attributes = {"mailTo": value, "invoiceNumber": value}
    return OperationRequest(
        "PATCH", f"/guidewire/claim/v1/bulk-invoices/{A}", {"data": {"attributes": attributes}}
    )


def _members(*names: str) -> Callable[[Json], tuple[Json, Json]]:
    first, second, *above = names

    def read(document: Json) -> tuple[Json, Json]:
        for name in above:
            document = document[name]
        return document[first], document[second]

    return read


PAIRS = (
    Pair(VBA, _vba, "/vba/claim-invoice/5001", _members("description", "invoice_Number", "data")),
    Pair(PVEX, _pvex, "/pvex/api/Invoice/I-1?subscriberId=SUB-1", _members("PmsStatus", "Number")),
    Pair(
        PAYT,
        _payt,
        "/payt/v1/invoices/N-1?administration_id=81&identifier_type=invoice_number",
        _members("description", "order_number"),
    ),
    Pair(
        GUIDEWIRE,
        _guidewire,
        f"/guidewire/claim/v1/bulk-invoices/{A}",
        _members("mailTo", "invoiceNumber", "data", "attributes"),
    ),
)


@invariant(7)
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.adapter.name)
def test_who_reads_while_others_write_sees_whole_items(pair: Pair) -> None:
    written = [f"v{number}" for number in range(20)]
    seen: list[tuple[Json, Json]] = []
    with open_sandbox(pair.adapter) as here:
        handled(here, pair.write("first"))

        def write() -> None:
            for value in written:
                assert handled(here, pair.write(value)).reply.status < 300

        def read() -> None:
            answers = (handled(here, OperationRequest("GET", pair.path)) for _ in written)
            seen.extend(pair.read(json.decode(answer.reply.body)) for answer in answers)

        run_together(write, read, read)

    assert len(seen) == 2 * len(written)
    assert [two for two in seen if two[0] != two[1] or two[0] not in ("first", *written)] == []


@invariant(32)
@for_each_vendor()
@example_settings(5)
@given(plans=st.lists(st.lists(st.sampled_from("rw"), min_size=3, max_size=4), min_size=3, max_size=3))
def test_reads_and_writes_of_one_key_have_an_order_that_explains_them(
    adapter: VendorAdapter, plans: list[list[str]]
) -> None:
    key, ticks, values = adapter.keys[0], count(), count()
    history: list[RegisterOperation] = []
    with open_sandbox(adapter) as here:
        before = adapter.read(here.client, key)

        def follow(plan: list[str]) -> Callable[[], None]:
            def run() -> None:
                for step in plan:
                    begun = next(ticks)
                    found = _written(here, key, f"v{next(values)}") if step == "w" else _read(here, key)
                    history.append(RegisterOperation(step == "w", found, begun, next(ticks)))

            return run

        run_together(*(follow(plan) for plan in plans))

    assert len(history) == sum(map(len, plans))
    assert is_linearizable(history, before)


def _written(here: VendorSandbox, key: str, value: str) -> str:
    assert handled(here, here.adapter.batch([ItemSpec(key, value)])).reply.status < 300
    return value


def _read(here: VendorSandbox, key: str) -> str | None:
    return here.adapter.read(here.client, key)


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
    assert is_linearizable([RegisterOperation(*one) for one in history], None) == explained


@invariant(6, 32)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_two_crossed_batches_come_to_what_one_after_the_other_comes_to(
    adapter: VendorAdapter, data: st.DataObject
) -> None:
    first = data.draw(item_specs(adapter, at_least=2, good=True))
    second = [ItemSpec(one.key, f"{one.value}-2") for one in reversed(first)]
    with open_sandbox(adapter) as here, open_sandbox(adapter) as there:
        asyncio.run(_at_once(here, first, second))
        _serial(there, first, second)
        ends = [there.listed()]
        _serial(there, second, first)
        ends.append(there.listed())

        assert here.listed() in ends


async def _at_once(here: VendorSandbox, *batches: list[ItemSpec]) -> None:
    calls = [here.adapter.batch(items) for items in batches]
    sent = [
        overlapping_calls.OverlappingRequest(one.method, one.path, json.encode(one.document), {})
        for one in calls
    ]
    answers = await asyncio.gather(*(one.by(here.client) for one in sent))
    assert all(answered.status < 300 for answered in answers)


def _serial(here: VendorSandbox, *batches: list[ItemSpec]) -> None:
    for items in batches:
        here.send(*items)


@invariant(6)
@for_each_vendor()
@example_settings(5)
@given(data=st.data())
def test_every_thread_sees_what_was_answered_before_it_asked(
    adapter: VendorAdapter, data: st.DataObject
) -> None:
    items = data.draw(item_specs(adapter, at_least=1, good=True))
    wanted = {one.key: one.value for one in items}
    with open_sandbox(adapter) as here:
        here.send(*items)
        found: list[dict[str, str]] = []
        run_together(*(lambda: found.append(here.listed()) for _ in range(3)))

        assert [{key: one.get(key) for key in wanted} for one in found] == [wanted] * 3
