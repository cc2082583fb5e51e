"""Answers that lack a header or a body that the spec declares, or have a header of another form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import VendorClient, plant_fault
from tests.contract.planted_faults.refusals import when
from tests.contract.planted_faults.wrappers import Json, Planted, Route, WrappedResponse, changes_response

_planted = partial(plant_fault, "refusals")


def _with_header(route: Route, name: str, text: str) -> Planted:
    """Send another text in the header of a good answer; "" leaves the header out."""

    def changed(received: WrappedResponse) -> WrappedResponse:
        others = {key: value for key, value in received.headers.items() if key != name}
        return replace(received, headers={**others, name: text} if text else others)

    return changes_response(route, when(200, changed))


def _without_body(received: WrappedResponse) -> WrappedResponse:
    bare = {key: value for key, value in received.headers.items() if key != "content-type"}
    return replace(received, headers=bare, body=b"")


def _length(path: str) -> Callable[[VendorClient], Json]:
    return lambda caller: bool(caller.get(path).body)


HEADER_FAULTS = (
    _planted(
        "guidewire-loses-its-correlation-id",
        "reads a record without the header X-Correlation-ID",
        ("getBulkInvoice",),
        _with_header(vendors.GW_ONE, "x-correlation-id", ""),
        lambda caller: "x-correlation-id" in caller.get(f"/claim/v1/bulk-invoices/{vendors.BULK_A}").headers,
        right=True,
        wrong=False,
    ),
    _planted(
        "vba-counts-its-pages-in-words",
        "writes x-pagination in another form",
        ("listClaimInvoice",),
        _with_header(vendors.VBA_LIST, "x-pagination", "page 1 of 1"),
        lambda caller: caller.get("/claim-invoice").headers["x-pagination"] == "page 1 of 1",
        right=False,
        wrong=True,
    ),
    _planted(
        "xero-counts-its-limits-in-words",
        "writes X-MinLimit-Remaining as a word",
        ("getInvoices",),
        _with_header(vendors.XERO_LIST, "x-minlimit-remaining", "many"),
        lambda caller: caller.get("/api.xro/2.0/Invoices").headers["x-minlimit-remaining"] == "many",
        right=False,
        wrong=True,
    ),
    _planted(
        "payt-lists-without-a-body",
        "answers a list with 200 and no body",
        ("getV1Invoices",),
        changes_response(vendors.PAYT_LIST, when(200, _without_body)),
        _length("/v1/invoices"),
        right=True,
        wrong=False,
    ),
    _planted(
        "pvex-reads-without-a-body",
        "answers a read with 200 and no body",
        ("listInvoices",),
        changes_response(vendors.PVEX_LIST, when(200, _without_body)),
        _length("/api/Invoice"),
        right=True,
        wrong=False,
    ),
)
