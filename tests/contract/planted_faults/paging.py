"""Pages that lose, repeat or turn rows, and their sizes, totals, cursors and links."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from tests.contract.planted_faults.client import Vendor, VendorClient, listed, with_list
from tests.contract.planted_faults.table import read_faults
from tests.contract.planted_faults.vendors import BULK_A, BULK_B, GUIDEWIRE, GW_PATH, XERO_PATH
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    SendOn,
    WrappedRequest,
    WrappedResponse,
    changes_request,
    changes_response,
    planted_at,
    unless_misshapen,
)

Query = Mapping[str, str]
Rows = list[Any]
GW_ITEMS = Route("GET", f"{GUIDEWIRE.one.path}/bulk-invoice-items")
_DIGITS = 18
LATER: Mapping[str, Callable[[Rows], Rows]] = {
    "without_first": lambda rows: rows[1:],
    "reversed": lambda rows: rows[::-1],
}
NUMBERS: Mapping[str, Callable[[int, int], int]] = {
    "one_less": lambda told, _on_page: max(told - 1, 1),
    "one_more": lambda told, _on_page: told + 1,
    "rows_of_the_page": lambda _told, on_page: on_page,
}
LINKS: Mapping[str, Callable[[Mapping[str, Any], Query], Any]] = {
    "itself": lambda links, _query: links["self"] if "next" in links else None,
    "next_of_the_first": lambda links, query: None if page_of(query) else links.get("next"),
    "next_of_every": lambda links, query: links.get("next") or _link_to_the_next(links, query),
    "the_first": lambda links, _query: links["first"] if "prev" in links else None,
}
DOCUMENTS: Mapping[str, Callable[[Json, Query], Json]] = {
    "total_as_count": lambda document, _query: {**document, "count": document["total"]},
    "count_as_total": lambda document, _query: {**document, "total": document["count"]},
    "no_second_cursor": lambda document, query: (
        {**document, "pagination": {"cursor": None}} if query.get("cursor") else document
    ),
    "last_row_as_cursor": lambda document, _query: (
        {**document, "pagination": {"cursor": document["data"][-1]["id"]}} if document["data"] else document
    ),
}


def asked(call: WrappedRequest) -> dict[str, str]:
    """The query of a call, its names in lower case."""
    return {name.lower(): text for name, text in parse_qsl(call.query)}


def asking(call: WrappedRequest, **query: str) -> WrappedRequest:
    """The same call with another query."""
    names = {name.lower() for name in query}
    kept = {name: text for name, text in parse_qsl(call.query) if name.lower() not in names}
    return replace(call, query=urlencode({**kept, **query}, quote_via=quote))


def page_of(query: Query) -> int:
    """The number of the page, or how many rows are before it; 0 for what is no number."""
    return number_of(query.get("page") or query.get("pageoffset") or "", 0)


def number_of(text: str, other: int) -> int:
    """The number of a parameter, or the other one: generated calls send anything."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else other


def _link_to_the_next(links: Mapping[str, Any], query: Query) -> Any:
    offset = page_of(query) + number_of(query.get("pagesize", ""), 25)
    return {"href": f"{links['first']['href']}&pageOffset={offset}", "methods": ["get"]}


def pages(route: Route, change: Callable[[Json, Query], Json]) -> Planted:
    """Another list, by the document and the query."""
    return changes_response(
        route,
        lambda call, received: (
            received.holding(change(received.json(), asked(call))) if received.good else received
        ),
    )


def rows_of(vendor: Vendor, change: Callable[[Rows, Query], Rows], route: Route | None = None) -> Planted:
    """Other rows on a page; all else is as it was."""
    name = vendor.rows
    return pages(
        route or vendor.list,
        lambda document, query: with_list(document, name, change(listed(document, name), query)),
    )


def later_pages(vendor: Vendor, change: Callable[[Rows], Rows]) -> Planted:
    """Other rows on every page but the first."""
    return rows_of(
        vendor, lambda rows, query: change(rows) if page_of(query) > 1 or query.get("cursor") else rows
    )


def _size(vendor: Vendor, query: Query) -> int:
    return number_of(query.get(vendor.size.lower(), ""), vendor.usual_size)


