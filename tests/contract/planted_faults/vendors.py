"""How each vendor is called and read here: routes, good and bad items, what an answer says of them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mockserver.contract.exchange import Response
from tests.contract.planted_faults.fault import VendorClient
from tests.contract.planted_faults.wrappers import Json, Route

HEADERS: Mapping[str, Mapping[str, str]] = {
    "guidewire": {"authorization": "Bearer guidewire-good"},
    "payt": {"authorization": "Bearer full-token"},
    "pvex": {"authorization": "Bearer good-token"},
    "vba": {
        "x-api-key": "good-key",
        "authorization": "Bearer good-token",
        "vbasoftware-database": "sandbox",
    },
    "xero": {
        "authorization": "Bearer good-token",
        "xero-tenant-id": "00000000-0000-4000-8000-000000000001",
    },
}
OTHER_TENANT = "00000000-0000-4000-8000-000000000002"

VBA_BATCH = Route("PUT", "/vba/claim-invoice-batch")
VBA_LIST = Route("GET", "/vba/claim-invoice")
VBA_ONE = Route("GET", "/vba/claim-invoice/{}")
VBA_DELETE = Route("DELETE", "/vba/claim-invoice/{}")
GW_BATCH = Route("POST", "/guidewire/claim/v1/batch")
GW_ONE = Route("GET", "/guidewire/claim/v1/bulk-invoices/{}")
GW_LIST = Route("GET", "/guidewire/claim/v1/bulk-invoices")
GW_CHANGE = Route("PATCH", "/guidewire/claim/v1/bulk-invoices/{}")
PVEX_BATCH = Route("POST", "/pvex/api/InvoiceBatch")
PVEX_POST = Route("POST", "/pvex/api/Invoice")
PVEX_LIST = Route("GET", "/pvex/api/Invoice")
PVEX_ONE = Route("GET", "/pvex/api/Invoice/{}")
PAYT_BATCH = Route("POST", "/payt/v1/invoices")
PAYT_CHANGE = Route("PATCH", "/payt/v1/invoices")
PAYT_LIST = Route("GET", "/payt/v1/invoices")
PAYT_ONE = Route("GET", "/payt/v1/invoices/{}")
XERO_INVOICES = Route("POST PUT", "/xero/api.xro/2.0/Invoices")
XERO_LIST = Route("GET", "/xero/api.xro/2.0/Invoices")
XERO_ONE = Route("GET", "/xero/api.xro/2.0/Invoices/{}")
XERO_BATCHES = Route("PUT", "/xero/api.xro/2.0/BatchPayments")
XERO_BATCH_LIST = Route("GET", "/xero/api.xro/2.0/BatchPayments")

VBA_READ = ("putClaimInvoiceBatch", "getClaimInvoice", "listClaimInvoice", "deleteClaimInvoice")
GW_READ = ("runBatch", "getBulkInvoice", "getBulkInvoices", "updateBulkInvoice")
PVEX_READ = ("postInvoiceBatch", "getInvoice", "listInvoices", "postInvoice")
PAYT_READ = ("postV1Invoices", "getV1InvoicesId", "getV1Invoices", "patchV1Invoices")
XERO_READ = ("updateOrCreateInvoices", "createInvoices", "getInvoice", "getInvoices", "updateInvoice")

BULK_A = "xc:SdLxd3WOhsS0mT2Vi1XEu"
BULK_B = "xc:SF3EIyYvshoSm2pwaUnT_"

# VBA: numbers below 9000 are good rows, those from there on name a payee that is not there.


def vba_row(key: int, **members: Any) -> Json:
    payee = "P100" if key < 9000 else "NOPE"
    return {"invoice_Key": key, "description": f"row {key}", "payee_ID": payee, **members}


def vba_sends(caller: VendorClient, *rows: int | Mapping[str, Any], **headers: str) -> Response:
    documents = [vba_row(row) if isinstance(row, int) else row for row in rows]
    return caller.send("PUT", "/claim-invoice-batch", documents, **headers)


def vba_tells(received: Response) -> list[str]:
    """As "5001 201", one a row."""
    return [f"{row['id'][0]['value']} {row['status']}" for row in received.json()["data"]]


def vba_reads(caller: VendorClient, key: int, member: str = "description", **headers: str) -> Json:
    """A member of the record, or the status where there is none."""
    received = caller.get(f"/claim-invoice/{key}", **headers)
    return received.json()["data"][member] if received.status == 200 else received.status


def vba_lists(caller: VendorClient, **headers: str) -> list[int]:
    return [row["invoice_Key"] for row in caller.get("/claim-invoice?pageSize=100", **headers).json()["data"]]


# Guidewire: a change of mailTo is good; a total below zero is not.


def gw_change(name: str, addressee: str, **attributes: Any) -> Json:
    attributes = {"mailTo": addressee, **attributes}
    return {"method": "patch", "path": f"/bulk-invoices/{name}", "body": {"data": {"attributes": attributes}}}


def gw_sends(caller: VendorClient, *requests: Json) -> Response:
    return caller.send("POST", "/claim/v1/batch", {"requests": list(requests)})


def gw_tells(received: Response) -> list[int]:
    return [one["status"] for one in received.json()["responses"]]


def gw_reads(caller: VendorClient, name: str, member: str = "mailTo") -> Json:
    found = caller.get(f"/claim/v1/bulk-invoices/{name}").json()["data"]["attributes"]
    return str(found[member])


GW_GOOD = gw_change(BULK_A, "Ann")
GW_GOOD_B = gw_change(BULK_B, "Bob")
GW_BAD = gw_change(BULK_A, "Cyd", bulkInvoiceTotal="-1.00")

# PVEx: numbers below 9000 are good invoices, those from there on have no client.


def pvex_invoice(number: int, **members: Any) -> Json:
    return {
        "ApiCreateDate": "2025-12-16T00:00:00Z",
        "ClientId": "C-1" if number < 9000 else "",
        "ClientPmsId": "5001",
        "Number": f"N-{number}",
        "RowKey": number,
        "Id": f"I-{number}",
        "SyncId": f"S-{number}",
        "SubscriberId": "SUB-1",
        **members,
    }


def pvex_sends(caller: VendorClient, *numbers: int | Mapping[str, Any]) -> Response:
    documents = [pvex_invoice(one) if isinstance(one, int) else one for one in numbers]
    return caller.send("POST", "/api/InvoiceBatch", documents)


def pvex_reads(caller: VendorClient, number: int, member: str = "Number") -> Json:
    """A member of the record, or the status where there is none."""
    received = caller.get(f"/api/Invoice/I-{number}?subscriberId=SUB-1")
    return shown(received.json()[member]) if received.status == 200 else received.status


def pvex_lists(caller: VendorClient) -> list[str]:
    return [one["Id"] for one in caller.get("/api/Invoice").json() if one["SubscriberId"] == "SUB-1"]


def pvex_names(received: Response) -> list[str]:
    """The places that a refusal's ModelState names."""
    return sorted({name.partition(".")[0] for name in received.json()["ModelState"]})


