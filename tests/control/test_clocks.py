from __future__ import annotations

import pytest

from tests.control.operators import NEW, SANDBOXES, create
from tests.support.client import Client

CLOCK = f"{NEW}/clock"


def test_a_clock_that_stands_moves_when_it_is_advanced(operator: Client) -> None:
    create(operator, freeze="2026-01-05T09:00:00Z")

    assert operator.post(f"{CLOCK}/advance", json={"seconds": 361}).json == {
        "mode": "frozen",
        "at": "2026-01-05T09:06:01Z",
        "now": "2026-01-05T09:06:01Z",
        "aheadSeconds": 0,
    }


def test_a_clock_that_runs_goes_on_ahead(operator: Client) -> None:
    create(operator)
    operator.post(f"{CLOCK}/advance", json={"seconds": 100})

    clock = operator.post(f"{CLOCK}/advance", json={"seconds": 50}).json

    assert (clock["mode"], clock["aheadSeconds"]) == ("system", 150)


def test_a_clock_is_frozen_and_thawed(operator: Client) -> None:
    create(operator)
    frozen = operator.post(f"{CLOCK}/freeze", json={"at": "2030-02-28T23:00:00+01:00"}).json
    thawed = operator.post(f"{CLOCK}/thaw").json

    assert (frozen["now"], thawed["mode"], thawed["at"]) == ("2030-02-28T22:00:00Z", "system", None)


def test_a_clock_is_frozen_where_it_is(operator: Client) -> None:
    create(operator)

    clock = operator.post(f"{CLOCK}/freeze", json={}).json

    assert clock["at"] == clock["now"]


def test_a_clock_ends_with_the_year_9998(operator: Client) -> None:
    create(operator, freeze="9998-12-31T00:00:00Z")

    response = operator.post(f"{CLOCK}/advance", json={"seconds": 86400})

    assert (response.status, response.json["errors"][0]["pointer"]) == (422, "/seconds")


@pytest.mark.parametrize("at", ["1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z", "9998-12-31T23:30:00-01:00"])
def test_a_clock_stands_where_there_is_time_before_and_after_it(operator: Client, at: str) -> None:
    create(operator)

    frozen = operator.post(f"{CLOCK}/freeze", json={"at": at})
    made = operator.post(SANDBOXES, json={"name": "other", "freeze": at})

    assert [(one.status, one.json["errors"][0]["pointer"]) for one in (frozen, made)] == [
        (422, "/at"),
        (422, "/freeze"),
    ]


def test_reset_sets_the_clock_back(operator: Client) -> None:
    create(operator, freeze="2026-01-05T09:00:00Z")
    operator.post(f"{CLOCK}/advance", json={"seconds": 5})

    operator.post(f"{NEW}/reset")

    assert operator.get(CLOCK).json["now"] == "2026-01-05T09:00:00Z"
