from __future__ import annotations

from typing import Any

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


NINE = "2026-01-05T09:00:00Z"
STATE = {
    "acme/": {
        "idempotency": {"caller/k1": {"until": "2026-01-05T09:06:00Z"}, "caller/k2": {"until": "soon"}},
        "credentials": {
            "short": {"kind": "good", "expires": "2026-01-05T09:05:00Z"},
            "long": {"kind": "good", "expires": "2026-01-06T09:00:00Z"},
            "gone": {"kind": "revoked", "expires": "2026-01-05T09:05:00Z"},
            "endless": {"kind": "good"},
        },
        "refresh-tokens": {"r1": {"expires": "2026-01-05T09:06:00Z"}},
        "quotas": {
            "minute/a": {"window": 29460060, "used": 1, "limit": 4, "seconds": 60},
            "day/a": {"window": 1, "used": 1},
            "bucket": {"at": NINE, "tokens": "1.5"},
        },
        "orders": {"A": {"id": "A", "expires": "2026-01-05T09:05:00Z"}},
    },
    "acme/tenant": {"idempotency": {"k3": {"until": "2026-01-05T09:10:00Z"}}},
}


@pytest.fixture
def stepped(operator: Client) -> Client:
    """A client whose sandbox has gone from nine o'clock to six minutes past."""
    create(operator, freeze=NINE)
    assert operator.patch(f"{NEW}/state", json=STATE).status == 200
    operator.post(f"{NEW}/clock/advance", json={"seconds": 360})
    return operator


def expirations(operator: Client, query: str = f"?since={NINE}") -> dict[str, Any]:
    answer: dict[str, Any] = operator.get(f"{NEW}/clock/expirations{query}").json
    return answer


def test_what_a_step_ended_is_told_in_the_order_of_the_ends(stepped: Client) -> None:
    found = expirations(stepped)

    assert [(one["kind"], one["key"], one["at"]) for one in found["expired"]] == [
        ("quota-window", "minute/a", "2026-01-05T09:01:00Z"),
        ("token", "short", "2026-01-05T09:05:00Z"),
        ("idempotency-key", "caller/k1", "2026-01-05T09:06:00Z"),
        ("token", "r1", "2026-01-05T09:06:00Z"),
    ]
    assert found["counts"] == {"idempotency-key": 1, "quota-window": 1, "token": 2}


def test_what_ends_next_is_told(stepped: Client) -> None:
    found = expirations(stepped)

    assert [(one["scope"], one["key"]) for one in found["next"]] == [("acme/tenant", "k3"), ("acme/", "long")]
    assert found["now"] == "2026-01-05T09:06:00Z"


def test_what_ended_before_the_step_is_not_told(stepped: Client) -> None:
    stepped.post(f"{NEW}/clock/advance", json={"seconds": 240})

    found = expirations(stepped, "?since=2026-01-05T09:06:00Z")

    assert [one["key"] for one in found["expired"]] == ["k3"]


def test_a_record_that_the_spec_names_never_ends(stepped: Client) -> None:
    found = expirations(stepped, "")

    assert "A" not in [one["key"] for one in (*found["expired"], *found["next"])]


@pytest.mark.parametrize("since", ["1960-01-01T00:00:00Z", "9999-06-01T00:00:00Z"])
def test_a_time_at_which_no_clock_stands_is_refused(operator: Client, since: str) -> None:
    create(operator)

    response = operator.get(f"{NEW}/clock/expirations?since={since}")

    assert (response.status, response.json["errors"][0]["pointer"]) == (422, "/query/since")


def test_a_quota_window_beyond_all_time_never_ends(operator: Client) -> None:
    create(operator, freeze=NINE)
    operator.patch(
        f"{NEW}/state",
        json={"acme/": {"quotas": {"q": {"window": 10**30, "used": 1, "limit": 4, "seconds": 60}}}},
    )

    assert expirations(operator)["next"] == []
