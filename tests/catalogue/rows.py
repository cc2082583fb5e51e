"""All vendors' cases of the catalogue as parameters of a test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TypeAlias

import pytest

from mockserver.control.cases.catalogue import CatalogueCase, vendor_cases
from mockserver.control.cases.runner import CaseResult
from mockserver.engine.registry import vendor_packages

Play: TypeAlias = Callable[[CatalogueCase], CaseResult]


def every_case() -> pytest.MarkDecorator:
    """Parametrize by all cases: `xero-148-reset` is the first of a row, `xero-148-reset-2` the second."""
    seen: Counter[str] = Counter()
    params = []
    for vendor in vendor_packages():
        for entry in vendor_cases(vendor):
            name = f"{vendor}-{entry.row.id}"
            seen[name] += 1
            params.append(pytest.param(entry, id=f"{name}-{seen[name]}" if seen[name] > 1 else name))
    return pytest.mark.parametrize("entry", params)
