"""The three ways to activate a scenario, end to end: armed, by header, by a token in the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.model import Json
from tests.support import sample_vendor
from tests.support.client import Client, Response

CONTROL = "/_mock/sandboxes/default"
THIRD_FAILS = {
    "select": {"key": "C"},
    "effect": {"fail": {"code": "internal", "status": 500}, "failTimes": 1},
}


@pytest.fixture
def acme(tmp_path: Path) -> Client:
    """The vendor with tokens in the notes of its orders, and a rate limit."""
    made = sample_vendor.changed_document("/paths/~1orders/put/x-magic", "/note")
    responses = made["paths"]["/orders"]["put"]["responses"]
    responses["429"] = responses["503"]
    return sample_vendor.create_client(tmp_path, made)


def put(client: Client, notes: dict[str, str] | None = None, **headers: str) -> Response:
    """Return the response to a batch of orders; the default orders are A, B and C."""
    orders = [
        {"id": key, "amount": 1, "note": note} for key, note in (notes or dict.fromkeys("ABC", "")).items()
    ]
    return client.within(**headers).put("/acme/orders", json={"orders": orders})


def arm(client: Client, *rules: Json, armed: str = "true") -> None:
    document = {"version": 1, "name": "trouble", "rules": list(rules)}
    assert client.put(f"{CONTROL}/scenarios/trouble?armed={armed}", json=document).status == 200


def told(answered: Response) -> list[int]:
    return [one["status"] for one in answered.json["results"]]


def kept(client: Client) -> list[str]:
    return [order["id"] for order in client.get("/acme/orders").json]


def journaled(client: Client, answered: Response) -> dict[str, Any]:
    entry: dict[str, Any] = client.get(f"{CONTROL}/journal/{answered.headers['mock-journal']}").json
    return entry


def test_what_is_armed_bends_every_call_of_its_sandbox_and_no_other(acme: Client) -> None:
    acme.get("/acme/orders")
    arm(acme, {"id": "third", "items": [THIRD_FAILS]})

    assert told(put(acme, mock_sandbox="other")) == [201, 201, 201]
    assert told(put(acme)) == [201, 201, 500]
    assert kept(acme) == ["A", "B"]
    assert told(put(acme)) == [200, 200, 201]


def test_what_is_stored_and_not_armed_bends_the_calls_that_name_it(acme: Client) -> None:
    acme.get("/acme/orders")
    arm(acme, {"id": "none", "commit": "none", "response": {"status": 503}}, armed="false")

    named = put(acme, mock_scenario="trouble")

    assert (named.status, named.headers["mock-applied"], kept(acme)) == (503, "trouble/none", [])
    assert put(acme).status == 207


def test_what_ships_may_be_named_at_any_time(acme: Client) -> None:
    answered = put(acme, mock_scenario="reordered, omitted;seed=7")

    assert [one["order"]["id"] for one in answered.json["results"]] == ["C", "B"]
    assert kept(acme) == ["A", "B", "C"]


def test_a_token_in_the_data_bends_its_item_or_in_the_first_the_call(acme: Client) -> None:
    twice = put(acme, {"A": "", "B": "sbx.dup"})
    throttled = put(acme, {"C": "sbx.429", "D": ""})

    assert (told(twice), twice.headers["mock-applied"]) == ([201, 201, 201], "sbx/sbx.dup")
    assert (throttled.status, throttled.headers["retry-after"], kept(acme)) == (429, "7", ["A", "B"])


def test_the_header_comes_before_the_token_and_the_token_before_what_is_armed(acme: Client) -> None:
    acme.get("/acme/orders")
    arm(acme, {"id": "down", "response": {"status": 500}})
    token = {"A": "sbx.503"}

    assert put(acme, token, mock_scenario="throttle-bare").status == 429
    assert put(acme, token).status == 503
    assert put(acme).status == 500


def test_dates_of_answers_and_of_waits_are_the_sandboxes(acme: Client) -> None:
    acme.post(f"{CONTROL}/clock/freeze", json={"at": "2030-06-01T09:00:00Z"})

    throttled = put(acme, mock_scenario="throttle-date").headers
    others = [acme.get("/acme/none"), acme.without("authorization").get("/acme/orders"), put(acme)]

    assert throttled["retry-after"] == "Sat, 01 Jun 2030 09:00:07 GMT"
    assert {throttled["date"], *(one.headers["date"] for one in others)} == {"Sat, 01 Jun 2030 09:00:00 GMT"}
    assert "date" not in acme.get("/_mock/health").headers


def test_a_header_that_names_nothing_is_no_call_of_the_vendors(acme: Client) -> None:
    answered = put(acme, mock_scenario="omitte")

    assert (answered.status, answered.media_type) == (400, "application/problem+json")
    assert "there is no scenario omitte; there are omitted" in answered.json["detail"]
    assert kept(acme) == []


def test_an_answer_that_nothing_bent_names_no_rule(acme: Client) -> None:
    acme.get("/acme/orders")
    arm(acme, {"id": "third", "items": [THIRD_FAILS]})

    assert [put(acme).headers.get("mock-applied") for _ in range(2)] == ["trouble/third", None]


def test_the_rules_applied_can_be_kept_out_of_the_answer(tmp_path: Path) -> None:
    silent = sample_vendor.create_client(tmp_path, mock_headers=False)

    answered = put(silent, mock_scenario="omitted")

    assert len(answered.json["results"]) == 2
    assert not [name for name in answered.headers if name.startswith("mock-")]


def test_the_journal_tells_what_became_of_the_items_and_not_what_was_answered(acme: Client) -> None:
    acme.get("/acme/orders")
    lost, kept_back = {"fail": {"code": "internal"}, "commit": True}, {"commit": False}
    arm(
        acme,
        {
            "id": "liar",
            "items": [
                {"select": {"key": "A"}, "effect": lost},
                {"select": {"key": "B"}, "effect": kept_back},
            ],
        },
    )

    answered = put(acme)

    entry = journaled(acme, answered)
    assert told(answered) == [500, 201, 201]
    assert [one["action"] for one in entry["decided"]] == ["created", "skipped", "created"]
    assert (entry["applied"], kept(acme)) == (["trouble/liar"], ["A", "C"])


def test_counts_are_set_back_with_the_sandbox(acme: Client) -> None:
    acme.get("/acme/orders")
    arm(acme, {"id": "third", "items": [THIRD_FAILS]})
    snapshot = acme.post(f"{CONTROL}/snapshots", json={}).json["id"]

    first = put(acme)
    acme.post(f"{CONTROL}/snapshots/{snapshot}/restore")

    assert (put(acme).body, told(put(acme))) == (first.body, [200, 200, 201])


def test_an_engine_that_is_off_looks_at_no_assumption(tmp_path: Path) -> None:
    made = sample_vendor.changed_document("/paths/~1orders/put/x-magic", "/note")
    client = sample_vendor.create_client(tmp_path, made, scenarios=False)
    client.get("/acme/orders")
    arm(client, {"id": "down", "response": {"status": 503}})

    assert told(put(client, {"A": "sbx.429"}, mock_scenario="nothing")) == [201]
