"""Batches of certain sizes that are lost, cut, late or refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from mockserver.contract.exchange import TargetUnreachableError
from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import PlantedFault, VendorClient, plant_fault
from tests.contract.planted_faults.wrappers import (
    NO_RESPONSE,
    Json,
    Planted,
    Route,
    SendOn,
    WrappedRequest,
    WrappedResponse,
    at,
    changes_response,
)

_VBA, _GW = ("putClaimInvoiceBatch",), ("runBatch",)
_PAYT, _PVEX, _XERO = ("postV1Invoices",), ("postInvoiceBatch",), ("updateOrCreateInvoices",)
_BY_ITEM = 4e-6
"""Seconds that each pair of items costs the slow server."""

Items = list[Json]


def _items(document: Json) -> Items:
    """The list of a batch: the document, or the only list that it holds."""
    if isinstance(document, list):
        return document
    return next(value for value in document.values() if isinstance(value, list))


def _with(document: Json, items: Items) -> Json:
    """The batch with other items."""
    if isinstance(document, list):
        return items
    return {name: items if isinstance(value, list) else value for name, value in document.items()}


def _size(call: WrappedRequest) -> int:
    return len(_items(call.json())) if call.body else 0


def stores(route: Route, kept: Callable[[Items], Items]) -> Planted:
    """A server that reports all items of a batch, and stores some: the rest is rolled back."""

    def planted() -> Any:
        lost: dict[tuple[str, str], set[str]] = {}

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            if not route.matches(call):
                return _without(await ask(call), lost.get((call.world, ""), set()), call)
            received = await ask(call)
            sent = _items(call.json())
            if received.good:
                names = {_name(one) for one in sent} - {_name(one) for one in kept(sent)}
                lost.setdefault((call.world, ""), set()).update(names)
            return received

        return fault

    return planted


def _name(item: Json) -> str:
    names = ("invoice_Key", "invoice_number", "Id", "InvoiceNumber")
    return next((str(item[name]) for name in names if name in item), "")


def _without(received: WrappedResponse, lost: set[str], call: WrappedRequest) -> WrappedResponse:
    """The answer to a read as if some records were not there."""
    if call.method != "GET" or not lost or not received.good:
        return received
    key = call.path.rpartition("/")[2]
    if key in lost:
        return replace(received, status=404, body=b"", headers={})
    document = received.json()
    if isinstance(document, dict) and isinstance(document.get("data"), list):
        rows = [row for row in document["data"] if _name(row) not in lost]
        return received.holding({**document, "data": rows})
    if isinstance(document, list):
        return received.holding([row for row in document if _name(row) not in lost])
    return received


def over(
    route: Route, most: int, change: Callable[[WrappedRequest, WrappedResponse], WrappedResponse]
) -> Planted:
    """Another answer to a batch of more items."""
    return changes_response(
        route, lambda call, received: change(call, received) if _size(call) > most else received
    )


def _outcomes(change: Callable[[Items], Items]) -> Callable[[WrappedRequest, WrappedResponse], Any]:
    def changed(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
        document = received.json()
        return received.holding(_with(document, change(_items(document)))) if received.good else received

    return changed


def _cut(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
    return replace(received, body=received.body[: len(received.body) // 2])


def _refused(status: int, document: Json) -> Callable[[WrappedRequest, WrappedResponse], WrappedResponse]:
    return lambda _call, received: replace(received, status=status).holding(document)


def silent(route: Route, most: int) -> Planted:
    """A server that ends the connection at a batch of more items."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        return NO_RESPONSE if _size(call) > most else await ask(call)

    return lambda: at(route, fault)


def slow(route: Route) -> Planted:
    """A server that compares each item with every other one, and says how long it took."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        seconds = _size(call) ** 2 * _BY_ITEM
        await asyncio.sleep(seconds)
        received = await ask(call)
        return replace(
            received, headers={**received.headers, "server-timing": f"pairs;dur={seconds * 1000:.2f}"}
        )

    return lambda: at(route, fault)


def takes_more(route: Route, most: int) -> Planted:
    """A server that does the items up to the limit, and reports those beyond it as done."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        document = call.json()
        items = _items(document)
        received = await ask(call.holding(_with(document, items[:most])))
        if not received.good or len(items) <= most:
            return received
        told = received.json()
        return received.holding(_with(told, [*_items(told), *_items(told)[: len(items) - most]]))

    return lambda: at(route, fault)


