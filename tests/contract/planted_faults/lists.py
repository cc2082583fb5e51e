"""Pages, counts, links and filters of lists that are wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import PlantedFault, VendorClient, plant_fault
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


Query = Mapping[str, str]


ROWS: Mapping[str, str] = {"vba": "data", "guidewire": "data", "payt": "data", "xero": "Invoices"}


_DIGITS = 18


def asked(call: WrappedRequest) -> dict[str, str]:
    """The query of a call, its names in lower case."""
    return {name.lower(): text for name, text in parse_qsl(call.query)}


def asking(call: WrappedRequest, **query: str) -> WrappedRequest:
    """The same call with another query."""
    names = {name.lower() for name in query}
    kept = {name: text for name, text in parse_qsl(call.query) if name.lower() not in names}
    return replace(call, query=urlencode({**kept, **query}, quote_via=quote))


def pages(route: Route, change: Callable[[Json, Query], Json]) -> Planted:
    """Another list, by what was asked for; `change` gets the document and the query."""
    return changes_response(
        route,
        lambda call, received: (
            received.holding(change(received.json(), asked(call))) if received.good else received
        ),
    )


def rows(name: str, change: Callable[[list[Any], Query], list[Any]]) -> Callable[[Json, Query], Json]:
    """Other rows in a list; all else is as it was."""
    return lambda document, query: {**document, name: change(document[name], query)}


def page_of(query: Query) -> int:
    """The number of the page, or how many rows are before it; 0 for what is no number."""
    return number_of(query.get("page") or query.get("pageoffset") or "", 0)


def number_of(text: str, other: int) -> int:
    """The number of a parameter, or the other one: generated calls send anything."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else other


def later(change: Callable[[list[Any]], list[Any]]) -> Callable[[list[Any], Query], list[Any]]:
    """Changes every page but the first."""
    return lambda found, query: change(found) if page_of(query) > 1 or query.get("cursor") else found


def capped(route: Route, size: str, most: int) -> Planted:
    """So many rows on a page, whatever is asked for."""

    def change(call: WrappedRequest) -> WrappedRequest:
        wanted = number_of(asked(call).get(size.lower(), "100"), 0)
        return asking(call, **{size: str(most)}) if wanted > most else call

    return changes_request(route, change)


def ignored(route: Route, parameter: str) -> Planted:
    """A parameter that nobody reads."""

    def change(call: WrappedRequest) -> WrappedRequest:
        left = {name: text for name, text in parse_qsl(call.query) if name != parameter}
        return replace(call, query=urlencode(left, quote_via=quote))

    return changes_request(route, change)


def repeated(route: Route, name: str, size: str) -> Planted:
    """Every page but the first begins with the last row of the page before, and loses its own last one."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        received, query = await ask(call), asked(call)
        page = page_of(query)
        if page < 2 or not received.good:
            return received
        before = await ask(asking(call, page=str(page - 1), **{size: query.get(size.lower(), "100")}))

        def change() -> WrappedResponse:
            found, last = received.json(), before.json()[name][-1:]
            return received.holding({**found, name: [*last, *found[name][:-1]] if found[name] else []})

        changed: WrappedResponse = unless_misshapen(received, change)
        return changed

    return lambda: at(route, fault)


def last_again(route: Route) -> Planted:
    """A page beyond the last shows the last one again."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        received = await ask(call)
        told = received.json().get("pagination") if received.good else None
        if not told or told["page"] <= told["pageCount"]:
            return received
        return await ask(asking(call, page=str(told["pageCount"])))

    return lambda: at(route, fault)


def inclusive_cursor(route: Route) -> Planted:
    """A page after a cursor begins with the record of the cursor."""

    def planted() -> Any:
        known: dict[str, Any] = {}

        def change(document: Json, query: Query) -> Json:
            known.update({row["id"]: row for row in document["data"]})
            first = [known[query["cursor"]]] if query.get("cursor") in known else []
            return {**document, "data": [*first, *document["data"]]}

        return pages(route, change)()

    return planted


