"""Choices that the fact sheet marks as assumed and that could as well be otherwise, one constant each."""

from __future__ import annotations

from types import MappingProxyType

CONFLICT_STATUS = 409
"""What a stale checksum answers. Source: Guidewire fact sheet §6."""

REPORTING_CURRENCY = "usd"
"""The currency of reporting amounts; figures are not converted. Source: §5 rule 8."""

CURRENCY_DIGITS = MappingProxyType({"usd": 2, "jpy": 0, "eur": 2, "gbp": 2, "cad": 2, "aud": 2})
"""How many decimals an amount has. Source: §5 rules 5 and 8."""

EDITABLE = frozenset(
    {
        "draft",
        "rejected",
        "invaliditems",
        "inreview",
        "pendingitemvalidation",
        "awaitingsubmission",
        "onhold",
    }
)
"""The statuses in which an invoice and its items may change. Source: §4.2."""

REOPENED = frozenset({"rejected", "awaitingsubmission"})
"""The statuses from which a change leads back to draft. Source: §4.2."""

PAGE_SIZE = 25
"""Rows on a page when the call does not say. Source: §1.4."""

NOT_INHERITED = frozenset({"gw-checksum"})
"""Headers of a batch that do not hold for its calls. Source: §3.4."""
