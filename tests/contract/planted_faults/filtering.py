"""Filters that forget, fold or leave out, lists of another tenant, and lists in XML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qsl, quote, urlencode

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import PlantedFault, VendorClient, plant_fault
from tests.contract.planted_faults.lists import (
    asked,
    asking,
    ignored,
    page_of,
)
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
    unless_misshapen,
)

_mutant = partial(plant_fault, "lists")


_XERO = "/api.xro/2.0/Invoices?order=InvoiceNumber&page={page}&pageSize={size}"


def on_the_first_page_only(route: Route, parameter: str) -> Planted:
    """A filter that is forgotten where another page than the first is asked for."""

    def change(call: WrappedRequest) -> WrappedRequest:
        query = asked(call)
        if page_of(query) < 2 and not query.get("cursor"):
            return call
        left = {name: text for name, text in parse_qsl(call.query) if name.lower() != parameter}
        return replace(call, query=urlencode(left, quote_via=quote))

    return changes_request(route, change)


def asks_otherwise(route: Route, parameter: str, change: Callable[[str], str]) -> Planted:
    """A server that reads something else in a parameter."""

    def changed(call: WrappedRequest) -> WrappedRequest:
        query = asked(call)
        name = parameter.lower()
        return asking(call, **{parameter: change(query[name])}) if name in query else call

    return changes_request(route, changed)


def first_of(text: str) -> str:
    """The first of several values."""
    return text.partition(",")[0]


def with_rows_of(route: Route, name: str, other: Callable[[WrappedRequest], WrappedRequest]) -> Planted:
    """The rows of another tenant, which `other` asks for, after those that were asked for."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        received, theirs = await ask(call), await ask(other(call))

        def change() -> WrappedResponse:
            document = received.json()
            return received.holding({**document, name: [*document[name], *theirs.json()[name]]})

        changed: WrappedResponse = unless_misshapen(received, change)
        return changed if received.good and theirs.good else received

    return lambda: at(route, fault)


