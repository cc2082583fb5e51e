"""Faults of idempotency, isolation and concurrency."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import VendorClient, plant_fault
from tests.contract.planted_faults.refusals import every_call
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
    both,
    changes_request,
    unless_misshapen,
)

_mutant = partial(plant_fault, "isolation")

_KEY = "idempotency-key"
_XERO_WRITES = Route("PUT POST", "/xero/api.xro/2.0/Invoices")


async def a_while() -> None:
    """Long enough for another call that came at the same time to begin."""
    for _ in range(4):
        await asyncio.sleep(0)


# Idempotency


def by_key(
    route: Route,
    change: Callable[[WrappedRequest, WrappedResponse, WrappedResponse], WrappedResponse],
    *,
    scoped: bool = True,
) -> Planted:
    """What a key's later call is answered, by its first answer and the one that it would get."""

    def planted() -> WrappedFault:
        first: dict[tuple[str, ...], tuple[bytes, WrappedResponse]] = {}

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            named = call.headers.get(_KEY, "")
            if not named:
                return await ask(call)
            tenant = call.headers.get("xero-tenant-id", "") if scoped else ""
            key = (call.world, tenant, call.method, named)
            body, before = first.get(key, (b"", None))
            if before is not None and body == call.body:
                return change(call, before, before if not scoped else await ask(call))
            came = await ask(call)
            if came.good:
                first[key] = (call.body, came)
            return came

        return at(route, fault)

    return planted


def other_ids(_call: WrappedRequest, before: WrappedResponse, _came: WrappedResponse) -> WrappedResponse:
    """The first answer with other ids in it."""
    told = before.json()
    shown = [
        {**one, "InvoiceID": f"ba5eba11-0000-4000-8000-{place:012d}"}
        for place, one in enumerate(told["Invoices"])
    ]
    return before.holding({**told, "Invoices": shown})


def conflict(_call: WrappedRequest, before: WrappedResponse, _came: WrappedResponse) -> WrappedResponse:
    """A conflict, in the vendor's shape."""
    told = {"Title": "Conflict", "Status": 409, "Detail": "The request is still being processed"}
    return WrappedResponse(409, before.headers, b"").holding(told)


def the_first(_call: WrappedRequest, before: WrappedResponse, _came: WrappedResponse) -> WrappedResponse:
    return before


def key_with_another_body(route: Route) -> Planted:
    """A key that comes with another body than its first is taken as none."""

    def planted() -> WrappedFault:
        first: dict[tuple[str, str], bytes] = {}

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            named = call.headers.get(_KEY, "")
            other = first.setdefault((call.world, named), call.body) != call.body
            return await ask(call.without(_KEY) if named and other else call)

        return at(route, fault)

    return planted


def gw_unchecked(call: WrappedRequest) -> WrappedRequest:
    """Changes without their checksums."""
    document = call.json()
    bare = [
        {**one, "body": {"data": {**one["body"]["data"], "checksum": None}}}
        if "checksum" in one.get("body", {}).get("data", {})
        else one
        for one in document["requests"]
    ]
    for one in bare:
        if one.get("body", {}).get("data", {}).get("checksum", "") is None:
            del one["body"]["data"]["checksum"]
    return call.holding({**document, "requests": bare})


def gw_one_unchecked(call: WrappedRequest) -> WrappedRequest:
    document = call.json()
    data = {name: value for name, value in document["data"].items() if name != "checksum"}
    return call.without("gw-checksum").holding({**document, "data": data})


# Concurrency


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
                came: WrappedResponse = await (second(ask, call) if beside_another else alone(ask, call))
                return came
            finally:
                under_way[call.world] -= 1

        return at(route, fault)

    return planted


