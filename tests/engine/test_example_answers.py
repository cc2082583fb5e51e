"""`Prefer` chooses the answer of an operation of a file without marks, the sandbox's seed its values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from mockserver.engine.example_answers import Answering
from mockserver.server.application import Options
from tests.any_files.support import write_files
from tests.support.client import Client, Response
from tests.support.frozen_app import create_frozen_app

PERSON = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
}
ERROR = {"type": "object", "required": ["code", "message"], "properties": {"code": {}, "message": {}}}
ADA, GRACE = {"id": 1, "name": "Ada"}, {"id": 2, "name": "Grace"}


def answer(schema: Any, media_type: str = "application/json", **more: Any) -> dict[str, Any]:
    return {"description": "so", "content": {media_type: {"schema": schema, **more}}}


ONE = {
    "200": answer(PERSON, examples={"ada": {"value": ADA}, "grace": {"value": GRACE}}),
    "204": {"description": "nothing"},
    "404": answer(ERROR, example={"code": "gone", "message": "No such person"}),
    "409": answer({"type": "string"}, "text/plain", examples={"busy": {"value": "later"}}),
    "4XX": answer(ERROR, "application/problem+json"),
    "default": answer(ERROR),
}
FILE = {
    "openapi": "3.0.3",
    "info": {"title": "People", "version": "1"},
    "paths": {
        "/people": {
            "post": {
                "requestBody": {"content": {"application/json": {"schema": PERSON}}},
                "responses": {"201": answer(PERSON), "422": answer(ERROR)},
            },
            "get": {"responses": {"200": answer({"type": "array", "items": PERSON})}},
        },
        "/people/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {"responses": ONE},
        },
        "/anyone": {"get": {"responses": {"200": answer(PERSON)}}},
    },
}


def people(folder: Path, seed: int = 0) -> Client:
    file = folder / "people.json"
    file.write_text(json.dumps(FILE))
    app = create_frozen_app(Options(files=(file,), vendors=("people",), seed=seed))
    return Client(app.entry, {}).within("/people")


def preferring(client: Client, prefer: str, path: str = "/people/7", method: str = "GET") -> Response:
    body = GRACE if method == "POST" else None
    return client.request(method, path, json=body, headers={"prefer": prefer})


@pytest.mark.parametrize(
    ("prefer", "status", "media_type", "body"),
    [
        ("code=200", 200, "application/json", ADA),
        ("example=grace", 200, "application/json", GRACE),
        ("code=200, example=grace", 200, "application/json", GRACE),
        ("code=404", 404, "application/json", {"code": "gone", "message": "No such person"}),
        ("code=410", 410, "application/problem+json", {"code": "gone", "message": "Gone"}),
        (
            "code=503",
            503,
            "application/json",
            {"code": "service-unavailable", "message": "Service Unavailable"},
        ),
    ],
)
def test_the_preferred_answer_is_sent(
    tmp_path: Path, prefer: str, status: int, media_type: str, body: Any
) -> None:
    sent = preferring(people(tmp_path), prefer)

    assert (sent.status, sent.media_type, sent.json) == (status, media_type, body)
    assert sent.headers["preference-applied"] == prefer


@pytest.mark.parametrize(("prefer", "body"), [("code=204", b""), ("code=409", b"later")])
def test_an_answer_need_not_be_json(tmp_path: Path, prefer: str, body: bytes) -> None:
    assert preferring(people(tmp_path), prefer).body == body


@pytest.mark.parametrize(
    ("prefer", "path", "title", "available"),
    [
        ("code=404", "/anyone", "Unknown code", ["200"]),
        ("code=4XX", "/people/7", "Unknown code", list(ONE)),
        ("code=999", "/people/7", "Unknown code", list(ONE)),
        ("example=alan", "/people/7", "Unknown example", ["ada", "grace"]),
        ("code=404, example=ada", "/people/7", "Unknown example", []),
    ],
)
def test_what_the_file_does_not_have_is_refused(
    tmp_path: Path, prefer: str, path: str, title: str, available: list[str]
) -> None:
    sent = preferring(people(tmp_path), prefer, path)

    assert (sent.status, sent.json["title"], sent.json["available"]) == (400, title, available)


@pytest.mark.parametrize("prefer", ["code=201", "code=422", "dynamic=true"])
def test_a_preferred_answer_stores_nothing(tmp_path: Path, prefer: str) -> None:
    client = people(tmp_path)

    preferring(client, prefer, "/people", "POST")

    assert client.get("/people").json == []


def test_a_preferred_answer_goes_before_a_stored_one(tmp_path: Path) -> None:
    client = people(tmp_path)
    client.post("/people", json={"id": 7, "name": "Alan"})

    assert client.get("/people/7").json["name"] == "Alan"
    assert preferring(client, "code=200").json == ADA
    assert preferring(client, "dynamic=true").json not in (ADA, {"id": 7, "name": "Alan"})


def test_a_seed_always_answers_the_same(tmp_path: Path) -> None:
    answers = [[people(tmp_path, seed).get("/anyone").body for _ in range(2)] for seed in (0, 1, 0)]

    assert answers[0] == answers[2]
    assert answers[0] != answers[1]
    assert [len(set(one)) for one in answers] == [1, 1, 1]


def test_dynamic_answers_are_new_and_come_again_with_the_seed(tmp_path: Path) -> None:
    first, second = (people(tmp_path) for _ in range(2))
    answers = [preferring(first, "dynamic=true", "/anyone") for _ in range(5)]

    assert len({one.body for one in answers}) == len(answers)
    assert [preferring(second, "dynamic=true", "/anyone").body for _ in answers] == [
        one.body for one in answers
    ]
    assert answers[0].headers["preference-applied"] == "dynamic=true"


def test_a_bad_call_is_refused_whatever_values_it_prefers(tmp_path: Path) -> None:
    assert preferring(people(tmp_path), "dynamic=true", "/people/x").status == 400


def test_an_answer_in_xml_is_written_by_its_schema(tmp_path: Path) -> None:
    file = write_files("media-types", tmp_path)
    app = create_frozen_app(Options(files=(file,), vendors=(file.stem,)))
    sent = Client(app.entry, {}).get(f"/{file.stem}/documents", headers={"Accept": "application/xml"})

    root = fromstring(sent.body)
    assert (sent.headers["content-type"], root.tag) == ("application/xml", "documents")
    assert root[0].attrib["id"].isdecimal()


def test_answers_of_one_document_share_what_they_know_of_its_schemas() -> None:
    document: dict[str, Any] = {}

    first, second = [Answering(status, "", {}, {}, document) for status in (200, 201)]

    assert first.tree is second.tree
