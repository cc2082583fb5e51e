from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mockserver.scenario.retry import retry_after

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (7, "7"),
        ("soon", "soon"),
        ("date+30", "Mon, 05 Jan 2026 12:00:30 GMT"),
        ("date-300", "Mon, 05 Jan 2026 11:55:00 GMT"),
    ],
)
def test_a_retry_after_is_seconds_a_date_or_what_the_rule_says(said: int | str, text: str) -> None:
    assert retry_after(said, NOON) == text


@pytest.mark.parametrize(("year", "said"), [(9999, "date+999999"), (1, "date-999999")])
def test_a_clock_at_the_end_of_time_stays_where_it_is(year: int, said: str) -> None:
    end = datetime(year, 12 if year > 1 else 1, 31 if year > 1 else 1, tzinfo=UTC)

    assert retry_after(said, end) == retry_after("date+0", end)
