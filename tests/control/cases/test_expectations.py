from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mockserver.control.cases.expectations import differences, fill_placeholders

UUID = "abcdef00-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (1, Decimal("1.00")),
        ("${any}", None),
        ("${uuid}", UUID),
        ("${int}", 5),
        ("${text}", "x"),
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
        (True, True),
        ({"$set": [1, 2, 2]}, [2, 1, 2]),
        ({"a": 1, "b": "${absent}"}, {"a": 1}),
    ],
)
def test_what_is_as_expected_makes_no_difference(expected: Any, found: Any) -> None:
    assert list(differences(expected, found)) == []


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (1, True),
        (False, 0),
        ("1", 1),
        (None, ""),
        ("${uuid}", UUID.upper()),
        ("${int}", "5"),
        ("${text}", ""),
        ([1], [1, 2]),
        ([1, 2], [2, 1]),
        ({"a": 1}, {}),
        ({}, {"a": 1}),
        ({"a": 1}, [1]),
        ({"a": "${absent}"}, {"a": None}),
        ("${absent}", None),
        ({"$set": [1, 2]}, [2, 2]),
        ({"$set": [1]}, [1, 2]),
        ({"$set": [1, 2]}, [1]),
        ({"$set": [1]}, {"a": 1}),
    ],
)
def test_what_is_otherwise_is_told(expected: Any, found: Any) -> None:
    assert list(differences(expected, found)) != []


def test_an_open_ended_expectation_lets_objects_have_more_but_not_lists() -> None:
    expected = {"a": [{"b": 1}]}

    assert list(differences(expected, {"a": [{"b": 1, "c": 2}], "d": 3}, open_ended=True)) == []
    assert list(differences(expected, {"a": [{"b": 1}, {}]}, open_ended=True)) != []


def test_a_difference_names_its_place() -> None:
    assert list(differences({"a": [1, 2]}, {"a": [1, 3]})) == ["/a/1: expected 2, found 3"]


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"$text": "ab", "$times": 3}, "ababab"),
        ({"$list": [{"n": "A${n}"}, {"n": "B${n}"}], "$count": 3}, [{"n": "A1"}, {"n": "B2"}, {"n": "A3"}]),
        ({"$list": "x", "$count": 2}, ["x", "x"]),
        ({"$json": {"a": "${id}", "b": Decimal("1.50")}}, '{"a":7,"b":1.50}'),
        ({"$json": [], "$bytes": 4}, "[]  "),
        (  # the second example of RFC 4231
            {"$hmac": "what do ya want for nothing?", "$secret": "Jefe"},
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        ("${id}", 7),
        ("/items/${id}?a=${id}", "/items/7?a=7"),
        ({"[0].${id}": "${any}"}, {"[0].7": "${any}"}),
    ],
)
def test_generated_and_kept_values_are_filled_in(node: Any, value: Any) -> None:
    assert fill_placeholders(node, {"id": 7}) == value


def test_a_name_that_was_not_kept_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill_placeholders("${nothing}", {})
