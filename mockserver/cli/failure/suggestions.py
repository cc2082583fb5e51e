"""Names that are near a misspelt one, and choices cut to a readable length."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MOST_CHOICES = 12
LONGEST_VALUE = 80


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name nearest to `name`, whatever the letter case; "" if none is near."""
    by_folded = {one.casefold(): one for one in known}
    folded = name.casefold()
    found = get_close_matches(folded, by_folded, 1, cutoff=0.6)
    if not found and len(folded) > 1:
        found = [one for one in by_folded if one.startswith(folded)][:1]
    return by_folded[found[0]] if found else ""


def choices(known: Iterable[str], most: int = MOST_CHOICES) -> str:
    """Return the known names as text: at most so many, then how many more there are."""
    names = list(known)
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def either(known: Iterable[str]) -> str:
    """Return names as "a, b or c"."""
    *first, last = known
    return f"{', '.join(first)} or {last}" if first else last


def shown(value: object) -> str:
    """Return a value as one short line, cut at 80 characters."""
    line = " ".join(str(value).split())
    return line if len(line) <= LONGEST_VALUE else line[: LONGEST_VALUE - 1] + "…"