async def as_it_should(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    return await ask(call)


async def lost(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    """The call is answered and undone."""
    before = await kept(ask, call.world)
    came = await ask(call)
    await set_back(ask, call.world, before)
    await dropped(ask, call.world, before)
    return came


async def vba_created(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    """Rows that are updated are told as created."""
    came = await ask(call)

    def told() -> WrappedResponse:
        answer = came.json()
        rows = [
            {**row, "status": 201, "body": "Created"} if row["status"] == 200 else row
            for row in answer["data"]
        ]
        return came.holding({**answer, "data": rows})

    answer: WrappedResponse = unless_misshapen(came, told)
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
            came = await ask(call)
            await set_back(ask, call.world, before)
            shown = await first(ask, call, came)
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


async def without_descriptions(ask: SendOn, call: WrappedRequest, came: WrappedResponse) -> bool:
    """The rows of a batch without their descriptions are kept."""
    if not came.good:
        return False
    rows = [{key: text for key, text in one.items() if key != "description"} for one in call.json()]
    return (await ask(call.holding(rows))).good


async def the_good_ones(ask: SendOn, call: WrappedRequest, came: WrappedResponse) -> bool:
    """The good items of a batch that is refused are kept."""
    items = unless_misshapen(None, lambda: list(call.json()))
    if came.status != 400 or not items:
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
            came = await ask(call)
            if len(beside) == 2 and all(not one.done() for one in beside):
                other = beside[1] if beside[0] is mine else beside[0]
                other.set_result(came)
                await a_while()
                if mine.done():
                    came = mine.result()
            elif mine.done():
                other = next(one for one in beside if one is not mine)
                other.set_result(came)
                came = mine.result()
            waiting.pop(call.world, None)
            return came

        return at(route, fault)

    return planted


# Isolation


def one_world(vendor: str) -> Planted:
    """All sandboxes are one."""
    return every_call(vendor, lambda call: call.without("mock-sandbox"))


def in_one_database(call: WrappedRequest) -> WrappedRequest:
    named = call.headers.get("vbasoftware-database", "")
    return call.having(vbasoftware_database="sandbox") if named == "VBADEMO" else call


def in_one_tenant(call: WrappedRequest) -> WrappedRequest:
    named = call.headers.get("xero-tenant-id", "")
    return (
        call.having(xero_tenant_id=vendors.HEADERS["xero"]["xero-tenant-id"])
        if named == vendors.OTHER_TENANT
        else call
    )


def listing_both(route: Route) -> Planted:
    """A tenant's list shows the other's invoices as well."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        came = await ask(call)
        theirs = await ask(call.having(xero_tenant_id=vendors.OTHER_TENANT))
        if not (came.good and theirs.good):
            return came
        told = came.json()
        return came.holding({**told, "Invoices": [*told["Invoices"], *theirs.json()["Invoices"]]})

    return lambda: at(route, fault)


def _xero_replayed(caller: VendorClient) -> Json:
    """Status and ids of a call and of its repetition under one key."""
    first = vendors.xero_sends(caller, 1, method="POST", idempotency_key="k-1")
    again = vendors.xero_sends(caller, 1, method="POST", idempotency_key="k-1")
    return [again.status, again.status == 200 and _ids(again) == _ids(first)]


def _ids(came: Any) -> Json:
    return [one["InvoiceID"] for one in came.json()["Invoices"]]


def _xero_paid_again(caller: VendorClient) -> Json:
    vendors.xero_pays(caller, {"R1": "10.50"}, idempotency_key="k-1")
    vendors.xero_pays(caller, {"R1": "10.50"}, idempotency_key="k-1")
    return vendors.xero_due(caller)


def _xero_other_body(caller: VendorClient) -> Json:
    vendors.xero_sends(caller, 1, idempotency_key="k-1")
    return vendors.xero_sends(caller, 2, idempotency_key="k-1").status


def _xero_other_tenant(caller: VendorClient) -> Json:
    mine = vendors.xero_invoice(1, Contact={"Name": "Somebody"})
    vendors.xero_sends(caller, mine, idempotency_key="k-1")
    vendors.xero_sends(caller, mine, idempotency_key="k-1", xero_tenant_id=vendors.OTHER_TENANT)
    return vendors.xero_reads(caller, 1, xero_tenant_id=vendors.OTHER_TENANT)


def _xero_tenants(caller: VendorClient) -> Json:
    vendors.xero_sends(caller, 1)
    return vendors.xero_reads(caller, 1, xero_tenant_id=vendors.OTHER_TENANT)


def _xero_lists_theirs(caller: VendorClient) -> Json:
    vendors.xero_sends(
        caller, vendors.xero_invoice(1, Contact={"Name": "Somebody"}), xero_tenant_id=vendors.OTHER_TENANT
    )
    return "N1" in vendors.xero_lists(caller)


def _gw_again(caller: VendorClient) -> Json:
    path, change = f"/claim/v1/bulk-invoices/{vendors.BULK_A}", {"data": {"attributes": {"mailTo": "Ann"}}}
    return [caller.send("PATCH", path, change, gw_dbtransaction_id="t-1").status for _ in range(2)]


def _gw_stale(caller: VendorClient) -> Json:
    stale = vendors.gw_change(vendors.BULK_A, "Ann")
    stale["body"]["data"]["checksum"] = "stale"
    return [vendors.gw_tells(vendors.gw_sends(caller, stale)), vendors.gw_reads(caller, vendors.BULK_A)]


def _vba_databases(caller: VendorClient) -> Json:
    vendors.vba_sends(caller, vendors.vba_row(1, payee_ID=None))
    return vendors.vba_reads(caller, 1, vbasoftware_database="VBADEMO")


def _vba_at_once(*batches: tuple[Json, ...]) -> Callable[[VendorClient], Json]:
    """What batches that are under way at once are told, and the descriptions of rows 1 and 2 then."""

    def seen(caller: VendorClient) -> Json:
        sent = [caller.request("PUT", "/claim-invoice-batch", list(rows)) for rows in batches]
        told = [vendors.vba_tells(came) for came in caller.at_once(sent)]
        return [told, [vendors.vba_reads(caller, 1), vendors.vba_reads(caller, 2)]]

    return seen


def _vba_read_meanwhile(caller: VendorClient) -> Json:
    vendors.vba_sends(caller, vendors.vba_row(1, description="before"))
    batch = caller.request("PUT", "/claim-invoice-batch", [vendors.vba_row(1, description="after")])
    reads = [caller.request("GET", "/claim-invoice/1") for _ in range(4)]
    came = caller.at_once([batch, *reads])[1:]
    whole = {"before", "after"}
    return {one.json()["data"]["description"] for one in came} <= whole


def _pvex_read_meanwhile(caller: VendorClient) -> Json:
    batch = caller.request("POST", "/api/InvoiceBatch", [vendors.pvex_invoice(1), vendors.pvex_invoice(9001)])
    read = caller.request("GET", "/api/Invoice/I-1?subscriberId=SUB-1")
    came = caller.at_once([batch, read, read])
    return [came[0].status, 200 in [one.status for one in came[1:]], vendors.pvex_reads(caller, 1)]


def _payt_at_once(caller: VendorClient) -> Json:
    sent = [caller.request("POST", "/v1/invoices", vendors.payt_batch(number)) for number in (1, 2)]
    told = [vendors.payt_tells(came) for came in caller.at_once(sent)]
    return [told, vendors.payt_reads(caller, 1), vendors.payt_reads(caller, 2)]


def _xero_at_once(caller: VendorClient) -> Json:
    path = "/api.xro/2.0/Invoices?summarizeErrors=false"
    sent = [caller.request("POST", path, {"Invoices": [vendors.xero_invoice(number)]}) for number in (1, 2)]
    return [vendors.xero_tells(came) for came in caller.at_once(sent)]


def _gw_at_once(caller: VendorClient) -> Json:
    sent = [
        caller.request("POST", "/claim/v1/batch", {"requests": [one]})
        for one in (vendors.GW_GOOD, vendors.GW_GOOD_B)
    ]
    told = [vendors.gw_tells(came) for came in caller.at_once(sent)]
    return [told, vendors.gw_reads(caller, vendors.BULK_A), vendors.gw_reads(caller, vendors.BULK_B)]


def _in_two_worlds(
    sends: Callable[[VendorClient], Any], reads: Callable[[VendorClient], Json]
) -> Callable[[VendorClient], Json]:
    """What is read of a world after sending to another one."""

    def seen(caller: VendorClient) -> Json:
        headers = {**caller.headers, "mock-sandbox": caller.headers["mock-sandbox"] + "-other"}
        sends(VendorClient(caller.target, headers))
        return reads(caller)

    return seen


def _rows(*texts: str) -> tuple[Json, ...]:
    return tuple(vendors.vba_row(number, description=text) for number, text in enumerate(texts, 1))


_XERO_KEYED = ("updateOrCreateInvoices", "createInvoices", "getInvoice")

ISOLATION = (
    _mutant(
        "xero-runs-a-replay",
        "does again what comes again under its key",
        ("createBatchPayment", "getInvoice", "getInvoices", "getBatchPayments", "getBatchPayment"),
        changes_request(vendors.XERO_BATCHES, lambda call: call.without(_KEY)),
        _xero_paid_again,
        right="89.5",
        wrong="79.0",
    ),
    _mutant(
        "xero-replays-another-answer",
        "answers a key's second call with other ids",
        _XERO_KEYED,
        by_key(_XERO_WRITES, other_ids),
        _xero_replayed,
        right=[200, True],
        wrong=[200, False],
    ),
    _mutant(
        "xero-refuses-a-replay",
        "answers a key's second call with 409",
        _XERO_KEYED,
        by_key(_XERO_WRITES, conflict),
        _xero_replayed,
        right=[200, True],
        wrong=[409, False],
    ),
    _mutant(
        "xero-takes-a-key-with-another-body",
        "takes a key that comes with another body",
        _XERO_KEYED,
        key_with_another_body(_XERO_WRITES),
        _xero_other_body,
        right=400,
        wrong=200,
    ),
    _mutant(
        "xero-shares-keys",
        "answers a tenant's key with what another tenant was told",
        _XERO_KEYED,
        by_key(_XERO_WRITES, the_first, scoped=False),
        _xero_other_tenant,
        right="ref 1",
        wrong=404,
    ),
    _mutant(
        "xero-tenants-are-one",
        "keeps all tenants' invoices together",
        vendors.XERO_READ,
        every_call("xero", in_one_tenant),
        _xero_tenants,
        right=404,
        wrong="ref 1",
    ),
    _mutant(
        "xero-lists-theirs",
        "lists another tenant's invoices as well",
        vendors.XERO_READ,
        listing_both(vendors.XERO_LIST),
        _xero_lists_theirs,
        right=False,
        wrong=True,
    ),
    _mutant(
        "xero-crosses-answers",
        "gives two calls at once each other's answers",
        vendors.XERO_READ,
        crossed(_XERO_WRITES),
        _xero_at_once,
        right=[["N1 OK"], ["N2 OK"]],
        wrong=[["N2 OK"], ["N1 OK"]],
    ),
    _mutant(
        "guidewire-runs-a-replay",
        "does again what comes again under its transaction id",
        ("updateBulkInvoice", "runBatch", "getBulkInvoice"),
        changes_request(vendors.GW_CHANGE, lambda call: call.without("gw-dbtransaction-id")),
        _gw_again,
        right=[200, 400],
        wrong=[200, 200],
    ),
    _mutant(
        "guidewire-ignores-checksums",
        "takes a change with a stale checksum",
        vendors.GW_READ,
        both(
            changes_request(vendors.GW_BATCH, gw_unchecked),
            changes_request(vendors.GW_CHANGE, gw_one_unchecked),
        ),
        _gw_stale,
        right=[[409], "Nora Whitlock"],
        wrong=[[200], "Ann"],
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
        "vba-databases-are-one",
        "keeps all databases' rows together",
        vendors.VBA_READ,
        every_call("vba", in_one_database),
        _vba_databases,
        right=404,
        wrong="row 1",
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
        "pvex-worlds-are-one",
        "keeps the invoices of all sandboxes together",
        vendors.PVEX_READ,
        one_world("pvex"),
        _in_two_worlds(
            lambda caller: vendors.pvex_sends(caller, 777), lambda caller: vendors.pvex_reads(caller, 777)
        ),
        right=404,
        wrong="N-777",
    ),
    _mutant(
        "payt-worlds-are-one",
        "keeps the invoices of all sandboxes together",
        vendors.PAYT_READ,
        one_world("payt"),
        _in_two_worlds(
            lambda caller: vendors.payt_sends(caller, 777), lambda caller: vendors.payt_reads(caller, 777)
        ),
        right=404,
        wrong="bill 777",
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
    _mutant(
        "guidewire-worlds-are-one",
        "keeps the invoices of all sandboxes together",
        vendors.GW_READ,
        one_world("guidewire"),
        _in_two_worlds(
            lambda caller: vendors.gw_sends(caller, vendors.GW_GOOD_B),
            lambda caller: vendors.gw_reads(caller, vendors.BULK_B),
        ),
        right="Nora Whitlock",
        wrong="Bob",
    ),
)
