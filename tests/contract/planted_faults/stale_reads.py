"""Reads and lists that do not show the state as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import VendorClient
from tests.contract.planted_faults.state import (
    gw_changed,
    pvex_changed,
    state_fault,
    vba_changed,
    vba_deleted,
    xero_changed,
)
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    SendOn,
    WrappedFault,
    WrappedRequest,
    WrappedResponse,
    at,
    changes_document,
)


def remembered(route: Route) -> Planted:
    """What was read once is read again, whatever has become of it."""

    def planted() -> WrappedFault:
        seen: dict[tuple[str, ...], WrappedResponse] = {}

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            tenant = (call.headers.get("vbasoftware-database", ""), call.headers.get("xero-tenant-id", ""))
            key = (call.world, *tenant, call.path, call.query)
            if key not in seen:
                received = await ask(call)
                if not received.good:
                    return received
                seen[key] = received
            return seen[key]

        return at(route, fault)

    return planted


def lacking(route: Route, name: str, *, newest: Callable[[list[Any]], Any]) -> Planted:
    """A list without its newest record."""

    def change(_sent: Json, told: Json) -> Json:
        listed = told[name] if name else told
        gone = newest(listed)
        kept = [one for one in listed if one is not gone]
        return {**told, name: kept} if name else kept

    return changes_document(route, change)


def showing_deleted() -> WrappedFault:
    """VBA's rows that were deleted are listed on."""
    deleted: dict[tuple[str, str], Json] = {}

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        if vendors.VBA_DELETE.matches(call):
            shown = await ask(replace(call, method="GET"))
            received = await ask(call)
            if received.good and shown.good:
                deleted[call.world, call.path] = shown.json()["data"]
            return received
        received = await ask(call)
        if not (vendors.VBA_LIST.matches(call) and received.good):
            return received
        told = received.json()
        there = {row["invoice_Key"] for row in told["data"]}
        ghosts = [row for (world, _), row in deleted.items() if world == call.world]
        listed = [*told["data"], *(row for row in ghosts if row["invoice_Key"] not in there)]
        return received.holding({**told, "data": listed})

    return fault


def _newest(member: str) -> Callable[[list[Any]], Any]:
    """The one of the highest number; None where there is none of ours."""

    def found(listed: list[Any]) -> Any:
        return max(listed, key=lambda one: one[member], default=None)

    return found


def _last(listed: list[Any]) -> Any:
    return listed[-1] if listed else None


def _vba_listed(caller: VendorClient) -> Json:
    vendors.vba_sends(caller, 5000)
    return vendors.vba_lists(caller)


def _payt_made(caller: VendorClient) -> Json:
    vendors.payt_sends(caller, 1)
    return [vendors.payt_reads(caller, 1), vendors.payt_lists(caller)]


def _xero_listed(caller: VendorClient) -> Json:
    vendors.xero_sends(caller, 1)
    return "N1" in vendors.xero_lists(caller)


def _pvex_listed(caller: VendorClient) -> Json:
    vendors.pvex_sends(caller, 1)
    return vendors.pvex_lists(caller)


STALE_READS = (
    state_fault(
        "vba-reads-a-cache",
        "shows a record as it was read the first time",
        remembered(vendors.VBA_ONE),
        vba_changed,
        right=["row 1", "changed"],
        wrong=["row 1", "row 1"],
    ),
    state_fault(
        "vba-lists-the-deleted",
        "lists rows that were deleted",
        showing_deleted,
        vba_deleted,
        right=[404, [1001, 1002]],
        wrong=[404, [1001, 1002, 1]],
    ),
    state_fault(
        "vba-lists-too-few",
        "leaves the row with the highest key out of its list",
        lacking(vendors.VBA_LIST, "data", newest=_newest("invoice_Key")),
        _vba_listed,
        right=[1001, 1002, 5000],
        wrong=[1001, 1002],
    ),
    state_fault(
        "payt-lists-too-few",
        "leaves the last invoice out of its list",
        lacking(vendors.PAYT_LIST, "data", newest=_last),
        _payt_made,
        right=["bill 1", ["F-1001", "F-1002", "N1"]],
        wrong=["bill 1", ["F-1001", "F-1002"]],
    ),
    state_fault(
        "xero-reads-a-cache",
        "shows a record as it was read the first time",
        remembered(vendors.XERO_ONE),
        xero_changed,
        right=["ref 1", "changed"],
        wrong=["ref 1", "ref 1"],
    ),
    state_fault(
        "xero-lists-too-few",
        "leaves the newest invoice out of its list",
        lacking(vendors.XERO_LIST, "Invoices", newest=_newest("UpdatedDateUTC")),
        _xero_listed,
        right=True,
        wrong=False,
    ),
    state_fault(
        "pvex-reads-a-cache",
        "shows a record as it was read the first time",
        remembered(vendors.PVEX_ONE),
        pvex_changed,
        right=["N-1", "changed"],
        wrong=["N-1", "N-1"],
    ),
    state_fault(
        "pvex-lists-too-few",
        "leaves the newest invoice out of its list",
        lacking(vendors.PVEX_LIST, "", newest=_newest("ApiLastChangeDate")),
        _pvex_listed,
        right=["I-1"],
        wrong=[],
    ),
    state_fault(
        "guidewire-reads-a-cache",
        "shows a record as it was read the first time",
        remembered(vendors.GW_ONE),
        gw_changed,
        right=["Ann", "Zoe"],
        wrong=["Ann", "Ann"],
    ),
)
