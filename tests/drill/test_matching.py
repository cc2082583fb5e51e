"""Items of a judged run find the items of the run without faults: by key, by values, as classes, in order."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from msgspec.structs import replace

from mockserver.drill.matching import match_items
from tests.drill.runs import Attempts, attempt, document, rejected, run_of, updated

CLEAN: Attempts = {
    "R-1": [rejected(1, "internal"), attempt(2), updated(3, document=document("R-1", 12))],
    "R-2": [rejected(1)],
}


def test_an_item_is_meant_to_be_as_it_took_effect() -> None:
    first, second = run_of(CLEAN).histories

    assert (first.created, first.decisive.amount) == (1, Decimal(12))
    assert first.versions == [document("R-1"), document("R-1", 12)]
    assert (second.stored, second.decisive.amount) == (False, Decimal(10))


def paired(run: Attempts) -> tuple[list[str | None], list[str]]:
    """The key that stands for each meant item, and the other keys."""
    pairs, others = match_items(run_of(CLEAN), run_of(run))
    return [sent.key if sent.attempts else None for _, sent in pairs], [one.key for one in others]


@pytest.mark.parametrize(
    ("keys", "pairs", "others"),
    [
        (["R-1", "R-2"], ["R-1", "R-2"], []),
        (["R-2", "S-1"], ["S-1", "R-2"], []),
        (["S-1", "S-2"], ["S-1", "S-2"], []),
        ([], [None, None], []),
    ],
)
def test_items_are_paired_by_their_keys_or_else_by_their_values(
    keys: Sequence[str], pairs: Sequence[str | None], others: Sequence[str]
) -> None:
    assert paired({key: [attempt(1)] for key in keys}) == (pairs, others)


def test_items_of_each_operation_are_paired_by_themselves() -> None:
    """Keys may be the client's own in one operation, and those of the server in another."""
    fixed, made, others = (run_of({key: [attempt(1)]}).histories[0] for key in ("R-1", "/runs/a", "/runs/b"))
    clean = replace(run_of({"R-1": [attempt(1)]}), histories=[fixed, replace(made, operation="closeRun")])
    run = replace(run_of({"R-1": [attempt(1)]}), histories=[fixed, replace(others, operation="closeRun")])

    pairs, unknown = match_items(clean, run)

    assert [(meant.key, sent.key) for meant, sent in pairs] == [("R-1", "R-1"), ("/runs/a", "/runs/b")]
    assert unknown == []
