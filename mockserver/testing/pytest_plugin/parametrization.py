"""Parametrize a test with the cases of the catalogue, or of a drill, that its marker selects."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.testing import drill
from mockserver.testing.pytest_plugin.options import CASES, DRILL
from mockserver.testing.pytest_plugin.servers import fail_without_traceback, start_server
from mockserver.testing.sandbox import find_cases


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Parametrize `mock_case` and `mock_drill` with the cases that the test's markers select on the server.

    Raises pytest.fail.Exception: the vendor is unknown, no case is selected, or the server does not respond.
    """
    for name, fixture, select in (
        (CASES, "mock_case", _selected_cases),
        (DRILL, "mock_drill", _selected_drill_cases),
    ):
        if markers := list(metafunc.definition.iter_markers(name)):
            cases = [
                case for marker in markers for case in select(metafunc.config, *marker.args, **marker.kwargs)
            ]
            metafunc.parametrize(fixture, cases, ids=map("-".join, cases), indirect=True)


def _selected_drill_cases(
    config: pytest.Config, vendor: str = "", tag: str = "", case: str = ""
) -> list[tuple[str, str]]:
    with fail_without_traceback():
        cases = drill.list_cases(start_server(config).control, vendor)
    known = [one for one in cases if not one.crash]  # a function cannot be killed
    found = [(vendor, one.id) for one in known if (tag in ("", *one.tags)) and case in ("", one.id)]
    if not found:
        tags = ", ".join(sorted({tag for one in known for tag in one.tags}))
        words = " ".join(filter(None, (case, tag and f"tagged {tag}")))
        pytest.fail(f"{DRILL}: {vendor} has no case {words}; tags are {tags}", pytrace=False)
    return found


def _selected_cases(config: pytest.Config, vendor: str = "", tag: Any = "") -> list[tuple[str, str]]:
    with fail_without_traceback():
        control = start_server(config).control
        if cases := find_cases(control, vendor, str(tag)):
            return [(vendor, case) for case in cases]
        sections = ", ".join(sorted({row["section"] for row in find_cases(control, vendor).values()}))
    if not sections:
        pytest.fail(f"{CASES}: {vendor} has no cases", pytrace=False)
    pytest.fail(f"{CASES}: {vendor} has no case tagged {tag}; sections are {sections}", pytrace=False)
