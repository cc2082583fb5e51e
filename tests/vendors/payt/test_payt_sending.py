from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.payt.records import invoice


@pytest.mark.parametrize(
    ("created_at", "sent_at"),
    [
        ("2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z"),
        ("2026-01-05T09:00:01Z", "2026-01-05T10:30:00Z"),
        ("2026-01-05T09:29:59Z", "2026-01-05T10:30:00Z"),
        ("2026-01-05T23:10:00Z", "2026-01-06T00:30:00Z"),
    ],
)
def test_an_invoice_is_sent_in_the_round_an_hour_after_it_came(
    post: Any, shown: Any, set_clock: Any, created_at: str, sent_at: str
) -> None:
    set_clock(created_at)
    post(invoice("A1"))

    set_clock("2026-02-01T00:00:00Z")

    assert shown("A1", "sent_at") == {"sent_at": sent_at}


def test_what_came_with_a_moment_of_its_own_is_not_sent_again(post: Any, shown: Any, set_clock: Any) -> None:
    post(invoice("A1", sent_at="2026-01-05T08:00:00+01:00"))

    set_clock("2026-02-01T00:00:00Z")

    assert shown("A1", "sent_at") == {"sent_at": "2026-01-05T07:00:00Z"}


def test_a_change_after_the_round_is_the_latest_touch(post: Any, shown: Any, set_clock: Any) -> None:
    post(invoice("A1"))
    set_clock("2026-01-05T12:00:00Z")

    post(invoice("A1", category="x"))

    assert shown("A1", "sent_at", "updated_at") == {
        "sent_at": "2026-01-05T10:00:00Z",
        "updated_at": "2026-01-05T12:00:00Z",
    }
