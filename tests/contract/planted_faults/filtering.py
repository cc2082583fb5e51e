"""Filters that forget, fold or leave out, lists of another tenant, and lists in XML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlencode

from tests.contract.planted_faults.client import Vendor, VendorClient
from tests.contract.planted_faults.paging import Query, asked, asking, page_of, pages, rows_of
from tests.contract.planted_faults.table import read_faults
from tests.contract.planted_faults.vendors import GW_PATH, PAYT, XERO, XERO_PATH
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    SendOn,
    WrappedRequest,
    WrappedResponse,
    changes_request,
    planted_at,
    unless_misshapen,
)

_PAYT_PATH = "/v1/invoices?administration_id=81"
VALUES: Mapping[str, Callable[[str], str]] = {
    "first_value": lambda text: text.partition(",")[0],
    "lowered": str.lower,
    "number_lowered": lambda text: (
        text.lower().replace("invoicenumber", "invoiceNumber") if ":eq:" in text else text
    ),
    "after_the_day": lambda text: text.replace("Date:ge:", "Date:gt:").replace("Date>=", "Date>"),
    "a_cent_more": lambda text: f"{float(text) + 0.01:.2f}",
    "a_cent_less": lambda text: f"{float(text) - 0.01:.2f}",
}


def _without(call: WrappedRequest, parameter: str) -> WrappedRequest:
    left = {name: text for name, text in parse_qsl(call.query) if name.lower() != parameter.lower()}
    return replace(call, query=urlencode(left, quote_via=quote))


def ignores(vendor: Vendor, parameter: str) -> Planted:
    """A parameter that nobody reads."""
    return changes_request(vendor.list, lambda call: _without(call, parameter))


def forgets_on_later_pages(vendor: Vendor, parameter: str) -> Planted:
    """A filter that is forgotten on every page but the first."""

    def change(call: WrappedRequest) -> WrappedRequest:
        query = asked(call)
        return _without(call, parameter) if page_of(query) > 1 or query.get("cursor") else call

    return changes_request(vendor.list, change)


def reads(vendor: Vendor, parameter: str, change: Callable[[str], str]) -> Planted:
    """Something else is read in a parameter."""

    def changed(call: WrappedRequest) -> WrappedRequest:
        text = asked(call).get(parameter.lower())
        return call if text is None else asking(call, **{parameter: change(text)})

    return changes_request(vendor.list, changed)


def lacks_a_match(vendor: Vendor) -> Planted:
    """Guidewire's list lacks the last match of a filter, and is counted so."""

    def change(document: Json, query: Query) -> Json:
        if "filter" not in query or not document["data"]:
            return document
        counts = {name: document[name] - 1 for name in ("count", "total")}
        return {**document, "data": document["data"][:-1], **counts}

    return pages(vendor.list, change)


def lacks_one_of_a_subscriber(vendor: Vendor) -> Planted:
    return rows_of(vendor, lambda rows, query: rows[:-1] if "subscriberid" in query else rows)


def with_rows_of(vendor: Vendor, other: Callable[[WrappedRequest], WrappedRequest]) -> Planted:
    """The rows that `other` asks for are listed after those that were asked for."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        received, theirs = await ask(call), await ask(other(call))
        name = vendor.rows

        def change() -> WrappedResponse:
            told = received.json()
            return received.holding({**told, name: [*told[name], *theirs.json()[name]]})

        changed: WrappedResponse = unless_misshapen(received, change)
        return changed if received.good and theirs.good else received

    return planted_at(vendor.list, fault)


def lists_theirs(vendor: Vendor) -> Planted:
    """The rows of the other tenant are listed after those that were asked for."""
    name, usual, other = vendor.tenants
    return with_rows_of(
        vendor, lambda call: call.having(**{name: usual if call.headers.get(name) == other else other})
    )


def lists_every_administration(vendor: Vendor) -> Planted:
    """Payt's invoices of administration 81 are found by their numbers in every administration."""
    return with_rows_of(
        vendor,
        lambda call: asking(call, administration_id="81" if "invoice_numbers" in call.query else "404"),
    )


def lacks_its_last_in_xml(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
    if not received.media_type.endswith("/xml"):
        return received
    first, _, last = received.body.rpartition(b"<Invoice>")
    return replace(received, body=first + last.partition(b"</Invoice>")[2])


def first_page_in_xml(call: WrappedRequest) -> WrappedRequest:
    return asking(call, page="1") if call.headers.get("accept", "").endswith("/xml") else call


def gw_filtered(client: VendorClient, text: str, more: str = "") -> int:
    """How many bulk invoices fit a filter."""
    return len(client.rows(f"{GW_PATH}?fields=id&includeTotal=true&filter={quote(text)}{more}"))


def gw_filtered_by_number(client: VendorClient) -> int:
    """How many bulk invoices fit a number with capitals."""
    rows = client.rows(f"{GW_PATH}?fields=invoiceNumber&pageSize=100")
    numbers = [row["attributes"].get("invoiceNumber") for row in rows]
    number = next(one for one in numbers if one and one != one.lower())
    return gw_filtered(client, f"invoiceNumber:eq:{number}")


def payt_filtered(client: VendorClient, query: str) -> list[str]:
    """The invoices of two debtors that fit a filter."""
    client.sends(1, PAYT.item(2, debtor_number="D-2"))
    numbers = [row["invoice_number"] for row in client.rows(f"{_PAYT_PATH}&{query}")]
    return [number for number in numbers if number.startswith("N")]


def payt_second_page(client: VendorClient) -> list[str]:
    client.sends(1, 2, 3)
    path = f"{_PAYT_PATH}&invoice_numbers=N1,N3&per_page=1"
    cursor = client.get(path).json()["pagination"]["cursor"]
    return [row["invoice_number"] for row in client.rows(f"{path}&cursor={cursor}")]


def payt_in_another_administration(client: VendorClient) -> int:
    client.sends(4711)
    return len(client.rows("/v1/invoices?administration_id=82&invoice_numbers=N4711"))


def xero_filtered(client: VendorClient, query: str) -> list[str]:
    """The invoices of two days that fit a filter."""
    client.sends(1, 2, XERO.item(3, Date="2026-01-06"))
    numbers = [row["InvoiceNumber"] for row in client.rows(f"{XERO_PATH}?{query}")]
    return sorted({"N1", "N2", "N3"}.intersection(numbers))


def pvex_filtered(client: VendorClient, query: str) -> list[str]:
    client.sends(1)
    return [row["Id"] for row in client.rows(f"/api/Invoice?{query}")]


def pvex_in_xml(client: VendorClient) -> int:
    return client.get("/api/Invoice", accept="application/xml").body.count(b"<Invoice>")


def xero_second_page_in_xml(client: VendorClient) -> str:
    """The number on the second page of one invoice."""
    client.sends(1, 2)
    path = f"{XERO_PATH}?order=InvoiceNumber&page=2&pageSize=1"
    received = client.get(path, accept="application/xml").body.decode()
    return received.partition("<InvoiceNumber>")[2].partition("<")[0]


FILTERING = read_faults(globals(), VALUES)
