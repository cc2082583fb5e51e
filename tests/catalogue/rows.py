"""A vendor's cases as parameters of a test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from mockserver.control.cases.catalogue import CatalogueCase, vendor_cases
from mockserver.control.cases.runner import CaseResult

Play: TypeAlias = Callable[[CatalogueCase], CaseResult]


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A vendor's case, and its id: `vba-148-reset`, `vba-148-reset-2` for the second of a row."""

    id: str
    case: CatalogueCase


def entries_of(vendor: str) -> Iterator[CatalogueEntry]:
    """Every case of the vendor."""
    seen: Counter[str] = Counter()
    for entry in vendor_cases(vendor):
        seen[entry.row.id] += 1
        again = f"-{seen[entry.row.id]}" if seen[entry.row.id] > 1 else ""
        yield CatalogueEntry(f"{vendor}-{entry.row.id}{again}", entry)
