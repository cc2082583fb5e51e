"""The five vendors as their clients see them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mockserver.contract.exchange import Response
from tests.contract.planted_faults.client import FIRST_BAD, Vendor
from tests.contract.planted_faults.wrappers import Json, Route

BULK_A = "xc:SdLxd3WOhsS0mT2Vi1XEu"
BULK_B = "xc:SF3EIyYvshoSm2pwaUnT_"
GW_PATH = "/claim/v1/bulk-invoices"
XERO_PATH = "/api.xro/2.0/Invoices"
XERO_BATCHES = Route("PUT", "/xero/api.xro/2.0/BatchPayments")
VBA_DELETE = Route("DELETE", "/vba/claim-invoice/{}")
GW_CHANGE = Route("PATCH", "/guidewire/claim/v1/bulk-invoices/{}")
PAYT_AMOUNTS = ("amount_total", "amount_open", "book_amount_total", "book_amount_open")
PVEX_XML = (
    '<ArrayOfInvoice xmlns="http://schemas.datacontract.org/2004/07/PVExDataModel"><Invoice>'
    "<Amount>12.30</Amount><ApiCreateDate>2025-12-16T00:00:00Z</ApiCreateDate><ClientId>C-1</ClientId>"
    "<ClientPmsId>5001</ClientPmsId><Id>I-7</Id><Number>N-7</Number><PmsStatus>seen</PmsStatus>"
    "<RowKey>7</RowKey><SubscriberId>SUB-1</SubscriberId><SyncId>S-7</SyncId></Invoice></ArrayOfInvoice>"
)
_XERO_LINE = {"Description": "Hall hire", "Quantity": 1, "UnitAmount": Decimal("100.10")}


def _vba_row(key: int, **members: Any) -> Json:
    payee = "P100" if key < FIRST_BAD else "NOPE"
    return {"invoice_Key": key, "description": f"text {key}", "payee_ID": payee, **members}


def _vba_refused(told: Json) -> list[Any]:
    return [row["id"][0]["value"] for row in told["data"] if row["status"] >= 400]


def _bulk(number: int) -> str:
    return BULK_A if number % 2 else BULK_B


def _gw_change(number: int, **attributes: Any) -> Json:
    """A change of one of two bulk invoices; bad is a total below zero."""
    bad = {"bulkInvoiceTotal": "-1.00"} if number >= FIRST_BAD else {}
    sent = {"mailTo": f"text {number}", **bad, **attributes}
    path = f"/bulk-invoices/{_bulk(number)}"
    return {"method": "patch", "path": path, "body": {"data": {"attributes": sent}}}


def _gw_refused(told: Json) -> list[Any]:
    return [one for one in told["responses"] if one["status"] >= 400]


def _pvex_invoice(number: int, **members: Any) -> Json:
    return {
        "ApiCreateDate": "2025-12-16T00:00:00Z",
        "ClientId": "C-1" if number < FIRST_BAD else "",
        "ClientPmsId": "5001",
        "Number": f"text {number}",
        "RowKey": number,
        "Id": f"I-{number}",
        "SyncId": f"S-{number}",
        "SubscriberId": "SUB-1",
        **members,
    }


def _pvex_tells(received: Response) -> str:
    """The status, and the places that a refusal names."""
    if received.status == 200:
        return "200"
    places = sorted({name.partition(".")[0] for name in received.json()["ModelState"]})
    return " ".join([str(received.status), *places])


def _payt_invoice(number: int, **members: Any) -> Json:
    return {
        "invoice_number": f"N{number}",
        "debtor_number": "D-1" if number < FIRST_BAD else "D-404",
        "description": f"text {number}",
        "currency_code": "EUR",
        "invoice_date": "2026-06-01",
        "due_date": "2026-07-01",
        **dict.fromkeys(PAYT_AMOUNTS, "100.10"),
        **members,
    }


def _payt_tells(received: Response) -> str:
    told = received.json()
    return "; not ".join([f"{told['count']} done", *sorted(told.get("errors", {}))])


def _xero_invoice(number: int, **members: Any) -> Json:
    return {
        "Type": "ACCREC",
        "InvoiceNumber": f"N{number}",
        "Reference": f"text {number}",
        "Contact": {"Name": "Ridgeway University"},
        "Date": "2026-01-05",
        "DueDate": "2026-02-05",
        "LineItems": [xero_line(AccountCode="SALES" if number < FIRST_BAD else "NOPE")],
        **members,
    }


def xero_line(**members: Any) -> Json:
    """A line of an invoice of Xero."""
    return {**_XERO_LINE, "AccountCode": "SALES", **members}


def _xero_tells(received: Response) -> str:
    told = received.json()["Invoices"]
    return "; ".join(f"{one['InvoiceNumber']} {'ERROR' if one.get('HasErrors') else 'OK'}" for one in told)


def _xero_refused(told: Json) -> list[Any]:
    return [one["InvoiceNumber"] for one in told["Invoices"] if one.get("HasErrors")]


VBA = Vendor(
    name="vba",
    headers={
        "x-api-key": "good-key",
        "authorization": "Bearer good-token",
        "vbasoftware-database": "sandbox",
    },
    tenants=("vbasoftware-database", "sandbox", "VBADEMO"),
    operations=("putClaimInvoiceBatch", "getClaimInvoice", "listClaimInvoice", "deleteClaimInvoice"),
    single_writes=("updateClaimInvoice",),
    batch=Route("PUT", "/vba/claim-invoice-batch"),
    one=Route("GET", "/vba/claim-invoice/{}"),
    list=Route("GET", "/vba/claim-invoice"),
    queries=("", "", "?pageSize=100"),
    item=_vba_row,
    key=int,
    identity="invoice_Key",
    text="description",
    envelope={},
    items="",
    outcomes="data",
    record=("data",),
    rows="data",
    size="pageSize",
    usual_size=100,
    tells=lambda received: "; ".join(
        f"{row['id'][0]['value']} {row['status']}" for row in received.json()["data"]
    ),
    refused=_vba_refused,
    done=lambda told, _sent: len(told["data"]) - len(_vba_refused(told)),
)
GUIDEWIRE = Vendor(
    name="guidewire",
    headers={"authorization": "Bearer guidewire-good"},
    operations=("runBatch", "getBulkInvoice", "getBulkInvoices", "updateBulkInvoice"),
    batch=Route("POST", "/guidewire/claim/v1/batch"),
    one=Route("GET", "/guidewire/claim/v1/bulk-invoices/{}"),
    list=Route("GET", "/guidewire/claim/v1/bulk-invoices"),
    item=_gw_change,
    key=_bulk,
    identity="id",
    text="mailTo",
    envelope={},
    items="requests",
    outcomes="responses",
    record=("data", "attributes"),
    rows="data",
    attributes="attributes",
    size="pageSize",
    usual_size=25,
    before="Nora Whitlock",
    tells=lambda received: "; ".join(str(one["status"]) for one in received.json()["responses"]),
    refused=_gw_refused,
    done=lambda told, _sent: len(told["responses"]) - len(_gw_refused(told)),
)
PVEX = Vendor(
    name="pvex",
    headers={"authorization": "Bearer good-token"},
    operations=("postInvoiceBatch", "getInvoice", "listInvoices", "postInvoice"),
    batch=Route("POST", "/pvex/api/InvoiceBatch"),
    one=Route("GET", "/pvex/api/Invoice/{}"),
    list=Route("GET", "/pvex/api/Invoice"),
    queries=("", "?subscriberId=SUB-1", "?subscriberId=SUB-1"),
    item=_pvex_invoice,
    key=lambda number: f"I-{number}",
    identity="Id",
    text="Number",
    envelope={},
    items="",
    rows="",
    tells=_pvex_tells,
    refused=lambda told: list(told["ModelState"]) if told else [],
    done=lambda told, sent: 0 if told else sent,
)
PAYT = Vendor(
    name="payt",
    headers={"authorization": "Bearer full-token"},
    operations=("postV1Invoices", "getV1InvoicesId", "getV1Invoices", "patchV1Invoices"),
    batch=Route("POST", "/payt/v1/invoices"),
    one=Route("GET", "/payt/v1/invoices/{}"),
    list=Route("GET", "/payt/v1/invoices"),
    queries=(
        "",
        "?administration_id=81&identifier_type=invoice_number",
        "?administration_id=81&per_page=500",
    ),
    item=_payt_invoice,
    key=lambda number: f"N{number}",
    identity="invoice_number",
    text="description",
    envelope={"administration_id": "81"},
    items="invoices",
    rows="data",
    size="per_page",
    usual_size=100,
    tells=_payt_tells,
    refused=lambda told: list(told["errors"]),
    done=lambda told, _sent: told["count"],
)
XERO = Vendor(
    name="xero",
    headers={
        "authorization": "Bearer good-token",
        "xero-tenant-id": "00000000-0000-4000-8000-000000000001",
    },
    tenants=(
        "xero-tenant-id",
        "00000000-0000-4000-8000-000000000001",
        "00000000-0000-4000-8000-000000000002",
    ),
    operations=("updateOrCreateInvoices", "createInvoices", "getInvoice", "getInvoices", "updateInvoice"),
    batch=Route("POST PUT", f"/xero{XERO_PATH}"),
    one=Route("GET", f"/xero{XERO_PATH}/{{}}"),
    list=Route("GET", f"/xero{XERO_PATH}"),
    queries=("?summarizeErrors=false", "", ""),
    item=_xero_invoice,
    key=lambda number: f"N{number}",
    identity="InvoiceNumber",
    text="Reference",
    envelope={},
    items="Invoices",
    outcomes="Invoices",
    record=("Invoices", 0),
    rows="Invoices",
    size="pageSize",
    usual_size=100,
    tells=_xero_tells,
    refused=_xero_refused,
    done=lambda told, _sent: len(told["Invoices"]) - len(_xero_refused(told)),
)
VENDORS: Mapping[str, Vendor] = {one.name: one for one in (VBA, GUIDEWIRE, PVEX, PAYT, XERO)}
