"""Refusals of own files name their cause, in words and codes; small faults of a file are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.cli.spec_check import find_problems
from mockserver.codec import json
from mockserver.server.application import Options
from mockserver.spec.schema import COMMON_FORMATS, compile_schema
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

TEXT = {"type": "string"}
PROBLEM = {"type": "object", "properties": {"title": TEXT, "status": {"type": "integer"}, "detail": TEXT}}
JSON = "application/json"


def client(folder: Path, paths: dict[str, Any], **headers: str) -> Client:
    (folder / "boats.json").write_bytes(json.encode({"openapi": "3.1.0", "paths": paths}))
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Client(create_frozen_app(Options(files=(folder / "boats.json",), vendors=("boats",))).entry, named)


def boats(refusal: str = "application/problem+json") -> dict[str, Any]:
    boat = {"type": "object", "required": ["name"], "properties": {"id": TEXT, "name": TEXT}}
    told = {"description": "", "content": {JSON: {"schema": boat}}}
    refused = {name: {"content": {refusal: {"schema": PROBLEM}}} for name in ("400", "404", "415")}
    post = {"requestBody": {"content": {JSON: {"schema": boat}}}, "responses": {"201": told, **refused}}
    return {"/boats": {"post": post}, "/boats/{id}": {"get": {"responses": {"200": told, **refused}}}}


FORM = "application/x-www-form-urlencoded"


CALLS = {
    400: (("POST", "", b"{}", JSON), '"name" is a required property'),
    404: (("GET", "/nope", b"", ""), "boats nope was not found"),
    415: (("POST", "", b"name=x", FORM), f"{FORM} is not supported; send {JSON}"),
}


@pytest.mark.parametrize("refusal", ["application/problem+json", JSON])
@pytest.mark.parametrize("status", CALLS)
def test_the_cause_of_a_refusal_is_a_sentence_in_its_detail(
    refusal: str, status: int, tmp_path: Path
) -> None:
    (method, path, content, media_type), detail = CALLS[status]
    sender = client(tmp_path, boats(refusal), content_type=media_type)

    answer = sender.request(method, f"/boats/boats{path}", content=content)

    assert (answer.status, answer.json["status"], answer.json["detail"]) == (status, status, detail)


TENANT = "00000000-0000-4000-8000-000000000001"
HEADERS = {"content-type": FORM, "authorization": "Bearer good-token", "xero-tenant-id": TENANT}


@pytest.mark.parametrize("body", [b'{"a": 1}', b" [1]"])
def test_json_that_is_sent_as_a_form_is_told_its_media_type(body: bytes) -> None:
    sender = Client(create_frozen_app(Options(vendors=("xero",))).entry, HEADERS)

    reason = sender.post("/xero/api.xro/2.0/Contacts", content=body).headers["mock-reason"]

    assert "if the body is JSON, send Content-Type: application/json" in reason


@pytest.mark.parametrize(
    ("schema", "value", "code"),
    [
        ({"minimum": 1, "exclusiveMinimum": True}, 1, "out-of-range"),
        ({"maximum": 1, "exclusiveMaximum": True}, 1, "out-of-range"),
        ({"multipleOf": 5}, 4, "out-of-range"),
        ({"minProperties": 1}, {}, "too-few"),
        ({"maxProperties": 0}, {"a": 1}, "too-many"),
        ({"not": {"type": "string"}}, "a", "invalid"),
        ({"uniqueItems": True}, [1, 1], "invalid"),
    ],
)
def test_each_rule_has_a_code_of_the_table(schema: Any, value: Any, code: str) -> None:
    (problem,) = compile_schema({}, schema, COMMON_FORMATS).problems(value)

    assert problem.code == code
    assert f"`{code}`" in Path("docs/messages.md").read_text(encoding="utf-8")


KINDS = [
    {"type": "object", "required": ["kind", "sails"], "properties": {"kind": {"enum": ["sloop"]}}},
    {"type": "object", "required": ["kind", "horses", "fuel"], "properties": {"kind": {"enum": ["tug"]}}},
    {"type": "string"},
]


@pytest.mark.parametrize("word", ["oneOf", "anyOf"])
def test_the_fault_of_a_union_is_that_of_the_nearest_schema(word: str) -> None:
    (problem,) = compile_schema({}, {word: KINDS}, COMMON_FORMATS).problems({"kind": "tug", "fuel": "x"})

    assert problem.detail.endswith('the nearest of them: "horses" is a required property')


def test_a_value_of_several_schemas_has_no_nearest() -> None:
    (problem,) = compile_schema({}, {"oneOf": [{}, {}]}, COMMON_FORMATS).problems(1)

    assert "more than one" in problem.detail
    assert "nearest" not in problem.detail


@pytest.mark.parametrize(("name", "lines"), [("boats.json", [2]), ("boats.yaml", [])])
def test_a_last_comma_is_told_in_a_file_of_json(name: str, lines: list[int], tmp_path: Path) -> None:
    paths = '"paths": {"/a": {"get": {"responses": {}}}},}'
    (tmp_path / name).write_text(f'{{"openapi": "3.1.0", "info": {{"title": "a", "version": "1"}},\n{paths}')

    assert [one.place[0] for one in find_problems(tmp_path / name) if "not JSON" in one.what] == lines


@pytest.mark.parametrize("member", ["problems", "messages", "violations", "reasons"])
def test_a_list_of_texts_in_a_row_has_the_faults(member: str, tmp_path: Path) -> None:
    boat = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": TEXT, "name": {"minLength": 2, **TEXT}},
    }
    row = {"type": "object", "properties": {"id": TEXT, "status": {"enum": ["created", "rejected"], **TEXT}}}
    row["properties"] |= {member: {"type": "array", "items": TEXT}}  # type: ignore[operator]
    post = {
        "requestBody": {"content": {JSON: {"schema": {"type": "array", "items": boat}}}},
        "responses": {"207": {"content": {JSON: {"schema": {"type": "array", "items": row}}}}},
    }
    shown = {"get": {"responses": {"200": {"content": {JSON: {"schema": boat}}}}}}
    sender = client(tmp_path, {"/boats/batch": {"post": post}, "/boats/{id}": shown}, content_type=JSON)

    bad = sender.post("/boats/boats/batch", content=b'[{"id":"a","name":"ok"},{"id":"b","name":"x"}]').json[1]

    assert bad[member] == ['"x" is shorter than 2 characters']


def test_a_plain_call_is_not_switched_to_another_protocol(tmp_path: Path) -> None:
    sender = client(tmp_path, {"/live": {"get": {"responses": {"101": {"description": "switched"}}}}})

    assert sender.get("/boats/live").status == 200


def part(media_type: str, name: str = "photo") -> bytes:
    typed = f"Content-Type: {media_type}\r\n" if media_type else ""
    named = f'Content-Disposition: form-data; name="{name}"; filename="a.png"'
    return f"--b\r\n{named}\r\n{typed}\r\nx\r\n--b--\r\n".encode()


@pytest.mark.parametrize(
    ("declared", "sent", "status"),
    [
        ("image/png", "image/png", 201),
        ("image/png", "image/gif", 400),
        ("image/png, image/jpeg", "image/jpeg", 201),
        ("image/png, image/jpeg", "text/plain", 400),
        ("image/*", "Image/GIF; a=b", 201),
        ("image/*", "text/plain", 400),
        ("text/csv; charset=utf-8", "text/csv", 201),
        ("*/*", "text/plain", 201),
        ("image/png", "", 201),
    ],
)
def test_a_part_has_a_declared_media_type(declared: str, sent: str, status: int, tmp_path: Path) -> None:
    form = {"schema": {"type": "object", "properties": {"photo": TEXT}}}
    form |= {"encoding": {"photo": {"contentType": declared}}}
    answers = {"201": {"description": ""}, "400": {"content": {JSON: {"schema": PROBLEM}}}}
    post = {"requestBody": {"content": {"multipart/form-data": form}}, "responses": answers}
    sender = client(tmp_path, {"/photos": {"post": post}}, content_type="multipart/form-data; boundary=b")

    answer = sender.post("/boats/photos", content=part(sent))

    assert answer.status == status
    refused = f'the part "photo" is sent as {sent}; send {declared}'
    assert status == 201 or refused in answer.json["detail"]
    assert sender.post("/boats/photos", content=part("text/plain", "other")).status == 201


def named(**values: Any) -> dict[str, Any]:
    return {"examples": {name: {"value": value} for name, value in values.items()}}


def devices() -> dict[str, Any]:
    place = {
        "name": "id",
        "in": "path",
        "required": True,
        "schema": TEXT,
        **named(dev1="a", dev2="b", dev4="d", gone="c"),
    }
    size = {"name": "size", "in": "query", "schema": {"type": "integer"}, **named(dev2=2, dev3=3)}
    device = {"type": "object", "required": ["model"], "properties": {"model": TEXT}}
    told = {
        "schema": device,
        **named(dev0={"model": "zero"}, dev1={"model": "one"}, dev2={"model": "two"}, dev4={"model": 4}),
    }
    refused = {"schema": PROBLEM, **named(gone={"title": "gone"})}
    answers = {"200": {"content": {JSON: told}}, "404": {"content": {JSON: refused}}}
    return {"/devices/{id}": {"parameters": [place, size], "get": {"responses": answers}}}


@pytest.mark.parametrize(
    ("path", "prefer", "status", "told"),
    [
        ("/a", "", 200, {"model": "one"}),
        ("/b?size=2", "", 200, {"model": "two"}),
        ("/b", "", 200, {"model": "zero"}),
        ("/b?size=3", "", 200, {"model": "zero"}),
        ("/x", "", 200, {"model": "zero"}),
        ("/d", "", 200, {"model": "zero"}),
        ("/c", "", 404, {"title": "gone"}),
        ("/a", "example=dev2", 200, {"model": "two"}),
        ("/c", "code=200", 200, {"model": "zero"}),
    ],
)
def test_a_named_example_answers_the_parameters_of_its_name(
    path: str, prefer: str, status: int, told: Any, tmp_path: Path
) -> None:
    answer = client(tmp_path, devices(), **{"prefer": prefer} if prefer else {}).get(f"/boats/devices{path}")

    assert (answer.status, answer.json) == (status, told)
    assert answer.headers.get("preference-applied", "") == prefer


@pytest.mark.parametrize("sent", [b'{"name":"x"}', b'{"id":"","name":"x"}', b'{"id":7,"name":"x"}'])
@pytest.mark.parametrize(
    "limit",
    [
        {"format": "uuid"},
        {"format": "date"},
        {"pattern": "^b[0-9]+$"},
        {"pattern": "^[A-Z]{3}/[0-9]{8}$", "minLength": 12, "maxLength": 12},
        {"pattern": "^urn:.+$", "format": "uri"},
    ],
)
def test_a_rejected_row_has_a_valid_key_where_none_was_sent(limit: Any, sent: bytes, tmp_path: Path) -> None:
    key = {**TEXT, **limit}
    boat = {"type": "object", "properties": {"id": key, "name": {**TEXT, "minLength": 2}}}
    row = {"type": "object", "required": ["id"], "properties": {"id": key}}
    row["properties"]["status"] = {"enum": ["created", "rejected"], **TEXT}  # type: ignore[index]
    post = {
        "requestBody": {"content": {JSON: {"schema": {"type": "array", "items": boat}}}},
        "responses": {"207": {"content": {JSON: {"schema": {"type": "array", "items": row}}}}},
    }
    shown = {"get": {"responses": {"200": {"content": {JSON: {"schema": boat}}}}}}
    sender = client(tmp_path, {"/boats/batch": {"post": post}, "/boats/{id}": shown}, content_type=JSON)

    answer = sender.post("/boats/boats/batch", content=b"[" + sent + b"]")

    assert (answer.status, answer.json[0]["status"]) == (207, "rejected")
    assert compile_schema({}, key, COMMON_FORMATS).problems(answer.json[0]["id"]) == []
