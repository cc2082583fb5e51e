"""Faults of the filters of lists."""

from __future__ import annotations

from functools import partial

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import plant_fault
from tests.contract.planted_faults.lists import (
    asked,
    asking,
    gw_filtered,
    ignored,
    one_match_less,
    pages,
    payt_filtered,
    pvex_filtered,
    xero_filtered,
)
from tests.contract.planted_faults.wrappers import (
    changes_request,
)

_mutant = partial(plant_fault, "lists")


LIST_FILTERS = (
    _mutant(
        "guidewire-filter-is-ignored",
        "shows all rows whatever the filter asks for",
        vendors.GW_READ,
        ignored(vendors.GW_LIST, "filter"),
        gw_filtered,
        right=2,
        wrong=7,
    ),
    _mutant(
        "guidewire-filter-drops-a-match",
        "leaves out the last match of a filter",
        vendors.GW_READ,
        pages(vendors.GW_LIST, one_match_less),
        gw_filtered,
        right=2,
        wrong=1,
    ),
    _mutant(
        "payt-debtor-filter-is-ignored",
        "shows the invoices of all debtors whichever is asked for",
        vendors.PAYT_READ,
        ignored(vendors.PAYT_LIST, "debtor_numbers"),
        payt_filtered("debtor_numbers=D-2"),
        right=["N2"],
        wrong=["N1", "N2"],
    ),
    _mutant(
        "payt-least-total-is-left-out",
        "leaves out invoices whose total is just the least that is asked for",
        vendors.PAYT_READ,
        changes_request(
            vendors.PAYT_LIST,
            lambda call: asking(
                call, book_amount_total_gte=str(float(asked(call)["book_amount_total_gte"]) + 0.01)
            ),
        ),
        payt_filtered("book_amount_total_gte=100.10"),
        right=["N1", "N2"],
        wrong=[],
    ),
    _mutant(
        "xero-number-filter-is-ignored",
        "shows all invoices whatever numbers are asked for",
        vendors.XERO_READ,
        ignored(vendors.XERO_LIST, "InvoiceNumbers"),
        lambda caller: xero_filtered(caller) > 1,
        right=False,
        wrong=True,
    ),
    _mutant(
        "pvex-subscriber-is-ignored",
        "shows the invoices of all subscribers whichever is asked for",
        vendors.PVEX_READ,
        ignored(vendors.PVEX_LIST, "subscriberId"),
        pvex_filtered("subscriberId=SUB-1"),
        right=["I-1"],
        wrong=["I-1", "INV-1", "INV-2", "INV-3"],
    ),
    _mutant(
        "pvex-filter-drops-a-match",
        "leaves out the last invoice of a subscriber",
        vendors.PVEX_READ,
        pages(
            vendors.PVEX_LIST,
            lambda document, query: document[:-1] if "subscriberid" in query else document,
        ),
        pvex_filtered("subscriberId=SUB-100"),
        right=["INV-1", "INV-2", "INV-3"],
        wrong=["INV-1", "INV-2"],
    ),
)
