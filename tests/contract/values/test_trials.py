"""Every class of hard values is sent in a run of the usual length, whatever its seed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any
from unicodedata import combining

import pytest

from mockserver.contract.run_state import RunConfig
from mockserver.contract.values.hard_values import ValueMember, ValueTrial, hard_values, kind_of, plan_trials

LONGEST = 60
SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "text": {"type": "string", "maxLength": LONGEST},
    "moment": {"type": "string", "format": "date-time"},
    "day": {"type": "string", "format": "date"},
    "number": {"type": "number", "minimum": -1000, "maximum": 10**9},
    "whole": {"type": "integer", "format": "int32"},
}
MEMBERS = tuple(
    ValueMember((name,), kind_of(schema), hard_values(schema)) for name, schema in SCHEMAS.items()
)
OTHERS = ("application/xml", "text/xml", "text/json", "application/x-www-form-urlencoded")
CLASSES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "combining characters": ("text", lambda text: any(combining(mark) for mark in text)),
    "astral characters": ("text", lambda text: any(ord(mark) > 0xFFFF for mark in text)),
    "a leading blank": ("text", lambda text: text[:1] == " "),
    "a trailing blank": ("text", lambda text: text[-1:] == " "),
    "inner blanks": ("text", lambda text: re.search(r"\S  +\S", text) is not None),
    "the longest text": ("text", lambda text: len(text) == LONGEST),
    "line ends": ("text", lambda text: "\r\n" in text),
    "a single line end": ("text", lambda text: re.search(r"[^\r]\n", text) is not None),
    "markup": ("text", lambda text: re.search("<[a-z]", text) is not None),
    "a zone before UTC": ("moment", lambda text: re.search(r"\+\d\d:\d\d$", text) is not None),
    "a zone behind UTC": ("moment", lambda text: re.search(r"T.*-\d\d:\d\d$", text) is not None),
    "a leap day with a time": ("moment", lambda text: "-02-29T" in text),
    "a leap day": ("day", lambda text: text.endswith("-02-29")),
    "fractions of a second": ("moment", lambda text: "." in text),
    "the largest number": ("number", lambda number: number == 10**9),
    "the smallest number": ("number", lambda number: number == -1000),
    "the largest whole number": ("whole", lambda number: number == 2**31 - 1),
    "the smallest whole number": ("whole", lambda number: number == -(2**31)),
    "two decimals that end with zero": ("number", lambda number: str(number).endswith(".10")),
    "a whole number with decimals": ("number", lambda number: str(number) == "100.00"),
    "three decimals": ("number", lambda number: _scale(number) == 3),
    "many decimals": ("number", lambda number: _scale(number) >= 8),
}
"""Which member has values of the class, and whether a value is one of them."""


def _scale(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def classes_in(trials: Iterable[ValueTrial]) -> Counter[str]:
    """How many values of each class are sent."""
    counted: Counter[str] = Counter()
    for trial in trials:
        for (name,), value in trial.values.items():
            counted.update(
                message for message, (member, is_one) in CLASSES.items() if member == name and is_one(value)
            )
    return counted


@pytest.mark.parametrize("seed", range(12))
def test_a_run_of_the_usual_length_sends_every_class_in_every_media_type(seed: int) -> None:
    trials = list(plan_trials(MEMBERS, OTHERS, RunConfig(seed).max_examples, seed))

    for media_type in ("", *OTHERS):
        counted = classes_in(one for one in trials if one.media_type == media_type)
        assert set(CLASSES) - set(counted) == set(), media_type


@pytest.mark.parametrize("seed", range(12))
def test_a_measuring_run_sends_every_class_in_the_usual_media_type(seed: int) -> None:
    trials = plan_trials(MEMBERS, (), 24, seed)

    assert set(CLASSES) - set(classes_in(trials)) == set()


@pytest.mark.parametrize("seed", range(4))
def test_the_shortest_run_sends_plain_values_in_every_media_type(seed: int) -> None:
    trials = list(plan_trials(MEMBERS, OTHERS, 1, seed))

    plain = tuple((member, member.values[0]) for member in MEMBERS)
    assert {one.media_type for one in trials if one.changes == plain} == {"", *OTHERS}


def test_two_seeds_send_the_same_values_in_another_order() -> None:
    first, second = (list(plan_trials(MEMBERS, OTHERS, 100, seed)) for seed in (7, 8))

    assert first != second
    assert classes_in(first) == classes_in(second)
