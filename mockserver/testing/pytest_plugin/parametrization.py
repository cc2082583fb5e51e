"""Parametrize a test with the catalogue cases that its marker selects."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.testing.pytest_plugin.options import CASES
from mockserver.testing.pytest_plugin.servers import fail_without_traceback, start_server
from mockserver.testing.sandbox import find_cases


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Parametrize `mock_case` with the cases of the marker's vendor and tag, by id; the server is asked.

    Raises pytest.fail.Exception: the vendor is missing, no case has the tag, or the server cannot be asked.
    """
    markers = metafunc.definition.iter_markers(CASES)
    cases = [case for marker in markers for case in _selected_cases(metafunc.config, marker)]
    ids = [f"{vendor}-{case}" for vendor, case in cases]
    metafunc.parametrize("mock_case", cases, ids=ids, indirect=True)


def _selected_cases(config: pytest.Config, marker: pytest.Mark) -> list[tuple[str, str]]:
    vendor, tag = _marker_arguments(*marker.args, **marker.kwargs)
    with fail_without_traceback():
        control = start_server(config).control
        if cases := find_cases(control, vendor, tag):
            return [(vendor, case) for case in cases]
        sections = ", ".join(sorted({row["section"] for row in find_cases(control, vendor).values()}))
    if not sections:
        pytest.fail(f"{CASES}: {vendor} has no cases", pytrace=False)
    pytest.fail(f"{CASES}: {vendor} has no case tagged {tag}; sections are {sections}", pytrace=False)


def _marker_arguments(vendor: str = "", tag: Any = "") -> tuple[str, str]:
    return vendor, str(tag)
