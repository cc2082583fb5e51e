"""Where a reason comes from that no refusal of the vendor has: rules, preferences, repeated answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mockserver.server.application import Application
from tests.support import sample_vendor
from tests.support.client import Client, Response

BATCH = {"orders": [{"id": "A", "amount": 1}]}
SANDBOX = "/_mock/sandboxes/default"
ALTERED = "delete the scenario to have the vendor's own answer"


@pytest.fixture
def caller() -> Iterator[Client]:
    with sample_vendor.shared_client() as client:
        yield client


def arm(caller: Client, **rule: Any) -> None:
    document = {"version": 1, "name": "qa", "rules": [{"id": "r1", **rule}]}
    answered = caller.put(f"{SANDBOX}/scenarios/qa", json=document)
    assert answered.status in (200, 201), answered.text


def reason(caller: Client) -> str:
    assert isinstance(caller.app, Application)
    return caller.app.journal.kept.entries("default")[-1].reason


def put(caller: Client, **headers: str) -> Response:
    return caller.put(
        "/acme/orders", json=BATCH, headers={name.replace("_", "-"): one for name, one in headers.items()}
    )


FAILS = {"select": {"index": 0}, "effect": {"fail": {"code": "internal"}}}


def test_several_rules_are_the_reason_of_the_answer_that_they_change(caller: Client) -> None:
    rules = [{"id": "r1", "items": [FAILS]}, {"id": "r2", "commit": "none", "response": {"status": 503}}]
    caller.put(f"{SANDBOX}/scenarios/qa", json={"version": 1, "name": "qa", "rules": rules})

    assert put(caller).headers["mock-reason"] == f"scenario rules qa/r1, qa/r2 answer 503; {ALTERED}"


@pytest.mark.parametrize(
    ("rule", "status", "said"),
    [
        ({}, 207, ""),
        ({"response": {"status": 503}}, 503, f"scenario rule qa/r1 answers 503; {ALTERED}"),
        ({"response": {"delay": {"type": "fixed", "value": 1}}}, 207, ""),
        ({"items": [FAILS]}, 207, ""),
        (
            {"response": {"example": "nope"}},
            400,
            "example=nope: the spec has no such example here; there are none",
        ),
    ],
)
def test_a_rule_is_the_reason_of_the_answer_that_it_changes(
    caller: Client, rule: dict[str, Any], status: int, said: str
) -> None:
    if rule:
        arm(caller, **rule)

    answered = put(caller)

    assert (answered.status, answered.headers.get("mock-reason", ""), reason(caller)) == (status, said, said)


def test_a_rule_that_changes_nothing_of_a_refusal_is_not_its_reason(caller: Client) -> None:
    arm(caller, response={"headers": {"x-more": "1"}})

    caller.put("/acme/orders", json={})

    assert reason(caller) == "/orders is missing"


def test_a_quota_of_a_rule_is_told_with_its_wait(caller: Client) -> None:
    caller.post(f"{SANDBOX}/clock/freeze", json={"at": "2026-01-05T09:00:10Z"})
    arm(caller, quota={"limit": 1, "windowMillis": 60_000, "status": 503})
    put(caller)

    answered = put(caller)

    assert (answered.status, reason(caller)) == (
        503,
        "the quota of rule qa/r1 is used up; wait 50 s by the sandbox clock",
    )


def test_a_preferred_status_is_the_reason(caller: Client) -> None:
    answered = caller.get("/acme/orders", headers={"prefer": "code=404"})

    assert answered.headers["mock-reason"] == "Prefer: code=404 asks for this answer"


def test_the_answer_of_an_earlier_call_is_told_as_such(caller: Client) -> None:
    caller.patch(f"{SANDBOX}/assumptions", json={"acme.idempotency_keys": "on"})
    for _ in range(2):
        caller.put("/acme/orders", json={}, headers={"idempotency-key": "K1"})

    assert reason(caller) == (
        "the first call with this idempotency key was refused, and its answer is sent again; use a new key"
    )


def test_an_idempotency_key_of_another_call_is_the_reason(caller: Client) -> None:
    caller.patch(f"{SANDBOX}/assumptions", json={"acme.idempotency_keys": "on"})
    put(caller, idempotency_key="K1")

    answered = caller.put("/acme/orders", json={"orders": []}, headers={"idempotency-key": "K1"})

    assert (answered.status, reason(caller)) == (422, "Idempotency-Key K1 was used with another request")


def test_the_log_and_the_journal_say_why_where_our_headers_are_off(tmp_path: Path) -> None:
    caller = sample_vendor.create_client(tmp_path, mock_headers=False)

    answered = caller.put("/acme/orders", json={})

    assert ("mock-reason" in answered.headers, reason(caller)) == (False, "/orders is missing")


def test_a_reason_changes_neither_status_nor_body(tmp_path: Path) -> None:
    loud = sample_vendor.create_client(tmp_path)
    quiet = Client(sample_vendor.create_application(tmp_path, mock_headers=False), loud.headers)

    answers = [one.without("authorization").get("/acme/orders") for one in (loud, quiet)]

    assert len({(one.status, one.body) for one in answers}) == 1


def test_a_reason_is_in_the_lists_of_the_control_plane(caller: Client) -> None:
    caller.put("/acme/orders", json={})

    (entry,) = caller.get(f"{SANDBOX}/journal").json
    assert entry["reason"] == "/orders is missing"
    assert "400  invalid: /orders is missing  " in entry["line"]
