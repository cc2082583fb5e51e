"""Wrong methods, headers, links and media types, and a server that hangs up."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import PlantedFault, VendorClient, plant_fault
from tests.contract.planted_faults.refusals import everything, when
from tests.contract.planted_faults.rollback import undoes
from tests.contract.planted_faults.state import always
from tests.contract.planted_faults.wrappers import (
    NO_RESPONSE,
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

_QUOTA = "x-minlimit-remaining"
_GW_POST = Route("POST", "/guidewire/claim/v1/bulk-invoices")


def in_words(name: str) -> Callable[[WrappedRequest, WrappedResponse], WrappedResponse]:
    """A header that says "plenty" where a number is said."""

    def worded(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
        return (
            replace(received, headers={**received.headers, name: "plenty"})
            if name in received.headers
            else received
        )

    return worded


def without(name: str) -> Callable[[WrappedResponse], WrappedResponse]:
    """The answer less a header."""
    return lambda received: replace(
        received, headers={key: text for key, text in received.headers.items() if key != name}
    )


def as_taken(received: WrappedResponse) -> WrappedResponse:
    """A good answer to whatever was asked."""
    return replace(received, status=200).typed("application/json").holding({})


def lacking_element(name: str) -> Callable[[WrappedRequest], WrappedRequest]:
    """XML that is read without one of its elements."""

    def read(call: WrappedRequest) -> WrappedRequest:
        if "xml" not in call.headers.get("content-type", ""):
            return call
        text = call.body.decode()
        return replace(call, body=re.sub(rf"<{name}>[^<]*</{name}>", "", text).encode())

    return read


def takes_the_first(route: Route, key: str) -> Planted:
    """Of two items with one key the later is told as done and never taken."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        sent: list[Any] = call.json() if call.body[:1] == b"[" else []
        keys = [row.get(key) if isinstance(row, dict) else None for row in sent]
        first = [row for place, row in enumerate(sent) if keys[place] not in keys[:place]]
        if None in keys or len(first) == len(sent):
            return await ask(call)
        received = await ask(call.holding(first))
        if not received.good:
            return received
        told = received.json()
        by_key = dict(zip(dict.fromkeys(keys), told["data"], strict=True))
        rows = [
            {**by_key[one], "status": 200, "body": "Updated"} if one in keys[:place] else by_key[one]
            for place, one in enumerate(keys)
        ]
        return received.holding({**told, "data": rows})

    return lambda: at(route, fault)


def takes_the_last(route: Route, name: str, key: str) -> Planted:
    """Of two items with one key the earlier is left out, and nothing is said of it."""

    def last(call: WrappedRequest) -> WrappedRequest:
        sent = call.json()
        rows = [one[key] for one in sent[name]]
        kept = [one for place, one in enumerate(sent[name]) if one[key] not in rows[place + 1 :]]
        return call.holding({**sent, name: kept})

    return changes_request(route, last)


def hangs_up(route: Route, items: int) -> Planted:
    """A batch of so many items is done and not answered."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        received = await ask(call)
        return NO_RESPONSE if received.good and len(call.json()) >= items else received

    return lambda: at(route, fault)


def _pvex_written_in_xml(caller: VendorClient) -> Json:
    body = (
        '<ArrayOfInvoice xmlns="http://schemas.datacontract.org/2004/07/PVExDataModel"><Invoice>'
        "<ApiCreateDate>2025-12-16T00:00:00Z</ApiCreateDate><ClientId>C-1</ClientId>"
        "<ClientPmsId>5001</ClientPmsId><Id>I-1</Id><Number>N-1</Number><PmsStatus>seen</PmsStatus>"
        "<RowKey>1</RowKey><SubscriberId>SUB-1</SubscriberId><SyncId>S-1</SyncId>"
        "</Invoice></ArrayOfInvoice>"
    )
    sent = caller.raw("POST", "/api/InvoiceBatch", body.encode(), content_type="application/xml")
    return [sent.status, vendors.pvex_reads(caller, 1, "PmsStatus")]


def _vba_sent_twice(caller: VendorClient) -> Json:
    vendors.vba_sends(
        caller, vendors.vba_row(5001, description="first"), vendors.vba_row(5001, description="second")
    )
    return vendors.vba_reads(caller, 5001)


def _payt_sent_twice(caller: VendorClient) -> Json:
    return vendors.payt_sends(caller, 1, 1).json()["count"]


def _answered(caller: VendorClient) -> Json:
    try:
        return vendors.vba_sends(caller, 5001, 5002, 5003).status
    except Exception as error:  # noqa: BLE001 - whatever a client makes of it
        return type(error).__name__


def _gw_made(caller: VendorClient) -> Json:
    document = {"data": {"attributes": {"payeeAddressBookUID": "ab:1"}}}
    made = caller.send("POST", "/claim/v1/bulk-invoices", document)
    name = made.json()["data"]["attributes"]["id"]
    return [made.status, caller.get(f"/claim/v1/bulk-invoices/{name}").status]


MANNERS: tuple[PlantedFault, ...] = (
    _mutant(
        "vba-forgets-allow",
        "refuses a method without saying which there are",
        ("putClaimInvoiceBatch",),
        everything("vba", when(405, without("allow"))),
        lambda caller: caller.send("PATCH", "/claim-invoice-batch").headers.get("allow"),
        right="PUT",
        wrong=None,
    ),
    _mutant(
        "payt-takes-every-method",
        "answers 200 to methods that there are not",
        ("getV1Invoices", "postV1Invoices"),
        everything("payt", when(405, as_taken)),
        lambda caller: caller.send("PUT", "/v1/invoices").status,
        right=405,
        wrong=200,
    ),
    _mutant(
        "xero-counts-in-words",
        "tells what is left of a quota in words",
        ("getInvoices", "getAccounts"),
        everything("xero", in_words(_QUOTA)),
        lambda caller: caller.get("/api.xro/2.0/Invoices").headers[_QUOTA].isdigit(),
        right=True,
        wrong=False,
    ),
    _mutant(
        "pvex-finds-nothing",
        "finds no invoice by itself",
        (),
        changes_response(
            vendors.PVEX_ONE,
            lambda _call, received: replace(received, status=404, body=b'{"Message": "No."}'),
        ),
        lambda caller: caller.get("/api/Invoice/INV-1?subscriberId=SUB-100").status,
        right=200,
        wrong=404,
    ),
    _mutant(
        "pvex-reads-less-of-xml",
        "leaves a member out of what it reads as XML",
        vendors.PVEX_READ,
        changes_request(vendors.PVEX_BATCH, lacking_element("PmsStatus")),
        _pvex_written_in_xml,
        right=[200, "seen"],
        wrong=[200, None],
    ),
    _mutant(
        "vba-takes-the-first",
        "takes the first of two rows with one key and tells of both",
        vendors.VBA_READ,
        takes_the_first(vendors.VBA_BATCH, "invoice_Key"),
        _vba_sent_twice,
        right="second",
        wrong="first",
    ),
    _mutant(
        "payt-takes-the-last",
        "takes the last of two invoices with one number",
        vendors.PAYT_READ,
        takes_the_last(vendors.PAYT_BATCH, "invoices", "invoice_number"),
        _payt_sent_twice,
        right=0,
        wrong=1,
    ),
    _mutant(
        "vba-hangs-up",
        "does a batch of three rows and hangs up",
        vendors.VBA_READ,
        hangs_up(vendors.VBA_BATCH, 3),
        _answered,
        right=207,
        wrong="UnansweredCallError",
    ),
    _mutant(
        "guidewire-forgets-what-it-made",
        "answers a new invoice and keeps none",
        ("createBulkInvoice", "getBulkInvoice"),
        undoes(_GW_POST, always),
        _gw_made,
        right=[201, 200],
        wrong=[201, 404],
    ),
)
