"""Tenants, sandboxes and calls at the same time that are not kept apart."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from tests.contract.planted_faults.client import Vendor, VendorClient
from tests.contract.planted_faults.filtering import with_rows_of
from tests.contract.planted_faults.rollback import discard, restore, snapshot
from tests.contract.planted_faults.table import read_faults
from tests.contract.planted_faults.vendors import PVEX, VBA
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    SendOn,
    WrappedFault,
    WrappedRequest,
    WrappedResponse,
    at,
    changes_request,
    unless_misshapen,
)


async def a_while() -> None:
    """Wait long enough for another call that came at the same time to begin."""
    for _ in range(4):
        await asyncio.sleep(0)


def beside_another(route: Route, second: WrappedFault) -> Planted:
    """Calls of a route take a while; one that begins while another is under way meets another fate."""

    def planted() -> WrappedFault:
        under_way: Counter[str] = Counter()

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            is_second = under_way[call.sandbox] > 0
            under_way[call.sandbox] += 1
            try:
                await a_while()
                return await (second(ask, call) if is_second else ask(call))
            finally:
                under_way[call.sandbox] -= 1

        return at(route, fault)

    return planted


async def told_as_created(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    """VBA's rows that are updated are told as created."""
    received = await ask(call)

    def changed() -> WrappedResponse:
        told = received.json()
        rows = [
            {**row, "status": 201, "body": "Created"} if row["status"] == 200 else row for row in told["data"]
        ]
        return received.holding({**told, "data": rows})

    answer: WrappedResponse = unless_misshapen(received, changed)
    return answer


def shows_meanwhile(
    vendor: Vendor, first: Callable[[SendOn, WrappedRequest, WrappedResponse], Coroutine[Any, Any, bool]]
) -> Planted:
    """What `first` does of a batch is there for a while, and reads that come in meanwhile see it.

    `first` has the answer that the batch is given, and returns whether it did anything.
    """

    def planted() -> WrappedFault:
        opened: dict[str, asyncio.Event] = {}

        async def writing(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            before = await snapshot(ask, call.sandbox)
            received = await ask(call)
            await restore(ask, call.sandbox, before)
            shown = await first(ask, call, received)
            opened[call.sandbox].set()
            await (a_while() if shown else asyncio.sleep(0))
            await restore(ask, call.sandbox, before)
            await discard(ask, call.sandbox, before)
            return await ask(call)

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            if vendor.one.matches(call) and call.sandbox in opened:
                await opened[call.sandbox].wait()
            if not vendor.batch.matches(call) or call.sandbox in opened:
                return await ask(call)
            opened[call.sandbox] = asyncio.Event()
            try:
                return await writing(ask, call)
            finally:
                opened.pop(call.sandbox).set()

        return fault

    return planted


async def without_descriptions(ask: SendOn, call: WrappedRequest, received: WrappedResponse) -> bool:
    """The rows of a batch are stored without their descriptions."""
    if not received.good:
        return False
    rows = [{key: text for key, text in one.items() if key != "description"} for one in call.json()]
    return (await ask(call.holding(rows))).good


async def good_ones(ask: SendOn, call: WrappedRequest, received: WrappedResponse) -> bool:
    """The good items of a batch that is refused are stored."""
    items = unless_misshapen(None, lambda: list(call.json()))
    if received.status != 400 or not items:
        return False
    return any([(await ask(call.holding([one]))).good for one in items])


def crosses_answers(route: Route) -> Planted:
    """Two calls that are under way at once get each other's answers."""

    def planted() -> WrappedFault:
        waiting: dict[str, list[asyncio.Future[WrappedResponse]]] = {}

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            mine: asyncio.Future[WrappedResponse] = asyncio.get_running_loop().create_future()
            beside = waiting.setdefault(call.sandbox, [])
            beside.append(mine)
            await a_while()
            received = await ask(call)
            if len(beside) == 2 and all(not one.done() for one in beside):
                other = beside[1] if beside[0] is mine else beside[0]
                other.set_result(received)
                await a_while()
                if mine.done():
                    received = mine.result()
            elif mine.done():
                other = next(one for one in beside if one is not mine)
                other.set_result(received)
                received = mine.result()
            waiting.pop(call.sandbox, None)
            return received

        return at(route, fault)

    return planted


def in_one_tenant(vendor: Vendor) -> Planted:
    """The other tenant's calls are those of the usual one."""
    name, usual, other = vendor.tenants
    return changes_request(
        vendor.everything,
        lambda call: call.having(**{name: usual}) if call.headers.get(name) == other else call,
    )


def lists_those_of_the_other(vendor: Vendor) -> Planted:
    """The rows of one tenant are listed in every tenant."""
    name, _, other = vendor.tenants
    return with_rows_of(vendor, lambda call: call.having(**{name: other}))


def read_elsewhere(client: VendorClient) -> Json:
    """What is read of an item that was stored in another sandbox."""
    client.elsewhere().sends(777)
    return client.reads(777)


def read_by_another_tenant(client: VendorClient) -> Json:
    client.sends(1)
    return client.of_another_tenant().reads(1)


def done_at_once(client: VendorClient, *numbers: int) -> Json:
    """How many items are done of batches at the same time, one for each number, and what is read of them."""
    answers = client.at_once([client.batch(number) for number in numbers])
    done = [client.vendor.done(one.json() if one.body else None, 1) for one in answers]
    return [*done, *(client.reads(number) for number in numbers)]


def told_at_once(client: VendorClient, *numbers: int) -> list[str]:
    """What is told of batches at the same time, one for each number."""
    return [client.vendor.tells(one) for one in client.at_once([client.batch(number) for number in numbers])]


def read_meanwhile(client: VendorClient) -> bool:
    """Whether reads during an update show the row as it was or as it is then."""
    client.sends(VBA.item(1, description="before"))
    reads = [client.request("GET", "/claim-invoice/1") for _ in range(4)]
    received = client.at_once([client.batch(VBA.item(1, description="after")), *reads])[1:]
    return {one.json()["data"]["description"] for one in received} <= {"before", "after"}


def read_of_a_refused_batch(client: VendorClient) -> Json:
    """The status of a refused batch, whether its good invoice was read meanwhile, and a read afterwards."""
    read = client.request("GET", f"/api/Invoice/I-1{PVEX.queries[1]}")
    batch, *reads = client.at_once([client.batch(1, 9001), read, read])
    return [batch.status, 200 in [one.status for one in reads], client.reads(1)]


ISOLATION = read_faults(globals())
