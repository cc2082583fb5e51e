"""The checks of values, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mockserver.contract.finding import Check

TEXTS, NUMBERS, DATES = "texts-survive", "numbers-survive", "dates-survive"
MEDIA_TYPES = "same-in-every-media-type"

VALUE_CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        one.id: one
        for one in (
            Check(
                TEXTS,
                "texts are read as they were sent",
                "values",
                "a text must be read character for character as it was accepted, in whatever script",
            ),
            Check(
                NUMBERS,
                "numbers are read as they were sent",
                "values",
                "a number that was accepted must be read with all its digits",
            ),
            Check(
                DATES,
                "dates are read as they were sent",
                "values",
                "a date that was accepted must be read as the same moment or day",
            ),
        )
    }
)


def check_for(kind: str) -> str:
    """Return the check of a member, by its kind (`hard_values.kind_of`)."""
    if kind in {"moment", "day"}:
        return DATES
    return TEXTS if kind == "text" else NUMBERS
