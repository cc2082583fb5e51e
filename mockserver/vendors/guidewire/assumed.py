"""Facts that the fact sheet marks as assumed and that are no switches, one constant each."""

from __future__ import annotations

from types import MappingProxyType

REPORTING_CURRENCY = "usd"
"""The currency of reporting amounts; figures are not converted. Source: Guidewire fact sheet §5 rule 8."""

CURRENCY_DIGITS = MappingProxyType({"usd": 2, "jpy": 0, "eur": 2, "gbp": 2, "cad": 2, "aud": 2})
"""How many decimals an amount has. Source: §5 rules 5 and 8."""

PAGE_SIZE = 25
"""Rows on a page when the call does not say. Source: §1.4."""

NOT_INHERITED = frozenset({"gw-checksum", "prefer", "content-length"})
"""Headers of a batch that do not hold for its calls: documented is the first. Source: §3.4."""

OF_THE_COMPOSITE = NOT_INHERITED | {"gw-dbtransaction-id", "gw-donotcommit"}
"""Headers of a composite that hold for all of it as one transaction. Source: §3.5."""

FIRST_CHECK = 100_500
"""Check numbers count on from here. Source: §2.2 (that an issued invoice has one)."""

LONGEST_TEXT = 255
"""What a text is told to be longer than when a scenario says so; nothing is refused for its length."""
