from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.errors import SpecError
from tests.support import sample_vendor
from tests.support.client import Client

TOO_MANY = {"description": "too many calls", "content": {"application/problem+json": {"schema": {}}}}
TWO_A_MINUTE = {"name": "minute", "calls": 2, "seconds": 60}


def limited(folder: Path, declared: Any, **options: Any) -> Client:
    """A client of the sample vendor, whose spec declares a rate limit."""
    made = {**sample_vendor.document(), "x-rate-limit": declared}
    for item in made["paths"].values():
        for method in {"get", "put"} & set(item):
            item[method]["responses"]["429"] = TOO_MANY
    return sample_vendor.create_client(folder, made, freeze="2026-01-05T09:00:25Z", **options)


def test_a_call_over_the_limit_is_refused_until_the_window_ends(tmp_path: Path) -> None:
    caller = limited(tmp_path, TWO_A_MINUTE)
    answers = [caller.get("/acme/orders") for _ in range(3)]

    caller.post("/_mock/sandboxes/default/clock/advance", json={"seconds": 35})

    assert [one.status for one in (*answers, caller.get("/acme/orders"))] == [200, 200, 429, 200]


def test_a_refusal_tells_how_long_to_wait(tmp_path: Path) -> None:
    caller = limited(tmp_path, {**TWO_A_MINUTE, "calls": 1})

    waits = [caller.get("/acme/orders").headers.get("retry-after") for _ in range(2)]

    assert waits == [None, "35"]


def test_the_quota_of_a_scenario_tells_how_long_to_wait(tmp_path: Path) -> None:
    caller = limited(tmp_path, {**TWO_A_MINUTE, "calls": 9}).within(mock_scenario="two-a-minute")

    answers = [caller.get("/acme/orders") for _ in range(3)]

    assert [(one.status, one.headers.get("retry-after")) for one in answers][1:] == [(200, None), (429, "35")]


def test_answers_and_refusals_tell_how_many_calls_are_left(tmp_path: Path) -> None:
    caller = limited(tmp_path, TWO_A_MINUTE)

    told = [caller.get(path).headers["ratelimit"] for path in ("/acme/orders", "/acme/orders/none")]

    assert told == ['"minute";r=1;t=35', '"minute";r=0;t=35']


def test_an_answer_that_a_key_kept_tells_of_its_own_calls_left(tmp_path: Path) -> None:
    caller = limited(tmp_path, TWO_A_MINUTE, assumptions={"acme.idempotency_keys": "on"})
    caller = caller.within(idempotency_key="k", mock_scenario="half-then-500")
    body = {"orders": [{"id": "A", "amount": 1}, {"id": "B", "amount": 1}]}

    assert [caller.put("/acme/orders", json=body).status for _ in range(2)] == [500, 500]
    replayed = caller.get("/_mock/sandboxes/default/journal/2").json
    assert replayed["reply"]["headers"]["RateLimit"] == '"minute";r=0;t=35'


def test_each_credential_has_a_window_of_its_own(tmp_path: Path) -> None:
    caller = limited(tmp_path, {**TWO_A_MINUTE, "calls": 1, "by": "token"})
    other = caller.within(authorization="Bearer xyz")

    assert [one.get("/acme/orders").status for one in (caller, other, caller)] == [200, 200, 429]


def test_a_call_without_good_credentials_is_not_counted(tmp_path: Path) -> None:
    caller = limited(tmp_path, TWO_A_MINUTE)

    refused = [caller.without("authorization").get("/acme/orders").status for _ in range(3)]

    assert (refused, caller.get("/acme/orders").status) == ([401, 401, 401], 200)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"window": 1}, "x-rate-limit.window: unknown; known are by, calls"),
        ({"seconds": 0}, "x-rate-limit.seconds: expected another value, found 0"),
        ({"calls": "quotas"}, "x-rate-limit.calls: there is no assumption quotas"),
        ({"when": "quotas"}, "x-rate-limit.when: there is no assumption quotas"),
        ({"by": "nobody"}, "x-rate-limit.by: there is no security scheme nobody"),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_refused_at_start(
    tmp_path: Path, change: Any, said: str
) -> None:
    with pytest.raises(SpecError, match=said):
        limited(tmp_path, {**TWO_A_MINUTE, **change})


def test_a_declaration_without_a_number_of_calls_is_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="calls: expected another value, it is missing"):
        limited(tmp_path, {"name": "minute", "seconds": 60})
