"""Amounts that are lost in one media type only: of what is sent in it, or of what is shown in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import PlantedFault, VendorClient, plant_fault
from tests.contract.planted_faults.value_changes import changed
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    WrappedRequest,
    WrappedResponse,
    changes_request,
    changes_response,
)

_FORM = "application/x-www-form-urlencoded"


def without_amount(body: bytes, media_type: str, name: str) -> bytes:
    """The body with nothing as the amount."""
    if media_type.endswith("/xml"):
        return re.sub(rf"<{name}>[^<]*</{name}>".encode(), f"<{name}>0.00</{name}>".encode(), body)
    if media_type == _FORM:
        return re.sub(rf"((?:^|&)[^=&]*{name})=[^&]*".encode(), rb"\1=0", body)
    bare = WrappedRequest("", "", "", {}, body)
    return bare.holding(changed((name,), lambda _value: Decimal("0.00"))(bare.json())).body


def _named(headers: Json) -> str:
    return str(headers.get("content-type", "")).partition(";")[0]


def loses(route: Route, media_type: str, name: str) -> Planted:
    """A server that takes an amount for nothing where it comes in this media type."""

    def change(call: WrappedRequest) -> WrappedRequest:
        if _named(call.headers) != media_type:
            return call
        return replace(call, body=without_amount(call.body, media_type, name))

    return changes_request(route, change)


def leaves_out(route: Route, media_type: str, name: str) -> Planted:
    """A server that shows nothing as the amount where it answers in this media type."""

    def change(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
        if _named(received.headers) != media_type or not received.good:
            return received
        return replace(received, body=without_amount(received.body, media_type, name))

    return changes_response(route, change)


_XML = (
    '<ArrayOfInvoice xmlns="http://schemas.datacontract.org/2004/07/PVExDataModel"><Invoice>'
    "<Amount>12.30</Amount><ApiCreateDate>2025-12-16T00:00:00Z</ApiCreateDate><ClientId>C-1</ClientId>"
    "<ClientPmsId>5001</ClientPmsId><Id>I-7</Id><Number>N-7</Number><RowKey>7</RowKey>"
    "<SubscriberId>SUB-1</SubscriberId><SyncId>S-7</SyncId></Invoice></ArrayOfInvoice>"
)
_PVEX_FORM = (
    "[0].Amount=12.30&[0].ApiCreateDate=2025-12-16T00:00:00Z&[0].ClientId=C-1&[0].ClientPmsId=5001&[0].Id=I-7"
    "&[0].Number=N-7&[0].RowKey=7&[0].SubscriberId=SUB-1&[0].SyncId=S-7"
)
_XERO_XML = (
    "<Invoices><Invoice><Type>ACCREC</Type><InvoiceNumber>N7</InvoiceNumber><Contact>"
    "<Name>Ridgeway University</Name></Contact><Date>2026-01-05</Date><DueDate>2026-02-05</DueDate>"
    "<LineItems><LineItem><Description>Hall hire</Description><Quantity>1</Quantity>"
    "<UnitAmount>12.30</UnitAmount><AccountCode>SALES</AccountCode></LineItem></LineItems>"
    "</Invoice></Invoices>"
)


def _pvex_sent(media_type: str, body: str = "") -> Callable[[VendorClient], Json]:
    """Whether the amount that was sent in a media type is read."""

    def seen(caller: VendorClient) -> Json:
        if body:
            caller.raw("POST", "/api/InvoiceBatch", body.encode(), content_type=media_type)
        else:
            row = vendors.pvex_invoice(7, Amount=Decimal("12.30"))
            caller.send("POST", "/api/InvoiceBatch", [row], content_type=media_type)
        return vendors.pvex_reads(caller, 7, "Amount") == "12.30"

    return seen


def _pvex_shown(media_type: str) -> Callable[[VendorClient], Json]:
    def seen(caller: VendorClient) -> Json:
        vendors.pvex_sends(caller, vendors.pvex_invoice(7, Amount=Decimal("12.30")))
        received = caller.get("/api/Invoice/I-7?subscriberId=SUB-1", accept=media_type)
        return b"12.30" in received.body

    return seen


def _xero_sent(media_type: str) -> Callable[[VendorClient], Json]:
    def seen(caller: VendorClient) -> Json:
        if media_type.endswith("/xml"):
            path = "/api.xro/2.0/Invoices"
            caller.raw("POST", path, _XERO_XML.encode(), content_type=media_type)
        else:
            line = {"Description": "Hall hire", "Quantity": 1, "UnitAmount": Decimal("12.30")}
            lines = [{**line, "AccountCode": "SALES"}]
            vendors.xero_sends(caller, vendors.xero_invoice(7, LineItems=lines))
        found = caller.get("/api.xro/2.0/Invoices/N7").json()["Invoices"][0]
        return str(found["LineItems"][0]["UnitAmount"].normalize())

    return seen


def _xero_shown(media_type: str) -> Callable[[VendorClient], Json]:
    def seen(caller: VendorClient) -> Json:
        vendors.xero_sends(caller, 7)
        received = caller.get("/api.xro/2.0/Invoices/N7", accept=media_type).body.decode()
        return re.findall(r"UnitAmount\W+([0-9.]+)", received)

    return seen


def _pvex_loses(name: str, media_type: str, body: str = "") -> PlantedFault:
    return plant_fault(
        "values",
        f"pvex-takes-no-amounts-of-{name}",
        f"takes an amount that comes as {media_type} for nothing",
        vendors.PVEX_READ,
        loses(vendors.PVEX_BATCH, media_type, "Amount"),
        _pvex_sent(media_type, body),
        right=True,
        wrong=False,
    )


def _pvex_leaves_out(name: str, media_type: str) -> PlantedFault:
    return plant_fault(
        "values",
        f"pvex-shows-no-amounts-in-{name}",
        f"shows nothing as an amount in {media_type}",
        vendors.PVEX_READ,
        leaves_out(vendors.PVEX_ONE, media_type, "Amount"),
        _pvex_shown(media_type),
        right=True,
        wrong=False,
    )


def _xero_loses(name: str, media_type: str) -> PlantedFault:
    return plant_fault(
        "values",
        f"xero-takes-no-amounts-of-{name}",
        f"takes an amount that comes as {media_type} for nothing",
        vendors.XERO_READ,
        loses(vendors.XERO_INVOICES, media_type, "UnitAmount"),
        _xero_sent(media_type),
        right="12.3",
        wrong="0",
    )


def _xero_leaves_out(name: str, media_type: str) -> PlantedFault:
    return plant_fault(
        "values",
        f"xero-shows-no-amounts-in-{name}",
        f"shows nothing as an amount in {media_type}",
        vendors.XERO_READ,
        leaves_out(vendors.XERO_ONE, media_type, "UnitAmount"),
        _xero_shown(media_type),
        right=["100.1"],
        wrong=["0.00"],
    )


MEDIA_TYPES: tuple[PlantedFault, ...] = (
    _pvex_loses("json", "application/json"),
    _pvex_loses("text-json", "text/json"),
    _pvex_loses("xml", "application/xml", _XML),
    _pvex_loses("text-xml", "text/xml", _XML),
    _pvex_loses("forms", _FORM, _PVEX_FORM),
    _pvex_leaves_out("json", "application/json"),
    _pvex_leaves_out("text-json", "text/json"),
    _pvex_leaves_out("xml", "application/xml"),
    _pvex_leaves_out("text-xml", "text/xml"),
    _xero_loses("json", "application/json"),
    _xero_loses("xml", "application/xml"),
    _xero_loses("text-xml", "text/xml"),
    _xero_leaves_out("json", "application/json"),
    _xero_leaves_out("xml", "application/xml"),
    _xero_leaves_out("text-xml", "text/xml"),
)