def _loses_its_last_in_xml(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
    if not received.headers.get("content-type", "").startswith(("application/xml", "text/xml")):
        return received
    first, _, last = received.body.rpartition(b"<Invoice>")
    return replace(received, body=first + last.partition(b"</Invoice>")[2])


def _first_page_in_xml(call: WrappedRequest) -> WrappedRequest:
    return asking(call, page="1") if call.headers.get("accept", "").endswith("/xml") else call


def _pvex_in_xml(caller: VendorClient) -> Json:
    return caller.get("/api/Invoice", accept="application/xml").body.count(b"<Invoice>")


def _xero_in_xml(caller: VendorClient) -> Json:
    """The number on the second page of one."""
    vendors.xero_sends(caller, 1, 2)
    received = caller.get(_XERO.format(page=2, size=1), accept="application/xml").body.decode()
    return received.partition("<InvoiceNumber>")[2].partition("<")[0]


def _gw_filtered(text: str, more: str = "") -> Callable[[VendorClient], Json]:
    path = f"/claim/v1/bulk-invoices?fields=id&filter={quote(text)}{more}"
    return lambda caller: len(caller.get(path).json()["data"])


def _gw_number(caller: VendorClient) -> Json:
    rows_ = caller.get("/claim/v1/bulk-invoices?fields=invoiceNumber&pageSize=100").json()["data"]
    numbers = [row["attributes"].get("invoiceNumber") for row in rows_]
    known = next(one for one in numbers if one and one != one.lower())
    return _gw_filtered(f"invoiceNumber:eq:{known}")(caller)


def _payt_filtered(query: str) -> Callable[[VendorClient], Json]:
    def seen(caller: VendorClient) -> Json:
        vendors.payt_sends(caller, 1, vendors.payt_invoice(2, debtor_number="D-2"))
        received = caller.get(f"/v1/invoices?administration_id=81&{query}").json()
        return [row["invoice_number"] for row in received["data"] if row["invoice_number"].startswith("N")]

    return seen


def _payt_second_page(caller: VendorClient) -> Json:
    """The second page of two invoices."""
    vendors.payt_sends(caller, 1, 2, 3)
    path = "/v1/invoices?administration_id=81&invoice_numbers=N1,N3&per_page=1"
    cursor = caller.get(path).json()["pagination"]["cursor"]
    return [row["invoice_number"] for row in caller.get(f"{path}&cursor={cursor}").json()["data"]]


def _xero_filtered(query: Mapping[str, str]) -> Callable[[VendorClient], Json]:
    def seen(caller: VendorClient) -> Json:
        vendors.xero_sends(caller, 1, 2, vendors.xero_invoice(3, Date="2026-01-06"))
        text = "&".join(f"{name}={quote(value)}" for name, value in query.items())
        found = caller.get(f"/api.xro/2.0/Invoices?{text}").json()["Invoices"]
        return sorted(row["InvoiceNumber"] for row in found if row["InvoiceNumber"] in {"N1", "N2", "N3"})

    return seen


def _of_tenant(call: WrappedRequest, name: str, text: str) -> WrappedRequest:
    return replace(call, headers={**call.headers, name: text})


def _vba_theirs(caller: VendorClient) -> Json:
    """Whether a tenant lists what another stored."""
    vendors.vba_sends(caller, 4711, vbasoftware_database="VBADEMO")
    return 4711 in vendors.vba_lists(caller)


def _xero_theirs(caller: VendorClient) -> Json:
    vendors.xero_sends(caller, 4711, xero_tenant_id=vendors.OTHER_TENANT)
    return "N4711" in vendors.xero_lists(caller)


def _payt_theirs(caller: VendorClient) -> Json:
    vendors.payt_sends(caller, 4711)
    received = caller.get("/v1/invoices?administration_id=82&invoice_numbers=N4711").json()
    return [row["invoice_number"] for row in received["data"]]


_VBA_FAULTS = (
    _mutant(
        "vba-lists-rows-of-another-tenant",
        "lists the rows of another tenant after those that were asked for",
        vendors.VBA_READ,
        with_rows_of(
            vendors.VBA_LIST,
            "data",
            lambda call: _of_tenant(
                call,
                "vbasoftware-database",
                "sandbox" if call.headers.get("vbasoftware-database") == "VBADEMO" else "VBADEMO",
            ),
        ),
        _vba_theirs,
        right=False,
        wrong=True,
    ),
)
_GUIDEWIRE_FAULTS = (
    _mutant(
        "guidewire-filter-forgets-a-value",
        "reads the first value of a filter with several",
        vendors.GW_READ,
        asks_otherwise(vendors.GW_LIST, "filter", first_of),
        _gw_filtered("status:in:draft,requested"),
        right=3,
        wrong=2,
    ),
    _mutant(
        "guidewire-filter-lowers-the-case",
        "looks for the value of a filter in small letters",
        vendors.GW_READ,
        asks_otherwise(
            vendors.GW_LIST,
            "filter",
            lambda text: (
                text.lower().replace("invoicenumber", "invoiceNumber")
                if text.startswith("invoiceNumber:eq:")
                else text
            ),
        ),
        _gw_number,
        right=1,
        wrong=0,
    ),
    _mutant(
        "guidewire-dates-leave-out-the-border",
        "leaves out the day itself where all from a day on are asked for",
        vendors.GW_READ,
        asks_otherwise(vendors.GW_LIST, "filter", lambda text: text.replace("Date:ge:", "Date:gt:")),
        _gw_filtered("scheduledSendDate:ge:2026-03-17T00::00::00.000Z"),
        right=2,
        wrong=1,
    ),
    _mutant(
        "guidewire-filter-is-on-the-first-page-only",
        "forgets the filter on the second page",
        vendors.GW_READ,
        on_the_first_page_only(vendors.GW_LIST, "filter"),
        _gw_filtered("status:eq:draft", "&pageSize=1&pageOffset=2"),
        right=0,
        wrong=1,
    ),
)
_PAYT_FAULTS = (
    _mutant(
        "payt-filter-forgets-a-value",
        "reads the first value of a filter with several",
        vendors.PAYT_READ,
        asks_otherwise(vendors.PAYT_LIST, "debtor_numbers", first_of),
        _payt_filtered("debtor_numbers=D-2,D-1"),
        right=["N1", "N2"],
        wrong=["N2"],
    ),
    _mutant(
        "payt-filter-lowers-the-case",
        "looks for invoice numbers in small letters",
        vendors.PAYT_READ,
        asks_otherwise(vendors.PAYT_LIST, "invoice_numbers", str.lower),
        _payt_filtered("invoice_numbers=N1"),
        right=["N1"],
        wrong=[],
    ),
    _mutant(
        "payt-most-total-is-left-out",
        "leaves out invoices whose total is just the most that is asked for",
        vendors.PAYT_READ,
        asks_otherwise(vendors.PAYT_LIST, "book_amount_total_lte", lambda text: f"{float(text) - 0.01:.2f}"),
        _payt_filtered("book_amount_total_lte=100.10"),
        right=["N1", "N2"],
        wrong=[],
    ),
    _mutant(
        "payt-filter-is-on-the-first-page-only",
        "forgets the filter after a cursor",
        vendors.PAYT_READ,
        on_the_first_page_only(vendors.PAYT_LIST, "invoice_numbers"),
        _payt_second_page,
        right=["N3"],
        wrong=["N2"],
    ),
    _mutant(
        "payt-filter-forgets-the-administration",
        "finds invoices by their numbers in every administration",
        vendors.PAYT_READ,
        with_rows_of(
            vendors.PAYT_LIST,
            "data",
            lambda call: asking(call, administration_id="81" if "invoice_numbers" in call.query else "404"),
        ),
        _payt_theirs,
        right=[],
        wrong=["N4711"],
    ),
)
_XERO_FAULTS = (
    _mutant(
        "xero-filter-forgets-a-value",
        "reads the first of several invoice numbers",
        vendors.XERO_READ,
        asks_otherwise(vendors.XERO_LIST, "InvoiceNumbers", first_of),
        _xero_filtered({"InvoiceNumbers": "N1,N2"}),
        right=["N1", "N2"],
        wrong=["N1"],
    ),
    _mutant(
        "xero-filter-lowers-the-case",
        "looks for invoice numbers in small letters",
        vendors.XERO_READ,
        asks_otherwise(vendors.XERO_LIST, "InvoiceNumbers", str.lower),
        _xero_filtered({"InvoiceNumbers": "N1,N2"}),
        right=["N1", "N2"],
        wrong=[],
    ),
    _mutant(
        "xero-dates-leave-out-the-border",
        "leaves out the day itself where all from a day on are asked for",
        vendors.XERO_READ,
        asks_otherwise(vendors.XERO_LIST, "where", lambda text: text.replace("Date>=", "Date>")),
        _xero_filtered({"where": "Date>=DateTime(2026,1,5)"}),
        right=["N1", "N2", "N3"],
        wrong=["N3"],
    ),
    _mutant(
        "xero-filter-is-on-the-first-page-only",
        "forgets the statuses that were asked for on the second page",
        vendors.XERO_READ,
        on_the_first_page_only(vendors.XERO_LIST, "statuses"),
        _xero_filtered({"Statuses": "VOIDED", "page": "2", "pageSize": "28"}),
        right=[],
        wrong=["N1", "N2", "N3"],
    ),
    _mutant(
        "xero-lists-rows-of-another-tenant",
        "lists the invoices of another tenant after those that were asked for",
        vendors.XERO_READ,
        with_rows_of(
            vendors.XERO_LIST,
            "Invoices",
            lambda call: _of_tenant(
                call,
                "xero-tenant-id",
                vendors.OTHER_TENANT
                if call.headers.get("xero-tenant-id") != vendors.OTHER_TENANT
                else vendors.HEADERS["xero"]["xero-tenant-id"],
            ),
        ),
        _xero_theirs,
        right=False,
        wrong=True,
    ),
)
_PVEX_FAULTS = (
    _mutant(
        "pvex-subscriber-in-small-letters",
        "looks for the subscriber in small letters",
        vendors.PVEX_READ,
        asks_otherwise(vendors.PVEX_LIST, "subscriberId", str.lower),
        lambda caller: len(caller.get("/api/Invoice?subscriberId=SUB-100").json()),
        right=3,
        wrong=0,
    ),
    _mutant(
        "pvex-deleted-is-ignored",
        "shows deleted invoices among those that are not",
        vendors.PVEX_READ,
        ignored(vendors.PVEX_LIST, "deleted"),
        lambda caller: len(caller.get("/api/Invoice?deleted=true").json()),
        right=1,
        wrong=3,
    ),
)
_XML_FAULTS = (
    _mutant(
        "pvex-list-loses-its-last-in-xml",
        "leaves the last invoice out of a list in XML",
        vendors.PVEX_READ,
        changes_response(vendors.PVEX_LIST, _loses_its_last_in_xml),
        _pvex_in_xml,
        right=3,
        wrong=2,
    ),
    _mutant(
        "xero-pages-are-the-first-in-xml",
        "shows the first page in XML, whichever is asked for",
        vendors.XERO_READ,
        changes_request(vendors.XERO_LIST, _first_page_in_xml),
        _xero_in_xml,
        right="B2",
        wrong="B1",
    ),
)
FILTERING: tuple[PlantedFault, ...] = (
    *_VBA_FAULTS,
    *_GUIDEWIRE_FAULTS,
    *_PAYT_FAULTS,
    *_XERO_FAULTS,
    *_PVEX_FAULTS,
    *_XML_FAULTS,
)