def counted(
    **changes: Callable[[int, int], int],
) -> Callable[[WrappedRequest, WrappedResponse], WrappedResponse]:
    """Other numbers in VBA's header; each is made of what was there and the rows on the page."""

    def change(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
        told = json.loads(received.headers["x-pagination"])
        on_page = len(received.json()["data"])
        told.update({name: new(told[name], on_page) for name, new in changes.items()})
        return replace(received, headers={**received.headers, "x-pagination": json.dumps(told)})

    return change


def linked(name: str, change: Callable[[Mapping[str, Any], Query], Any]) -> Callable[[Json, Query], Json]:
    """Another link under a name, None takes it away; `change` gets all links."""

    def changed(document: Json, query: Query) -> Json:
        links = {key: link for key, link in document["links"].items() if key != name}
        link = change(document["links"], query)
        return {**document, "links": links if link is None else {**links, name: link}}

    return changed


def next_on_the_last(links: Mapping[str, Any], query: Query) -> Any:
    """A next link on every page."""
    size, offset = number_of(query.get("pagesize", ""), 25), page_of(query)
    href = links["first"]["href"]
    return links.get("next", {"href": f"{href}&pageOffset={offset + size}", "methods": ["get"]})


def summed(**changes: Callable[[Mapping[str, int], int], int]) -> Callable[[Json, Query], Json]:
    """Other numbers in Xero's pagination; each is made of all numbers and the rows on the page."""

    def change(document: Json, _query: Query) -> Json:
        told = document["pagination"]
        new = {name: made(told, len(document["Invoices"])) for name, made in changes.items()}
        return {**document, "pagination": {**told, **new}}

    return change


def one_match_less(document: Json, query: Query) -> Json:
    """Without the last match of a filter, and counted so."""
    if "filter" not in query or not document["data"]:
        return document
    return {
        **document,
        "data": document["data"][:-1],
        "count": document["count"] - 1,
        "total": document["total"] - 1,
    }


def vba_pages(caller: VendorClient) -> Json:
    """The keys on each of four pages of two, and the total that the third states."""
    vendors.vba_sends(caller, 1, 2, 3)
    received = [caller.get(f"/claim-invoice?page={page}&pageSize=2") for page in (1, 2, 3, 4)]
    keys = [[row["invoice_Key"] for row in one.json()["data"]] for one in received]
    told = json.loads(received[2].headers["x-pagination"])
    return [keys, told["TotalCount"], told["TotalPages"]]


def vba_length(caller: VendorClient) -> Json:
    """The rows on a page of fifteen."""
    vendors.vba_sends(caller, *range(1, 21))
    return len(caller.get("/claim-invoice?page=1&pageSize=15").json()["data"])


def gw_pages(caller: VendorClient) -> Json:
    """The rows, the count, the total and the links of each page of three; seven are there."""
    found = []
    for offset in (0, 3, 6):
        path = "/claim/v1/bulk-invoices?fields=id&includeTotal=true&pageSize=3"
        received = caller.get(f"{path}&pageOffset={offset}").json()
        links = {name: link["href"].partition("pageOffset=")[2] for name, link in received["links"].items()}
        found.append(
            [
                len(received["data"]),
                received["count"],
                received["total"],
                links.get("prev"),
                links.get("next"),
            ]
        )
    return found


def gw_filtered(caller: VendorClient) -> Json:
    """How many drafts there are."""
    return len(caller.get("/claim/v1/bulk-invoices?includeTotal=true&filter=status:eq:draft").json()["data"])


def payt_pages(caller: VendorClient) -> Json:
    """The numbers on the pages of two, as their cursors lead, four at most; and whether the last has one."""
    vendors.payt_sends(caller, 1, 2, 3)
    found: list[Json] = []
    cursor = ""
    while len(found) < 4:
        path = "/v1/invoices?administration_id=81&per_page=2"
        received = caller.get(f"{path}&cursor={cursor}" if cursor else path).json()
        found.append([row["invoice_number"] for row in received["data"]])
        cursor = received["pagination"]["cursor"]
        if not cursor:
            break
    return found


def payt_filtered(query: str) -> Callable[[VendorClient], Json]:
    """The numbers that a filter shows."""

    def seen(caller: VendorClient) -> Json:
        vendors.payt_sends(caller, 1, vendors.payt_invoice(2, debtor_number="D-2"))
        received = caller.get(f"/v1/invoices?administration_id=81&{query}").json()
        return [row["invoice_number"] for row in received["data"] if row["invoice_number"].startswith("N")]

    return seen


def payt_length(caller: VendorClient) -> Json:
    """The rows on a page of fifteen."""
    vendors.payt_sends(caller, *range(1, 21))
    return len(caller.get("/v1/invoices?administration_id=81&per_page=15").json()["data"])


def xero_pages(caller: VendorClient) -> Json:
    """The first two invoices by number on each page of two, and what the second page states."""
    vendors.xero_sends(caller, 1, 2, 3)
    path = "/api.xro/2.0/Invoices?where=Reference.StartsWith(%22ref%22)&order=InvoiceNumber&pageSize=2"
    received = [caller.get(f"{path}&page={page}").json() for page in (1, 2, 3)]
    numbers = [[one["InvoiceNumber"] for one in page["Invoices"]] for page in received]
    told = received[1]["pagination"]
    return [numbers, told["itemCount"], told["pageCount"]]


def xero_filtered(caller: VendorClient) -> Json:
    """How many invoices have a number."""
    vendors.xero_sends(caller, 1, 2)
    return len(caller.get("/api.xro/2.0/Invoices?InvoiceNumbers=N1").json()["Invoices"])


def pvex_filtered(query: str) -> Callable[[VendorClient], Json]:
    """The ids that a filter shows."""

    def seen(caller: VendorClient) -> Json:
        vendors.pvex_sends(caller, 1)
        return [row["Id"] for row in caller.get(f"/api/Invoice?{query}").json()]

    return seen


def _vba(name: str, says: str, planted: Planted, wrong: Json) -> PlantedFault:
    right = [[[1, 2], [3, 1001], [1002], []], 5, 3]
    return _mutant(f"vba-{name}", says, vendors.VBA_READ, planted, vba_pages, right=right, wrong=wrong)


def _gw(name: str, says: str, change: Callable[[Json, Query], Json], wrong: Json) -> PlantedFault:
    right = [[3, 3, 7, None, "3"], [3, 3, 7, "", "6"], [1, 1, 7, "3", None]]
    planted = pages(vendors.GW_LIST, change)
    return _mutant(f"guidewire-{name}", says, vendors.GW_READ, planted, gw_pages, right=right, wrong=wrong)


LISTS = (
    _vba(
        "pages-repeat-a-row",
        "begins a page with the last row of the page before",
        repeated(vendors.VBA_LIST, "data", "pageSize"),
        [[[1, 2], [2, 3], [1001], []], 5, 3],
    ),
    _vba(
        "pages-skip-a-row",
        "leaves out the first row of every page but the first",
        pages(vendors.VBA_LIST, rows("data", later(lambda found: found[1:]))),
        [[[1, 2], [1001], [], []], 5, 3],
    ),
    _vba(
        "pages-turn-round",
        "lists the rows of the second page from the last to the first",
        pages(
            vendors.VBA_LIST,
            rows("data", lambda found, query: found[::-1] if page_of(query) == 2 else found),
        ),
        [[[1, 2], [1001, 3], [1002], []], 5, 3],
    ),
    _vba(
        "last-page-is-empty",
        "shows only pages that are full",
        pages(
            vendors.VBA_LIST,
            rows(
                "data",
                lambda found, query: (
                    found
                    if page_of(query) < 2 or len(found) == number_of(query.get("pagesize", ""), 100)
                    else []
                ),
            ),
        ),
        [[[1, 2], [3, 1001], [], []], 5, 3],
    ),
    _vba(
        "total-is-one-short",
        "states one row less than there are",
        changes_response(vendors.VBA_LIST, counted(TotalCount=lambda told, _rows: told - 1)),
        [[[1, 2], [3, 1001], [1002], []], 4, 3],
    ),
    _vba(
        "pages-are-rounded-down",
        "does not count the last page, which is not full",
        changes_response(vendors.VBA_LIST, counted(TotalPages=lambda told, _rows: max(told - 1, 1))),
        [[[1, 2], [3, 1001], [1002], []], 5, 2],
    ),
    _mutant(
        "vba-page-size-ends-at-ten",
        "shows ten rows on a page where more are asked for",
        vendors.VBA_READ,
        capped(vendors.VBA_LIST, "pageSize", 10),
        vba_length,
        right=15,
        wrong=10,
    ),
    _gw(
        "counts-all-on-each-page",
        "states the number of all rows where that of the page is meant",
        lambda document, _query: {**document, "count": document["total"]},
        [[3, 7, 7, None, "3"], [3, 7, 7, "", "6"], [1, 7, 7, "3", None]],
    ),
    _gw(
        "total-is-of-the-page",
        "states the number of rows on the page as that of all",
        lambda document, _query: {**document, "total": document["count"]},
        [[3, 3, 3, None, "3"], [3, 3, 3, "", "6"], [1, 1, 1, "3", None]],
    ),
    _gw(
        "next-is-the-same-page",
        "links a page to itself as the next one",
        linked("next", lambda links, _query: links["self"] if "next" in links else None),
        [[3, 3, 7, None, "0"], [3, 3, 7, "", "3"], [1, 1, 7, "3", None]],
    ),
    _gw(
        "next-on-the-last-page",
        "has a next link on the last page",
        linked("next", next_on_the_last),
        [[3, 3, 7, None, "3"], [3, 3, 7, "", "6"], [1, 1, 7, "3", "9"]],
    ),
    _gw(
        "next-is-on-the-first-page-only",
        "has a next link on the first page only",
        linked("next", lambda links, query: None if page_of(query) else links.get("next")),
        [[3, 3, 7, None, "3"], [3, 3, 7, "", None], [1, 1, 7, "3", None]],
    ),
    _gw(
        "prev-is-the-first-page",
        "links every page to the first as the one before",
        linked("prev", lambda links, _query: links["first"] if "prev" in links else None),
        [[3, 3, 7, None, "3"], [3, 3, 7, "", "6"], [1, 1, 7, "", None]],
    ),
)
