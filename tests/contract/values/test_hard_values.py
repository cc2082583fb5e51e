"""Hard values are valid by the schema of their member."""

from __future__ import annotations

from decimal import Decimal

from mockserver.contract.values.hard_values import hard_values


def test_texts_are_no_longer_than_their_schema_lets_them_be() -> None:
    made = [one.value for one in hard_values({"type": "string", "maxLength": 8})]

    assert max(map(len, made)) == 8
    assert {"a  b", "a\r\nb", ""} <= set(made)


def test_a_short_text_has_hard_values_too() -> None:
    assert {"e\u0301", "\U0001f600", " x"} <= {
        one.value for one in hard_values({"type": "string", "maxLength": 2})
    }


def test_numbers_keep_bounds_and_steps() -> None:
    made = hard_values({"type": "number", "minimum": 0, "maximum": 100, "multipleOf": Decimal("0.01")})

    assert Decimal("0.10") in [one.value for one in made]
    assert all(0 <= one.value <= 100 and one.value % Decimal("0.01") == 0 for one in made)


def test_null_is_sent_where_the_schema_takes_it() -> None:
    assert None in [one.value for one in hard_values({"type": "string", "nullable": True})]
    assert None not in [one.value for one in hard_values({"type": "string"})]


def test_a_value_of_a_list_is_left_alone() -> None:
    assert hard_values({"type": "string", "enum": ["a", "b"]}) == ()
