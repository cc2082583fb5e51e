"""Placeholders keep types where they stand alone, and are texts inside texts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mockserver.contract.profile_file.entries import Template, WrittenPlace
from mockserver.errors import SpecError

VALUES = {
    "key": "007",
    "amount": Decimal("1.10"),
    "number": 5,
    "large": 123456789,
    "nothing": None,
    "yes": True,
}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("{amount}", Decimal("1.10")),
        ("{amount:text}", "1.10"),
        ("{key}", "007"),
        ("{key:integer}", 7),
        ("{key:number}", Decimal(7)),
        ("{number}", 5),
        ("{number:digits}", "00000005"),
        ("{large:digits}", "23456789"),
        ("{number:percentage}", "0.05"),
        ("{large:percentage}", "567.89"),
        ("N-{number} of {amount}", "N-5 of 1.10"),
        ("{{key}} is {key}", "{key} is 007"),
        ("{yes} {nothing}.", "true ."),
        ('{"a": 1}', '{"a": 1}'),
        ({"a": ["{number}", 1, None]}, {"a": [5, 1, None]}),
    ],
)
def test_a_value_is_filled_in(written: object, value: object) -> None:
    filled = Template(written, WrittenPlace("p.yaml", "")).fill(VALUES)

    assert (filled, type(filled)) == (value, type(value))


def test_a_text_that_is_no_number_is_told() -> None:
    template = Template("{key:integer}", WrittenPlace("p.yaml", "a: 1").at("a"))

    with pytest.raises(
        SpecError, match=r"p.yaml: a: a placeholder stands for a text that is not a number \(line 1\)"
    ):
        template.fill({"key": "K-7"})
