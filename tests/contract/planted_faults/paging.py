"""Pages that lose or repeat rows, change their order or their size, and totals of a page only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from urllib.parse import quote

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import PlantedFault, VendorClient, plant_fault
from tests.contract.planted_faults.lists import (
    Query,
    asked,
    asking,
    capped,
    counted,
    later,
    number_of,
    page_of,
    pages,
    payt_length,
    rows,
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
)

_mutant = partial(plant_fault, "lists")


_VBA = "/claim-invoice?page={page}&pageSize={size}"


_GW = "/claim/v1/bulk-invoices?fields=id&pageOffset={offset}&pageSize={size}"


_XERO = "/api.xro/2.0/Invoices?order=InvoiceNumber&page={page}&pageSize={size}"


_PAYT = "/v1/invoices?administration_id=81&per_page={size}"


def shown(path: str, rows_at: str, identity: str, size: int, *numbers: int) -> Callable[[VendorClient], Json]:
    """How many rows these pages have, how many different ones, and whether they are in order."""

    def seen(caller: VendorClient) -> Json:
        ids: list[str] = []
        counts: list[int] = []
        for number in numbers:
            received = caller.get(path.format(page=number, offset=(number - 1) * size, size=size)).json()
            counts.append(len(received[rows_at]))
            ids += [_identity(row, identity) for row in received[rows_at]]
        return [counts, len(set(ids)), ids == sorted(ids)]

    return seen


def _identity(row: Json, name: str) -> str:
    return str(row["attributes"][name] if "attributes" in row else row[name])


def without_last_of_full(name: str, size: str, usual: int) -> Callable[[Json, Query], Json]:
    """The document without the last row of a page that is full."""

    def change(found: list[Json], query: Query) -> list[Json]:
        return found[:-1] if len(found) >= number_of(query.get(size.lower(), ""), usual) else found

    return rows(name, change)


def turned_from_the_second(name: str) -> Callable[[Json, Query], Json]:
    """The document with the rows of every page but the first from the last to the first."""
    return rows(name, later(lambda found: found[::-1]))


def clamped_offset(route: Route) -> Planted:
    """A page beyond the last row shows the last rows again."""
    return _clamped(route, "pageOffset", 0)


def clamped_page(route: Route) -> Planted:
    """A page beyond the last shows the last one again."""
    return _clamped(route, "page", 1)


def _clamped(route: Route, name: str, first: int) -> Planted:
    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        received = await ask(call)
        # By halves: generated calls ask for pages beyond any number.
        low, high = first, page_of(asked(call))
        while received.good and high > low and not received.json()["data"]:
            middle = (low + high) // 2
            there = await ask(asking(call, **{name: str(middle)}))
            if not there.good:
                return received
            if there.json()["data"] and high - middle <= 1:
                return there
            low, high = (middle, high) if there.json()["data"] else (low, middle)
        return received

    return lambda: at(route, fault)


def repeated_offset(route: Route) -> Planted:
    """Every page but the first begins one row too early."""

    def change(call: WrappedRequest) -> WrappedRequest:
        offset = page_of(asked(call))
        return asking(call, pageOffset=str(offset - 1)) if offset else call

    return changes_request(route, change)


def _vba_seen(caller: VendorClient) -> Json:
    vendors.vba_sends(caller, 1, 2, 3)
    return shown(_VBA, "data", "invoice_Key", 2, 1, 2, 3, 4)(caller)[:2]


def _vba_total(caller: VendorClient) -> Json:
    return "2" in caller.get("/claim-invoice?pageSize=1").headers["x-pagination"].partition("Pages")[0]


_gw_seen = shown(_GW, "data", "id", 3, 1, 2, 3, 4)


def _gw_order(caller: VendorClient) -> Json:
    path = "/claim/v1/bulk-invoices?fields=invoiceNumber&sort=invoiceNumber&pageSize=3&pageOffset={}"
    found = [caller.get(path.format(offset)).json()["data"] for offset in (0, 3)]
    numbers = [row["attributes"].get("invoiceNumber") or "" for page in found for row in page]
    return numbers == sorted(numbers)


def _gw_filtered(text: str, more: str = "") -> Callable[[VendorClient], Json]:
    path = f"/claim/v1/bulk-invoices?fields=id&filter={quote(text)}{more}"
    return lambda caller: len(caller.get(path).json()["data"])


_ITEMS = Route("GET", f"{vendors.GW_ONE.path}/bulk-invoice-items")
_ITEMS_READ = ("getBulkInvoices", "getBulkInvoiceItems")


def _items(caller: VendorClient) -> Json:
    """How many items are on each of two pages of two."""
    path = f"/claim/v1/bulk-invoices/{vendors.BULK_B}/bulk-invoice-items?pageSize=2&pageOffset={{}}"
    return [len(caller.get(path.format(offset)).json()["data"]) for offset in (0, 2)]


def _items_of_another(caller: VendorClient) -> Json:
    path = f"/claim/v1/bulk-invoices/{vendors.BULK_A}/bulk-invoice-items"
    return len(caller.get(path).json()["data"])


def _payt_walk(caller: VendorClient) -> Json:
    """The numbers on the pages of two."""
    vendors.payt_sends(caller, 1, 2, 3)
    found: list[Json] = []
    cursor = ""
    while len(found) < 4:
        received = caller.get(_PAYT.format(size=2) + (f"&cursor={cursor}" if cursor else "")).json()
        found.append([row["invoice_number"] for row in received["data"]])
        cursor = received["pagination"]["cursor"]
        if not cursor:
            break
    return found


def _xero_seen(caller: VendorClient) -> Json:
    """How many rows the first two pages of two have, and how many different ones."""
    vendors.xero_sends(caller, 1, 2, 3)
    return shown(_XERO, "Invoices", "InvoiceNumber", 2, 1, 2)(caller)


def _xero_length(caller: VendorClient) -> Json:
    vendors.xero_sends(caller, *range(1, 21))
    return len(caller.get("/api.xro/2.0/Invoices?page=1&pageSize=15").json()["Invoices"])


_VBA_FAULTS = (
    _mutant(
        "vba-pages-lose-their-last-row",
        "leaves out the last row of every full page",
        vendors.VBA_READ,
        pages(vendors.VBA_LIST, without_last_of_full("data", "pageSize", 100)),
        _vba_seen,
        right=[[2, 2, 1, 0], 5],
        wrong=[[1, 1, 1, 0], 3],
    ),
    _mutant(
        "vba-total-is-of-the-page",
        "states the rows on the page as the number of all",
        vendors.VBA_READ,
        changes_response(vendors.VBA_LIST, counted(TotalCount=lambda _told, on_page: on_page)),
        _vba_total,
        right=True,
        wrong=False,
    ),
    _mutant(
        "vba-last-page-comes-again",
        "shows the last page again where one beyond it is asked for",
        vendors.VBA_READ,
        clamped_page(vendors.VBA_LIST),
        _vba_seen,
        right=[[2, 2, 1, 0], 5],
        wrong=[[2, 2, 1, 1], 5],
    ),
)
_GUIDEWIRE_FAULTS = (
    _mutant(
        "guidewire-pages-repeat-a-row",
        "begins a page with the last row of the page before",
        vendors.GW_READ,
        repeated_offset(vendors.GW_LIST),
        _gw_seen,
        right=[[3, 3, 1, 0], 7, False],
        wrong=[[3, 3, 2, 0], 7, False],
    ),
    _mutant(
        "guidewire-pages-lose-their-last-row",
        "leaves out the last row of every full page",
        vendors.GW_READ,
        pages(vendors.GW_LIST, without_last_of_full("data", "pageSize", 25)),
        _gw_seen,
        right=[[3, 3, 1, 0], 7, False],
        wrong=[[2, 2, 1, 0], 5, False],
    ),
    _mutant(
        "guidewire-pages-turn-round",
        "lists the rows of later pages from the last to the first",
        vendors.GW_READ,
        pages(vendors.GW_LIST, turned_from_the_second("data")),
        _gw_order,
        right=True,
        wrong=False,
    ),
    _mutant(
        "guidewire-last-page-comes-again",
        "shows the last row again where rows beyond it are asked for",
        vendors.GW_READ,
        clamped_offset(vendors.GW_LIST),
        _gw_seen,
        right=[[3, 3, 1, 0], 7, False],
        wrong=[[3, 3, 1, 1], 7, False],
    ),
    _mutant(
        "guidewire-page-size-ends-at-five",
        "shows five rows on a page where more are asked for",
        vendors.GW_READ,
        capped(vendors.GW_LIST, "pageSize", 5),
        _gw_filtered("status:ne:none", "&pageSize=10"),
        right=7,
        wrong=5,
    ),
)
_PAYT_FAULTS = (
    _mutant(
        "payt-pages-lose-their-last-row",
        "leaves out the last record of every full page",
        vendors.PAYT_READ,
        pages(vendors.PAYT_LIST, without_last_of_full("data", "per_page", 100)),
        _payt_walk,
        right=[["F-1001", "F-1002"], ["N1", "N2"], ["N3"]],
        wrong=[["F-1001"], ["N1"], ["N3"]],
    ),
    _mutant(
        "payt-pages-turn-round",
        "lists the records of later pages from the last to the first",
        vendors.PAYT_READ,
        pages(vendors.PAYT_LIST, turned_from_the_second("data")),
        _payt_walk,
        right=[["F-1001", "F-1002"], ["N1", "N2"], ["N3"]],
        wrong=[["F-1001", "F-1002"], ["N2", "N1"], ["N3"]],
    ),
    _mutant(
        "payt-page-size-is-not-read",
        "shows three records on a page whatever is asked for",
        vendors.PAYT_READ,
        capped(vendors.PAYT_LIST, "per_page", 3),
        payt_length,
        right=15,
        wrong=3,
    ),
)
_XERO_FAULTS = (
    _mutant(
        "xero-pages-lose-their-last-row",
        "leaves out the last invoice of every full page",
        vendors.XERO_READ,
        pages(vendors.XERO_LIST, without_last_of_full("Invoices", "pageSize", 100)),
        _xero_seen,
        right=[[2, 2], 4, True],
        wrong=[[1, 1], 2, True],
    ),
    _mutant(
        "xero-pages-turn-round",
        "lists the invoices of later pages from the last to the first",
        vendors.XERO_READ,
        pages(vendors.XERO_LIST, turned_from_the_second("Invoices")),
        _xero_seen,
        right=[[2, 2], 4, True],
        wrong=[[2, 2], 4, False],
    ),
    _mutant(
        "xero-page-size-ends-at-ten",
        "shows ten invoices on a page where more are asked for",
        vendors.XERO_READ,
        capped(vendors.XERO_LIST, "pageSize", 10),
        _xero_length,
        right=15,
        wrong=10,
    ),
)
_BELOW_FAULTS = (
    _mutant(
        "guidewire-items-pages-lose-their-last-row",
        "leaves out the last item of every full page",
        _ITEMS_READ,
        pages(_ITEMS, without_last_of_full("data", "pageSize", 25)),
        _items,
        right=[2, 1],
        wrong=[1, 1],
    ),
    _mutant(
        "guidewire-items-are-those-of-one-invoice",
        "shows the items of one invoice, whichever is asked for",
        _ITEMS_READ,
        changes_request(_ITEMS, lambda call: replace(call, path=_ITEMS.path.format(vendors.BULK_B))),
        _items_of_another,
        right=0,
        wrong=3,
    ),
)
PAGING: tuple[PlantedFault, ...] = (
    *_VBA_FAULTS,
    *_GUIDEWIRE_FAULTS,
    *_PAYT_FAULTS,
    *_XERO_FAULTS,
    *_BELOW_FAULTS,
)
