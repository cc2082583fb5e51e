from __future__ import annotations

import json
from typing import Any

import pytest

from mockserver.engine.registry import vendor_packages
from tests.control.operators import NEW, create, listed, order
from tests.support.client import Client, Response

SCENARIOS = f"{NEW}/scenarios"
FAILING = {"items": [{"select": {"key": "A"}, "effect": {"fail": {"code": "internal"}}}]}
FLAKY = {
    "version": 1,
    "name": "flaky",
    "description": "A fails",
    "rules": [{"id": "r1", "times": {"count": 2}, **FAILING}],
}
IN_WORDS = {
    "id": "r1",
    "when": "all calls with such an item, only the first 2 such calls",
    "then": ["the item A: rejected (internal)"],
}
AS_YAML = """\
version: 1
name: flaky
description: A fails
rules:
  - id: r1
    times: {count: 2}
    items: [{select: {key: A}, effect: {fail: {code: internal}}}]
"""


def put(operator: Client, document: Any, name: str = "flaky", query: str = "") -> Response:
    return operator.put(f"{SCENARIOS}/{name}{query}", json=document)


def send(operator: Client, text: str, media_type: str = "application/yaml", name: str = "flaky") -> Response:
    return operator.put(f"{SCENARIOS}/{name}", content=text.encode(), headers={"content-type": media_type})


def short(operator: Client) -> list[tuple[str, bool]]:
    return [(one["name"], one["armed"]) for one in operator.get(SCENARIOS).json]


def statuses(operator: Client) -> list[int]:
    return [one["status"] for one in order(operator, "A", "B").json["results"]]


