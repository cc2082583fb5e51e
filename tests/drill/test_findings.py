"""Names of items and calls in the sentences of findings, and the texts by which a client may name an item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mockserver.drill.findings import ItemTexts, join_calls, join_names, readable_name
from mockserver.journal.item_history import ItemHistory
from tests.drill.runs import attempt, call

DIGEST = "#94b6c0352b92"


def item(key: str, *documents: Any) -> ItemHistory:
    return ItemHistory(
        "acme", "putOrders", key, tuple(attempt(3, index=1, document=one) for one in documents)
    )


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (["A"], "item A"),
        ([""], "item without a key"),
        (["A", "B"], "items A and B"),
        (["A", "B", "C"], "items A, B and C"),
        (["A", "B", "C", "D"], "items A, B, C and 1 more"),
        (list("ABCDEFGHIJ"), "items A, B, C and 7 more"),
    ],
)
def test_items_are_named_up_to_three(keys: Sequence[str], sentence: str) -> None:
    assert join_names(keys) == sentence


def test_an_item_without_a_key_is_named_by_its_place() -> None:
    attempts = [attempt(3, index=1), attempt(5)]

    assert readable_name(item(f"/notes{DIGEST}"), attempts) == readable_name(item(""), attempts) == "2 of #3"
    assert readable_name(item(""), []) == ""


@pytest.mark.parametrize(
    ("key", "name"), [("81/R-1", "81/R-1"), ("2026~1001", "2026/001"), ("81/a~0b", "81/a~b")]
)
def test_a_key_is_shown_as_it_was_sent(key: str, name: str) -> None:
    assert readable_name(item(key), []) == name


def test_calls_are_listed_once_and_in_their_order() -> None:
    assert join_calls([attempt(7), attempt(2), call(7)]) == "#2, #7"


@pytest.mark.parametrize(
    ("key", "keys", "names"),
    [
        pytest.param("R-1", ["R-1", "R-2"], ("R-1",), id="the key"),
        pytest.param("81/R-1", ["81/R-1", "82/R-2"], ("81", "R-1"), id="each part of it"),
        pytest.param("81/R-1", ["81/R-1", "81/R-2"], ("R-1",), id="but none that others have too"),
        pytest.param(
            "81/R~11", ["81/R~11", "81/S"], ("R/1", "R~11"), id="a part as it was before it was escaped"
        ),
        pytest.param("INV#12", ["INV#12", "INV#13"], ("INV#12",), id="a number is no digest"),
        pytest.param("81/R-1", ["81/R-1"], ("81", "R-1"), id="the only item may be named by any part"),
        pytest.param("1/2", ["1/2", "2/1"], ("1", "2"), id="parts of others, if there is nothing else"),
        pytest.param(
            f"/notes{DIGEST}", [f"/notes{DIGEST}", "/notes#1f"], ("first",), id="values, without a key"
        ),
        pytest.param(f"/notes{DIGEST}", [f"/notes{DIGEST}"] * 2, ("first",), id="no path stands for an item"),
        pytest.param("", ["", ""], ("first",), id="values, without anything"),
        pytest.param(f"{DIGEST}.2", [], ("first",), id="values, of one of two alike"),
    ],
)
def test_an_item_may_be_named_by(key: str, keys: Sequence[str], names: tuple[str, ...]) -> None:
    known = {"text": "first", "list": [{"both": "same"}, True, None, 17]}
    other = {"text": "second", "list": [{"both": "same"}, False, 17]}

    items = [item(one, known if at == 0 else other) for at, one in enumerate(keys or [key, key])]

    assert ItemTexts.of(items).names(item(key, known)) == names


def test_an_item_without_a_key_has_the_same_names_in_every_run() -> None:
    items = [item(f"0{DIGEST}", {"text": "first"}), item("0#6b0352b9294c", {"text": "second"})]

    assert ItemTexts.of(items).names(items[0]) == ("first",)
