"""Limits of a schema: the check of a value, and what is brought within."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.engine.declared_values import fitting_text, is_free_text, nearest_number, value_check


@pytest.mark.parametrize(
    ("node", "value", "taken"),
    [
        ({}, "a", True),
        ({}, None, False),
        ({"type": "integer"}, True, False),
        ({"type": "boolean"}, True, True),
        ({"type": "array"}, "a", False),
        ({"type": "string", "enum": ["a"]}, "b", False),
        ({"type": "string", "format": "date"}, "2026-01-05", True),
        ({"type": "string", "format": "date"}, "today", False),
        ({"type": "string", "pattern": "["}, "a", True),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, 1, False),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, Decimal("0.5"), True),
        ({"type": "number", "maximum": 1, "exclusiveMaximum": True}, Decimal("0.5"), True),
        ({"type": "number", "maximum": 1, "exclusiveMaximum": True}, 1, False),
        ({"type": "number", "multipleOf": 0.5}, Decimal("1.5"), True),
        ({"type": "number", "multipleOf": 0.5}, Decimal("1.6"), False),
    ],
)
def test_a_value_is_checked_by_kind_and_limits(node: Any, value: Any, *, taken: bool) -> None:
    assert value_check(node)(value) is taken


@given(
    node=st.fixed_dictionaries(
        {"type": st.just("string")},
        optional={
            "minLength": st.integers(0, 2),
            "maxLength": st.integers(2, 4),
            "pattern": st.sampled_from(["^a", "b$", ""]),
        },
    ),
    text=st.text("ab.", max_size=5),
)
def test_a_text_is_taken_if_it_fits_as_it_is(node: Any, text: str) -> None:
    assert value_check(node)(text) is (fitting_text(node, text) == text)


@given(
    node=st.fixed_dictionaries(
        {"type": st.just("integer")},
        optional={
            "minimum": st.integers(-3, 0),
            "maximum": st.integers(3, 4),
            "exclusiveMinimum": st.booleans(),
            "exclusiveMaximum": st.booleans(),
            "multipleOf": st.integers(1, 2),
        },
    ),
    number=st.integers(-5, 5),
)
def test_a_number_is_taken_if_it_is_the_nearest_one(node: Any, number: int) -> None:
    assert value_check(node)(number) is (nearest_number(node, Decimal(number)) == number)


@given(
    least=st.integers(-3, 0),
    span=st.sampled_from([Decimal("0.1"), Decimal(1), Decimal(4)]),
    exclusive=st.tuples(st.booleans(), st.booleans()),
    number=st.decimals(-5, 5, places=2),
)
def test_the_nearest_fraction_is_within_the_limits(
    least: int, span: Decimal, exclusive: tuple[bool, bool], number: Decimal
) -> None:
    limits = {"minimum": least, "maximum": least + span}
    node = {**limits, "exclusiveMinimum": exclusive[0], "exclusiveMaximum": exclusive[1], "type": "number"}

    nearest = nearest_number(node, number)

    assert value_check(node)(nearest)


@pytest.mark.parametrize(
    ("limits", "nearest"),
    [
        ({"minimum": 0, "exclusiveMinimum": True}, 2),
        ({"minimum": -3}, 0),
        ({"maximum": -3}, -4),
        ({"minimum": 1, "maximum": 3}, 2),
    ],
)
def test_the_nearest_multiple_is_within_the_limits(limits: Any, nearest: int) -> None:
    assert nearest_number({"type": "integer", "multipleOf": 2, **limits}, Decimal(0)) == nearest


def test_a_list_of_values_or_a_format_leaves_no_room_for_a_sentence() -> None:
    nodes: list[Any] = [{"maxLength": 5}, {"enum": ["a"]}, {"format": "date"}, {"type": "integer"}]

    assert [is_free_text(node) for node in nodes] == [True, False, False, False]
