from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mockserver.contract.oracle.expectations import count_noun, explain, show_value
from mockserver.contract.oracle.schemas import compile_schema


@pytest.mark.parametrize(
    ("node", "value", "sentence"),
    [
        ({"required": ["id"]}, {}, "id is missing"),
        ({"additionalProperties": False}, {"x": 1}, "x is not a member that the schema has"),
        ({"properties": {"n": {"type": "integer"}}}, {"n": "a"}, 'n is "a", which is not of type integer'),
        ({"items": {"enum": ["a"]}}, ["b"], '/0 is "b", which is not in the list of its values'),
        ({"type": "string", "format": "date"}, "soon", 'it is "soon", which is not in the format date'),
        ({"type": "string", "maxLength": 2}, "abc", "it has 3 characters, at most 2 are allowed"),
        ({"type": "array", "minItems": 1}, [], "it has 0 members, at least 1 are needed"),
        ({"type": "number", "minimum": 0}, Decimal("-1.50"), "it is -1.50, which is below 0"),
        ({"anyOf": [{"type": "integer"}]}, "x", 'it is "x", which has none of the forms of its schema'),
        ({"type": "number", "multipleOf": 5}, 7, "it is 7, against multipleOf 5"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_is_wrong_is_a_sentence(node: dict[str, Any], value: Any, sentence: str) -> None:
    (broken,) = compile_schema(node).broken(value)

    assert explain(broken) == sentence


def test_a_long_value_is_cut() -> None:
    assert show_value("x" * 99) == '"' + "x" * 59 + "\u2026"


def test_control_characters_are_shown_as_escapes() -> None:
    assert show_value("a\x1b[0m") == '"a\\u001b[0m"'


def test_numbers_have_their_noun() -> None:
    assert (count_noun(1, "item"), count_noun(1200, "item")) == ("1 item", "1,200 items")
