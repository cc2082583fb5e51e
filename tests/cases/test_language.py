from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.language import BadCaseError, cases, positions

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


def test_a_case_is_read(tmp_path: Path) -> None:
    (case,) = cases(written(tmp_path, CASE))

    assert (case.row, case.says, case.source, len(case.when)) == (3, "One thing holds", "seed", 1)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("source: seed", "source: hearsay", "source is one of seed, public, assumed"),
        ("says: One thing holds", "", "says is missing"),
        ("row: 3", "row: 3\nwhat: x", "case: unknown what"),
        ("answer: {status: 200}", "answer: {type: text/plain}", "step 1: answer.status is missing"),
        ("answer: {status: 200}", "answer: {status: 200, body: x}", "step 1: unknown body"),
        ("{call: GET /orders", "{call: GET /orders, wait: 5", "step 1: unknown or mixed members"),
        ("{call: GET /orders", "{call: GET /orders, advance: 5", "step 1: unknown or mixed members"),
    ],
)
def test_what_does_not_keep_the_language_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(BadCaseError, match=said):
        cases(written(tmp_path, CASE.replace(old, new)))


@pytest.mark.parametrize(
    ("steps", "said"),
    [("{500: [{advance: 1}]}", "quote the position"), ('{"500": [{advance: 1}]}', "500 expects nothing")],
)
def test_a_position_that_shows_nothing_is_refused(tmp_path: Path, steps: str, said: str) -> None:
    with pytest.raises(BadCaseError, match=said):
        positions(written(tmp_path, f"switch: null_body\npositions: {steps}", "switches/null_body.yaml"))
