from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.codec.instants import parse_instant, print_instant
from mockserver.sandbox.clock import normalize_clock_instant, system_clock


@pytest.mark.parametrize(
    "text",
    ["2026-01-05T09:00:00Z", "2026-01-05T10:00:00+01:00", "2026-01-05T09:00:00", "2026-01-05T09"],
    ids=["utc", "offset", "no-zone", "hour"],
)
def test_an_instant_is_read_in_utc(text: str) -> None:
    assert parse_instant(text) == datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-14:00"],
)
def test_what_is_no_instant_in_utc_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_instant(text)


def test_a_clock_stands_at_an_instant_with_time_before_and_after_it() -> None:
    assert normalize_clock_instant("1970-01-01T00:00:00Z") == "1970-01-01T00:00:00Z"
    assert normalize_clock_instant("9999-01-01T00:59:59+01:00") == "9998-12-31T23:59:59Z"
    for text in ("1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z"):
        with pytest.raises(ValueError, match="outside the years 1970 to 9998"):
            normalize_clock_instant(text)


def test_an_instant_without_fraction_is_printed_without() -> None:
    assert print_instant(datetime(2026, 1, 5, 9, tzinfo=UTC)) == "2026-01-05T09:00:00Z"


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_is_printed_is_read_back(moment: datetime) -> None:
    assert parse_instant(print_instant(moment)) == moment


def test_the_system_clock_is_in_utc() -> None:
    assert system_clock().tzinfo is UTC
