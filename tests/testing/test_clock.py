from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mockserver.testing import NotDone, Sandbox

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)


def test_a_clock_stands_where_it_is_set(box: Sandbox) -> None:
    assert box.clock.freeze("2026-01-05T09:00:00Z") == box.clock.now == NINE


def test_an_instant_of_another_zone_is_the_same_instant(box: Sandbox) -> None:
    assert box.clock.freeze(datetime(2026, 1, 5, 10, tzinfo=timezone(timedelta(hours=1)))) == NINE


def test_parts_of_a_second_add_up(box: Sandbox) -> None:
    box.clock.freeze(NINE)

    assert [box.clock.advance(0.5) - NINE for _ in range(4)] == [
        timedelta(seconds=0),
        timedelta(seconds=1),
        timedelta(seconds=1),
        timedelta(seconds=2),
    ]


def test_a_span_of_time_is_taken_too(box: Sandbox) -> None:
    box.clock.freeze(NINE)

    assert box.clock.advance(timedelta(minutes=6)) == NINE + timedelta(minutes=6)


def test_a_clock_does_not_go_back(box: Sandbox) -> None:
    with pytest.raises(NotDone, match="seconds"):
        box.clock.advance(-1)


def test_a_clock_is_the_machines_again(box: Sandbox) -> None:
    box.clock.freeze(NINE)

    assert box.clock.thaw() > NINE
