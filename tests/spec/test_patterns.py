from __future__ import annotations

import re

import pytest

from mockserver.spec.patterns import text_for


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[A-Z]-[0-9]{2}$",
        r"^[A-Z0-9-]+$",
        r"^\d{4}-\w+$",
        r"^P[1-9][0-9]*$",
        r"[^0-9a-zA-Z]+",
        r"^(?:AB|CD)[0-9]{3}$",
        r"^.{3,5}$",
        r"^\S+@\S+$",
    ],
)
def test_texts_match_and_differ(pattern: str) -> None:
    made = [text_for(pattern, number) for number in range(40)]

    assert all(text is not None and re.search(pattern, text) for text in made)
    assert len(set(made)) > 1


def test_a_pattern_with_room_has_a_text_of_its_own_for_every_number() -> None:
    assert len({text_for(r"^INV-[0-9]{6}$", number) for number in range(1000)}) == 1000


def test_a_text_has_the_length_that_is_asked_for() -> None:
    assert len(text_for(r"^[A-Z]+$", 3, 9) or "") >= 9


@pytest.mark.parametrize("pattern", [r"^x(?=y)", r"^(", r"^ab$"])
def test_what_is_not_understood_or_too_short_has_no_text(pattern: str) -> None:
    assert text_for(pattern, 1, 5) is None
