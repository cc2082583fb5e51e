"""Faults that one vendor has in the other files, at the vendors that have the same feature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.concurrency import as_it_should, lost, overlapping
from tests.contract.planted_faults.fault import PlantedFault, VendorClient, plant_fault
from tests.contract.planted_faults.isolation import one_world
from tests.contract.planted_faults.refusals import every_call, unreadable
from tests.contract.planted_faults.rollback import undoes
from tests.contract.planted_faults.stale_reads import lacking, remembered
from tests.contract.planted_faults.state import always
from tests.contract.planted_faults.wrappers import Json, Route, WrappedRequest, WrappedResponse

_BROKEN = b'[{"'


def _breaks(received: WrappedResponse) -> WrappedResponse:
    return replace(received, status=500)


def _with_credentials(vendor: str) -> Callable[[WrappedRequest], WrappedRequest]:
    names = ("authorization", "x-api-key")
    good = {name: text for name, text in vendors.HEADERS[vendor].items() if name in names}
    return lambda call: replace(call, headers={**call.headers, **good})


def _without_credentials(path: str) -> Callable[[VendorClient], Json]:
    return lambda caller: caller.get(path, authorization="", x_api_key="").status


def _is_open(vendor: str, path: str, operations: tuple[str, ...], right: int = 401) -> PlantedFault:
    return plant_fault(
        "refusals",
        f"{vendor}-asks-for-no-credentials",
        "lets everybody in",
        operations,
        every_call(vendor, _with_credentials(vendor)),
        _without_credentials(path),
        right=right,
        wrong=200,
    )


def _breaks_at_bad_json(vendor: str, path: str, operation: str, route: Route) -> PlantedFault:
    return plant_fault(
        "refusals",
        f"{vendor}-breaks-at-bad-json",
        "answers 500 to a body that is no JSON",
        (operation,),
        unreadable(route, _breaks),
        lambda caller: caller.raw("POST", path, _BROKEN).status,
        right=400,
        wrong=500,
    )


def _in_another_sandbox(caller: VendorClient) -> VendorClient:
    world = f"{caller.headers['mock-sandbox']}-other"
    return VendorClient(caller.target, {**caller.headers, "mock-sandbox": world})


def _vba_other_sandbox(caller: VendorClient) -> Json:
    vendors.vba_sends(_in_another_sandbox(caller), 777)
    return vendors.vba_reads(caller, 777)


def _xero_other_sandbox(caller: VendorClient) -> Json:
    vendors.xero_sends(_in_another_sandbox(caller), 777)
    return vendors.xero_reads(caller, 777)


def _pvex_at_once(caller: VendorClient) -> Json:
    sent = [caller.request("POST", "/api/InvoiceBatch", [vendors.pvex_invoice(number)]) for number in (1, 2)]
    told = [received.status for received in caller.at_once(sent)]
    return [told, vendors.pvex_reads(caller, 1), vendors.pvex_reads(caller, 2)]


def _xero_at_once(caller: VendorClient) -> Json:
    path = "/api.xro/2.0/Invoices?summarizeErrors=false"
    sent = [caller.request("POST", path, {"Invoices": [vendors.xero_invoice(number)]}) for number in (1, 2)]
    told = [vendors.xero_tells(received) for received in caller.at_once(sent)]
    return [told, vendors.xero_reads(caller, 1), vendors.xero_reads(caller, 2)]


def _payt_changed(caller: VendorClient) -> Json:
    vendors.payt_sends(caller, 1)
    first = vendors.payt_reads(caller, 1)
    vendors.payt_sends(caller, vendors.payt_invoice(1, description="changed"), method="PATCH")
    return [first, vendors.payt_reads(caller, 1)]


def _payt_one(caller: VendorClient) -> Json:
    return [vendors.payt_tells(vendors.payt_sends(caller, 1)), vendors.payt_reads(caller, 1)]


def _payt_mixed(caller: VendorClient) -> Json:
    return [vendors.payt_tells(vendors.payt_sends(caller, 1, 9001)), vendors.payt_reads(caller, 1)]


def _xero_one(caller: VendorClient) -> Json:
    return [vendors.xero_tells(vendors.xero_sends(caller, 1)), vendors.xero_reads(caller, 1)]


def _xero_mixed(caller: VendorClient) -> Json:
    return [vendors.xero_tells(vendors.xero_sends(caller, 1, 9001)), vendors.xero_reads(caller, 1)]


def _pvex_one(caller: VendorClient) -> Json:
    return [vendors.pvex_sends(caller, 1).status, vendors.pvex_reads(caller, 1)]


def _gw_mixed(caller: VendorClient) -> Json:
    told = vendors.gw_tells(vendors.gw_sends(caller, vendors.GW_GOOD_B, vendors.GW_BAD))
    return [told, vendors.gw_reads(caller, vendors.BULK_B)]


def _gw_listed(caller: VendorClient) -> Json:
    listed = caller.get("/claim/v1/bulk-invoices").json()["data"]
    return vendors.BULK_A in [one["attributes"]["id"] for one in listed]


def _payt_failed(_call: WrappedRequest, received: WrappedResponse) -> bool:
    return received.good and bool(received.json()["errors"])


def _xero_failed(_call: WrappedRequest, received: WrappedResponse) -> bool:
    return received.good and any(one.get("HasErrors") for one in received.json()["Invoices"])


def _gw_failed(_call: WrappedRequest, received: WrappedResponse) -> bool:
    return received.good and any(one["status"] >= 400 for one in received.json()["responses"])


def _bulk_a(listed: list[Json]) -> Json:
    return [one for one in listed if one["attributes"]["id"] == vendors.BULK_A][-1]


_UNDOES_ALL = "undoes all items when one fails and says that the others were done"
_KEEPS_NOTHING = "answers as it should and keeps nothing"
_LOSES_THE_SECOND = "loses the second of two calls at once"
_ONE_WORLD = "keeps the records of all sandboxes together"

EVERY_VENDOR = (
    _is_open("vba", "/claim-invoice", ("putClaimInvoiceBatch", "listClaimInvoice", "getClaimInvoice"), 403),
    _is_open("xero", "/api.xro/2.0/Invoices", ("getInvoices", "updateOrCreateInvoices")),
    _breaks_at_bad_json("guidewire", "/claim/v1/batch", "runBatch", vendors.GW_BATCH),
    _breaks_at_bad_json("pvex", "/api/InvoiceBatch", "postInvoiceBatch", vendors.PVEX_BATCH),
    _breaks_at_bad_json("xero", "/api.xro/2.0/Invoices", "updateOrCreateInvoices", vendors.XERO_INVOICES),
    plant_fault(
        "isolation",
        "vba-worlds-are-one",
        _ONE_WORLD,
        vendors.VBA_READ,
        one_world("vba"),
        _vba_other_sandbox,
        right=404,
        wrong="row 777",
    ),
    plant_fault(
        "isolation",
        "xero-worlds-are-one",
        _ONE_WORLD,
        vendors.XERO_READ,
        one_world("xero"),
        _xero_other_sandbox,
        right=404,
        wrong="ref 777",
    ),
    plant_fault(
        "isolation",
        "pvex-loses-the-second",
        _LOSES_THE_SECOND,
        vendors.PVEX_READ,
        overlapping(vendors.PVEX_BATCH, as_it_should, lost),
        _pvex_at_once,
        right=[[200, 200], "N-1", "N-2"],
        wrong=[[200, 200], "N-1", 404],
    ),
    plant_fault(
        "isolation",
        "xero-loses-the-second",
        _LOSES_THE_SECOND,
        vendors.XERO_READ,
        overlapping(vendors.XERO_INVOICES, as_it_should, lost),
        _xero_at_once,
        right=[[["N1 OK"], ["N2 OK"]], "ref 1", "ref 2"],
        wrong=[[["N1 OK"], ["N2 OK"]], "ref 1", 404],
    ),
    plant_fault(
        "state",
        "payt-reads-a-cache",
        "shows a record as it was read the first time",
        vendors.PAYT_READ,
        remembered(vendors.PAYT_ONE),
        _payt_changed,
        right=["bill 1", "changed"],
        wrong=["bill 1", "bill 1"],
    ),
    plant_fault(
        "state",
        "payt-keeps-nothing",
        _KEEPS_NOTHING,
        vendors.PAYT_READ,
        undoes(vendors.PAYT_BATCH, always),
        _payt_one,
        right=[[1, []], "bill 1"],
        wrong=[[1, []], 404],
    ),
    plant_fault(
        "state",
        "xero-keeps-nothing",
        _KEEPS_NOTHING,
        vendors.XERO_READ,
        undoes(vendors.XERO_INVOICES, always),
        _xero_one,
        right=[["N1 OK"], "ref 1"],
        wrong=[["N1 OK"], 404],
    ),
    plant_fault(
        "state",
        "pvex-keeps-nothing",
        _KEEPS_NOTHING,
        vendors.PVEX_READ,
        undoes(vendors.PVEX_BATCH, always),
        _pvex_one,
        right=[200, "N-1"],
        wrong=[200, 404],
    ),
    plant_fault(
        "state",
        "payt-undoes-all-for-one",
        _UNDOES_ALL,
        vendors.PAYT_READ,
        undoes(vendors.PAYT_BATCH, _payt_failed),
        _payt_mixed,
        right=[[1, ["N9001"]], "bill 1"],
        wrong=[[1, ["N9001"]], 404],
    ),
    plant_fault(
        "state",
        "xero-undoes-all-for-one",
        _UNDOES_ALL,
        vendors.XERO_READ,
        undoes(vendors.XERO_INVOICES, _xero_failed),
        _xero_mixed,
        right=[["N1 OK", "N9001 ERROR"], "ref 1"],
        wrong=[["N1 OK", "N9001 ERROR"], 404],
    ),
    plant_fault(
        "state",
        "guidewire-undoes-all-for-one",
        _UNDOES_ALL,
        vendors.GW_READ,
        undoes(vendors.GW_BATCH, _gw_failed),
        _gw_mixed,
        right=[[200, 400], "Bob"],
        wrong=[[200, 400], "Nora Whitlock"],
    ),
    plant_fault(
        "state",
        "guidewire-lists-too-few",
        "leaves an invoice out of its list",
        vendors.GW_READ,
        lacking(vendors.GW_LIST, "data", newest=_bulk_a),
        _gw_listed,
        right=True,
        wrong=False,
    ),
)
