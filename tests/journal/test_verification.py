from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mockserver.codec import json
from mockserver.journal.entry import Entry, ItemResults
from mockserver.journal.verification import (
    Bounds,
    CallMatch,
    Expectation,
    RequestDocuments,
    VerificationResult,
    verify_entries,
)
from mockserver.model import Action, Item, Json, Outcome, Problem
from mockserver.scenario.predicates import parse_predicate
from tests.support.engine_samples import loaded_vendor
from tests.support.journal_entries import entry, item_results

ONCE = Bounds(1, 1)
FULL = entry(
    query="page=2&tag=a&tag=b",
    body=b'{"orders":[{"id":"A","password":"abcdef"}]}',
    decided=item_results(("A", Action.CREATED), ("B", Action.REJECTED)),
    applied=("flaky-third/r1",),
)


def document(one: Entry) -> Json:
    return json.decode(one.call.body)


def found(expected: Expectation, *entries: Entry) -> VerificationResult:
    return verify_entries(expected, entries, document)


def wanted(**words: Any) -> CallMatch:
    if "body" in words:
        words["body_document"] = words["body"]
        words["body"] = parse_predicate(words["body"])
    return CallMatch(**words)


@pytest.mark.parametrize(
    ("words", "others"),
    [
        ({"vendor": "acme"}, {"vendor": "other"}),
        ({"operation": "putOrders"}, {"operation": "listOrders"}),
        ({"method": "put"}, {"method": "GET"}),
        ({"path": "/orders"}, {"path": "/orders/"}),
        ({"query": {"page": "2", "tag": "b"}}, {"query": {"page": "3"}}),
        ({"headers": {"host": "127.0.0.1:8080"}}, {"headers": {"host": "elsewhere"}}),
        (
            {"body": {"path": "$.orders[0].id", "equals": "A"}},
            {"body": {"path": "$.orders[1]", "exists": True}},
        ),
        ({"status": "2xx"}, {"status": "400"}),
        ({"scenario": "flaky-third"}, {"scenario": "other"}),
    ],
    ids=" ".join,
)
def test_calls_match_by_every_word(words: dict[str, Any], others: dict[str, Any]) -> None:
    assert found(Expectation(wanted(**words), ONCE), FULL).holds
    assert not found(Expectation(wanted(**others), ONCE), FULL).holds


@pytest.mark.parametrize(
    ("bounds", "holding"),
    [
        (Bounds(2, 2), [2]),
        (Bounds(1, 2), [1, 2]),
        (Bounds(2), [2, 3]),
        (Bounds(0, 0), [0]),
    ],
)
def test_as_many_calls_are_wanted_as_the_bounds_say(bounds: Bounds, holding: list[int]) -> None:
    calls = {
        number: found(Expectation(CallMatch(), bounds), *[entry()] * number).holds for number in range(4)
    }

    assert [number for number, holds in calls.items() if holds] == holding


def test_items_are_summed_over_the_calls_that_match() -> None:
    other = entry(method="GET", decided=item_results(("A", Action.CREATED)))
    items = {"created": Bounds(2, 2), "rejected": Bounds(2, 2), "updated": Bounds(0, 0)}

    assert found(Expectation(wanted(method="PUT"), Bounds(), items), FULL, other, FULL).holds
    assert not found(Expectation(CallMatch(), Bounds(), items), FULL, other, FULL).holds


def test_warnings_are_counted_beside_what_became_of_items() -> None:
    outcome = Outcome(Item(0, "A", {}), Action.CREATED, warnings=(Problem("too-long"),))
    warned = entry(decided=ItemResults.of((outcome,)))
    items = {"warned": Bounds(1, 1), "created": Bounds(1, 1)}

    assert found(Expectation(CallMatch(), Bounds(), items), warned).holds


def test_what_was_found_is_told_with_the_numbers_of_the_calls() -> None:
    result = found(Expectation(CallMatch(), Bounds(3, 3)), entry(number=4), entry(number=5))

    assert (result.holds, result.calls, result.numbers, result.nearest) == (False, 2, (4, 5), ())


def test_the_nearest_call_differs_in_the_fewest_words_and_is_the_newest_of_those() -> None:
    entries = [
        entry(number=1, method="GET", path="/x"),
        entry(number=2, method="GET"),
        entry(number=3, path="/x"),
        entry(number=4, method="GET", path="/x", vendor="other"),
    ]

    result = found(Expectation(wanted(vendor="acme", method="PUT", path="/orders"), ONCE), *entries)

    assert [one.number for one, _ in result.nearest] == [3, 2, 1]