@pytest.mark.parametrize(
    ("text", "media_type"),
    [
        (json.dumps(FLAKY), "application/json"),
        *((AS_YAML, one) for one in ("application/yaml", "text/yaml", "text/yaml; charset=utf-8", None)),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", SCENARIOS), ("PUT", f"{SCENARIOS}/flaky")])
def test_a_scenario_is_armed_under_the_name_of_its_document(
    operator: Client, method: str, path: str, text: str, media_type: str | None
) -> None:
    create(operator)
    headers = {"content-type": media_type} if media_type else {}

    added = operator.request(method, path, content=text.encode(), headers=headers)

    assert (added.status, added.json["document"]) == (200, FLAKY)
    assert short(operator) == [("flaky", True)]


def test_a_document_without_a_name_is_not_added(operator: Client) -> None:
    create(operator)

    refused = operator.post(SCENARIOS, json={"version": 1, "rules": FLAKY["rules"]})

    assert (refused.status, short(operator)) == (422, [])


def test_a_scenario_is_stored_and_armed(operator: Client) -> None:
    create(operator)

    response = put(operator, FLAKY)

    assert (response.status, response.json) == (
        200,
        {
            "name": "flaky",
            "armed": True,
            "description": "A fails",
            "rules": 1,
            "hits": 0,
            "counts": [{**IN_WORDS, "calls": 0, "hits": 0, "left": 2}],
            "document": FLAKY,
        },
    )


def test_a_scenario_that_is_armed_bends_calls_and_tells_what_it_hit(operator: Client) -> None:
    create(operator)
    put(operator, FLAKY)

    first, _second, third = statuses(operator), statuses(operator), statuses(operator)

    assert (first[0] >= 400, first[1], third[0]) == (True, 201, 201)
    assert operator.get(f"{SCENARIOS}/flaky").json["counts"] == [
        {**IN_WORDS, "calls": 3, "hits": 2, "left": 0}
    ]


@pytest.mark.parametrize(
    ("rule", "calls", "hits", "left"),
    [
        (
            {"items": [{"select": {"key": "A"}, "effect": {"fail": {"code": "internal"}, "failTimes": 2}}]},
            3,
            2,
            None,
        ),
        (
            {
                "items": [{"select": {"key": "A"}, "effect": {"fail": {"code": "internal"}, "failTimes": 1}}],
                "times": {"count": 2},
            },
            3,
            1,
            0,
        ),
        ({"commit": "none"}, 3, 3, None),
    ],
)
def test_hits_are_the_calls_that_a_rule_changed(
    operator: Client, rule: Any, calls: int, hits: int, left: int | None
) -> None:
    create(operator)
    put(operator, {"version": 1, "name": "flaky", "rules": [{"id": "r1", **rule}]})

    for _ in range(3):
        order(operator, "A")

    found = operator.get(f"{SCENARIOS}/flaky").json
    (counts,) = found["counts"]
    listed = operator.get(f"{NEW}/journal?scenario=flaky").json
    assert (counts["calls"], counts["hits"], counts["left"]) == (calls, hits, left)
    assert found["hits"] == len(listed) == hits


def test_a_scenario_that_is_only_stored_bends_nothing(operator: Client) -> None:
    create(operator)

    response = put(operator, FLAKY, query="?armed=false")

    assert (response.json["armed"], statuses(operator)) == (False, [201, 201])


def test_scenarios_are_listed_newest_first(operator: Client) -> None:
    create(operator)
    put(operator, FLAKY)
    put(operator, {**FLAKY, "name": "other"}, "other", "?armed=false")

    assert short(operator) == [("other", False), ("flaky", True)]


def test_a_scenario_that_is_stored_again_is_the_newest_and_has_counted_nothing(operator: Client) -> None:
    create(operator)
    put(operator, FLAKY)
    put(operator, {**FLAKY, "name": "other"}, "other")
    order(operator, "A")

    put(operator, FLAKY)

    assert [one[0] for one in short(operator)] == ["flaky", "other"]
    assert operator.get(f"{SCENARIOS}/flaky").json["counts"][0]["calls"] == 0
    assert operator.get(f"{SCENARIOS}/other").json["counts"][0]["calls"] == 1


@pytest.mark.parametrize("path", ["/flaky", ""])
def test_one_scenario_or_all_are_taken_away(operator: Client, path: str) -> None:
    create(operator)
    put(operator, FLAKY)
    if not path:
        put(operator, {**FLAKY, "name": "other"}, "other")

    response = operator.delete(f"{SCENARIOS}{path}")

    assert (response.status, short(operator), statuses(operator)) == (204, [], [201, 201])


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_scenario_that_is_not_there_is_not_found(operator: Client, method: str) -> None:
    create(operator)

    response = operator.request(method, f"{SCENARIOS}/nope")

    assert (response.status, response.json["code"]) == (404, "unknown-scenario")


def test_a_scenario_has_the_name_of_its_path(operator: Client) -> None:
    create(operator)

    response = put(operator, FLAKY, "other")

    assert (response.status, response.json["errors"]) == (
        422,
        [
            {
                "pointer": "/name",
                "code": "impossible",
                "detail": "expected the name other, found flaky",
                "try": "rename it to other, or PUT it to …/scenarios/flaky",
            }
        ],
    )


@pytest.mark.parametrize("media_type", ["application/yaml", "application/json"])
def test_a_fault_is_told_with_its_line_its_column_and_a_cure(operator: Client, media_type: str) -> None:
    create(operator)
    text = AS_YAML.replace("fail:", "fails:")
    if media_type == "application/json":
        text = json.dumps(FLAKY, indent=1).replace('"fail"', '"fails"')

    response = send(operator, text, media_type)

    (error,) = response.json["errors"]
    place = text[: text.rindex("fails")]
    assert (response.status, response.media_type, response.json["code"]) == (
        422,
        "application/problem+json",
        "impossible",
    )
    assert (error["pointer"], error["code"]) == ("/rules/0/items/0/effect/fails", "unknown-key")
    assert error["line"] == place.count("\n") + 1
    assert 'rename it to "fail"' in error["try"]
    assert short(operator) == []


def test_a_scenario_that_is_refused_leaves_the_one_that_was_there(operator: Client) -> None:
    create(operator)
    put(operator, FLAKY)

    put(operator, {**FLAKY, "rules": []})

    assert operator.get(f"{SCENARIOS}/flaky").json["document"] == FLAKY


def test_a_sandbox_begins_with_scenarios_by_name_and_by_document(operator: Client) -> None:
    response = create(operator, scenarios=["reset", FLAKY])

    assert (response.status, short(operator)) == (201, [("flaky", True), ("reset", True)])


@pytest.mark.parametrize(
    ("scenarios", "pointer", "code"),
    [
        (["resets"], "/scenarios/0", "impossible"),
        ([FLAKY, {**FLAKY, "version": 2}], "/scenarios/1/version", None),
        ([FLAKY, FLAKY], "/scenarios/1", "impossible"),
        ([{}], "/scenarios/0", None),
    ],
    ids=["name", "document", "twice", "empty"],
)
def test_a_sandbox_whose_scenarios_are_none_is_not_made(
    operator: Client, scenarios: list[Any], pointer: str, code: str | None
) -> None:
    response = create(operator, scenarios=scenarios)

    error = response.json["errors"][0]
    assert (response.status, error["pointer"]) == (422, pointer)
    assert code is None or error["code"] == code
    assert scenarios != ["resets"] or error["try"] == "name one of reset"
    assert listed(operator) == ["default"]


def test_the_scenarios_that_ship_are_listed_with_their_documents(operator: Client) -> None:
    shipped = {one["name"]: one for one in operator.get("/_mock/scenarios").json}

    assert shipped["reset"]["document"]["name"] == "reset"
    assert all(one["description"] for one in shipped.values())


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("commit-then-reset", "transport"),
        ("slow-answer", "transport"),
        ("item-throttled", "items"),
        ("unordered-then-calm", "items"),
        ("commit-then-504", "answers"),
        ("wrong-count", "answers"),
        ("throttle-bare", "quotas"),
        ("two-a-minute", "quotas"),
    ],
)
def test_a_scenario_that_ships_has_a_group_by_its_rules(operator: Client, name: str, group: str) -> None:
    shipped = {one["name"]: one for one in operator.get("/_mock/scenarios").json}

    assert shipped[name]["group"] == group