def full_pages_lose_the_last(vendor: Vendor, route: Route) -> Planted:
    return rows_of(
        vendor, lambda rows, query: rows[:-1] if len(rows) >= _size(vendor, query) else rows, route
    )


def last_page_is_empty(vendor: Vendor) -> Planted:
    """Later pages have rows only if they are full."""
    return rows_of(
        vendor,
        lambda rows, query: rows if page_of(query) < 2 or len(rows) == _size(vendor, query) else [],
    )


def capped(vendor: Vendor, most: int) -> Planted:
    """A page has at most so many rows, whatever is asked for."""

    def change(call: WrappedRequest) -> WrappedRequest:
        wanted = number_of(asked(call).get(vendor.size.lower(), "100"), 0)
        return asking(call, **{vendor.size: str(most)}) if wanted > most else call

    return changes_request(vendor.list, change)


def repeats_the_last(vendor: Vendor) -> Planted:
    """Every page but the first begins with the last row of the page before, and loses its own last one."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        received, query = await ask(call), asked(call)
        page = page_of(query)
        if page < 2 or not received.good:
            return received
        size = query.get(vendor.size.lower(), "100")
        before = await ask(asking(call, page=str(page - 1), **{vendor.size: size}))

        def change() -> WrappedResponse:
            told, rows, last = received.json(), vendor.rows, before.json()[vendor.rows][-1:]
            return received.holding({**told, rows: [*last, *told[rows][:-1]] if told[rows] else []})

        changed: WrappedResponse = unless_misshapen(received, change)
        return changed

    return planted_at(vendor.list, fault)


def begins_early(call: WrappedRequest) -> WrappedRequest:
    """Every page but the first begins one row too early."""
    offset = page_of(asked(call))
    return asking(call, pageOffset=str(offset - 1)) if offset else call


def shows_the_last_again(vendor: Vendor, name: str, first: int) -> Planted:
    """A page beyond the last row shows the last rows again."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        received = await ask(call)
        # By halves: generated calls ask for pages beyond any number.
        low, high = first, page_of(asked(call))
        while received.good and high > low and not received.json()[vendor.rows]:
            middle = (low + high) // 2
            there = await ask(asking(call, **{name: str(middle)}))
            if not there.good:
                return received
            has_rows = bool(there.json()[vendor.rows])
            if has_rows and high - middle <= 1:
                return there
            low, high = (middle, high) if has_rows else (low, middle)
        return received

    return planted_at(vendor.list, fault)


def includes_the_cursor(vendor: Vendor) -> Planted:
    """A page after a cursor begins with the record of the cursor."""

    def planted() -> Any:
        known: dict[str, Any] = {}

        def change(rows: Rows, query: Query) -> Rows:
            known.update({row["id"]: row for row in rows})
            first = [known[query["cursor"]]] if query.get("cursor") in known else []
            return [*first, *rows]

        return rows_of(vendor, change)()

    return planted