@pytest.mark.parametrize(
    ("words", "member", "expected", "there"),
    [
        ({"operation": "listOrders"}, "operation", "listOrders", "putOrders"),
        ({"query": {"page": "3"}}, "query.page", "3", "2"),
        ({"query": {"no": "3"}}, "query.no", "3", None),
        ({"headers": {"accept": "x"}}, "headers.accept", "x", None),
        ({"headers": {"authorization": "Bearer x"}}, "headers.authorization", "Bearer x", "Bearer ab…"),
        ({"status": "4xx"}, "status", "4xx", "207"),
        ({"scenario": "other"}, "scenario", "other", ["flaky-third/r1"]),
    ],
)
def test_a_difference_tells_what_was_expected_and_what_is_there(
    words: dict[str, Any], member: str, expected: Json, there: Json
) -> None:
    ((_, differences),) = found(Expectation(wanted(**words), ONCE), FULL).nearest

    assert [(one.member, one.expected, one.found) for one in differences] == [(member, expected, there)]


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("$.orders[0].id", "A"),
        ("$.orders[0].password", "ab…"),
        ("$.orders[5].id", None),
        ("$.nothing.at", None),
    ],
)
def test_a_body_that_differs_tells_what_stands_there_but_no_credential(path: str, there: Json) -> None:
    said = {"path": path, "equals": "other"}

    ((_, (difference,)),) = found(Expectation(wanted(body=said), ONCE), FULL).nearest

    assert (difference.member, difference.expected, difference.found) == ("body", said, there)


@pytest.mark.parametrize(
    ("bounds", "said", "shown"),
    [
        (Bounds(2, 2), "2", 2),
        (Bounds(1), "at least 1", {"min": 1}),
        (Bounds(0, 3), "0 to 3", {"min": 0, "max": 3}),
    ],
)
def test_bounds_as_text_and_as_document(bounds: Bounds, said: str, shown: Json) -> None:
    assert (str(bounds), bounds.document()) == (said, shown)


def test_where_something_may_be_too_many_no_call_may_be_missing() -> None:
    assert Expectation(CallMatch(), Bounds(1)).has_upper_bound is False
    assert Expectation(CallMatch(), Bounds(1, 2)).has_upper_bound is True
    assert Expectation(CallMatch(), Bounds(), {"created": Bounds(2, 2)}).has_upper_bound is True


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ({"headers": [{"name": "Authorization", "value": "Bearer abcdef"}]}, "$.headers[0].value"),
        ({"grant_type": "authorization_code", "code": "abcdef"}, "$.code"),
        ({"path": "/orders?access_token=abcdef"}, "$.path"),
        ({"password": "abcdef"}, "$"),
    ],
    ids=["header", "grant", "address", "whole"],
)
def test_a_credential_that_its_neighbours_tell_of_is_not_shown(sent: Json, path: str) -> None:
    asked = Expectation(wanted(body={"path": path, "equals": "x"}), ONCE)

    ((_, (difference,)),) = found(asked, entry(body=json.encode(sent))).nearest

    assert "ab" in str(difference.found)
    assert "abcdef" not in str(difference.found)


def test_of_a_long_value_the_beginning_is_shown() -> None:
    asked = Expectation(wanted(body={"path": "$.note", "equals": "x"}), ONCE)

    ((_, (difference,)),) = found(asked, entry(body=json.encode({"note": "y" * 10_000}))).nearest

    assert difference.found == '"' + "y" * 499 + "…"


@pytest.mark.parametrize(
    ("body", "content_type", "document"),
    [
        (b'{"orders":[{"amount":1.10}]}', "application/json", {"orders": [{"amount": Decimal("1.10")}]}),
        (b"[1]", "", [1]),
        (b"{", "application/json", None),
        (b"", "application/json", None),
        (b"a=b", "text/csv", None),
    ],
)
def test_the_document_of_a_body_is_what_its_operation_reads(
    tmp_path: Path, body: bytes, content_type: str, document: Json
) -> None:
    called = entry(
        body=body, headers={"content-type": content_type}, assumptions={"duplicate_members": "last_wins"}
    )

    assert RequestDocuments([loaded_vendor(tmp_path)])(called) == document


def test_the_document_of_a_call_that_led_nowhere_is_read_as_json(tmp_path: Path) -> None:
    assert RequestDocuments([loaded_vendor(tmp_path)])(entry(operation=None, body=b'{"a":1}')) == {"a": 1}


def test_a_body_that_was_too_large_is_not_read_again(tmp_path: Path) -> None:
    refused = entry(operation=None, body=b'{"a":1}', refusal="too-large")
    assert RequestDocuments([loaded_vendor(tmp_path)])(refused) is None
