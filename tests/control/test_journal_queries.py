from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mockserver.control.journal import read_query

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def test_a_duration_reaches_back_from_the_machines_time() -> None:
    query = read_query({"since": "10m"}, (), lambda: NOW)

    assert query.since == NOW - timedelta(minutes=10)