def _counts_low(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
    document = received.json()
    return received.holding({**document, "count": document["count"] - 1})


def _first_256_again(rows: Items) -> Items:
    return [*rows[:256], *rows[: len(rows) - 256]]


def _vba_reads_last(size: int) -> Callable[[VendorClient], Json]:
    """Whether the last row of so many is there."""

    def seen(caller: VendorClient) -> Json:
        vendors.vba_sends(caller, *range(5001, 5001 + size))
        return vendors.vba_reads(caller, 5000 + size)

    return seen


def _vba_answers(size: int, shown: Callable[[Json], Json]) -> Callable[[VendorClient], Json]:
    def seen(caller: VendorClient) -> Json:
        received = vendors.vba_sends(caller, *range(5001, 5001 + size))
        return shown(received.json()) if received.status == 207 else received.status

    return seen


def _vba_is_readable(caller: VendorClient) -> Json:
    try:
        return len(vendors.vba_sends(caller, *range(5001, 5122)).json()["data"])
    except ValueError:
        return "no JSON"


def _vba_timing(caller: VendorClient) -> Json:
    received = vendors.vba_sends(caller, *range(5001, 5011))
    return received.headers.get("server-timing", "none")


def _gw_answers(caller: VendorClient) -> Json:
    return vendors.gw_sends(caller, *[vendors.GW_GOOD] * 101).status


def _payt_count(caller: VendorClient) -> Json:
    return vendors.payt_sends(caller, *range(1, 102)).json()["count"]


def _payt_lost(caller: VendorClient) -> Json:
    vendors.payt_sends(caller, *range(1, 102))
    return len({f"N{number}" for number in (99, 100, 101)} & set(_payt_listed(caller)))


def _payt_listed(caller: VendorClient) -> Sequence[str]:
    received = caller.get("/v1/invoices?administration_id=81&per_page=500")
    return [row["invoice_number"] for row in received.json()["data"]]


def _pvex_lost(caller: VendorClient) -> Json:
    vendors.pvex_sends(caller, *range(1, 302))
    return vendors.pvex_reads(caller, 301)


def _xero_status(caller: VendorClient) -> Json:
    return vendors.xero_sends(caller, *range(1, 52)).status


def _payt_answers(caller: VendorClient) -> Json:
    try:
        return vendors.payt_sends(caller, *range(1, 502)).status
    except TargetUnreachableError:
        return "no answer"


def _ids(told: Json) -> Json:
    keys = [row["id"][0]["value"] for row in told["data"]]
    return [keys[0], keys[-1], len(set(keys))]


SIZES: tuple[PlantedFault, ...] = (
    plant_fault(
        "sizes",
        "vba-loses-the-last-of-many",
        "reports all of more than 50 rows as done and does not store the last",
        _VBA,
        stores(vendors.VBA_BATCH, lambda items: items[:-1] if len(items) > 50 else items),
        _vba_reads_last(51),
        right="row 5051",
        wrong=404,
    ),
    plant_fault(
        "sizes",
        "payt-drops-every-hundredth",
        "does not store every 100th record of a batch",
        _PAYT,
        stores(
            vendors.PAYT_BATCH,
            lambda items: [one for place, one in enumerate(items, 1) if place % 100],
        ),
        _payt_lost,
        right=3,
        wrong=2,
    ),
    plant_fault(
        "sizes",
        "pvex-stores-three-hundred",
        "stores the first 300 invoices of a batch and no more",
        _PVEX,
        stores(vendors.PVEX_BATCH, lambda items: items[:300]),
        _pvex_lost,
        right="N-301",
        wrong=404,
    ),
    plant_fault(
        "sizes",
        "vba-cuts-long-answers",
        "sends half of the answer to more than 120 rows",
        _VBA,
        over(vendors.VBA_BATCH, 120, _cut),
        _vba_is_readable,
        right=121,
        wrong="no JSON",
    ),
    plant_fault(
        "sizes",
        "vba-mixes-up-the-order",
        "reports more than 64 rows in another order",
        _VBA,
        over(vendors.VBA_BATCH, 64, _outcomes(lambda rows: [*rows[1::2], *rows[::2]])),
        _vba_answers(65, _ids),
        right=[5001, 5065, 65],
        wrong=[5002, 5065, 65],
    ),
    plant_fault(
        "sizes",
        "vba-repeats-outcomes",
        "reports the first rows again after 256",
        _VBA,
        over(vendors.VBA_BATCH, 256, _outcomes(_first_256_again)),
        _vba_answers(300, _ids),
        right=[5001, 5300, 300],
        wrong=[5001, 5044, 256],
    ),
    plant_fault(
        "sizes",
        "payt-miscounts-many",
        "counts one too few of more than 100 records",
        _PAYT,
        over(vendors.PAYT_BATCH, 100, _counts_low),
        _payt_count,
        right=101,
        wrong=100,
    ),
    plant_fault(
        "sizes",
        "vba-refuses-a-legal-size",
        "refuses a batch of more than 400 rows",
        _VBA,
        over(vendors.VBA_BATCH, 400, _refused(400, {"error": {"code": "400", "message": "Too many"}})),
        _vba_answers(401, lambda told: len(told["data"])),
        right=401,
        wrong=400,
    ),
    plant_fault(
        "sizes",
        "xero-takes-fifty",
        "refuses more than 50 invoices as too large, though it states no limit of 50",
        _XERO,
        over(vendors.XERO_INVOICES, 50, _refused(413, {"Message": "Too many elements"})),
        _xero_status,
        right=200,
        wrong=413,
    ),
    plant_fault(
        "sizes",
        "guidewire-takes-one-too-many",
        "takes 101 requests in a batch though the limit is 100",
        _GW,
        takes_more(vendors.GW_BATCH, 100),
        _gw_answers,
        right=400,
        wrong=200,
    ),
    plant_fault(
        "sizes",
        "payt-does-not-answer",
        "ends the connection at a batch of more than 500 records",
        _PAYT,
        silent(vendors.PAYT_BATCH, 500),
        _payt_answers,
        right=201,
        wrong="no answer",
    ),
    plant_fault(
        "sizes",
        "vba-is-quadratic",
        "takes four times as long for twice as many rows",
        _VBA,
        slow(vendors.VBA_BATCH),
        _vba_timing,
        right="none",
        wrong="pairs;dur=0.40",
    ),
)
