"""Faults of the pages of Payt's and Xero's lists."""

from __future__ import annotations

from functools import partial

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import PlantedFault, plant_fault
from tests.contract.planted_faults.lists import (
    capped,
    inclusive_cursor,
    last_again,
    later,
    pages,
    payt_length,
    payt_pages,
    repeated,
    rows,
    summed,
    xero_pages,
)
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
)

_mutant = partial(plant_fault, "lists")


def _payt(name: str, says: str, planted: Planted, wrong: Json) -> PlantedFault:
    right = [["F-1001", "F-1002"], ["N1", "N2"], ["N3"]]
    return _mutant(f"payt-{name}", says, vendors.PAYT_READ, planted, payt_pages, right=right, wrong=wrong)


def _xero(name: str, says: str, planted: Planted, wrong: Json) -> PlantedFault:
    right = [[["N1", "N2"], ["N3"], []], 3, 2]
    return _mutant(f"xero-{name}", says, vendors.XERO_READ, planted, xero_pages, right=right, wrong=wrong)


LISTS_OF_PAYT_AND_XERO = (
    _payt(
        "cursor-row-comes-again",
        "begins a page with the record of the cursor",
        inclusive_cursor(vendors.PAYT_LIST),
        [["F-1001", "F-1002"], ["F-1002", "N1", "N2"], ["N2", "N3"]],
    ),
    _payt(
        "cursor-skips-a-row",
        "leaves out the first record after a cursor",
        pages(vendors.PAYT_LIST, rows("data", later(lambda found: found[1:]))),
        [["F-1001", "F-1002"], ["N2"], []],
    ),
    _payt(
        "cursor-ends-early",
        "names no cursor on the second page",
        pages(
            vendors.PAYT_LIST,
            lambda document, query: (
                {**document, "pagination": {"cursor": None}} if query.get("cursor") else document
            ),
        ),
        [["F-1001", "F-1002"], ["N1", "N2"]],
    ),
    _payt(
        "cursor-on-the-last-page",
        "names a cursor on the last page",
        pages(
            vendors.PAYT_LIST,
            lambda document, _query: (
                {**document, "pagination": {"cursor": document["data"][-1]["id"]}}
                if document["data"]
                else document
            ),
        ),
        [["F-1001", "F-1002"], ["N1", "N2"], ["N3"], []],
    ),
    _mutant(
        "payt-page-size-ends-at-ten",
        "shows ten records on a page where more are asked for",
        vendors.PAYT_READ,
        capped(vendors.PAYT_LIST, "per_page", 10),
        payt_length,
        right=15,
        wrong=10,
    ),
    _xero(
        "last-page-comes-again",
        "shows the last page again where one beyond it is asked for",
        last_again(vendors.XERO_LIST),
        [[["N1", "N2"], ["N3"], ["N3"]], 3, 2],
    ),
    _xero(
        "counts-the-page",
        "states the rows on the page as the number of all",
        pages(vendors.XERO_LIST, summed(itemCount=lambda _told, on_page: on_page)),
        [[["N1", "N2"], ["N3"], []], 1, 2],
    ),
    _xero(
        "has-a-page-too-many",
        "states one page more than there are",
        pages(vendors.XERO_LIST, summed(pageCount=lambda told, _rows: told["pageCount"] + 1)),
        [[["N1", "N2"], ["N3"], []], 3, 3],
    ),
    _xero(
        "pages-repeat-a-row",
        "begins a page with the last invoice of the page before",
        repeated(vendors.XERO_LIST, "Invoices", "pageSize"),
        [[["N1", "N2"], ["N2"], []], 3, 2],
    ),
)
