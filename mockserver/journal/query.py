"""Select journal entries by vendor, operation, status, outcome, scenario or time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from mockserver.journal.entry import Entry
from mockserver.model import Value

ANY_FAULT = "any"
NO_STATUS = "none"
"""Status filter for calls whose reply was never sent."""

WARNED = "warned"
"""Outcome filter for items with warnings, whatever their action."""


class Query(Value, frozen=True):
    """Filters for entries; None and "" match everything.

    `status` is a status, a class such as 4xx, or `none` for no status. `outcome` is an action, or `warned`;
    with `item`, a key, it applies to that item. `scenario` is a scenario name or `scenario/rule`. `since` is
    a number that entries must exceed, or the earliest instant. `fault` is a transport fault, or `any`.
    `text` stands in the path, query, bodies, item keys or reason, in any case of letters.
    """

    vendor: str = ""
    operation: str = ""
    method: str = ""
    status: str = ""
    outcome: str = ""
    item: str | None = None
    scenario: str = ""
    since: int | datetime | None = None
    fault: str = ""
    off_contract: bool | None = None
    text: str = ""

    def passes(self, entry: Entry) -> bool:
        """Return whether the entry matches all filters."""
        return (
            self.vendor in ("", entry.call.vendor)
            and self.operation in ("", entry.operation)
            and self.method.upper() in ("", entry.call.method)
            and (not self.status or has_status(entry, self.status))
            and (not self.scenario or has_scenario(entry, self.scenario))
            and self._is_since(entry)
            and (
                not self.fault or self.fault == entry.fault or (self.fault == ANY_FAULT and entry.fault != "")
            )
            and self.off_contract in (None, entry.off_contract != "")
            and self._has_items(entry)
            and (not self.text or has_text(entry, self.text))
        )

    def _is_since(self, entry: Entry) -> bool:
        if isinstance(self.since, datetime):
            return entry.at >= self.since
        return self.since is None or entry.number > self.since

    def _has_items(self, entry: Entry) -> bool:
        if self.item is None and not self.outcome:
            return True
        return any(
            self.item in (None, key)
            and (self.outcome in ("", action) or (self.outcome == WARNED and at in entry.decided.warnings))
            for at, (key, action) in enumerate(entry.decided.items())
        )


def select(entries: Iterable[Entry], query: Query, last: int) -> list[Entry]:
    """Return the newest `last` matching entries, oldest first."""
    return [entry for entry in entries if query.passes(entry)][-last:]


def has_status(entry: Entry, status: str) -> bool:
    """Return whether the sent status is `status`, or belongs to that class."""
    left = NO_STATUS if entry.status is None else str(entry.status)
    return left == status or (status.endswith("xx") and left[0] == status[0])


def has_text(entry: Entry, text: str) -> bool:
    """Return whether path, query, a body, an item's key or the reason has `text`, in any case of letters."""
    wanted, call = text.casefold(), entry.call
    if any(wanted in place.casefold() for place in (call.path, call.query, entry.reason)):
        return True
    if any(wanted in body.decode("utf-8", "replace").casefold() for body in (call.body, entry.reply.body)):
        return True
    return any(wanted in key.casefold() for key, _ in entry.decided.items())


def has_scenario(entry: Entry, scenario: str) -> bool:
    """Return whether the rule `scenario/rule`, or any rule of `scenario`, was applied."""
    return scenario in entry.applied or scenario in entry.applied_scenarios
