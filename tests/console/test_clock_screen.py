from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mockserver.console.sandbox_screen import said_duration
from tests.control.operators import NEW, create
from tests.support.client import Client, Response
from tests.support.console import CONSOLE, page, post_form

HERE = "/clock?sandbox=new"
NINE = "2026-01-05T09:00:00Z"


@pytest.fixture
def visitor(browser: Client) -> Client:
    """A browser with a sandbox whose clock stands at nine."""
    create(
        browser, freeze=NINE, assumptions={"acme.idempotency_keys": "on", "acme.idempotency_lifetime": "360"}
    )
    return browser


def clock(visitor: Client) -> dict[str, Any]:
    answer: dict[str, Any] = visitor.get(f"{NEW}/clock").json
    return answer


def send_with_key(visitor: Client, key: str) -> None:
    headers = {"mock-sandbox": "new", "idempotency-key": f'"{key}"'}
    visitor.put("/acme/orders", json={"orders": [{"id": key, "amount": 1}]}, headers=headers)


def followed(visitor: Client, response: Response) -> str:
    assert response.status == 303
    return visitor.get(response.headers["location"]).text


def test_the_time_is_shown(visitor: Client) -> None:
    text = page(visitor, HERE)

    assert f'<time datetime="{NINE}">2026-01-05T09:00:00Z</time> <strong>frozen</strong>' in text


@pytest.mark.parametrize(
    ("by", "now"),
    [
        ("1s", "2026-01-05T09:00:01Z"),
        ("1m", "2026-01-05T09:01:00Z"),
        ("1h", "2026-01-05T10:00:00Z"),
        ("1d", "2026-01-06T09:00:00Z"),
        ("1h30m", "2026-01-05T10:30:00Z"),
    ],
)
def test_the_clock_is_moved_on(visitor: Client, by: str, now: str) -> None:
    response = post_form(visitor, HERE, do="step", by=by)

    assert (response.headers["location"], clock(visitor)["now"]) == (
        "/_console/clock?sandbox=new&since=2026-01-05T09%3A00%3A00Z",
        now,
    )


def test_six_minutes_expire_idempotency_keys_visibly(visitor: Client) -> None:
    send_with_key(visitor, "k1")
    send_with_key(visitor, "k2")
    before = page(visitor, HERE)

    text = followed(visitor, post_form(visitor, HERE, do="step", by="6m"))

    assert ("6 min" in before, "2 idempotency keys expired" in before) == (True, False)
    assert "2 idempotency keys expired" in text
    assert ("putOrders/k1</a>" in text, "putOrders/k2</a>" in text) == (True, True)


def test_a_step_that_ends_nothing_says_so(visitor: Client) -> None:
    send_with_key(visitor, "k1")

    assert "Nothing expired" in followed(visitor, post_form(visitor, HERE, do="step", by="1m"))


def test_the_kinds_are_counted_in_one_sentence(visitor: Client) -> None:
    tokens = {"a": {"expires": "2026-01-05T09:01:00Z"}}
    quotas = {"q": {"window": 29460060, "used": 1, "seconds": 60}}
    visitor.patch(f"{NEW}/state", json={"acme/": {"credentials": tokens, "quotas": quotas}})
    send_with_key(visitor, "k1")

    text = followed(visitor, post_form(visitor, HERE, do="step", by="6m"))

    assert "1 idempotency key, 1 quota window and 1 token expired" in text


def test_the_clock_is_frozen_at_an_instant_and_thawed(visitor: Client) -> None:
    post_form(visitor, HERE, do="freeze", at="2027-01-01T00:00:00Z")
    frozen = clock(visitor)["at"]
    post_form(visitor, HERE, do="thaw")

    assert (frozen, clock(visitor)["mode"]) == ("2027-01-01T00:00:00Z", "system")


def test_the_clock_is_frozen_where_it_is(visitor: Client) -> None:
    post_form(visitor, HERE, do="thaw")

    post_form(visitor, HERE, do="freeze", at="")

    assert clock(visitor)["mode"] == "frozen"


def test_a_clock_that_is_set_back_says_so(visitor: Client) -> None:
    text = followed(visitor, post_form(visitor, HERE, do="freeze", at="2025-01-01T00:00:00Z"))

    assert "The clock went back" in text


@pytest.mark.parametrize("at", ["yesterday", "1969-01-01T00:00:00Z", "<script>"])
def test_an_instant_that_is_none_is_refused_beside_its_field(visitor: Client, at: str) -> None:
    response = post_form(visitor, HERE, do="freeze", at=at)

    assert (response.status, clock(visitor)["now"]) == (422, NINE)
    assert 'class="refused" role="alert"' in response.text
    assert ("<script>" + "alert" in response.text, 'aria-invalid="true"' in response.text) == (False, True)


@pytest.mark.parametrize("by", ["", "soon", "-1m", "99999d99999d99999d99999d"])
def test_a_step_that_is_none_is_refused(visitor: Client, by: str) -> None:
    response = post_form(visitor, HERE, do="step", by=by)

    assert (response.status, clock(visitor)["now"]) == (422, NINE)


def test_the_twin_says_what_ends_next(visitor: Client) -> None:
    send_with_key(visitor, "k1")

    (ends,) = visitor.get(f"{CONSOLE}/clock.json?sandbox=new").json["next"]

    assert (ends["kind"], ends["at"], ends["distance"]) == (
        "idempotency-key",
        "2026-01-05T09:06:00Z",
        "6 min",
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (61, "1 min 1 s"), (86_400, "1 day"), (180_005, "2 days 2 h"), (3_600, "1 h")],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: int, text: str) -> None:
    assert said_duration(timedelta(seconds=seconds)) == text
