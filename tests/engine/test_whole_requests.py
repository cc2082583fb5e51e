"""Batches of whole requests: the four example files, whole answers, what is stored, and wrong marks."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Exchange, Request, Response
from mockserver.contract.loading import load_api
from mockserver.engine.registry import load_vendor
from mockserver.errors import SpecError
from mockserver.server.application import Options
from tests.contract.exchanges import JSON, judged
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

EXAMPLES = Path(__file__).parents[2] / "examples" / "batches"
BY_ID, IN_ORDER, GROUPS, STOPS = (
    f"requests-{name}" for name in ("by-id", "in-order", "with-groups", "that-stop")
)
ANSWERED = {"headers": {"Content-Type": "application/json"}}
PATHS = {BY_ID: "/batch", IN_ORDER: "/batch", GROUPS: "/batch", STOPS: "/bulk"}
SHORT = '"" is shorter than 1 character'
NEEDS = "a request on which it depends, or of its group, failed"


def client(style: str) -> Client:
    file = EXAMPLES / f"{style}.yaml"
    return Client(create_frozen_app(Options(files=(file,), vendors=(style,))), {}, f"/{style}")


def task(name: str, key: str, title: str = "x", **more: Any) -> dict[str, Any]:
    return {"id": name, "method": "POST", "url": "/tasks", "body": {"id": key, "title": title}, **more}


def show(name: str, key: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "method": "GET", "url": f"/tasks/{key}"} | more


def action(method: str, path: str, data: Any = None) -> dict[str, Any]:
    return {"method": method, "relativePath": path, **({"data": data} if data else {})}


def order(name: str, key: str, amount: int = 1, **more: Any) -> dict[str, Any]:
    body = {"number": key, "amount": amount}
    return {"id": name, "method": "post", "url": "/orders", "body": body, **more}


def user(name: str, key: str, title: str = "x") -> dict[str, Any]:
    data = {"userName": key, "displayName": title}
    return {"bulkId": name, "method": "POST", "path": "/users", "data": data}


def error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def failed(status: int, detail: str) -> dict[str, Any]:
    title = {400: "Bad Request", 424: "Failed Dependency"}[status]
    return {"type": "about:blank", "title": title, "status": status, "detail": detail}


ODD_PATHS = ("//", "?", "http://[", "/%ff", "/a\nb")

CALLS: dict[str, tuple[str, Any, Any, dict[str, int]]] = {
    "all good, after what they depend on": (
        BY_ID,
        {"requests": [show("2", "t1", dependsOn=["1"]), task("1", "t1"), task("3", "t2")]},
        {
            "responses": [
                {"id": "2", "status": 200, **ANSWERED, "body": {"id": "t1", "title": "x"}},
                {"id": "1", "status": 201, **ANSWERED, "body": {"id": "t1", "title": "x"}},
                {"id": "3", "status": 201, **ANSWERED, "body": {"id": "t2", "title": "x"}},
            ]
        },
        {"/tasks/t1": 200, "/tasks/t2": 200},
    ),
    "some good, by id": (
        BY_ID,
        {
            "requests": [
                task("a", "t1"),
                task("b", "t2", ""),
                task("c", "t3", dependsOn=["b"]),
                task("d", "t1"),
                {"id": "e", "method": "DELETE", "url": "tasks/t1"},
                task("f", "t4", dependsOn=["none"]),
                task("g", "t5", dependsOn=["h"]),
                task("h", "t6", dependsOn=["g"]),
                {"id": "i", "method": "POST", "url": "/batch", "body": {"requests": [task("j", "t7")]}},
                {"id": "k", "method": "PUT", "url": "/tasks"},
                {"id": "l", "method": "GET", "url": "/nowhere"},
            ]
        },
        {
            "responses": [
                {"id": "a", "status": 201, **ANSWERED, "body": {"id": "t1", "title": "x"}},
                {"id": "b", "status": 400, **ANSWERED, "body": error("invalid", f"title: {SHORT}")},
                {"id": "c", "status": 424, "headers": {}, "body": failed(424, NEEDS)},
                {"id": "d", "status": 409, **ANSWERED, "body": error("rejected", "t1 already exists")},
                {"id": "e", "status": 204, "headers": {}},
                {
                    "id": "f",
                    "status": 400,
                    "headers": {},
                    "body": failed(400, "it depends on a request that is not there, or not before it"),
                },
                *(
                    {
                        "id": name,
                        "status": 400,
                        "headers": {},
                        "body": failed(400, "it depends on requests that depend on each other"),
                    }
                    for name in "gh"
                ),
                {
                    "id": "i",
                    "status": 400,
                    "headers": {},
                    "body": failed(400, "a batch of requests has no batch of requests"),
                },
                {
                    "id": "k",
                    "status": 400,
                    "headers": {},
                    "body": failed(400, '"PUT" is not one of "GET", "POST" or "DELETE"'),
                },
                {
                    "id": "l",
                    "status": 404,
                    "headers": {"Content-Type": "application/problem+json"},
                    "body": {
                        "type": "about:blank",
                        "title": "Not Found",
                        "status": 404,
                        "instance": "/nowhere",
                        "detail": "path /nowhere was not found",
                    },
                },
            ]
        },
        {f"/tasks/t{number}": 404 for number in range(1, 8)},
    ),
    "in order": (
        IN_ORDER,
        {
            "actions": [
                action("post", "/recipes", {"id": "r1", "name": "soup"}),
                action("get", "/recipes/r1?a=b"),
                action("put", "/recipes/r1", {"id": "r1", "name": ""}),
                {"method": "get"},
            ]
        },
        [
            {"statusCode": 201, **ANSWERED, "body": {"id": "r1", "name": "soup"}},
            {"statusCode": 200, **ANSWERED, "body": {"id": "r1", "name": "soup"}},
            {"statusCode": 400, **ANSWERED, "body": {"errors": [{"message": f"name: {SHORT}"}]}},
            {"statusCode": 400, "headers": {}, "body": failed(400, '"relativePath" is a required property')},
        ],
        {"/recipes/r1": 200},
    ),
    "groups": (
        GROUPS,
        {
            "requests": [
                order("1", "o1", atomicityGroup="good"),
                order("2", "o2", atomicityGroup="bad"),
                order("3", "o3", atomicityGroup="good"),
                order("4", "o4", -1, atomicityGroup="bad"),
                order("5", "o5", atomicityGroup="bad"),
                order("6", "o6", dependsOn=["bad"]),
                order("7", "o7", dependsOn=["good", "1"]),
                order("8", "o8", dependsOn=["9"]),
                order("9", "o9"),
            ]
        },
        {
            "responses": [
                {"id": "1", "status": 201, "body": {"number": "o1", "amount": 1}},
                {"id": "2", "status": 424, "body": failed(424, NEEDS)},
                {"id": "3", "status": 201, "body": {"number": "o3", "amount": 1}},
                {
                    "id": "4",
                    "status": 400,
                    "body": error("invalid", "amount: -1 is less than the minimum of 0.01"),
                },
                {"id": "5", "status": 424, "body": failed(424, NEEDS)},
                {"id": "6", "status": 424, "body": failed(424, NEEDS)},
                {"id": "7", "status": 201, "body": {"number": "o7", "amount": 1}},
                {
                    "id": "8",
                    "status": 400,
                    "body": failed(400, "it depends on a request that is not there, or not before it"),
                },
                {"id": "9", "status": 201, "body": {"number": "o9", "amount": 1}},
            ]
        },
        {f"/orders/o{number}": 200 if number in (1, 3, 7, 9) else 404 for number in range(1, 10)},
    ),
    "after a failure, no response": (
        STOPS,
        {"failOnErrors": 1, "operations": [user("a", "u1"), user("b", "u1"), user("c", "u3")]},
        {
            "operations": [
                {
                    "method": "POST",
                    "bulkId": "a",
                    "status": "201",
                    "response": {"userName": "u1", "displayName": "x"},
                },
                {
                    "method": "POST",
                    "bulkId": "b",
                    "status": "409",
                    "response": {"status": "409", "detail": "u1 already exists"},
                },
            ]
        },
        {"/users/u1": 200, "/users/u3": 404},
    ),
    "without a limit, all": (
        STOPS,
        {"operations": [user("a", "u1", ""), user("b", "u2")]},
        {
            "operations": [
                {
                    "method": "POST",
                    "bulkId": "a",
                    "status": "400",
                    "response": {"status": "400", "detail": f"displayName: {SHORT}"},
                },
                {
                    "method": "POST",
                    "bulkId": "b",
                    "status": "201",
                    "response": {"userName": "u2", "displayName": "x"},
                },
            ]
        },
        {"/users/u1": 404, "/users/u2": 200},
    ),
}


@pytest.mark.parametrize("case", CALLS)
def test_each_request_is_answered_and_stored_as_a_call_of_its_own(case: str) -> None:
    style, body, expected, reads = CALLS[case]
    api = client(style)

    answer = api.post(PATHS[style], json=body)

    assert (answer.status, answer.json) == (200, expected)
    assert {path: api.get(path).status for path in reads} == reads


@pytest.mark.parametrize(
    ("style", "body", "status"),
    [
        (BY_ID, {"requests": [task("a", "t1"), task("a", "t2")]}, 400),
        (BY_ID, {"requests": [task("a", "t1"), {"method": "GET", "url": "/tasks/t1"}]}, 400),
        (BY_ID, {"requests": {}}, 400),
        (BY_ID, {"requests": [None]}, 400),
        (IN_ORDER, {"actions": [None, 7, {}, {"method": 1, "relativePath": {}}]}, 200),
        (
            IN_ORDER,
            {"actions": [action("get", path) for path in ODD_PATHS]},
            200,
        ),
        (GROUPS, {"requests": [order("1", "o1", atomicityGroup={}, dependsOn={"a": 1})]}, 200),
        (STOPS, {"failOnErrors": 0, "operations": []}, 400),
    ],
)
def test_bad_input_gets_a_clear_answer_and_stores_nothing(style: str, body: Any, status: int) -> None:
    api = client(style)

    answer = api.post(PATHS[style], json=body)

    assert answer.status == status
    if status == 200:
        rows = answer.json if isinstance(answer.json, list) else next(iter(answer.json.values()))
        assert all(int(one.get("statusCode", one.get("status"))) >= 400 for one in rows)
    records = api.within("/_mock").get("/sandboxes/default/dump").json
    assert not records.get(f"{style}/")


def test_the_journal_has_the_outcome_of_each_request_and_its_places() -> None:
    api = client(GROUPS)
    api.post("/batch", json=CALLS["groups"][1])

    entry = api.within("/_mock").get("/sandboxes/default/journal/1").json

    assert [(one["key"], one["action"], one["reported"]) for one in entry["decided"]] == [
        ("1", "created", "/responses/0"),
        ("2", "skipped", "/responses/1"),
        ("3", "created", "/responses/2"),
        ("4", "rejected", "/responses/3"),
        ("5", "skipped", "/responses/4"),
        ("6", "skipped", "/responses/5"),
        ("7", "created", "/responses/6"),
        ("8", "rejected", "/responses/7"),
        ("9", "created", "/responses/8"),
    ]


def test_a_rule_makes_one_request_fail_and_its_group_with_it() -> None:
    api = client(GROUPS)
    effect = {"select": {"key": "2"}, "effect": {"fail": {"code": "internal"}}}
    scenario = {"version": 1, "name": "bad", "rules": [{"id": "one", "items": [effect]}]}
    made = api.within("/_mock").post("/sandboxes/default/scenarios", json=scenario)
    assert made.status == 200, made.text
    grouped = [order(str(number), f"o{number}", atomicityGroup="g") for number in (1, 2)]

    answer = api.post("/batch", json={"requests": grouped})

    assert [one["status"] for one in answer.json["responses"]] == [424, 500]
    assert [api.get(f"/orders/o{number}").status for number in (1, 2)] == [404, 404]


def test_a_request_has_the_credentials_of_its_call_or_its_own(tmp_path: Path) -> None:
    document = yaml.safe_load((EXAMPLES / f"{BY_ID}.yaml").read_text())
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["paths"]["/tasks/{id}"]["get"]["security"] = [{"token": []}]
    file = tmp_path / "guarded.yaml"
    file.write_text(yaml.safe_dump(document))
    app = create_frozen_app(Options(files=(file,), vendors=("guarded",)))
    api = Client(app, {"host": "testserver"}, "/guarded")
    whole = "http://testserver/guarded/tasks/t1"
    own = {"Authorization": "Bearer ${TOKEN}"}

    shown = [show("2", "t1"), show("3", "t1", url=whole), show("4", "t1", headers=own)]
    sent = {"requests": [task("1", "t1"), *shown]}
    bare = api.post("/batch", json=sent)
    known = api.within(authorization="Bearer abc").post("/batch", json=sent)

    assert [one["status"] for one in bare.json["responses"]] == [201, 401, 401, 401]
    assert [one["status"] for one in known.json["responses"]] == [409, 200, 200, 401]


REQUESTS = {"list": "/requests", "id": "/id", "method": "/method", "path": "/url"}
RESPONSES = {"list": "/responses", "id": "/id", "status": "/status"}


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ({"requests": []}, "x-batch.requests: expected a mapping, found []"),
        ({"requests": {"list": "/requests"}}, "x-batch.requests.method: it is missing"),
        ({"requests": {**REQUESTS, "verb": "/a"}}, "x-batch.requests.verb: unknown"),
        (
            {"requests": {**REQUESTS, "path": "url"}},
            "x-batch.requests.path: expected a JSON Pointer",
        ),
        ({"requests": {**REQUESTS, "path": "/ulr"}}, "x-batch.requests.path: the schema has no /ulr; it has"),
        ({"requests": {**REQUESTS, "id": "/a/id"}}, "x-batch.requests.id: expected a member of the request"),
        ({"responses": {}}, "x-batch.responses.list: it is missing"),
        ({"responses": {"list": "/responses"}}, "x-batch.responses.status: it is missing"),
        (
            {"responses": {**RESPONSES, "body": "/boy"}},
            "x-batch.responses.body: the schema has no /boy",
        ),
        ({"responses": {"list": "/responses", "status": "/status"}}, "x-batch.serial: without responses.id"),
        ({"requests": {**REQUESTS, "list": "/none"}}, "x-batch.requests.list: the schema has no list there"),
        ({"responses": {**RESPONSES, "list": "/none"}}, "x-batch.responses.list: the schema has no list"),
        ({"responses": {**RESPONSES, "status": "/body"}}, "x-batch.responses.status: it cannot tell that"),
        ({"fatal": "type"}, "x-batch.fatal: expected a list of schema keywords"),
        ({"serial": "yes"}, "x-batch.serial: expected true or false, found yes"),
        (
            {"requests": {**REQUESTS, "stop-after": "/n"}},
            "x-batch.requests.stop-after: it needs serial: true",
        ),
        (
            {"serial": True, "requests": {**REQUESTS, "stop-after": "/n", "group": "/group"}},
            "x-batch.requests.stop-after: it would cut a group in two",
        ),
        ({"key": ["id"]}, "x-batch.key: beside requests, it has no meaning: leave it out"),
        (
            {"serial": True, "requests": {**REQUESTS, "id": None}},
            "x-batch.requests.id: expected a JSON Pointer, found None",
        ),
    ],
)
def test_a_wrong_mark_is_refused_at_the_start(batch: dict[str, Any], message: str, tmp_path: Path) -> None:
    document = yaml.safe_load((EXAMPLES / f"{BY_ID}.yaml").read_text())
    document["paths"]["/batch"]["post"]["x-batch"] = {"requests": REQUESTS, "responses": RESPONSES, **batch}
    file = tmp_path / "wrong.yaml"
    file.write_text(yaml.safe_dump(document))

    with pytest.raises(SpecError) as refused:
        load_vendor(file)

    assert message in str(refused.value)


@cache
def _api(style: str) -> ApiUnderTest:
    return load_api(EXAMPLES / f"{style}.yaml")


def exchange(case: str, lie: dict[str, Any] | None = None) -> tuple[str, Exchange]:
    """The call of a case with its true answer, in which a lie replaces some responses, or is added."""
    style, body, answer, _ = CALLS[case]
    rows = list(answer if isinstance(answer, list) else next(iter(answer.values())))
    for place, row in (lie or {}).items():
        rows[int(place) : int(place) + 1] = [] if row is None else [{**rows[int(place) % len(rows)], **row}]
    told = rows if isinstance(answer, list) else {next(iter(answer)): rows}
    request = Request("POST", PATHS[style], JSON, json.dumps(body).encode())
    return style, Exchange(request, Response(200, JSON, json.dumps(told).encode()))


@pytest.mark.parametrize("case", CALLS)
def test_the_oracle_finds_nothing_in_a_true_answer(case: str) -> None:
    style, true = exchange(case)

    assert [one.message for one in judged(_api(style), true)[0]] == []


@pytest.mark.parametrize(
    ("case", "lie", "check"),
    [
        ("some good, by id", {"0": None}, "one-outcome-per-item"),
        ("some good, by id", {"9": {"status": 200}}, "outcome-fits-the-item"),
        ("some good, by id", {"1": {"status": 201}}, "envelope-is-judged"),
        ("some good, by id", {"2": {"status": 201}}, "count-is-processed"),
        ("some good, by id", {"5": {"status": 201}}, "count-is-processed"),
        ("some good, by id", {"0": {"status": 207}}, "answers-match-the-spec"),
        (
            "some good, by id",
            {"0": {"body": {"id": "t1", "h": "x", "title": "x"}}},
            "members-are-stated",
        ),
        ("some good, by id", {"0": {"id": "b"}}, "one-outcome-per-item"),
        ("in order", {"2": {"statusCode": 200}}, "envelope-is-judged"),
        ("in order", {"0": {"body": {"id": "r1"}}}, "answers-match-the-spec"),
        ("in order", {"3": None}, "one-outcome-per-item"),
        ("groups", {"1": {"status": 201}}, "count-is-processed"),
        ("groups", {"5": {"status": 201}}, "count-is-processed"),
        ("groups", {"3": {"status": 201}}, "envelope-is-judged"),
        ("groups", {"8": {"status": 424}}, "answers-match-the-spec"),
        ("after a failure, no response", {"1": None}, "one-outcome-per-item"),
        ("after a failure, no response", {"2": {"bulkId": "c"}}, "one-outcome-per-item"),
        ("after a failure, no response", {"0": {"status": "200"}}, "answers-match-the-spec"),
        ("without a limit, all", {"0": {"status": "201"}}, "envelope-is-judged"),
        ("without a limit, all", {"1": None}, "one-outcome-per-item"),
    ],
)
def test_the_oracle_finds_a_lie_about_a_request(case: str, lie: dict[str, Any], check: str) -> None:
    style, false = exchange(case, lie)

    assert check in {one.check for one in judged(_api(style), false)[0]}
