from __future__ import annotations

from datetime import timedelta

import pytest

from mockserver.codec.instants import parse_duration, print_span, print_units


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("0s", timedelta()),
        ("90s", timedelta(seconds=90)),
        ("6m", timedelta(minutes=6)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
        ("1h30m", timedelta(minutes=90)),
        ("99999d", timedelta(days=99_999)),
    ],
)
def test_a_duration_is_numbers_with_units(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text", ["", "6", "m", "6 m", "-6m", "1.5h", "6w", "6M", "100000d", "1s1s1s1s1s", "٣m"]
)
def test_other_texts_are_not_durations(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("millis", "words"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (1000, "1 s"),
        (1234, "1.2 s"),
        (-1500, "-1.5 s"),
        (119_000, "119 s"),
        (120_000, "2 min"),
        (5_400_000, "90 min"),
        (7_200_000, "2 h"),
        (172_800_000, "2 d"),
    ],
)
def test_a_span_is_words_in_one_unit(millis: int, words: str) -> None:
    assert print_span(millis) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (7_199, "1 h"),
        (172_800, "2 d"),
        (86_400_000, "1,000 d"),
    ],
)
def test_a_time_is_told_in_its_largest_unit(seconds: int, words: str) -> None:
    assert print_units(seconds) == words
