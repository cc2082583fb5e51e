"""Limits of a schema: the check of a value, and what is brought within."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.engine.schema_limits import fitting_text, is_free_text, nearest_number, value_check


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
            "maximum": st.integers(2, 3),
            "exclusiveMinimum": st.booleans(),
            "exclusiveMaximum": st.booleans(),
            "multipleOf": st.integers(1, 2),
        },
    ),
    number=st.integers(-5, 5),
)
def test_a_number_is_taken_if_it_is_the_nearest_one(node: Any, number: int) -> None:
    assert value_check(node)(number) is (nearest_number(node, Decimal(number)) == number)


def test_a_list_of_values_or_a_format_leaves_no_room_for_a_sentence() -> None:
    nodes: list[Any] = [{"maxLength": 5}, {"enum": ["a"]}, {"format": "date"}, {"type": "integer"}]

    assert [is_free_text(node) for node in nodes] == [True, False, False, False]
