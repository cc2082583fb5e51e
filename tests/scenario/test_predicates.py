from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mockserver.scenario.predicates import (
    InvalidPredicateError,
    compile_pattern,
    holds,
    json_equal,
    parse_path,
    parse_predicate,
)

DOCUMENT: dict[str, Any] = {
    "number": 7,
    "amount": "3000.00",
    "price": Decimal("1.50"),
    "name": "Straße 1",
    "tags": ["a", "b"],
    "paid": True,
    "note": None,
    "lines": [{"total": 10}, {"total": Decimal("20.5")}],
    "odd name": {"it's": 1},
    "0": "zero",
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", ()),
        ("$.number", ("number",)),
        ("$.lines[1].total", ("lines", 1, "total")),
        ("$['odd name']['it\\'s']", ("odd name", "it's")),
        ('$["odd name"]["it\'s"]', ("odd name", "it's")),
        ("$['0']", ("0",)),
        ("$['a\\\\b']", ("a\\b",)),
        ("$._a1.größe", ("_a1", "größe")),
        ("$[0][12]", (0, 12)),
    ],
)
def test_a_path_is_names_and_indexes(path: str, found: tuple[str | int, ...]) -> None:
    assert parse_path(path) == found


@pytest.mark.parametrize(
    "path",
    [
        "",
        "number",
        "/number",
        "@.a",
        "$a",
        "$.",
        "$..a",
        "$.a.",
        "$.*",
        "$[*]",
        "$[-1]",
        "$[01]",
        "$[0:2]",
        "$[?(@.a)]",
        "$.a b",
        "$.1a",
        "$['a]",
        "$[a]",
        "$.a[0",
        pytest.param("$" + ".a" * 200, id="long"),
    ],
)
def test_a_path_beyond_the_subset_is_refused(path: str) -> None:
    with pytest.raises(InvalidPredicateError) as caught:
        parse_path(path)

    assert caught.value.part == "path"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("path", "suggested"),
    [
        ("number", "$.number"),
        (".number", "$.number"),
        ("[0].a", "$[0].a"),
        ("/lines/0/total", "$['lines'][0]['total']"),
    ],
)
def test_a_path_that_lacks_its_beginning_is_suggested_with_it(path: str, suggested: str) -> None:
    with pytest.raises(InvalidPredicateError) as caught:
        parse_path(path)

    assert caught.value.hint == f"write {suggested}"
    assert parse_path(suggested)


def test_a_path_of_drift_has_steps_that_are_every_element() -> None:
    assert parse_path("$.data[*].id[0].*", every=True) == ("data", "*", "id", 0, "*")


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ({"path": "$.number", "equals": 7}, True),
        ({"path": "$.number", "equals": Decimal("7.00")}, True),
        ({"path": "$.number", "equals": "7"}, False),
        ({"path": "$.price", "equals": Decimal("1.5")}, True),
        ({"path": "$.paid", "equals": 1}, False),
        ({"path": "$.paid", "equals": True}, True),
        ({"path": "$.note", "equals": None}, True),
        ({"path": "$.nothing", "equals": None}, False),
        ({"path": "$.lines", "equals": [{"total": Decimal(10)}, {"total": Decimal("20.50")}]}, True),
        ({"path": "$.lines", "equals": [{"total": 10}]}, False),
        ({"path": "$.lines[0]", "equals": {"total": 10}}, True),
        ({"path": "$.lines[0]", "equals": {"total": 10, "more": 1}}, False),
        ({"path": "$.name", "contains": "aße"}, True),
        ({"path": "$.name", "contains": "asse"}, False),
        ({"path": "$.tags", "contains": "b"}, True),
        ({"path": "$.tags", "contains": "c"}, False),
        ({"path": "$.number", "contains": "7"}, False),
        ({"path": "$.name", "matches": r"^Stra.e \d$"}, True),
        ({"path": "$.name", "matches": "traß"}, True),
        ({"path": "$.name", "matches": "^traß"}, False),
        ({"path": "$.number", "matches": "7"}, False),
        ({"path": "$.note", "exists": True}, True),
        ({"path": "$.nothing", "exists": True}, False),
        ({"path": "$.nothing", "exists": False}, True),
        ({"path": "$.lines[2]", "exists": False}, True),
        ({"path": "$.lines[1].total", "exists": True}, True),
        ({"path": "$.lines.total", "exists": True}, False),
        ({"path": "$[0]", "exists": True}, False),
        ({"path": "$['0']", "exists": True}, True),
        ({"path": "$.number", "gt": 6}, True),
        ({"path": "$.number", "gt": 7}, False),
        ({"path": "$.number", "lt": Decimal("7.01")}, True),
        ({"path": "$.amount", "gt": Decimal("2999.99")}, True),
        ({"path": "$.amount", "gt": 3000}, False),
        ({"path": "$.amount", "lt": 3000}, False),
        ({"path": "$.name", "gt": 0}, False),
        ({"path": "$.paid", "gt": 0}, False),
        ({"path": "$.note", "lt": 1}, False),
        ({"path": "$.number", "in": [1, 7]}, True),
        ({"path": "$.number", "in": ["7", True]}, False),
        ({"path": "$.number", "in": []}, False),
        ({"path": "$", "exists": True}, True),
    ],
)
def test_a_predicate_holds_or_does_not(predicate: dict[str, Any], expected: bool) -> None:  # noqa: FBT001
    assert holds(parse_predicate(predicate), DOCUMENT) is expected


