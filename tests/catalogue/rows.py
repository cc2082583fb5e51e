"""A vendor's cases as parameters of a test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TypeAlias

import pytest

from mockserver.control.cases.catalogue import CatalogueCase, vendor_cases
from mockserver.control.cases.runner import CaseResult

Play: TypeAlias = Callable[[CatalogueCase], CaseResult]


def rows_of(vendor: str) -> pytest.MarkDecorator:
    """Every case of the vendor, `148-reset` for the first of a row, `148-reset-2` for the second."""
    seen: Counter[str] = Counter()
    params = []
    for entry in vendor_cases(vendor):
        seen[entry.row.id] += 1
        again = f"-{seen[entry.row.id]}" if seen[entry.row.id] > 1 else ""
        params.append(pytest.param(entry, id=f"{entry.row.id}{again}"))
    return pytest.mark.parametrize("entry", params)
