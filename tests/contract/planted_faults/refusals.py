"""Wrong refusals: calls that are let in, refused or answered with another status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from mockserver.contract.exchange import to_json_text
from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import VendorClient, plant_fault
from tests.contract.planted_faults.rollback import dropped, kept, set_back
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    SendOn,
    WrappedRequest,
    WrappedResponse,
    at,
    changes_request,
    changes_response,
)

_mutant = partial(plant_fault, "refusals")


_NOT_A_BATCH = b'{"no": "items"}'


_BROKEN = b'[{"'


_TENANT = "00000000-0000-4000-8000-000000000001"


def everything(vendor: str, change: Callable[[WrappedRequest, WrappedResponse], WrappedResponse]) -> Planted:
    """Every answer of a vendor changed."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        received = await ask(call)
        return change(call, received) if call.path.startswith(f"/{vendor}/") else received

    return lambda: fault


def every_call(vendor: str, change: Callable[[WrappedRequest], WrappedRequest]) -> Planted:
    """Every call to a vendor changed."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        return await ask(change(call) if call.path.startswith(f"/{vendor}/") else call)

    return lambda: fault


def always(document: Json, status: int) -> Callable[[WrappedRequest, WrappedResponse], WrappedResponse]:
    """One answer to every call."""
    return lambda _call, received: (
        replace(received, status=status).typed("application/json").holding(document)
    )


def when(
    status: int, change: Callable[[WrappedResponse], WrappedResponse]
) -> Callable[[WrappedRequest, WrappedResponse], WrappedResponse]:
    """What is answered with one status changed."""
    return lambda _call, received: change(received) if received.status == status else received


def whole(route: Route, failed: Callable[[WrappedResponse], bool], document: Json) -> Planted:
    """One bad item refuses the batch, and nothing is kept: what a contract mock does."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        before = await kept(ask, call.world)
        received = await ask(call)
        if received.good and failed(received):
            await set_back(ask, call.world, before)
            received = replace(received, status=400).typed("application/json").holding(document)
        await dropped(ask, call.world, before)
        return received

    return lambda: at(route, fault)


