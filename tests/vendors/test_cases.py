"""Every row of the fact sheets' lists of edge cases, one file each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cases.language import Case, cases, default_headers
from tests.cases.running import Run
from tests.support.client import Client

ROWS: Mapping[str, int] = {"vba": 37, "pvex": 40, "guidewire": 45, "payt": 43, "xero": 39}
"""How many rows each fact sheet lists."""

HERE = Path(__file__).parent
CASES = [case for vendor in ROWS for case in cases(HERE / vendor)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.vendor}-{case.file.stem}")
def test_a_case_is_answered_as_its_sheet_says(case: Case, client: Client, sandbox: str) -> None:
    run = Run(client, case.vendor, sandbox, default_headers(HERE / case.vendor))

    run.prepare(case.assumptions, case.freeze, case.given)

    run.go([*case.when, *case.then])


@pytest.mark.parametrize("vendor", ROWS)
def test_every_row_of_a_sheet_has_its_case(vendor: str) -> None:
    rows = [case.row for case in CASES if case.vendor == vendor]

    assert rows == list(range(1, ROWS[vendor] + 1))


def test_there_are_204_cases() -> None:
    assert len(CASES) == 204


@pytest.mark.parametrize("vendor", ROWS)
def test_a_case_is_named_by_its_row(vendor: str) -> None:
    assert [
        case.file.name
        for case in CASES
        if case.vendor == vendor and not case.file.name.startswith(f"{case.row:02d}-")
    ] == []


def test_a_case_that_may_change_something_says_what_is_there_afterwards() -> None:
    assert [case.file.name for case in CASES if case.writes and not case.expects_state] == []
