"""Faults of idempotency keys, transaction ids and checksums."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import VendorClient, plant_fault
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
    changes_document,
    changes_request,
)

_mutant = partial(plant_fault, "isolation")


_KEY = "idempotency-key"


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
            received = await ask(call)
            if received.good:
                first[key] = (call.body, received)
            return received

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


def forgets_errors(route: Route) -> Planted:
    """A call that was refused is done anew when it comes again under its key."""

    def planted() -> WrappedFault:
        refused: set[tuple[str, str, bytes]] = set()

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            name = (call.world, call.headers.get(_KEY, ""), call.body)
            received = await ask(call.without(_KEY) if name in refused else call)
            if not received.good:
                refused.add(name)
            return received

        return at(route, fault)

    return planted


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


def _xero_replayed(caller: VendorClient) -> Json:
    """Status and ids of a call and of its repetition under one key."""
    first = vendors.xero_sends(caller, 1, method="POST", idempotency_key="k-1")
    again = vendors.xero_sends(caller, 1, method="POST", idempotency_key="k-1")
    return [again.status, again.status == 200 and _ids(again) == _ids(first)]


def _ids(received: Any) -> Json:
    return [one["InvoiceID"] for one in received.json()["Invoices"]]


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


def _gw_again(caller: VendorClient) -> Json:
    path, change = f"/claim/v1/bulk-invoices/{vendors.BULK_A}", {"data": {"attributes": {"mailTo": "Ann"}}}
    return [caller.send("PATCH", path, change, gw_dbtransaction_id="t-1").status for _ in range(2)]


def _gw_stale(caller: VendorClient) -> Json:
    stale = vendors.gw_change(vendors.BULK_A, "Ann")
    stale["body"]["data"]["checksum"] = "stale"
    return [vendors.gw_tells(vendors.gw_sends(caller, stale)), vendors.gw_reads(caller, vendors.BULK_A)]


def _xero_refused_again(caller: VendorClient) -> Json:
    """A payment before its invoice is there, and the same call when the invoice is there."""
    batch = {"Account": {"Code": "BANK1"}, "Date": "2026-01-05"}
    paid = {**batch, "Payments": [{"Invoice": {"InvoiceNumber": "N1"}, "Amount": 1}]}
    first = caller.send("PUT", _BATCHES, {"BatchPayments": [paid]}, idempotency_key="k-1")
    vendors.xero_sends(caller, vendors.xero_invoice(1, Status="AUTHORISED"))
    again = caller.send("PUT", _BATCHES, {"BatchPayments": [paid]}, idempotency_key="k-1")
    return [first.status, again.status]


def _gw_checksums(caller: VendorClient) -> Json:
    """Whether a change leaves the checksum as it was."""
    path = f"/claim/v1/bulk-invoices/{vendors.BULK_A}"
    first = caller.get(path).json()["data"]["checksum"]
    vendors.gw_sends(caller, vendors.GW_GOOD)
    return bool(first == caller.get(path).json()["data"]["checksum"])


_BATCHES = "/api.xro/2.0/BatchPayments"
_XERO_KEYED = ("updateOrCreateInvoices", "createInvoices", "getInvoice")


IDEMPOTENCY = (
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
        by_key(vendors.XERO_INVOICES, other_ids),
        _xero_replayed,
        right=[200, True],
        wrong=[200, False],
    ),
    _mutant(
        "xero-refuses-a-replay",
        "answers a key's second call with 409",
        _XERO_KEYED,
        by_key(vendors.XERO_INVOICES, conflict),
        _xero_replayed,
        right=[200, True],
        wrong=[409, False],
    ),
    _mutant(
        "xero-takes-a-key-with-another-body",
        "takes a key that comes with another body",
        _XERO_KEYED,
        key_with_another_body(vendors.XERO_INVOICES),
        _xero_other_body,
        right=400,
        wrong=200,
    ),
    _mutant(
        "xero-forgets-errors",
        "does what it refused when the call comes again under its key",
        ("createBatchPayment", "getInvoice", "getInvoices", "getBatchPayments", "getBatchPayment"),
        forgets_errors(vendors.XERO_BATCHES),
        _xero_refused_again,
        right=[400, 400],
        wrong=[400, 200],
    ),
    _mutant(
        "guidewire-freezes-checksums",
        "shows one checksum, whatever is changed",
        vendors.GW_READ,
        changes_document(
            vendors.GW_ONE, lambda _, told: {**told, "data": {**told["data"], "checksum": "7a0d9677"}}
        ),
        _gw_checksums,
        right=False,
        wrong=True,
    ),
    _mutant(
        "xero-shares-keys",
        "answers a tenant's key with what another tenant was told",
        _XERO_KEYED,
        by_key(vendors.XERO_INVOICES, the_first, scoped=False),
        _xero_other_tenant,
        right="ref 1",
        wrong=404,
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
)
