"""Every subject of the fact sheets, a case file each."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.server.application import Application
from tests.support.case_runs import run_case
from tests.support.fact_sheets import SheetCase, cases, expects_state, writes

HERE = Path(__file__).parent
VENDORS = sorted(folder.parent.name for folder in HERE.glob("*/cases"))
CASES = [case for vendor in VENDORS for case in cases(HERE / vendor)]


@pytest.mark.parametrize("sheet", CASES, ids=lambda sheet: f"{sheet.case.vendor}-{sheet.file.stem}")
def test_a_case_is_answered_as_its_sheet_says(sheet: SheetCase, app: Application, sandbox: str) -> None:
    assert run_case(sheet.case, app, sandbox).differences == ()


@pytest.mark.parametrize("vendor", VENDORS)
def test_cases_are_numbered_without_a_gap(vendor: str) -> None:
    rows = [sheet.row for sheet in CASES if sheet.case.vendor == vendor]

    assert rows == list(range(1, len(rows) + 1))


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_case_is_named_by_its_row(vendor: str) -> None:
    assert [
        sheet.file.name
        for sheet in CASES
        if sheet.case.vendor == vendor and not sheet.file.name.startswith(f"{sheet.row:02d}-")
    ] == []


def test_a_case_that_may_change_something_says_what_is_there_afterwards() -> None:
    assert [sheet.file.name for sheet in CASES if writes(sheet.case) and not expects_state(sheet.case)] == []
