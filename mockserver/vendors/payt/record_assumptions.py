"""More of what is open: how the records of a call are read, told apart and spoken of."""

from __future__ import annotations

from mockserver.assumption import Assumption

_SHEET = "Payt fact sheet"

OF_RECORDS = (
    Assumption(
        "empty_call",
        "accepted",
        ("refused",),
        "Whether a call without records is answered like any other, or refused.",
        f"{_SHEET} §6.9; edge-cases row 1",
    ),
    Assumption(
        "other_types",
        "read",
        ("refused",),
        "Whether numbers where texts are due, and digits in quotes where numbers are, are read.",
        f"{_SHEET} §6.43; edge-cases rows 21 and 121",
    ),
    Assumption(
        "cent_fractions",
        "refused",
        ("rounded",),
        "Whether an amount with more than two decimals refuses its record, or is kept and shown rounded.",
        f"{_SHEET} §1.5, which has two decimals in answers; edge-cases row 122",
    ),
    Assumption(
        "missing_offset",
        "utc",
        ("refused",),
        "Whether a sent_at that names no zone is of UTC, or cannot be read.",
        f"{_SHEET} §1.5; edge-cases row 129",
    ),
    Assumption(
        "ci_keys",
        "off",
        ("on",),
        "Whether numbers and identifiers that differ in letter case alone are the same.",
        "edge-cases row 38",
    ),
    Assumption(
        "trim",
        "off",
        ("on",),
        "Whether white space round a number or an identifier is dropped.",
        "edge-cases row 39",
    ),
    Assumption(
        "absent_members",
        "kept",
        ("cleared",),
        "Whether an optional text that a post leaves out stays as it is stored, or is cleared.",
        f"{_SHEET} §4.1; edge-cases row 66",
    ),
    Assumption(
        "sums_disagree",
        "warning",
        ("accepted",),
        "Whether more open than the total, or lines that do not add up to it, earn a warning; none refuses.",
        f"{_SHEET} §4.3; edge-cases row 24",
    ),
    Assumption(
        "warnings_of_refused",
        "untold",
        ("told",),
        "Whether a refused record stands among the warnings too, when it has earned some.",
        "seed: warnings are for records partly processed; edge-cases row 30",
    ),
)
"""The switches that decide about records, from reading them to telling of them."""
