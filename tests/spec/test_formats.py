from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.sandbox.memory_store import uuid_from_octets
from mockserver.spec.schema import DATE_PATTERN, DATE_TIME_PATTERN, UUID_PATTERN

DATE = re.compile(DATE_PATTERN, re.ASCII)
DATE_TIME = re.compile(DATE_TIME_PATTERN, re.ASCII)
UUID = re.compile(UUID_PATTERN, re.ASCII)
LAST_OF_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
YEARS = range(1, 10_000)


def is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


@given(st.dates())
def test_every_day_of_the_calendar_is_a_date(day: date) -> None:
    assert DATE.fullmatch(day.isoformat())


@given(st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32))
def test_a_date_is_what_the_calendar_holds(year: int, month: int, day: int) -> None:
    assert bool(DATE.fullmatch(f"{year:04}-{month:02}-{day:02}")) is is_day(year, month, day)


def test_the_29th_of_february_is_a_date_in_leap_years_alone() -> None:
    taken = [year for year in YEARS if DATE.fullmatch(f"{year:04}-02-29")]

    assert taken == [year for year in YEARS if is_day(year, 2, 29)]


@pytest.mark.parametrize(("month", "last"), list(enumerate(LAST_OF_MONTHS, 1)))
def test_a_month_ends_on_its_last_day(month: int, last: int) -> None:
    taken = [day for day in range(100) if DATE.fullmatch(f"2026-{month:02}-{day:02}")]

    assert taken == list(range(1, last + 1))


@pytest.mark.parametrize(
    "text",
    ["", "2026-1-5", "2026-01-05T", "20260105", "2026-01-05\n", " 2026-01-05", "٢٠٢٦-01-05", "-2026-01-05"],
)
def test_a_date_is_ten_plain_characters(text: str) -> None:
    assert not DATE.fullmatch(text)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-1439, 1439))
def test_every_instant_is_a_date_time(moment: datetime, offset_minutes: int) -> None:
    sign, minutes = "-" if offset_minutes < 0 else "+", abs(offset_minutes)
    zone = f"{sign}{minutes // 60:02}:{minutes % 60:02}"

    assert DATE_TIME.fullmatch(moment.replace(tzinfo=None).isoformat() + zone)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05T09:00:00Z",
        "2026-01-05t09:00:00z",
        "2026-01-05 09:00:00Z",
        "2026-01-05T09:00:00.123456789Z",
        "2026-01-05T23:59:59-12:00",
    ],
)
def test_a_date_time_may_be_written_so(text: str) -> None:
    assert DATE_TIME.fullmatch(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05T09:00:00",
        "2026-01-05T24:00:00Z",
        "2026-01-05T09:60:00Z",
        "2026-01-05T09:00:60Z",
        "2026-02-30T09:00:00Z",
        "2026-01-05T09:00Z",
        "2026-01-05T09:00:00.Z",
        "2026-01-05T09:00:00+24:00",
        "2026-01-05T09:00:00+0100",
        "2026-01-05T09:00:00Z\n",
    ],
    ids=[
        "no-zone",
        "hour-24",
        "minute-60",
        "second-60",
        "no-such-day",
        "no-seconds",
        "bare-point",
        "zone-24",
        "zone-without-colon",
        "newline",
    ],
)
def test_a_date_time_is_not_written_so(text: str) -> None:
    assert not DATE_TIME.fullmatch(text)


@given(st.binary(min_size=16, max_size=16))
def test_a_new_uuid_is_of_version_4(octets: bytes) -> None:
    made = uuid_from_octets(octets)

    assert (bool(UUID.fullmatch(made)), made[14], made[19] in "89ab") == (True, "4", True)


@pytest.mark.parametrize(
    "text",
    ["", "00000000000040008000000000000001", "{00000000-0000-4000-8000-000000000001}", "g" * 36],
    ids=["nothing", "no-hyphens", "braces", "other-letters"],
)
def test_a_uuid_is_not_written_so(text: str) -> None:
    assert not UUID.fullmatch(text)


def test_a_uuid_may_be_in_capitals() -> None:
    assert UUID.fullmatch("ABCDEF00-0000-4000-8000-000000000001")