def header_states(vendor: Vendor, name: str, change: Callable[[int, int], int]) -> Planted:
    """Another number in VBA's header, by the right one and the rows on the page."""

    def changed(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
        told = json.loads(received.headers["x-pagination"])
        told[name] = change(told[name], len(received.json()["data"]))
        return replace(received, headers={**received.headers, "x-pagination": json.dumps(told)})

    return changes_response(vendor.list, changed)


def states(vendor: Vendor, name: str, change: Callable[[int, int], int]) -> Planted:
    """Another number in Xero's pagination, by the right one and the rows on the page."""

    def changed(document: Json, _query: Query) -> Json:
        told = document["pagination"]
        new = {name: change(told[name], len(document["Invoices"]))}
        return {**document, "pagination": {**told, **new}}

    return pages(vendor.list, changed)


def links(vendor: Vendor, name: str, change: Callable[[Mapping[str, Any], Query], Any]) -> Planted:
    """Another link under a name, by all links; None takes it away."""

    def changed(document: Json, query: Query) -> Json:
        kept = {key: link for key, link in document["links"].items() if key != name}
        link = change(document["links"], query)
        return {**document, "links": kept if link is None else {**kept, name: link}}

    return pages(vendor.list, changed)


def of_bulk_b(call: WrappedRequest) -> WrappedRequest:
    return replace(call, path=GW_ITEMS.path.format(BULK_B))


def vba_pages(client: VendorClient) -> Json:
    """The keys on each of four pages of two, and the totals that the third states."""
    client.sends(1, 2, 3)
    received = [client.get(f"/claim-invoice?page={page}&pageSize=2") for page in (1, 2, 3, 4)]
    keys = [[row["invoice_Key"] for row in one.json()["data"]] for one in received]
    told = json.loads(received[2].headers["x-pagination"])
    return [keys, told["TotalCount"], told["TotalPages"]]


def gw_pages(client: VendorClient) -> Json:
    """The rows, the count, the total, and the links of each page of three; seven are there."""
    found = []
    for offset in (0, 3, 6):
        query = f"fields=id&includeTotal=true&pageSize=3&pageOffset={offset}"
        told = client.get(f"{GW_PATH}?{query}").json()
        to = {name: link["href"].partition("pageOffset=")[2] for name, link in told["links"].items()}
        found.append([len(told["data"]), told["count"], told["total"], to.get("prev"), to.get("next")])
    return found


def gw_lengths(client: VendorClient) -> list[int]:
    """How many rows each of four pages of three has."""
    path = f"{GW_PATH}?fields=id&pageSize=3&pageOffset="
    return [len(client.rows(f"{path}{offset}")) for offset in (0, 3, 6, 9)]


def gw_is_in_order(client: VendorClient) -> bool:
    path = f"{GW_PATH}?fields=invoiceNumber&sort=invoiceNumber&pageSize=3&pageOffset="
    rows = [row for offset in (0, 3) for row in client.rows(f"{path}{offset}")]
    numbers = [row["attributes"].get("invoiceNumber") or "" for row in rows]
    return numbers == sorted(numbers)


def gw_items(client: VendorClient) -> list[int]:
    """How many items of the second bulk invoice are on each of two pages of two."""
    path = f"{GW_PATH}/{BULK_B}/bulk-invoice-items?pageSize=2&pageOffset="
    return [len(client.rows(f"{path}{offset}")) for offset in (0, 2)]


def gw_items_of_the_first(client: VendorClient) -> int:
    return len(client.rows(f"{GW_PATH}/{BULK_A}/bulk-invoice-items"))


def payt_pages(client: VendorClient) -> Json:
    """The numbers on the pages of two, as their cursors lead, four pages at most."""
    client.sends(1, 2, 3)
    found: list[Json] = []
    cursor: str | None = ""
    while cursor is not None and len(found) < 4:
        path = "/v1/invoices?administration_id=81&per_page=2"
        told = client.get(f"{path}&cursor={cursor}" if cursor else path).json()
        found.append([row["invoice_number"] for row in told["data"]])
        cursor = told["pagination"]["cursor"]
    return found


def xero_pages(client: VendorClient) -> Json:
    """The numbers on each of three pages of two, and the totals that the second states."""
    client.sends(1, 2, 3)
    path = f"{XERO_PATH}?where=Reference.StartsWith(%22text%22)&order=InvoiceNumber&pageSize=2&page="
    received = [client.get(f"{path}{page}").json() for page in (1, 2, 3)]
    numbers = [[one["InvoiceNumber"] for one in told["Invoices"]] for told in received]
    told = received[1]["pagination"]
    return [numbers, told["itemCount"], told["pageCount"]]


def xero_second_page(client: VendorClient) -> list[str]:
    """The numbers on the second page of two of four invoices."""
    client.sends(1, 2, 3, 4)
    path = f"{XERO_PATH}?where=Reference.StartsWith(%22text%22)&order=InvoiceNumber&pageSize=2&page=2"
    return [one["InvoiceNumber"] for one in client.rows(path)]


def length(client: VendorClient, path: str) -> int:
    """How many of twenty new rows and more are on a page."""
    client.sends(*range(1, 21))
    return len(client.rows(path))


PAGING = read_faults(globals(), LATER, NUMBERS, LINKS, DOCUMENTS)
