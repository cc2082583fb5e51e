from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.control.cases.language import BadCaseError
from tests.support.fact_sheets import cases, value_cases

CASE = """
row: 3
says: One thing holds
source: seed
sheet: Acme fact sheet §6
when: [{call: GET /orders, answer: {status: 200}}]
"""


def written(folder: Path, text: str, name: str = "cases/03-one-thing.yaml") -> Path:
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return folder


def test_a_row_of_a_sheet_is_read(tmp_path: Path) -> None:
    (sheet,) = cases(written(tmp_path, CASE))

    assert (sheet.row, sheet.sheet, sheet.case.says) == (3, "Acme fact sheet §6", "One thing holds")


def test_the_headers_of_a_vendor_go_with_its_cases(tmp_path: Path) -> None:
    written(tmp_path, "headers: {x-key: k}", "cases/_defaults.yaml")

    (sheet,) = cases(written(tmp_path, CASE))

    assert sheet.case.headers == {"x-key": "k"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("source: seed", "source: rfc", "source is one of seed, public, assumed"),
        ("says: One thing holds", "", "says is missing"),
        ("sheet: Acme fact sheet §6", "", "sheet is missing"),
        ("row: 3", "row: 3\nwhat: x", "case: unknown what"),
    ],
)
def test_a_row_that_does_not_keep_the_language_is_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(BadCaseError, match=said):
        cases(written(tmp_path, CASE.replace(old, new)))


@pytest.mark.parametrize(
    ("steps", "said"),
    [("{500: [{advance: 1}]}", "500 expects nothing"), ('{"500": [{advance: 1}]}', "500 expects nothing")],
)
def test_a_position_that_shows_nothing_is_refused(tmp_path: Path, steps: str, said: str) -> None:
    with pytest.raises(BadCaseError, match=said):
        value_cases(
            written(tmp_path, f"assumption: null_body\nvalues: {steps}", "assumptions/null_body.yaml")
        )
