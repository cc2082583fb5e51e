"""How many records of an item there are in the end, found by the values that were sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mockserver.drill.final_state import count_final_records, may_delete
from mockserver.drill.matching import match_items
from mockserver.drill.run import Run
from mockserver.model import Document
from tests.drill.runs import CLEAN, attempt, call, document, run_of

TWO = [document("R-1"), document("R-2")]


def counted(
    run_records: Sequence[Document], clean_records: Sequence[Document] = TWO, run: Any = CLEAN
) -> Any:
    pairs, _ = match_items(run_of(CLEAN), run_of(run))
    return count_final_records(pairs, clean_records, run_records)


@pytest.mark.parametrize(
    ("records", "counts"),
    [
        (TWO, {0: (1, 1), 1: (1, 1)}),
        ([document("R-1")], {0: (1, 1), 1: (1, 0)}),
        ([document("R-1"), *TWO], {0: (1, 2), 1: (1, 1)}),
        ([{**document("R-1"), "number": 17, "amount": "10.00"}, document("R-2")], {0: (1, 1), 1: (1, 1)}),
        ([document("R-1"), {**document("R-2"), "state": "Deleted"}], {0: (1, 1), 1: (1, 0)}),
        ([{"other": 1}], {0: (1, 0), 1: (1, 0)}),
    ],
)
def test_the_records_of_an_item_are_counted(records: list[Document], counts: Any) -> None:
    assert counted(records) == counts


def test_an_item_whose_records_are_not_found_without_faults_is_not_counted() -> None:
    assert counted([], [document("R-1")]) == {0: (1, 0)}


def test_an_item_under_a_new_key_is_found_by_that_key() -> None:
    renamed = {"S-1": [attempt(1)], "S-2": [attempt(1)]}

    assert counted([document("S-1")], run=renamed) == {0: (1, 1), 1: (1, 0)}


def test_a_value_that_the_client_sent_itself_is_no_sign_of_a_deletion() -> None:
    void = {"id": "R-1", "customer": "void"}
    pairs, _ = match_items(*[run_of({"R-1": [attempt(1, document=void)]})] * 2)

    assert count_final_records(pairs, [void], [void]) == {0: (1, 1)}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ([], False),
        ([call(2, method="DELETE")], True),
        ([call(2, method="DELETE", reply_status=404)], False),
        ([call(2, operation="void")], True),
        ([call(2, operation="list", method="GET")], False),
    ],
)
def test_only_other_writes_than_without_faults_may_delete(more: list[Any], *, expected: bool) -> None:
    clean: Run = run_of(CLEAN)

    assert may_delete(clean, run_of(CLEAN, calls=more)) is expected
