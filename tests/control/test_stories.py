"""Exported stories bring what they need, or are refused with the reason."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from mockserver.codec import yaml
from mockserver.control.cases.language import read_case_file
from mockserver.control.cases.runner import run_in_new_sandbox
from mockserver.sandbox import memory_store
from mockserver.server.application import Application, Options, create_app
from mockserver.server.in_process import InProcessClient
from tests.control.operators import NEW, SANDBOXES, create, order
from tests.support import sample_vendor
from tests.support.client import Client, Response

EXPORT = f"{NEW}/journal/export?format=case"
FAIL_A_TWICE = {"select": {"key": "A"}, "effect": {"fail": {"code": "locked"}, "failTimes": 2}}
SCENARIO = {"version": 1, "name": "locked-a", "rules": [{"id": "r1", "items": [FAIL_A_TWICE]}]}


def steps(answered: Response, kind: str) -> list[Any]:
    """The steps of that kind in an exported case."""
    assert answered.status == 200, answered.text
    return [step for step in yaml.load(answered.text)["when"] if kind in step]


def reproduces(operator: Client, query: str) -> bool:
    """Whether an exported case passes in a new sandbox, after other calls in the recorded one."""
    text = operator.get(f"{EXPORT}{query}").text
    order(operator, "A", "B", "C")
    inside = InProcessClient(operator.app)
    result = asyncio.run(run_in_new_sandbox(read_case_file(text.encode(), "x.yaml"), "again", inside))
    assert result.differences == ()
    return result.passed


def refusal(operator: Client, query: str = "") -> str:
    answered = operator.get(f"{EXPORT}{query}")
    assert (answered.status, answered.json["code"]) == (409, "not-reproducible")
    return str(answered.json["detail"])


def test_calls_from_one_number_to_another_bring_what_the_earlier_ones_left(operator: Client) -> None:
    order(operator, "A")
    order(operator, "A", "B")
    order(operator, "B", "C")

    answered = operator.get(f"{EXPORT}&from=2&to=3")

    assert len(steps(answered, "call")) == 2
    assert steps(answered, "control")[0]["json"]["acme/"]["orders"].keys() == {"A"}
    assert reproduces(operator, "&from=2&to=3")


def test_calls_that_are_left_out_leave_their_effects(operator: Client) -> None:
    order(operator, "A")
    order(operator, "B")
    order(operator, "A", "B")

    answered = operator.get(f"{EXPORT}&item=A")

    assert len(steps(answered, "call")) == 2
    assert reproduces(operator, "&item=A")


def test_a_scenario_is_armed_with_the_hits_that_it_has_left(operator: Client) -> None:
    create(operator, scenarios=[SCENARIO])
    for _ in range(3):
        order(operator, "A")

    assert [step["journal"]["outcomes"] for step in steps(operator.get(f"{EXPORT}&from=2"), "journal")] == [
        {"rejected": 1},
        {"created": 1},
    ]
    assert reproduces(operator, "&from=2")


def test_changes_of_the_control_plane_between_calls_are_made_again(operator: Client) -> None:
    create(operator, seed=9, freeze="2026-01-05T09:00:00Z")
    order(operator, "A")
    operator.put(f"{NEW}/state", json={"acme/": {"orders": {"Z": {"id": "Z", "amount": 5}}}})
    operator.post(f"{NEW}/clock/advance", json={"seconds": 3600})
    operator.put(f"{NEW}/scenarios/locked-a", json=SCENARIO)
    order(operator, "A", "Z")

    answered = operator.get(EXPORT)

    assert yaml.load(answered.text)["seed"] == 9
    assert steps(answered, "freeze") == [{"freeze": "2026-01-05T10:00:00Z"}]
    assert reproduces(operator, "")


def test_calls_are_exported_when_their_journal_was_cleared_before(operator: Client) -> None:
    order(operator, "A")
    operator.delete(f"{NEW}/journal")
    order(operator, "A")

    assert reproduces(operator, "&from=2&to=2")


def test_an_empty_sandbox_is_made_empty(operator: Client) -> None:
    create(operator, empty=True)
    order(operator, "A")

    assert yaml.load(operator.get(EXPORT).text)["empty"] is True
    assert reproduces(operator, "")


def test_no_call_is_refused(operator: Client) -> None:
    create(operator)

    assert refusal(operator) == "no call of the journal matches"


def test_a_call_whose_earlier_state_is_no_longer_kept_is_refused_with_the_first_that_is(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_store, "MAX_CHANGES", 3)
    for key in "ABCDEF":
        order(operator, key)

    said = refusal(operator)

    first = int(said.rpartition("from=")[2].split()[0])
    assert said.startswith("the state before call ")
    assert len(steps(operator.get(f"{EXPORT}&from={first}"), "call")) == 7 - first


def test_an_export_leaves_no_sandbox_behind(operator: Client) -> None:
    order(operator, "A")
    before = operator.get(SANDBOXES).json

    operator.get(EXPORT)

    assert [one["name"] for one in operator.get(SANDBOXES).json] == [one["name"] for one in before]


def test_an_answer_that_names_its_host_is_not_compared_there(operator: Client) -> None:
    order(operator, "A")

    assert "testserver" not in operator.get(EXPORT).text


@pytest.fixture(scope="module")
def strict() -> Client:
    """A server that takes only credentials that it knows."""
    app: Application = create_app(Options(vendors=("vba",), strict_auth=True))
    return Client(app, {"host": "testserver", "user-agent": "tests", "mock-sandbox": "new"})


KNOWN = {
    "x-api-key": "good-key",
    "authorization": "Bearer good-token",
    "vbasoftware-database": "VBADEMO",
}


def test_credentials_of_the_fixtures_are_shown(strict: Client) -> None:
    number = strict.get("/vba/claim-invoice", headers=KNOWN).headers["mock-journal"]

    text = strict.get(f"{EXPORT}&from={number}&to={number}").text

    assert "Bearer good-token" in text
    assert "good-key" in text


def test_credentials_of_others_are_cut(strict: Client) -> None:
    secret = {**KNOWN, "authorization": "Bearer my-own-secret-token"}
    number = strict.get("/vba/claim-invoice", headers=secret).headers["mock-journal"]

    text = strict.get(f"{EXPORT}&from={number}&to={number}").text

    assert "Bearer my***" in text
    assert "secret" not in text


def test_a_credential_that_the_sandbox_knows_is_shown(strict: Client) -> None:
    strict.get("/vba/claim-invoice", headers=KNOWN)
    mine = {"scheme": "bearerAuth", "kind": "good", "name": "me"}
    strict.patch(f"{NEW}/state", json={"vba/": {"credentials": {"my-own-token": mine}}})
    known = {**KNOWN, "authorization": "Bearer my-own-token"}
    number = strict.get("/vba/claim-invoice", headers=known).headers["mock-journal"]

    assert "Bearer my-own-token" in strict.get(f"{EXPORT}&from={number}&to={number}").text


def test_a_credential_that_is_cut_may_not_stand_in_a_scenario_either(operator: Client) -> None:
    match = {"headers": {"authorization": "Bearer my-own-secret-token"}}
    rule = {"id": "r1", "match": match, "response": {"status": 503}}
    created = create(operator, scenarios=[{"version": 1, "name": "mine", "rules": [rule]}])
    assert created.status == 201, created.text
    headers = {"mock-sandbox": "new", "authorization": "Bearer my-own-secret-token"}
    assert operator.get("/acme/orders", headers=headers).status == 503

    assert refusal(operator).endswith(
        "holds the credential of its header authorization; ask with secrets=shown"
    )
    assert operator.get(f"{EXPORT}&secrets=shown").status == 200


OUTSIDE = {"mock-sandbox": "new", "host": "127.0.0.1:8080", "user-agent": "tests"}


@pytest.fixture
def guarded() -> Iterator[Client]:
    """A client of a server that checks the Host of what no vendor answers, as `run` does."""
    with sample_vendor.shared_client(seed=3, hosts=("127.0.0.1",)) as client:
        yield client.within(host="127.0.0.1:8080")


@pytest.mark.parametrize("path", ["/nowhere?a=b", "/sandboxes/new/nowhere"])
@pytest.mark.parametrize("form", ["curl", "pytest", "har", "postman"])
def test_a_call_outside_of_every_vendor_is_sent_there_again(guarded: Client, form: str, path: str) -> None:
    assert guarded.post(path, content=b"x", headers=OUTSIDE).status == 404

    text = guarded.get(f"{NEW}/journal/export?format={form}").text

    assert "not-reproducible" not in text
    assert '"reproducible":false' not in text
    assert "404" in text
    assert "/nowhere" in text


@pytest.mark.parametrize("into", ["here", "fresh"])
def test_a_call_outside_of_every_vendor_is_replayed(guarded: Client, into: str) -> None:
    guarded.get("/nowhere", headers=OUTSIDE)

    assert guarded.post(f"{NEW}/journal/1/replay", json={"into": into}).json["status"] == 404


def test_a_case_leaves_out_what_no_vendor_answers_and_names_it(guarded: Client) -> None:
    order(guarded, "A")
    guarded.get("/nowhere", headers=OUTSIDE)
    order(guarded, "A", "B")

    answered = guarded.get(EXPORT)

    assert [step["call"] for step in steps(answered, "call")] == ["PUT /orders", "PUT /orders"]
    assert "# Left out: call 2 GET /nowhere, which is for no vendor" in answered.text
    assert reproduces(guarded, "")


def test_a_case_of_nothing_but_a_call_outside_is_refused_with_the_forms_that_send_it(guarded: Client) -> None:
    guarded.get("/nowhere", headers=OUTSIDE)

    assert refusal(guarded) == (
        "cannot export as case: a case belongs to a vendor, and call 1 GET /nowhere is for none; "
        "curl, har, postman and pytest send it"
    )


def test_a_call_that_is_refused_for_its_host_is_not_exported(guarded: Client) -> None:
    assert guarded.get("/nowhere", headers={**OUTSIDE, "host": "evil.example"}).status == 403

    assert refusal(guarded).endswith("it was answered for its Host or Origin, and the Host is not sent again")


def test_the_trial_of_an_export_is_not_in_the_log() -> None:
    logged: list[str] = []
    app = create_app(Options(vendors=("vba",)), listeners=(lambda entry: logged.append(entry.call.sandbox),))
    client = Client(app, {"host": "testserver", "user-agent": "tests", "mock-sandbox": "new"})
    client.get("/vba/claim-invoice", headers=KNOWN)

    assert client.get(EXPORT).status == 200

    assert logged == ["new"]
