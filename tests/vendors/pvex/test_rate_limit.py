"""What a caller is told of its calls while they are counted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.client import Client
from tests.vendors.pvex.samples import BATCH, JSON, invoice

Assume = Callable[..., None]
Advance = Callable[[int], None]
LEFT = "ratelimit"


@pytest.fixture(autouse=True)
def two_a_minute(assume: Assume) -> None:
    """The caller has two calls a minute."""
    assume(calls_a_minute="2")


def test_the_third_call_of_a_minute_is_refused_unread(pvex: Client, advance: Advance) -> None:
    advance(25)
    answers = [pvex.post(BATCH, json=[invoice()]), pvex.get("/api/Invoice/I-1")]

    refused = pvex.post(BATCH, content=b"{", headers={**JSON, "accept": "application/xml"})

    assert [one.headers[LEFT] for one in answers] == ['"minute";r=1;t=35', '"minute";r=0;t=35']
    assert (refused.status, refused.text) == (
        429,
        "<Error><Message>Too many requests were sent.</Message></Error>",
    )
    assert refused.headers["retry-after"] == "35"


def test_a_refused_call_is_not_counted_and_the_next_minute_begins_anew(
    pvex: Client, advance: Advance
) -> None:
    statuses = [pvex.get("/api/Invoice").status for _ in range(4)]

    advance(60)

    assert statuses == [200, 200, 429, 429]
    assert pvex.get("/api/Invoice").headers[LEFT] == '"minute";r=1;t=60'


def test_who_is_denied_or_lost_costs_nothing(pvex: Client) -> None:
    denied = pvex.without("authorization").get("/api/Invoice")
    lost = pvex.get("/api/Nope")

    assert (denied.status, lost.status) == (401, 404)
    assert pvex.get("/api/Invoice").headers[LEFT] == '"minute";r=1;t=60'


def test_the_login_tells_it_too(pvex: Client) -> None:
    body = b"grant_type=password&username=sync@cedarhollow.example&password=cedar-hollow-9"
    headers = {"content-type": "application/x-www-form-urlencoded"}

    answer = pvex.without("authorization").post("/token", content=body, headers=headers)

    assert (answer.status, answer.headers["ratelimit-policy"]) == (200, '"minute";q=2;w=60')
