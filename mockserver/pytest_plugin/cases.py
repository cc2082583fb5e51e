"""One test for each case of the catalogue that a marker names."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.pytest_plugin.marks import CASES
from mockserver.testing.cases import rows


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Give the test's `mock_case` each case of the marker's vendor and tag, by its id.

    Raises:
        pytest.fail.Exception: a marker names no vendor, or none of its cases has the tag.
    """
    wanted = [one for marker in metafunc.definition.iter_markers(CASES) for one in _of(marker)]
    ids = [f"{vendor}-{case}" for vendor, case in wanted]
    metafunc.parametrize("mock_case", wanted, ids=ids, indirect=True)


def _of(marker: pytest.Mark) -> list[tuple[str, str]]:
    vendor, tag = _said(*marker.args, **marker.kwargs)
    if found := rows(vendor, tag):
        return [(vendor, case) for case in found]
    known = sorted({entry.row.section for entry in rows(vendor).values()})
    if not known:
        pytest.fail(f"{CASES}: no cases of a vendor {vendor}", pytrace=False)
    sections = ", ".join(known)
    pytest.fail(f"{CASES}: {vendor} has no case tagged {tag}; sections are {sections}", pytrace=False)


def _said(vendor: str = "", tag: Any = "") -> tuple[str, str]:
    """What the marker's words are."""
    return vendor, str(tag)
