"""What is kept of a date (docs/vendors/vba.md#bodies-that-cannot-be-read, #failed-rows, #state)."""

from __future__ import annotations

import pytest

from tests.vendors.vba.conftest import Rows

DATE_OVERFLOW = "SqlDateTime overflow. Must be between 1/1/1753 12:00:00 AM and 12/31/9999 11:59:59 PM."


@pytest.mark.parametrize("early", ["1700-01-01", "1752-12-31T23:59:59.9", "1753-01-01T00:00:00+01:00"])
def test_a_date_before_sql_servers_calendar_fails_its_row(rows: Rows, early: str) -> None:
    outcomes = rows.put({"invoice_Key": 1, "due_Date": early}, {"invoice_Key": 2})

    assert outcomes == [(1, 500, DATE_OVERFLOW), (2, 201, "Created")]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2025-03-01", "2025-03-01T00:00:00"),
        ("2025-03-01T10:15", "2025-03-01T10:15:00"),
        ("2025-03-01T10:15:30Z", "2025-03-01T10:15:30"),
        ("2025-03-01T10:15:30-06:00", "2025-03-01T16:15:30"),
        ("2025-03-01T00:15:30+02:00", "2025-02-28T22:15:30"),
        ("2025-03-01T10:15:30.1234567", "2025-03-01T10:15:30.1234567"),
        ("2025-03-01T10:15:30.123456789Z", "2025-03-01T10:15:30.1234567"),
        ("2025-03-01T10:15:30.000Z", "2025-03-01T10:15:30"),
        ("2025-03-01T10:15:30.120", "2025-03-01T10:15:30.12"),
        ("2025-03-01T10:15:30.00000009", "2025-03-01T10:15:30"),
        ("1752-12-31T23:30:00-01:00", "1753-01-01T00:30:00"),
        ("9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59"),
    ],
)
def test_dates_are_kept_as_wall_time(rows: Rows, sent: str, stored: str) -> None:
    rows.put({"invoice_Key": 1, "due_Date": sent})

    assert rows.one(1)["due_Date"] == stored