# Payt: numbers below 9000 are good invoices, those from there on have a debtor that is not there.


def payt_invoice(number: int, **members: Any) -> Json:
    amounts = dict.fromkeys(
        ("amount_total", "amount_open", "book_amount_total", "book_amount_open"), "100.10"
    )
    return {
        "invoice_number": f"N{number}",
        "debtor_number": "D-1" if number < 9000 else "D-404",
        "description": f"bill {number}",
        "currency_code": "EUR",
        "invoice_date": "2026-06-01",
        "due_date": "2026-07-01",
        **amounts,
        **members,
    }


def payt_batch(*numbers: int | Mapping[str, Any]) -> Json:
    bills = [payt_invoice(one) if isinstance(one, int) else one for one in numbers]
    return {"administration_id": "81", "invoices": bills}


def payt_sends(caller: VendorClient, *numbers: int | Mapping[str, Any], method: str = "POST") -> Response:
    return caller.send(method, "/v1/invoices", payt_batch(*numbers))


def payt_tells(received: Response) -> Json:
    """How many were done, and which were not."""
    return [received.json()["count"], sorted(received.json().get("errors", {}))]


def payt_reads(caller: VendorClient, number: int, member: str = "description") -> Json:
    """A member of the record, or the status where there is none."""
    named = "administration_id=81&identifier_type=invoice_number"
    received = caller.get(f"/v1/invoices/N{number}?{named}")
    return received.json()[member] if received.status == 200 else received.status


