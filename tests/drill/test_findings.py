"""What the oracle knows of a run: names, intent, pairs, and what a vendor offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace as replace_value

from mockserver.drill.findings import (
    ItemTexts,
    VendorAbilities,
    is_named,
    join_calls,
    join_names,
    new_lines,
    pair_histories,
    read_abilities,
    readable_name,
)
from mockserver.server.application import Application
from tests.drill.runs import Attempts, attempt, call, document, look, rejected, run_of, updated

DIGEST = "#94b6c0352b92"


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

    assert readable_name(f"/notes{DIGEST}", attempts) == readable_name("", attempts) == "2 of #3"
    assert readable_name("81/R-1", attempts) == "81/R-1"
    assert readable_name("", []) == ""


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
        pytest.param(f"/notes{DIGEST}", [f"/notes{DIGEST}"], ("first",), id="no path stands for an item"),
        pytest.param("", ["", ""], ("first",), id="values, without anything"),
        pytest.param(f"{DIGEST}.2", [], ("first",), id="values, of one of two alike"),
    ],
)
def test_an_item_may_be_named_by(key: str, keys: Sequence[str], names: tuple[str, ...]) -> None:
    known = {"text": "first", "list": [{"both": "same"}, True, None, 17]}
    other = {"text": "second", "list": [{"both": "same"}, False, 17]}

    assert ItemTexts.of(keys, [[known], [other]]).names(key, known) == names


def test_an_item_without_a_key_has_the_same_names_in_every_run() -> None:
    texts = ItemTexts.of([f"0{DIGEST}", "0#6b0352b9294c"], [[{"text": "first"}], [{"text": "second"}]])

    assert texts.names(f"0{DIGEST}", {"text": "first"}) == ("first",)


@pytest.mark.parametrize(
    ("output", "is_found"),
    [("lost R-1", True), ("(R-1): lost", True), ("usual R-1", False), ("lost R-11", False), ("", False)],
)
def test_an_item_is_named_by_a_new_line_that_has_its_name_as_a_word(output: str, *, is_found: bool) -> None:
    assert is_named(["R-1"], new_lines(f"usual R-1\n{output}", "usual R-1\nother")) is is_found


@pytest.mark.parametrize("output", ['{"lost": ["\\u00c4\\"1"]}', 'lost: \u00c4"1'])
def test_a_name_may_be_escaped_as_in_json(output: str) -> None:
    assert is_named(['\u00c4"1'], output)


def test_a_name_is_no_pattern() -> None:
    assert not is_named(["R.1"], "R-1")


CLEAN: Attempts = {
    "R-1": [rejected(1, "internal"), attempt(2), updated(3, document=document("R-1", 12))],
    "R-2": [rejected(1)],
}


def test_an_item_is_meant_to_be_as_it_took_effect() -> None:
    first, second = run_of(CLEAN).histories

    assert (first.created, first.amount) == (1, Decimal(12))
    assert first.versions == [document("R-1"), document("R-1", 12)]
    assert (second.stored, second.amount) == (False, None)


def paired(run: Attempts) -> tuple[list[str | None], list[str]]:
    """The key that stands for each meant item, and the other keys."""
    pairs, others = pair_histories(run_of(CLEAN), run_of(run))
    return [sent.key if sent.attempts else None for _, sent in pairs], [one.key for one in others]


@pytest.mark.parametrize(
    ("keys", "pairs", "others"),
    [
        (["R-1", "R-2"], ["R-1", "R-2"], []),
        (["R-2", "S-1"], [None, "R-2"], ["S-1"]),
        (["S-1", "S-2", "S-3"], ["S-1", "S-2"], ["S-3"]),
        (["S-1"], ["S-1", None], []),
        ([], [None, None], []),
    ],
)
def test_items_are_paired_by_their_keys_or_else_by_their_order(
    keys: Sequence[str], pairs: Sequence[str | None], others: Sequence[str]
) -> None:
    assert paired({key: [attempt(1)] for key in keys}) == (pairs, others)


def test_items_of_each_operation_are_paired_by_themselves() -> None:
    """Keys may be the client's own in one operation, and those of the server in another."""
    fixed, made, others = (run_of({key: [attempt(1)]}).histories[0] for key in ("R-1", "/runs/a", "/runs/b"))
    clean = replace(run_of({}), histories=[fixed, replace_value(made, operation="closeRun")])
    run = replace(run_of({}), histories=[fixed, replace_value(others, operation="closeRun")])

    pairs, unknown = pair_histories(clean, run)

    assert [(meant.key, sent.key) for meant, sent in pairs] == [("R-1", "R-1"), ("/runs/a", "/runs/b")]
    assert unknown == []


@pytest.mark.parametrize(
    ("between", "is_found"),
    [
        (look(2), True),
        (call(2, method="GET", reply_status=404), False),
        (call(2, method="POST"), False),
        (look(5), False),
    ],
)
def test_a_client_has_looked_if_a_read_between_two_calls_was_answered(
    between: Any, *, is_found: bool
) -> None:
    assert run_of({}, calls=[call(1), between, call(3)]).has_looked(1, 3) is is_found


@pytest.mark.parametrize(
    ("vendor", "operation", "assumptions", "expected"),
    [
        ("vba", "putClaimInvoiceBatch", {}, VendorAbilities("", is_readable=True)),
        (
            "payt",
            "postV1Invoices",
            {"idempotency_keys": "on"},
            VendorAbilities("idempotency-key", is_readable=True),
        ),
        ("payt", "postV1Invoices", {"idempotency_keys": "off"}, VendorAbilities("", is_readable=True)),
        ("xero", "createBatchPayment", {}, VendorAbilities("idempotency-key", is_readable=True)),
        ("guidewire", "runBatch", {}, VendorAbilities("gw-dbtransaction-id", is_readable=True)),
        ("vba", "none", {}, VendorAbilities("", is_readable=False)),
    ],
)
def test_a_vendor_offers(
    app: Application, vendor: str, operation: str, assumptions: dict[str, str], expected: VendorAbilities
) -> None:
    served = next(one for one in app.served if one.name == vendor)

    assert read_abilities(served, assumptions, [operation]) == expected


def test_a_vendor_without_keys_and_reads_leaves_a_lost_answer_open() -> None:
    assert VendorAbilities("", is_readable=False).is_unanswerable
    assert not VendorAbilities("key", is_readable=False).is_unanswerable
