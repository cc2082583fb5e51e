"""The checks of lists, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mockserver.contract.finding import Check

LIST_CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        one.id: one
        for one in (
            Check(
                "pages-show-each-row-once",
                "pages show each row once",
                "rows",
                "a client that reads page after page must get every row, and none twice",
            ),
            Check(
                "pages-keep-the-order",
                "pages keep the order of the list",
                "rows",
                "a client that reads page after page must get the rows in the order of the list",
            ),
            Check(
                "page-size-is-kept",
                "pages are as long as asked for",
                "pages",
                "clients take a page that is not full for the last one",
            ),
            Check(
                "totals-fit-the-rows",
                "counts and totals of lists fit the rows",
                "counts",
                "clients show totals, and stop to read where the total is reached",
            ),
            Check(
                "page-links-lead-on",
                "links between pages lead on and end",
                "links",
                "clients follow the link or the cursor of each page until there is none",
            ),
            Check(
                "filters-select",
                "filters select what they say",
                "filters",
                "a client that filters relies on every match, and on nothing else",
            ),
        )
    }
)
"""In the order of a report."""
