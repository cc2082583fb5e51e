"""Answers in another shape, media type or spelling than the spec has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import VendorClient, plant_fault
from tests.contract.planted_faults.refusals import XERO_PATH, XERO_SENT, when
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
    changes_response,
)

_mutant = partial(plant_fault, "refusals")


def as_problem(received: WrappedResponse) -> WrappedResponse:
    told = {"type": "about:blank", "title": "Bad Request", "status": received.status}
    return received.typed("application/problem+json").holding(told)


def as_page(received: WrappedResponse) -> WrappedResponse:
    return replace(received.typed("text/html"), body=b"<html><body><h1>Not here</h1></body></html>")


def spelt(name: str) -> Callable[[Json, Json], Json]:
    """A number of the answer as a text."""
    return lambda _sent, told: {**told, name: str(told[name])}


async def _in_json(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    return await ask(call.having(accept="application/json"))


def deaf_to_accept(route: Route) -> Planted:
    """JSON is answered, whatever is asked for."""
    fault: WrappedFault = _in_json
    return lambda: at(route, fault)


def vba_row_texts(_sent: Json, told: Json) -> Json:
    return {**told, "data": [{**row, "status": str(row["status"])} for row in told["data"]]}


def wider_amounts(_sent: Json, told: Json) -> Json:
    attributes = told["data"]["attributes"]
    amount = {**attributes["approvedReportingAmount"], "scale": 2}
    return {**told, "data": {**told["data"], "attributes": {**attributes, "approvedReportingAmount": amount}}}


def _without_messages(received: WrappedResponse) -> WrappedResponse:
    bare = {name: text for name, text in received.json().items() if name not in {"Message", "Detail"}}
    return received.holding(bare)


def _silent(received: WrappedResponse) -> WrappedResponse:
    return received.holding({**received.json(), "userMessage": ""})


def _type_of(method: str, path: str, document: Json = None, **headers: str) -> Callable[[VendorClient], Json]:
    return lambda caller: caller.send(method, path, document, **headers).media_type


def _gw_amount(caller: VendorClient) -> Json:
    shown = caller.get(f"/claim/v1/bulk-invoices/{vendors.BULK_A}").json()["data"]["attributes"]
    return sorted(shown["approvedReportingAmount"])


def _vba_row(caller: VendorClient) -> Json:
    row = vendors.vba_sends(caller, 1).json()["data"][0]
    return [row["status"], sorted(row)]


ANSWER_SHAPES = (
    _mutant(
        "xero-refuses-in-another-shape",
        "refuses with problem details",
        ("createInvoices",),
        changes_response(vendors.XERO_INVOICES, when(400, as_problem)),
        _type_of("PUT", XERO_PATH, XERO_SENT),
        right="application/json",
        wrong="application/problem+json",
    ),
    _mutant(
        "payt-refuses-in-another-shape",
        "refuses with problem details",
        ("postV1Invoices",),
        changes_response(vendors.PAYT_BATCH, when(422, as_problem)),
        _type_of("POST", "/v1/invoices", {"no": "items"}),
        right="application/json",
        wrong="application/problem+json",
    ),
    _mutant(
        "guidewire-refuses-with-a-page",
        "answers 404 with a web page",
        ("getBulkInvoice",),
        changes_response(vendors.GW_ONE, when(404, as_page)),
        _type_of("GET", "/claim/v1/bulk-invoices/none"),
        right="application/json",
        wrong="text/html",
    ),
    _mutant(
        "vba-names-a-wrong-type",
        "labels JSON as XML",
        ("putClaimInvoiceBatch", "listClaimInvoice"),
        changes_response(vendors.VBA_BATCH, when(207, lambda received: received.typed("application/xml"))),
        _type_of("PUT", "/claim-invoice-batch", [vendors.vba_row(1)]),
        right="application/json",
        wrong="application/xml",
    ),
    _mutant(
        "vba-shows-no-rows",
        "answers a batch with null for its rows",
        ("putClaimInvoiceBatch",),
        changes_document(vendors.VBA_BATCH, lambda _, told: {**told, "data": None}),
        lambda caller: vendors.vba_sends(caller, 1).json()["data"] is None,
        right=False,
        wrong=True,
    ),
    _mutant(
        "vba-spells-numbers",
        "writes the status of a row as a text",
        ("putClaimInvoiceBatch",),
        changes_document(vendors.VBA_BATCH, vba_row_texts),
        _vba_row,
        right=[201, ["body", "id", "status"]],
        wrong=["201", ["body", "id", "status"]],
    ),
    _mutant(
        "guidewire-adds-a-member",
        "tells more of an amount than its schema has",
        ("getBulkInvoice",),
        changes_document(vendors.GW_ONE, wider_amounts),
        _gw_amount,
        right=["amount", "currency"],
        wrong=["amount", "currency", "scale"],
    ),
    _mutant(
        "payt-spells-numbers",
        "writes its count as a text",
        ("postV1Invoices",),
        changes_document(vendors.PAYT_BATCH, spelt("count")),
        lambda caller: vendors.payt_sends(caller, 1).json()["count"],
        right=1,
        wrong="1",
    ),
    _mutant(
        "payt-lists-its-errors",
        "answers with a list of errors where a map is said",
        ("postV1Invoices",),
        changes_document(vendors.PAYT_BATCH, lambda _, told: {**told, "errors": list(told["errors"])}),
        lambda caller: vendors.payt_sends(caller, 1, 9001).json()["errors"],
        right={"N9001": ["Debtor must exist"]},
        wrong=["N9001"],
    ),
    _mutant(
        "guidewire-says-no-why",
        "refuses without a word",
        ("runBatch", "updateBulkInvoice"),
        changes_response(vendors.GW_CHANGE, when(400, _silent)),
        lambda caller: (
            caller.send("PATCH", f"/claim/v1/bulk-invoices/{vendors.BULK_A}", {}).json()["userMessage"] == ""
        ),
        right=False,
        wrong=True,
    ),
    _mutant(
        "xero-refuses-without-words",
        "refuses a batch without a message",
        ("createInvoices",),
        changes_response(vendors.XERO_INVOICES, when(400, _without_messages)),
        lambda caller: "Message" in caller.send("PUT", XERO_PATH, XERO_SENT).json(),
        right=True,
        wrong=False,
    ),
    _mutant(
        "pvex-answers-in-json",
        "answers in JSON whatever is asked for",
        ("listInvoices", "getInvoice"),
        deaf_to_accept(vendors.PVEX_LIST),
        _type_of("GET", "/api/Invoice", accept="application/xml"),
        right="application/xml",
        wrong="application/json",
    ),
)