def payt_lists(caller: VendorClient) -> list[str]:
    received = caller.get("/v1/invoices?administration_id=81&per_page=50")
    return [row["invoice_number"] for row in received.json()["data"]]


# Xero: numbers below 9000 are good invoices, those from there on book to an account that is not there.


def xero_invoice(number: int, **members: Any) -> Json:
    line = {"Description": "Hall hire", "Quantity": 1, "UnitAmount": Decimal("100.10")}
    account = "SALES" if number < 9000 else "NOPE"
    return {
        "Type": "ACCREC",
        "InvoiceNumber": f"N{number}",
        "Reference": f"ref {number}",
        "Contact": {"Name": "Ridgeway University"},
        "Date": "2026-01-05",
        "DueDate": "2026-02-05",
        "LineItems": [{**line, "AccountCode": account}],
        **members,
    }


def xero_sends(
    caller: VendorClient, *numbers: int | Mapping[str, Any], method: str = "POST", **headers: str
) -> Response:
    documents = [xero_invoice(one) if isinstance(one, int) else one for one in numbers]
    path = "/api.xro/2.0/Invoices?summarizeErrors=false"
    return caller.send(method, path, {"Invoices": documents}, **headers)


def xero_tells(received: Response) -> list[str]:
    """As "N1 OK" or "N1 ERROR", one an invoice."""
    return [
        f"{one['InvoiceNumber']} {'ERROR' if one.get('HasErrors') else 'OK'}"
        for one in received.json()["Invoices"]
    ]


def xero_reads(caller: VendorClient, number: int, member: str = "Reference", **headers: str) -> Json:
    """A member of the record, or the status where there is none."""
    received = caller.get(f"/api.xro/2.0/Invoices/N{number}", **headers)
    return (
        shown(received.json()["Invoices"][0].get(member, "")) if received.status == 200 else received.status
    )


def xero_lists(caller: VendorClient, **headers: str) -> list[str]:
    received = caller.get("/api.xro/2.0/Invoices", **headers)
    return [one["InvoiceNumber"] for one in received.json()["Invoices"] if "InvoiceNumber" in one]


def xero_pays(caller: VendorClient, *payments: Mapping[str, str], **headers: str) -> Response:
    """A batch payment for each mapping of invoice numbers to amounts; 100.00 is due of R1 and of R2."""
    batches = [
        {
            "Account": {"Code": "BANK1"},
            "Date": "2026-01-05",
            "Payments": [
                {"Invoice": {"InvoiceNumber": number}, "Amount": Decimal(amount)}
                for number, amount in listed.items()
            ],
        }
        for listed in payments
    ]
    path = "/api.xro/2.0/BatchPayments?summarizeErrors=false"
    return caller.send("PUT", path, {"BatchPayments": batches}, **headers)


def xero_paid(received: Response) -> list[str]:
    """The total of each batch payment, or ERROR."""
    return [
        "ERROR" if one.get("ValidationErrors") else str(one["TotalAmount"])
        for one in received.json()["BatchPayments"]
    ]


def xero_due(caller: VendorClient) -> str:
    """What is due of R1."""
    received = caller.get("/api.xro/2.0/Invoices?InvoiceNumbers=R1")
    return str(received.json()["Invoices"][0]["AmountDue"])


def shown(value: Json) -> Json:
    """Amounts as text, so that they are told apart by their digits."""
    return str(value) if isinstance(value, Decimal) else value
