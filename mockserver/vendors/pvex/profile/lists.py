"""The list of PVEx: all rows at once, by subscriber and deleted or not.

It is an extension of this mock (docs/vendors/pvex.md#operations-and-paths).
"""

from __future__ import annotations

from mockserver.contract.profile import ListFilter, ListProfile

LISTS = (
    ListProfile(
        "listInvoices",
        # A subscriber who is named would hide those of the others, which the filter is to leave out.
        query={},
        paging="none",
        rows="",
        identity="/Id",
        filters=(
            ListFilter("subscriberId", "/SubscriberId", unknown="no-such-subscriber"),
            ListFilter("deleted", "/Deleted"),
        ),
    ),
)