@pytest.mark.parametrize("text", ["1e999", pytest.param("1" * 400, id="long"), "NaN", "1.2.3", "", " "])
def test_a_text_that_spells_no_number_is_neither_greater_nor_smaller(text: str) -> None:
    assert not holds(parse_predicate({"path": "$", "gt": -1}), text)
    assert not holds(parse_predicate({"path": "$", "lt": 1}), text)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, Decimal("1.0"), True),
        (2**53 + 1, Decimal(2**53 + 1), True),
        (2**53 + 1, 2**53, False),
        (Decimal("0.1"), Decimal("0.10"), True),
        (False, 0, False),
        ([True], [1], False),
        ({"a": {"b": [1]}}, {"a": {"b": [Decimal("1.0")]}}, True),
        ({"a": 1}, {"b": 1}, False),
        ({"a": 1}, [1], False),
        ("1", 1, False),
        (None, False, False),
    ],
)
def test_values_are_the_same_when_their_json_is(one: object, other: object, equal: bool) -> None:  # noqa: FBT001
    assert json_equal(one, other) is equal
    assert json_equal(other, one) is equal


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "[",
            "(a",
            "(?=a)b",
            "(?<!a)b",
            r"(a)\1",
            "(a{1000}){1000}",
            r"\w{200}" * 6,
            "(a{40}){40}",
            "a{40}{40}",
        ),
        pytest.param("a" * 201, id="long"),
    ],
)
def test_a_pattern_that_is_none_or_takes_too_much_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidPredicateError) as caught:
        compile_pattern(pattern)

    assert caught.value.part == "matches"


def test_a_pattern_that_explodes_elsewhere_has_an_answer() -> None:
    # Backtracking engines take 2**50,000 steps here; this one has no back-references because it takes none.
    pattern = compile_pattern("^(a+)+$")

    assert pattern.search("a" * 50_000) is True
    assert pattern.search("a" * 50_000 + "b") is False


@pytest.mark.parametrize(
    ("pattern", "pieces"),
    [("a", 1), (r"\w{200}", 200), (r"[a\]{9}]{2,3}", 3), (r"(?:ab){4}", 16), ("a{3}{4}", 12), (r"\{9}", 3)],
)
def test_the_pieces_of_a_pattern_are_counted_with_repetitions_written_out(pattern: str, pieces: int) -> None:
    found = compile_pattern(f"{pattern}|$")

    assert found.pieces == pieces + 2


def test_patterns_are_compared_by_their_text() -> None:
    one = parse_predicate({"path": "$.a", "matches": "^x"})
    other = parse_predicate({"path": "$.a", "matches": "^x"})

    assert one == other
    assert one != parse_predicate({"path": "$.a", "matches": "^y"})


@pytest.mark.parametrize(
    ("predicate", "part"),
    [
        ({}, ""),
        ({"path": "$.a"}, ""),
        ({"equals": 1}, ""),
        ({"path": "$.a", "equals": 1, "gt": 0}, ""),
        ({"path": "$.a", "eq": 1}, "eq"),
        ({"path": 3, "equals": 1}, "path"),
        ({"path": "$.a", "gt": "1"}, "gt"),
        ({"path": "$.a", "lt": True}, "lt"),
        ({"path": "$.a", "in": "abc"}, "in"),
        ({"path": "$.a", "exists": "yes"}, "exists"),
        ({"path": "$.a", "matches": 1}, "matches"),
        ({"path": "$.a", "contains": None}, "contains"),
    ],
)
def test_a_predicate_that_is_none_is_refused_at_its_part(predicate: dict[str, Any], part: str) -> None:
    with pytest.raises(InvalidPredicateError) as caught:
        parse_predicate(predicate)

    assert caught.value.part == part
    assert caught.value.hint
