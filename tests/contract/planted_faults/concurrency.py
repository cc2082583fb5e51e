"""Faults of calls that are under way at the same time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import VendorClient, plant_fault
from tests.contract.planted_faults.rollback import dropped, kept, set_back
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    SendOn,
    WrappedFault,
    WrappedRequest,
    WrappedResponse,
    at,
    unless_misshapen,
)

_mutant = partial(plant_fault, "isolation")


async def a_while() -> None:
    """Long enough for another call that came at the same time to begin."""
    for _ in range(4):
        await asyncio.sleep(0)


def overlapping(
    route: Route, alone: WrappedFault, second: Callable[[SendOn, WrappedRequest], Any]
) -> Planted:
    """Calls of a route take a while; one that begins while another is under way meets another fate."""

    def planted() -> WrappedFault:
        under_way: Counter[str] = Counter()

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            beside_another = under_way[call.world] > 0
            under_way[call.world] += 1
            try:
                await a_while()
                received: WrappedResponse = await (second(ask, call) if beside_another else alone(ask, call))
                return received
            finally:
                under_way[call.world] -= 1

        return at(route, fault)

    return planted


async def as_it_should(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    return await ask(call)


async def lost(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    """The call is answered and undone."""
    before = await kept(ask, call.world)
    received = await ask(call)
    await set_back(ask, call.world, before)
    await dropped(ask, call.world, before)
    return received


async def vba_created(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    """Rows that are updated are told as created."""
    received = await ask(call)

    def told() -> WrappedResponse:
        answer = received.json()
        rows = [
            {**row, "status": 201, "body": "Created"} if row["status"] == 200 else row
            for row in answer["data"]
        ]
        return received.holding({**answer, "data": rows})

    answer: WrappedResponse = unless_misshapen(received, told)
    return answer


def shown_meanwhile(
    batch: Route,
    read: Route,
    first: Callable[[SendOn, WrappedRequest, WrappedResponse], Coroutine[Any, Any, bool]],
) -> Planted:
    """What `first` does of a batch is there for a while, and reads that come in meanwhile see it.

    `first` has the answer that the batch is given, and says whether it did anything.
    """

    def planted() -> WrappedFault:
        opened: dict[str, asyncio.Event] = {}

        async def writing(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            before = await kept(ask, call.world)
            received = await ask(call)
            await set_back(ask, call.world, before)
            shown = await first(ask, call, received)
            opened[call.world].set()
            await (a_while() if shown else asyncio.sleep(0))
            await set_back(ask, call.world, before)
            await dropped(ask, call.world, before)
            return await ask(call)

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            if read.matches(call) and call.world in opened:
                await opened[call.world].wait()
            if not batch.matches(call) or call.world in opened:
                return await ask(call)
            opened[call.world] = asyncio.Event()
            try:
                return await writing(ask, call)
            finally:
                opened.pop(call.world).set()

        return fault

    return planted


async def without_descriptions(ask: SendOn, call: WrappedRequest, received: WrappedResponse) -> bool:
    """The rows of a batch without their descriptions are kept."""
    if not received.good:
        return False
    rows = [{key: text for key, text in one.items() if key != "description"} for one in call.json()]
    return (await ask(call.holding(rows))).good


async def the_good_ones(ask: SendOn, call: WrappedRequest, received: WrappedResponse) -> bool:
    """The good items of a batch that is refused are kept."""
    items = unless_misshapen(None, lambda: list(call.json()))
    if received.status != 400 or not items:
        return False
    return any([(await ask(call.holding([one]))).good for one in items])


def crossed(route: Route) -> Planted:
    """Two calls that are under way at once get each other's answers."""

    def planted() -> WrappedFault:
        waiting: dict[str, list[asyncio.Future[WrappedResponse]]] = {}

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            mine: asyncio.Future[WrappedResponse] = asyncio.get_running_loop().create_future()
            beside = waiting.setdefault(call.world, [])
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
            waiting.pop(call.world, None)
            return received

        return at(route, fault)

    return planted


def _vba_at_once(*batches: tuple[Json, ...]) -> Callable[[VendorClient], Json]:
    """What batches that are under way at once are told, and the descriptions of rows 1 and 2 then."""

    def seen(caller: VendorClient) -> Json:
        sent = [caller.request("PUT", "/claim-invoice-batch", list(rows)) for rows in batches]
        told = [vendors.vba_tells(received) for received in caller.at_once(sent)]
        return [told, [vendors.vba_reads(caller, 1), vendors.vba_reads(caller, 2)]]

    return seen


