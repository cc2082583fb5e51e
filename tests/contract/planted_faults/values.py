"""Values that are accepted and read back as others."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import PlantedFault, VendorClient, plant_fault
from tests.contract.planted_faults.value_changes import (
    Change,
    composed,
    in_16_bits,
    in_ascii,
    in_cents,
    in_latin_1,
    in_number,
    in_text,
    shows,
    squeezed,
    stores,
    without_fraction,
    without_last_zero,
    without_zone,
)
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    WrappedRequest,
    WrappedResponse,
    changes_request,
    changes_response,
)

_XML_AMOUNT = re.compile(rb"<Amount>[^<]*</Amount>")


def _without_amount_in_xml(call: WrappedRequest) -> WrappedRequest:
    if not call.headers.get("content-type", "").endswith("/xml"):
        return call
    bare = WrappedRequest(call.method, call.path, call.query, call.headers)
    return WrappedRequest(
        bare.method, bare.path, bare.query, bare.headers, _XML_AMOUNT.sub(b"<Amount>0</Amount>", call.body)
    )


def _without_amount_in_xml_answers(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
    if not received.headers.get("content-type", "").startswith(("application/xml", "text/xml")):
        return received
    return WrappedResponse(received.status, received.headers, _XML_AMOUNT.sub(b"", received.body))


def _vba(name: str, says: str, planted: Planted, sent: Json, wrong: Json) -> PlantedFault:
    def seen(caller: VendorClient) -> Json:
        vendors.vba_sends(caller, vendors.vba_row(4711, description=sent))
        return vendors.vba_reads(caller, 4711)

    return plant_fault(
        "values", f"vba-{name}", says, vendors.VBA_READ, planted, seen, right=sent, wrong=wrong
    )


def _of_vba(change: Change) -> Planted:
    return stores(vendors.VBA_BATCH, change, "description")


def _vba_due(caller: VendorClient) -> Json:
    vendors.vba_sends(caller, vendors.vba_row(4711, due_Date="2026-03-31T02:00:00+05:45"))
    return vendors.vba_reads(caller, 4711, "due_Date")


def _gw_total(caller: VendorClient) -> Json:
    vendors.gw_sends(caller, vendors.gw_change(vendors.BULK_A, "Ann", bulkInvoiceTotal="12.30"))
    return vendors.gw_reads(caller, vendors.BULK_A, "bulkInvoiceTotal")


def _gw_addressee(caller: VendorClient) -> Json:
    vendors.gw_sends(caller, vendors.gw_change(vendors.BULK_A, "\u6771\u4eac A"))
    return vendors.gw_reads(caller, vendors.BULK_A)


def _gw_moment(caller: VendorClient) -> Json:
    moment = {"scheduledSendDate": "2026-03-31T12:00:00.123Z"}
    vendors.gw_sends(caller, vendors.gw_change(vendors.BULK_A, "Ann", **moment))
    return vendors.gw_reads(caller, vendors.BULK_A, "scheduledSendDate")


def _payt(member: str, value: Json, shown_as: str = "") -> Callable[[VendorClient], Json]:
    def seen(caller: VendorClient) -> Json:
        vendors.payt_sends(caller, vendors.payt_invoice(7, **{member: value}))
        return vendors.payt_reads(caller, 7, shown_as or member)

    return seen


def _pvex(member: str, value: Json) -> Callable[[VendorClient], Json]:
    def seen(caller: VendorClient) -> Json:
        vendors.pvex_sends(caller, vendors.pvex_invoice(7, **{member: value}))
        return vendors.pvex_reads(caller, 7, member)

    return seen


_XML_INVOICE = (
    '<ArrayOfInvoice xmlns="http://schemas.datacontract.org/2004/07/PVExDataModel"><Invoice><Amount>12.30</Amount>'
    "<ApiCreateDate>2025-12-16T00:00:00Z</ApiCreateDate><CheckSum>0</CheckSum><ClientId>C-1</ClientId>"
    "<ClientPmsId>5001</ClientPmsId><Id>I-7</Id><IsComplete>true</IsComplete><Number>N-7</Number>"
    "<RowKey>7</RowKey><SubscriberId>SUB-1</SubscriberId><SyncId>S-7</SyncId></Invoice></ArrayOfInvoice>"
)


def _pvex_sent_as_xml(caller: VendorClient) -> Json:
    caller.raw("POST", "/api/InvoiceBatch", _XML_INVOICE.encode(), content_type="application/xml")
    return vendors.pvex_reads(caller, 7, "Amount")


def _pvex_read_as_xml(caller: VendorClient) -> Json:
    vendors.pvex_sends(caller, vendors.pvex_invoice(7, Amount=Decimal("12.30")))
    received = caller.get("/api/Invoice/I-7?subscriberId=SUB-1", accept="application/xml")
    return [found.decode() for found in _XML_AMOUNT.findall(received.body)]


def _pvex_listed(caller: VendorClient) -> Json:
    vendors.pvex_sends(caller, vendors.pvex_invoice(7, PmsStatus="a "))
    rows = caller.get("/api/Invoice?subscriberId=SUB-1").json()
    return next(row["PmsStatus"] for row in rows if row["Id"] == "I-7")


def _xero(**members: Any) -> Callable[[VendorClient], Json]:
    def seen(caller: VendorClient) -> Json:
        vendors.xero_sends(caller, vendors.xero_invoice(7, **members))
        return vendors.xero_reads(caller, 7)

    return seen


def _xero_quantity(caller: VendorClient) -> Json:
    line = {
        "Description": "Hall hire",
        "Quantity": Decimal("1.2345"),
        "UnitAmount": 100,
        "AccountCode": "SALES",
    }
    vendors.xero_sends(caller, vendors.xero_invoice(7, LineItems=[line]))
    received = caller.get("/api.xro/2.0/Invoices/N7").json()["Invoices"][0]
    return str(received["LineItems"][0]["Quantity"])


VALUES = (
    plant_fault(
        "values",
        "vba-shifts-dates",
        "takes the time of day of another zone for UTC",
        vendors.VBA_READ,
        stores(vendors.VBA_BATCH, in_text(without_zone), "due_Date"),
        _vba_due,
        right="2026-03-30T20:15:00",
        wrong="2026-03-31T02:00:00",
    ),
    _vba("trims", "keeps texts without the blanks at their ends", _of_vba(in_text(str.strip)), " a ", "a"),
    _vba(
        "squeezes-blanks", "keeps one blank where there were two", _of_vba(in_text(squeezed)), "a  b", "a b"
    ),
    _vba("composes", "normalises the accents of texts", _of_vba(in_text(composed)), "e\u0301", "\xe9"),
    _vba(
        "knows-ascii", "keeps the ASCII characters of a text only", _of_vba(in_text(in_ascii)), "Zo\xeb", "Zo"
    ),
    _vba(
        "knows-16-bits",
        "loses the characters beyond 16 bits",
        _of_vba(in_text(in_16_bits)),
        "a\U0001f600b",
        "ab",
    ),
    _vba(
        "changes-line-ends",
        "keeps other line ends than were sent",
        _of_vba(in_text(lambda text: text.replace("\r\n", "\n"))),
        "a\r\nb",
        "a\nb",
    ),
    _vba(
        "cuts-long-texts",
        "cuts long texts without a word",
        _of_vba(in_text(lambda text: text[:100])),
        "x" * 150,
        "x" * 100,
    ),
    _vba(
        "shows-null-as-empty",
        "shows an empty text where null was sent",
        shows(vendors.VBA_ONE, lambda value: "" if value is None else value, "description"),
        None,
        "",
    ),
    plant_fault(
        "values",
        "guidewire-loses-the-scale",
        "prints an amount without its last zero",
        vendors.GW_READ,
        shows(vendors.GW_ONE, in_text(without_last_zero), "bulkInvoiceTotal"),
        _gw_total,
        right="12.30",
        wrong="12.3",
    ),
    plant_fault(
        "values",
        "guidewire-knows-latin",
        "keeps question marks for characters that Latin-1 has not",
        vendors.GW_READ,
        stores(vendors.GW_BATCH, in_text(in_latin_1), "mailTo"),
        _gw_addressee,
        right="\u6771\u4eac A",
        wrong="?? A",
    ),
    plant_fault(
        "values",
        "guidewire-loses-fractions",
        "loses the parts of a second",
        vendors.GW_READ,
        stores(vendors.GW_BATCH, in_text(without_fraction), "scheduledSendDate"),
        _gw_moment,
        right="2026-03-31T12:00:00.123Z",
        wrong="2026-03-31T12:00:00.000Z",
    ),
    plant_fault(
        "values",
        "payt-loses-the-scale",
        "prints an amount without its last zero",
        vendors.PAYT_READ,
        shows(vendors.PAYT_ONE, in_text(without_last_zero), "total_amount"),
        _payt("amount_total", "100.10", "total_amount"),
        right="100.10",
        wrong="100.1",
    ),
    plant_fault(
        "values",
        "payt-shifts-days",
        "keeps the last day of a month as the day before",
        vendors.PAYT_READ,
        stores(vendors.PAYT_BATCH, in_text(lambda text: text.replace("-12-31", "-12-30")), "due_date"),
        _payt("due_date", "2026-12-31"),
        right="2026-12-31",
        wrong="2026-12-30",
    ),
    plant_fault(
        "values",
        "payt-strips-markup",
        "takes what stands in angle brackets out of a text",
        vendors.PAYT_READ,
        stores(vendors.PAYT_BATCH, in_text(lambda text: re.sub("<[^>]*>", "", text)), "description"),
        _payt("description", "<b>1 &amp; 2</b>"),
        right="<b>1 &amp; 2</b>",
        wrong="1 &amp; 2",
    ),
    plant_fault(
        "values",
        "pvex-rounds-amounts",
        "keeps amounts in whole cents",
        vendors.PVEX_READ,
        stores(vendors.PVEX_BATCH, in_number(in_cents), "Amount"),
        _pvex("Amount", Decimal("10.005")),
        right="10.005",
        wrong="10.01",
    ),
    plant_fault(
        "values",
        "pvex-loses-amounts-of-xml",
        "takes an amount that comes in XML for nothing",
        vendors.PVEX_READ,
        changes_request(vendors.PVEX_BATCH, _without_amount_in_xml),
        _pvex_sent_as_xml,
        right="12.30",
        wrong="0.0",
    ),
    plant_fault(
        "values",
        "pvex-leaves-amounts-out-of-xml",
        "shows amounts in JSON, and none in XML",
        vendors.PVEX_READ,
        changes_response(vendors.PVEX_ONE, _without_amount_in_xml_answers),
        _pvex_read_as_xml,
        right=["<Amount>12.30</Amount>"],
        wrong=[],
    ),
    plant_fault(
        "values",
        "pvex-loses-fractions",
        "loses the parts of a second",
        vendors.PVEX_READ,
        stores(vendors.PVEX_BATCH, in_text(without_fraction), "ApiCreateDate"),
        _pvex("ApiCreateDate", "2025-12-16T00:00:00.123Z"),
        right="2025-12-16T00:00:00.123Z",
        wrong="2025-12-16T00:00:00Z",
    ),
    plant_fault(
        "values",
        "pvex-trims-in-the-list",
        "shows texts without the blanks at their ends in its list",
        vendors.PVEX_READ,
        shows(vendors.PVEX_LIST, in_text(str.strip), "PmsStatus"),
        _pvex_listed,
        right="a ",
        wrong="a",
    ),
    plant_fault(
        "values",
        "xero-escapes-twice",
        "keeps markup escaped",
        vendors.XERO_READ,
        stores(vendors.XERO_INVOICES, in_text(html.escape), "Reference"),
        _xero(Reference="<b> & more"),
        right="<b> & more",
        wrong="&lt;b&gt; &amp; more",
    ),
    plant_fault(
        "values",
        "xero-cuts-quantities",
        "keeps quantities with two decimals, of four",
        vendors.XERO_READ,
        stores(vendors.XERO_INVOICES, in_number(in_cents), "Quantity"),
        _xero_quantity,
        right="1.2345",
        wrong="1.23",
    ),
)
