"""Faults of isolation: tenants and sandboxes that see each other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import VendorClient, plant_fault
from tests.contract.planted_faults.refusals import every_call
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    SendOn,
    WrappedRequest,
    WrappedResponse,
    at,
)

_mutant = partial(plant_fault, "isolation")


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
        received = await ask(call)
        theirs = await ask(call.having(xero_tenant_id=vendors.OTHER_TENANT))
        if not (received.good and theirs.good):
            return received
        told = received.json()
        return received.holding({**told, "Invoices": [*told["Invoices"], *theirs.json()["Invoices"]]})

    return lambda: at(route, fault)


def _xero_tenants(caller: VendorClient) -> Json:
    vendors.xero_sends(caller, 1)
    return vendors.xero_reads(caller, 1, xero_tenant_id=vendors.OTHER_TENANT)


def _xero_lists_theirs(caller: VendorClient) -> Json:
    vendors.xero_sends(
        caller, vendors.xero_invoice(1, Contact={"Name": "Somebody"}), xero_tenant_id=vendors.OTHER_TENANT
    )
    return "N1" in vendors.xero_lists(caller)


def _vba_databases(caller: VendorClient) -> Json:
    vendors.vba_sends(caller, vendors.vba_row(1, payee_ID=None))
    return vendors.vba_reads(caller, 1, vbasoftware_database="VBADEMO")


def _in_two_worlds(
    sends: Callable[[VendorClient], Any], reads: Callable[[VendorClient], Json]
) -> Callable[[VendorClient], Json]:
    """What is read of a world after sending to another one."""

    def seen(caller: VendorClient) -> Json:
        headers = {**caller.headers, "mock-sandbox": caller.headers["mock-sandbox"] + "-other"}
        sends(VendorClient(caller.target, headers))
        return reads(caller)

    return seen


ISOLATION = (
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
        "vba-databases-are-one",
        "keeps all databases' rows together",
        vendors.VBA_READ,
        every_call("vba", in_one_database),
        _vba_databases,
        right=404,
        wrong="row 1",
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