def _vba_read_meanwhile(caller: VendorClient) -> Json:
    vendors.vba_sends(caller, vendors.vba_row(1, description="before"))
    batch = caller.request("PUT", "/claim-invoice-batch", [vendors.vba_row(1, description="after")])
    reads = [caller.request("GET", "/claim-invoice/1") for _ in range(4)]
    received = caller.at_once([batch, *reads])[1:]
    whole = {"before", "after"}
    return {one.json()["data"]["description"] for one in received} <= whole


def _pvex_read_meanwhile(caller: VendorClient) -> Json:
    batch = caller.request("POST", "/api/InvoiceBatch", [vendors.pvex_invoice(1), vendors.pvex_invoice(9001)])
    read = caller.request("GET", "/api/Invoice/I-1?subscriberId=SUB-1")
    received = caller.at_once([batch, read, read])
    return [received[0].status, 200 in [one.status for one in received[1:]], vendors.pvex_reads(caller, 1)]


def _payt_at_once(caller: VendorClient) -> Json:
    sent = [caller.request("POST", "/v1/invoices", vendors.payt_batch(number)) for number in (1, 2)]
    told = [vendors.payt_tells(received) for received in caller.at_once(sent)]
    return [told, vendors.payt_reads(caller, 1), vendors.payt_reads(caller, 2)]


def _xero_at_once(caller: VendorClient) -> Json:
    path = "/api.xro/2.0/Invoices?summarizeErrors=false"
    sent = [caller.request("POST", path, {"Invoices": [vendors.xero_invoice(number)]}) for number in (1, 2)]
    return [vendors.xero_tells(received) for received in caller.at_once(sent)]


def _gw_at_once(caller: VendorClient) -> Json:
    sent = [
        caller.request("POST", "/claim/v1/batch", {"requests": [one]})
        for one in (vendors.GW_GOOD, vendors.GW_GOOD_B)
    ]
    told = [vendors.gw_tells(received) for received in caller.at_once(sent)]
    return [told, vendors.gw_reads(caller, vendors.BULK_A), vendors.gw_reads(caller, vendors.BULK_B)]


def _rows(*texts: str) -> tuple[Json, ...]:
    return tuple(vendors.vba_row(number, description=text) for number, text in enumerate(texts, 1))


CONCURRENCY = (
    _mutant(
        "xero-crosses-answers",
        "gives two calls at once each other's answers",
        vendors.XERO_READ,
        crossed(vendors.XERO_INVOICES),
        _xero_at_once,
        right=[["N1 OK"], ["N2 OK"]],
        wrong=[["N2 OK"], ["N1 OK"]],
    ),
    _mutant(
        "guidewire-loses-the-second",
        "loses the second of two calls at once",
        vendors.GW_READ,
        overlapping(vendors.GW_BATCH, as_it_should, lost),
        _gw_at_once,
        right=[[[200], [200]], "Ann", "Bob"],
        wrong=[[[200], [200]], "Ann", "Nora Whitlock"],
    ),
    _mutant(
        "vba-loses-the-second",
        "loses the second of two calls at once",
        vendors.VBA_READ,
        overlapping(vendors.VBA_BATCH, as_it_should, lost),
        _vba_at_once(_rows("a"), _rows("", "b")[1:]),
        right=[[["1 201"], ["2 201"]], ["a", "b"]],
        wrong=[[["1 201"], ["2 201"]], ["a", 404]],
    ),
    _mutant(
        "vba-creates-twice",
        "says of two calls at once that each created the row",
        vendors.VBA_READ,
        overlapping(vendors.VBA_BATCH, as_it_should, vba_created),
        _vba_at_once(_rows("a"), _rows("b")),
        right=[[["1 201"], ["1 200"]], ["b", 404]],
        wrong=[[["1 201"], ["1 201"]], ["b", 404]],
    ),
    _mutant(
        "vba-shows-half-a-row",
        "shows a row without its description while it is updated",
        vendors.VBA_READ,
        shown_meanwhile(vendors.VBA_BATCH, vendors.VBA_ONE, without_descriptions),
        _vba_read_meanwhile,
        right=True,
        wrong=False,
    ),
    _mutant(
        "pvex-shows-what-it-refuses",
        "shows the good invoices of a batch until it refuses it",
        vendors.PVEX_READ,
        shown_meanwhile(vendors.PVEX_BATCH, vendors.PVEX_ONE, the_good_ones),
        _pvex_read_meanwhile,
        right=[400, False, 404],
        wrong=[400, True, 404],
    ),
    _mutant(
        "payt-loses-the-second",
        "loses the second of two calls at once",
        vendors.PAYT_READ,
        overlapping(vendors.PAYT_BATCH, as_it_should, lost),
        _payt_at_once,
        right=[[[1, []], [1, []]], "bill 1", "bill 2"],
        wrong=[[[1, []], [1, []]], "bill 1", 404],
    ),
)