def unreadable(route: Route, change: Callable[[WrappedResponse], WrappedResponse]) -> Planted:
    """What a body that is no JSON is answered, changed."""

    def bent(call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
        try:
            call.json()
        except ValueError:
            return change(received) if "json" in call.headers.get("content-type", "") else received
        return received

    return changes_response(route, bent)


def taking_any_type(route: Route) -> Planted:
    """A body of a type that is not taken is read as JSON."""

    def heard(call: WrappedRequest) -> WrappedRequest:
        typed = call.headers.get("content-type", "")
        return call if "json" in typed or "xml" in typed else call.having(content_type="application/json")

    return changes_request(route, heard)


def _some_row_failed(received: WrappedResponse) -> bool:
    return any(row["status"] >= 400 for row in received.json()["data"])


def _some_invoice_failed(received: WrappedResponse) -> bool:
    return bool(received.json()["errors"])


def _vba_problem(status: int) -> Json:
    told = {
        "type": f"https://httpstatuses.com/{status}",
        "title": "Refused",
        "status": status,
        "detail": "Refused.",
        "instance": "/claim-invoice-batch",
    }
    return {"data": None, "error": told, "debug": {"activityID": "c837afc4-e7ff-4d11-a82c-cbc9a838c312"}}


_GW_REFUSAL = {
    "status": 401,
    "errorCode": "gw.api.rest.exceptions.NotAuthenticatedException",
    "userMessage": "Not authenticated",
}


def _status(method: str, path: str, document: Json = None, **headers: str) -> Callable[[VendorClient], Json]:
    return lambda caller: caller.send(method, path, document, **headers).status


def _raw(path: str, body: bytes, method: str = "POST", **headers: str) -> Callable[[VendorClient], Json]:
    return lambda caller: caller.raw(method, path, body, **headers).status


def _vba_mixed(caller: VendorClient) -> Json:
    return [vendors.vba_sends(caller, 1, 9001).status, vendors.vba_reads(caller, 1)]


def _payt_mixed(caller: VendorClient) -> Json:
    return [vendors.payt_sends(caller, 1, 9001).status, vendors.payt_reads(caller, 1)]


_VBA_ALL = ("putClaimInvoiceBatch", "listClaimInvoice", "getClaimInvoice")


_GW_ALL = ("runBatch", "getBulkInvoice", "updateBulkInvoice")


XERO_SENT = {"Invoices": [vendors.xero_invoice(9001)]}


XERO_PATH = "/api.xro/2.0/Invoices"


REFUSALS = (
    _mutant(
        "vba-lets-nobody-in",
        "answers 401 to everything",
        _VBA_ALL,
        everything("vba", always(_vba_problem(401), 401)),
        _status("GET", "/claim-invoice"),
        right=200,
        wrong=401,
    ),
    _mutant(
        "guidewire-lets-nobody-in",
        "answers 401 to everything",
        _GW_ALL,
        everything("guidewire", always(_GW_REFUSAL, 401)),
        _status("GET", f"/claim/v1/bulk-invoices/{vendors.BULK_A}"),
        right=200,
        wrong=401,
    ),
    _mutant(
        "vba-breaks-at-bad-json",
        "answers 500 to a body that is no JSON",
        ("putClaimInvoiceBatch",),
        unreadable(
            vendors.VBA_BATCH, lambda received: replace(received, status=500).holding(_vba_problem(500))
        ),
        _raw("/claim-invoice-batch", _BROKEN, "PUT"),
        right=400,
        wrong=500,
    ),
    _mutant(
        "payt-breaks-at-bad-json",
        "answers 500 to a body that is no JSON",
        ("postV1Invoices",),
        unreadable(vendors.PAYT_BATCH, lambda received: replace(received, status=500)),
        _raw("/v1/invoices", _BROKEN),
        right=422,
        wrong=500,
    ),
    _mutant(
        "pvex-takes-a-cut-list",
        "takes a body that is no JSON to its end",
        ("postInvoiceBatch",),
        unreadable(vendors.PVEX_BATCH, lambda received: replace(received, status=200, headers={}, body=b"")),
        _raw("/api/InvoiceBatch", _BROKEN),
        right=400,
        wrong=200,
    ),
    _mutant(
        "vba-takes-anything",
        "answers a refused call with 207 and no rows",
        ("putClaimInvoiceBatch",),
        changes_response(
            vendors.VBA_BATCH,
            when(
                400,
                lambda received: replace(received, status=207).holding(
                    {
                        "data": [],
                        "error": None,
                        "debug": {"activityID": "c837afc4-e7ff-4d11-a82c-cbc9a838c312"},
                    }
                ),
            ),
        ),
        _raw("/claim-invoice-batch", _NOT_A_BATCH, "PUT"),
        right=400,
        wrong=207,
    ),
    _mutant(
        "guidewire-takes-anything",
        "answers a refused call with 200 and no responses",
        ("runBatch",),
        changes_response(
            vendors.GW_BATCH,
            when(400, lambda received: replace(received, status=200).holding({"responses": []})),
        ),
        _raw("/claim/v1/batch", _NOT_A_BATCH),
        right=400,
        wrong=200,
    ),
    _mutant(
        "payt-is-a-teapot",
        "answers lists with 418",
        ("getV1Invoices", "postV1Invoices"),
        changes_response(vendors.PAYT_LIST, when(200, lambda received: replace(received, status=418))),
        _status("GET", "/v1/invoices?administration_id=81"),
        right=200,
        wrong=418,
    ),
    _mutant(
        "payt-allows-too-much",
        "names a method in `Allow` that the path does not have",
        ("getV1Debtors",),
        changes_response(
            Route("PUT PATCH DELETE", "/payt/v1/debtors"),
            lambda _call, received: replace(
                received, headers={**received.headers, "allow": f"{received.headers['allow']}, DELETE"}
            ),
        ),
        lambda caller: caller.send("PATCH", "/v1/debtors").headers["allow"],
        right="GET, POST",
        wrong="GET, POST, DELETE",
    ),
    _mutant(
        "payt-takes-for-later",
        "answers 202 where 201 is said",
        ("postV1Invoices",),
        changes_response(vendors.PAYT_BATCH, when(201, lambda received: replace(received, status=202))),
        _status("POST", "/v1/invoices", vendors.payt_batch(1)),
        right=201,
        wrong=202,
    ),
    _mutant(
        "vba-answers-200",
        "answers a batch with 200 where 207 is said",
        ("putClaimInvoiceBatch",),
        changes_response(vendors.VBA_BATCH, when(207, lambda received: replace(received, status=200))),
        _status("PUT", "/claim-invoice-batch", [vendors.vba_row(1)]),
        right=207,
        wrong=200,
    ),
    _mutant(
        "vba-needs-no-database",
        "takes a call that names no database",
        _VBA_ALL,
        every_call(
            "vba",
            lambda call: (
                call
                if call.headers.get("vbasoftware-database")
                else call.having(vbasoftware_database="sandbox")
            ),
        ),
        _status("GET", "/claim-invoice", vbasoftware_database=""),
        right=400,
        wrong=200,
    ),
    _mutant(
        "xero-needs-no-tenant",
        "takes a call that names no tenant",
        ("getInvoices", "updateOrCreateInvoices"),
        every_call(
            "xero",
            lambda call: call if call.headers.get("xero-tenant-id") else call.having(xero_tenant_id=_TENANT),
        ),
        _status("GET", XERO_PATH, xero_tenant_id=""),
        right=403,
        wrong=200,
    ),
    _mutant(
        "guidewire-asks-for-no-credentials",
        "lets everybody in",
        _GW_ALL,
        every_call("guidewire", lambda call: call.having(authorization="Bearer guidewire-good")),
        _status("GET", f"/claim/v1/bulk-invoices/{vendors.BULK_A}", authorization=""),
        right=401,
        wrong=200,
    ),
    _mutant(
        "payt-asks-for-no-credentials",
        "lets everybody in",
        ("getV1Invoices", "postV1Invoices"),
        every_call("payt", lambda call: call.having(authorization="Bearer full-token")),
        _status("GET", "/v1/invoices?administration_id=81", authorization=""),
        right=401,
        wrong=200,
    ),
    _mutant(
        "vba-refuses-all-for-one",
        "refuses the batch for one bad row",
        vendors.VBA_READ,
        whole(vendors.VBA_BATCH, _some_row_failed, _vba_problem(400)),
        _vba_mixed,
        right=[207, "row 1"],
        wrong=[400, 404],
    ),
    _mutant(
        "payt-refuses-all-for-one",
        "refuses the batch for one bad invoice",
        vendors.PAYT_READ,
        whole(vendors.PAYT_BATCH, _some_invoice_failed, {"success": False, "errors": {"base": ["Invalid"]}}),
        _payt_mixed,
        right=[201, "bill 1"],
        wrong=[400, 404],
    ),
    _mutant(
        "vba-finds-nothing",
        "answers 200 and null for what is not there",
        ("getClaimInvoice",),
        changes_response(
            vendors.VBA_ONE,
            when(
                404,
                lambda received: replace(received, status=200).holding({**received.json(), "error": None}),
            ),
        ),
        _status("GET", "/claim-invoice/7777"),
        right=404,
        wrong=200,
    ),
    _mutant(
        "xero-takes-any-type",
        "reads every body as JSON",
        ("updateOrCreateInvoices", "createInvoices"),
        taking_any_type(vendors.XERO_INVOICES),
        _raw(
            XERO_PATH,
            to_json_text({"Invoices": [vendors.xero_invoice(1)]}).encode(),
            content_type="text/csv",
        ),
        right=415,
        wrong=200,
    ),
    _mutant(
        "pvex-refuses-what-it-keeps",
        "refuses a batch of two and more and keeps it",
        vendors.PVEX_READ,
        changes_response(
            vendors.PVEX_BATCH,
            lambda call, received: (
                replace(received, status=400)
                .typed("application/json")
                .holding({"Message": "The request is invalid."})
                if len(call.json()) > 1
                else received
            ),
        ),
        lambda caller: [vendors.pvex_sends(caller, 1, 2).status, vendors.pvex_reads(caller, 1)],
        right=[200, "N-1"],
        wrong=[400, "N-1"],
    ),
)
