"""What real programs and recordings showed: each numbered fact has its cases, `field-<number>-….yaml`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.server.application import Application
from tests.support.case_runs import run_case
from tests.support.fact_sheets import SheetCase, field_cases

HERE = Path(__file__).parent
VENDORS = sorted(folder.parent.name for folder in HERE.glob("*/cases"))
CASES = [case for vendor in VENDORS for case in field_cases(HERE / vendor)]
FACTS = 34


@pytest.mark.parametrize("one", CASES, ids=lambda one: f"{one.case.vendor}-{one.file.stem}")
def test_the_server_does_what_the_field_showed(one: SheetCase, app: Application, sandbox: str) -> None:
    assert run_case(one.case, app, sandbox).differences == ()


def test_every_numbered_fact_has_a_case() -> None:
    assert sorted({one.row for one in CASES}) == list(range(1, FACTS + 1))


def test_a_case_is_named_by_its_fact() -> None:
    assert [one.file.name for one in CASES if not one.file.name.startswith(f"field-{one.row:02d}-")] == []
