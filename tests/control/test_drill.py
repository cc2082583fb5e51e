"""Operations of a drill over HTTP, held against the contract of the control plane."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.codec import json
from mockserver.control.control_call import control_contract
from mockserver.engine.registry import vendor_packages
from mockserver.server.application import Options
from mockserver.spec.openapi import resolve
from mockserver.spec.schema import COMMON_FORMATS, compile_schema
from mockserver.spec.schema_tree import SchemaTree
from tests.control.operators import NEW, create, order
from tests.support.client import Client, Response
from tests.support.forwarding import EXAMPLES
from tests.support.frozen_app import create_frozen_app

DRILL, VERDICT = f"{NEW}/drill", f"{NEW}/drill/verdict"
GOOD = {"status": 0, "output": ""}
RUN = {"vendor": "acme", "ending": GOOD}
CLEAN = {"sandbox": "clean", "ending": GOOD}
CASE_RUN = {**RUN, "clean": CLEAN}


def unstated(answered: Response, operation: str, method: str = "post") -> list[str]:
    """What the contract does not say of an answer, and members that it does not name."""
    contract = control_contract()
    path = contract.operations[operation].path
    responses = contract.document["paths"][path][method]["responses"]
    if str(answered.status) not in responses:
        return [f"status {answered.status}"]
    content = resolve(contract.document, responses[str(answered.status)])["content"]
    node = content[answered.media_type]["schema"]
    value = json.decode(answered.body)
    problems = compile_schema(contract.document, node, COMMON_FORMATS).problems(value)
    names = SchemaTree(contract.document).undeclared(value, (node,))
    return [f"{one.pointer}: {one.detail}" for one in problems] + [str(one) for one in names]


@pytest.fixture
def drilled(operator: Client) -> Client:
    """A run without faults in `clean`, and one under a scenario in `new`, of which one item failed once."""
    failing = {"items": [{"select": {"key": "A"}, "effect": {"fail": {"code": "internal"}, "failTimes": 1}}]}
    scenario = {"version": 1, "name": "drill", "rules": [{"id": "r1", **failing}]}
    assert create(operator, name="clean").status == 201
    assert create(operator, scenarios=[scenario]).status == 201
    order(operator, "A", "B", sandbox="clean")
    order(operator, "A", "B")
    order(operator, "A")
    return operator


def test_cases_are_listed_as_the_contract_says(operator: Client) -> None:
    answered = operator.get("/_mock/drill/cases?vendor=acme")

    assert unstated(answered, "list_drill_cases", "get") == []
    assert {"transient-item", "commit-then-reset"} <= {one["id"] for one in answered.json}
    assert not any("scenario" in one for one in answered.json)


@pytest.mark.parametrize("vendor", vendor_packages())
def test_cases_of_a_vendor_have_its_own_scenarios(client: Client, vendor: str) -> None:
    names = [one["id"] for one in client.get(f"/_mock/drill/cases?vendor={vendor}").json]

    assert [name for name in names if name.startswith(f"{vendor}-")]


@pytest.mark.parametrize("vendor", vendor_packages())
def test_a_vendor_with_webhooks_has_their_cases(client: Client, vendor: str) -> None:
    cases = client.get(f"/_mock/drill/cases?vendor={vendor}").json

    assert any("webhook" in one["tags"] for one in cases) == (vendor == "payt")


def test_what_a_client_means_to_do_is_learnt_as_the_contract_says(drilled: Client) -> None:
    answered = drilled.post("/_mock/sandboxes/clean/drill", json=RUN)

    assert unstated(answered, "learn_drill") == []
    cases = answered.json.pop("cases")
    assert answered.json == {
        "obstacle": None,
        "says": "2 items by putOrders in 1 call, 2 in all",
        "keys": ["A", "B"],
        "names": ["A", "B"],
        "calls": 1,
        "largest": 2,
        "operation": "putOrders",
    } | {"cases": cases}


def test_every_case_that_is_learnt_can_be_armed(drilled: Client) -> None:
    cases = drilled.post("/_mock/sandboxes/clean/drill", json=RUN).json["cases"]

    armed = [create(drilled, name=f"of-{at}", scenarios=[one["scenario"]]) for at, one in enumerate(cases)]

    assert {one.status for one in armed} == {201}


def test_an_obstacle_is_told_as_the_contract_says(drilled: Client) -> None:
    answered = drilled.post("/_mock/sandboxes/clean/drill", json={**RUN, "ending": {"status": None}})

    assert unstated(answered, "learn_drill") == []
    assert answered.json["obstacle"] == "without any fault the client does not end within 0 s"


def test_a_good_run_is_judged_as_the_contract_says(drilled: Client) -> None:
    answered = drilled.post(VERDICT, json=CASE_RUN)

    assert unstated(answered, "judge_drill") == []
    found = answered.json
    assert (found["verdict"], found["message"]) == (
        "survived",
        "2 of 2 stored, only the failed one sent again",
    )
    assert [[one["call"] for one in item["attempts"]] for item in found["items"]] == [[1, 2], [1]]
    assert [one["sinceFirstMillis"] >= 0 for one in found["calls"]] == [True, True]
    assert found["ledger"]["says"] == "sent 2 · stored 2 · refused 0 · lost 0 · doubled 0 · never answered 0"


def test_a_fault_is_told_as_the_contract_says(drilled: Client) -> None:
    order(drilled, "B")

    answered = drilled.post(VERDICT, json=CASE_RUN)

    assert unstated(answered, "judge_drill") == []
    [finding] = answered.json["findings"]
    assert finding == {
        "kind": "RESENT",
        "message": "item B was sent again although the answer to #1 said stored",
        "cause": "an item was sent again although its answer said stored",
        "items": ["B"],
        "calls": [3],
        "doubtful": False,
    }


def test_a_run_without_calls_is_judged_as_the_contract_says(drilled: Client) -> None:
    create(drilled, name="idle")

    answered = drilled.post("/_mock/sandboxes/idle/drill/verdict", json=CASE_RUN)

    assert unstated(answered, "judge_drill") == []
    assert (answered.json["verdict"], answered.json["calls"]) == ("silent", [])


def test_a_run_that_its_scenario_did_not_touch_is_not_met(drilled: Client) -> None:
    create(drilled, name="untouched")
    order(drilled, "A", "B", sandbox="untouched")

    found = drilled.post("/_mock/sandboxes/untouched/drill/verdict", json=CASE_RUN).json

    assert found["verdict"] == "unmet"


def test_calls_to_other_vendors_are_no_part_of_a_run(drilled: Client) -> None:
    drilled.get("/nobody/orders", headers={"mock-sandbox": "new"})

    assert len(drilled.post(VERDICT, json=CASE_RUN).json["calls"]) == 2


@pytest.mark.parametrize("path", [DRILL, VERDICT])
def test_a_vendor_that_is_not_there_is_told(drilled: Client, path: str) -> None:
    body = {**(CASE_RUN if path == VERDICT else RUN), "vendor": "nobody"}

    answered = drilled.post(path, json=body)

    assert (answered.status, answered.json["errors"][0]["pointer"]) == (422, "/vendor")


def test_cases_of_a_vendor_that_is_not_there_are_not_found(operator: Client) -> None:
    answered = operator.get("/_mock/drill/cases?vendor=nobody")

    assert (answered.status, answered.json["code"]) == (404, "unknown-vendor")


@pytest.mark.parametrize(("tail", "body"), [("drill", RUN), ("drill/verdict", CASE_RUN)])
def test_a_sandbox_that_is_not_there_is_told(drilled: Client, tail: str, body: Any) -> None:
    answered = drilled.post(f"/_mock/sandboxes/nowhere/{tail}", json=body)

    assert (answered.status, answered.json["code"]) == (404, "unknown-sandbox")


def test_a_clean_sandbox_that_is_not_there_is_a_member_that_is_wrong(drilled: Client) -> None:
    answered = drilled.post(VERDICT, json={**CASE_RUN, "clean": {**CLEAN, "sandbox": "nowhere"}})

    assert answered.status == 422
    assert [one["pointer"] for one in answered.json["errors"]] == ["/clean/sandbox"]


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        (DRILL, {"ending": GOOD}, "/vendor"),
        (DRILL, {"vendor": "acme"}, "/ending"),
        (DRILL, {**RUN, "ending": {}}, "/ending/status"),
        (DRILL, {**RUN, "ending": {"status": "0"}}, "/ending/status"),
        (DRILL, {**RUN, "ending": {"status": 0, "timeoutSeconds": -1}}, "/ending/timeoutSeconds"),
        (DRILL, {**RUN, "ending": {"status": 0, "output": ["no text"]}}, "/ending/output"),
        (DRILL, {**RUN, "colour": "red"}, "/colour"),
        (DRILL, {**RUN, "vendor": 7}, "/vendor"),
        (DRILL, [], ""),
        (VERDICT, RUN, "/clean"),
        (VERDICT, {**CASE_RUN, "clean": {"sandbox": "clean"}}, "/clean/ending"),
        (VERDICT, {**CASE_RUN, "clean": {**CLEAN, "sandbox": "No Name"}}, "/clean/sandbox"),
        (VERDICT, {**CASE_RUN, "harmless": "yes"}, "/harmless"),
        (VERDICT, {**CASE_RUN, "starts": [0]}, "/starts/0"),
        (VERDICT, {**CASE_RUN, "starts": 1}, "/starts"),
    ],
)
def test_a_body_that_breaks_the_contract_is_refused(
    drilled: Client, path: str, body: Any, pointer: str
) -> None:
    answered = drilled.post(path, json=body)

    assert answered.status == 400
    assert [one["pointer"] for one in answered.json["errors"]] == [pointer]


def test_a_body_that_is_no_json_is_refused(drilled: Client) -> None:
    answered = drilled.post(DRILL, content=b"{", headers={"content-type": "application/json"})

    assert answered.status == 400


def test_a_body_of_another_type_is_refused(drilled: Client) -> None:
    assert drilled.post(DRILL, content=b"{}", headers={"content-type": "text/plain"}).status == 415


def test_a_warning_that_no_answer_has_a_place_for_is_not_held_against_a_client() -> None:
    file = EXAMPLES / "two-lists-by-id.yaml"
    app = create_frozen_app(Options(files=(file,), vendors=("two-lists-by-id",)))
    client = Client(app, {})
    # The texts of the warning and of the refusal are alike, so that the answer has the warning's text.
    effects = [{"warn": {"code": "unknown-reference"}}, {"fail": {"code": "unknown-reference"}}]
    items = [{"select": {"firstIndex": at}, "effect": effect} for at, effect in enumerate(effects)]
    scenario = {"version": 1, "name": "drill", "rules": [{"id": "both", "items": items}]}
    sent = {"entries": [{"id": "m-1", "text": "x"}, {"id": "m-2", "text": "x"}]}
    for sandbox, scenarios in (("clean", []), ("new", [scenario])):
        assert create(client, name=sandbox, scenarios=scenarios).status == 201
        client.post("/two-lists-by-id/signals/batch", json=sent, headers={"mock-sandbox": sandbox})
    told = {"status": 0, "output": "not sent: m-2"}
    asked = {"vendor": "two-lists-by-id", "ending": told, "clean": CLEAN}

    verdict = client.post(VERDICT, json=asked).json

    assert (verdict["verdict"], verdict["findings"]) == ("unmet", [])
    assert verdict["message"] == "no answer to the client has a place for the warning of an item"
    assert [attempt["warning"] for one in verdict["items"] for attempt in one["attempts"]] == [None, None]