def test_the_scenarios_of_vendors_are_a_group(client: Client) -> None:
    own = [one for one in client.get("/_mock/scenarios").json if one["group"] == "vendor"]

    assert {one["name"].partition("-")[0] for one in own} == set(vendor_packages())


@pytest.mark.parametrize("name", ["reset", "reordered", "transient-item"])
def test_a_scenario_that_ships_can_be_stored_as_it_is(operator: Client, name: str) -> None:
    create(operator)
    document = next(one["document"] for one in operator.get("/_mock/scenarios").json if one["name"] == name)

    assert put(operator, document, name).status == 200


def test_the_schema_of_the_language_names_the_vendors_that_are_served(operator: Client) -> None:
    schema = operator.get("/_mock/scenario-schema").json

    assert schema["$defs"]["match"]["properties"]["vendor"]["enum"] == ["acme"]


CHECK = "/_mock/scenarios/check"


def check(operator: Client, text: str) -> Any:
    return operator.post(CHECK, content=text.encode(), headers={"content-type": "application/yaml"}).json


def test_a_scenario_is_checked_without_being_stored(operator: Client) -> None:
    create(operator)

    assert check(operator, AS_YAML) == {"valid": True, "document": FLAKY, "errors": [], "more": 0}
    assert short(operator) == []


def test_a_check_tells_every_problem_with_its_place_and_a_cure(operator: Client) -> None:
    found = check(operator, AS_YAML.replace("fail:", "fails:").replace("version: 1", "version: 2"))

    assert (found["valid"], found["document"], found["more"]) == (False, None, 0)
    assert [(one["pointer"], one["line"]) for one in found["errors"]] == [
        ("/version", 1),
        ("/rules/0/items/0/effect/fails", 7),
    ]
    assert 'rename it to "fail"' in found["errors"][1]["try"]


def test_a_text_that_is_no_yaml_is_checked_like_any_other(operator: Client) -> None:
    found = check(operator, "rules: [")

    assert (found["valid"], found["errors"][0]["code"]) == (False, "unreadable")


def test_a_check_counts_the_problems_that_it_does_not_show(operator: Client) -> None:
    found = check(operator, AS_YAML + "".join(f"x{number}: 1\n" for number in range(25)))

    assert (len(found["errors"]), found["more"]) == (20, 5)


def test_a_check_of_what_is_no_text_is_refused(operator: Client) -> None:
    response = operator.post(CHECK, content=b"\xff", headers={"content-type": "application/yaml"})

    assert (response.status, response.json["detail"]) == (422, "the body is not valid UTF-8")


def test_a_scenario_that_is_added_once_takes_one_call(operator: Client) -> None:
    create(operator)

    added = operator.post(f"{SCENARIOS}?once=true", json=FLAKY)

    first, second = statuses(operator), statuses(operator)
    assert added.json["document"]["rules"][0]["times"] == {"count": 1}
    assert (first[0] >= 400, second[0]) == (True, 201)
