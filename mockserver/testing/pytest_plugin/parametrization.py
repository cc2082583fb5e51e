"""Parametrize a test with the catalogue cases that its marker selects."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.testing.cases import find_cases
from mockserver.testing.pytest_plugin.markers import CASES


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Parametrize `mock_case` with the cases of the marker's vendor and tag, by id.

    Raises:
        pytest.fail.Exception: the vendor is missing, or no case has the tag.
    """
    cases = [one for marker in metafunc.definition.iter_markers(CASES) for one in _selected_cases(marker)]
    ids = [f"{vendor}-{case}" for vendor, case in cases]
    metafunc.parametrize("mock_case", cases, ids=ids, indirect=True)


def _selected_cases(marker: pytest.Mark) -> list[tuple[str, str]]:
    vendor, tag = _marker_arguments(*marker.args, **marker.kwargs)
    if found := find_cases(vendor, tag):
        return [(vendor, case) for case in found]
    known = sorted({entry.row.section for entry in find_cases(vendor).values()})
    if not known:
        pytest.fail(f"{CASES}: no cases of a vendor {vendor}", pytrace=False)
    sections = ", ".join(known)
    pytest.fail(f"{CASES}: {vendor} has no case tagged {tag}; sections are {sections}", pytrace=False)


def _marker_arguments(vendor: str = "", tag: Any = "") -> tuple[str, str]:
    return vendor, str(tag)
