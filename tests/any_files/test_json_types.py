"""One rule says which media types are JSON: for requests, answers, refusals, passed calls and the suite."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mockserver.cli.spec_check import find_problems
from mockserver.codec import json
from mockserver.codec.http import is_json_type
from mockserver.contract import inference
from mockserver.contract.examples import ProfileExamples
from mockserver.contract.loading import load_api
from mockserver.contract.oracle.decoding import is_json
from mockserver.contract.profile import AS_SENT, DrawnValues
from mockserver.contract.values.hard_values import free_members
from mockserver.server.application import Application, Options
from mockserver.spec.loading import load_own
from tests.support.client import Client
from tests.support.forwarding import Mock
from tests.support.frozen_app import create_frozen_app

AMZ, API, ANY, LINES = "application/x-amz-json-1.0", "application/vnd.api+json", "*/*", "application/x-ndjson"
CBOR, USUAL = "application/cbor", "application/json"
KEY = {"type": "string"}
ITEM = {
    "type": "object",
    "required": ["Id", "Body"],
    "properties": {"Id": KEY, "Body": {"minLength": 1, **KEY}},
}
RECORD = {"type": "object", "properties": ITEM["properties"]}


def listed(node: Any) -> dict[str, Any]:
    return {"type": "array", "items": node}


def document(sent: str, answered: str, version: str = "3.1.0") -> dict[str, Any]:
    """Return the file of a batch whose bodies and answers have these media types."""
    rejected = {"type": "object", "properties": {"Id": KEY, "Code": KEY, "Message": KEY}}
    told: dict[str, Any] = {
        "type": "object",
        "properties": {"Successful": listed({"properties": {"Id": KEY}}), "Failed": listed(rejected)},
    }
    envelope = {"type": "object", "required": ["Entries"], "properties": {"Entries": listed(ITEM)}}
    schema = listed(ITEM) if sent == LINES else envelope
    told["properties"]["Successful"]["items"]["type"] = "object"
    batch = {
        "items": "" if sent == LINES else "/Entries",
        "key": ["Id"],
        "collection": "messages",
        "outcome": {
            "accepted": {"list": "/Successful", "key": "/Id"},
            "rejected": {"list": "/Failed", "key": "/Id", "code": "/Code", "message": "/Message"},
        },
    }
    many = {
        "operationId": "sendMany",
        "x-batch": batch,
        "requestBody": {"required": True, "content": {sent: {"schema": schema}}},
        "responses": {
            "200": {"description": "", "content": {answered: {"schema": told}}},
            "400": {"description": "", "content": {answered: {"schema": {"properties": {"message": KEY}}}}},
        },
    }
    one = {
        "operationId": "getOne",
        "x-collection": "messages",
        "parameters": [{"name": "Id", "in": "path", "required": True, "schema": KEY}],
        "responses": {"200": {"description": "", "content": {answered: {"schema": RECORD}}}},
    }
    info = {"title": "queues", "version": "1"}
    return {
        "openapi": version,
        "info": info,
        "paths": {"/messages": {"post": many}, "/messages/{Id}": {"get": one}},
    }


def written(folder: Path, sent: str, answered: str = USUAL, version: str = "3.1.0") -> Path:
    (folder / "queues.json").write_bytes(json.encode(document(sent, answered, version)))
    return (
        folder / "queues.json"
        if version != "3.0.3"
        else (folder / "queues.json").rename(folder / "queues.yaml")
    )


def served(file: Path) -> Application:
    return create_frozen_app(Options(files=(file,), vendors=("queues",), examples=ProfileExamples))


BODY = b'{"Entries":[{"Id":"a","Body":"x"},{"Id":"b","Body":""}]}'


@pytest.mark.parametrize("version", ["3.1.0", "3.0.3"])
@pytest.mark.parametrize(
    ("declared", "sent", "answered"),
    [
        (USUAL, "application/json; charset=utf-8", USUAL),
        ("text/json", "text/json", "text/json"),
        (API, 'application/vnd.api+json; ext="bulk"', API),
        ('application/vnd.api+json; ext="bulk"', API, API),
        (AMZ, AMZ, AMZ),
        ("application/x-amz-json-1.1", "application/x-amz-json-1.1", "application/x-amz-json-1.1"),
        (ANY, AMZ, USUAL),
        (ANY, "application/octet-stream", USUAL),
        ("application/*", API, USUAL),
    ],
)
def test_a_batch_in_any_json_is_answered_in_its_declared_type(
    version: str, declared: str, sent: str, answered: str, tmp_path: Path
) -> None:
    client = Client(served(written(tmp_path, declared, declared, version)).entry, {"content-type": sent})

    answer = client.post("/queues/messages", content=BODY)
    refused = client.post("/queues/messages", content=b"{")

    assert (answer.status, [one["Id"] for one in answer.json["Successful"]]) == (200, ["a"])
    assert [one["Id"] for one in answer.json["Failed"]] == ["b"]
    assert (answer.media_type, refused.status, refused.media_type) == (answered, 400, answered)
    assert client.get("/queues/messages/a").json["Body"] == "x"


def test_a_range_of_an_object_takes_what_is_sent_as_a_form(tmp_path: Path) -> None:
    body = {"content": {ANY: {"schema": RECORD}}}
    paths = {"/a": {"post": {"requestBody": body, "responses": {"201": {"description": ""}}}}}
    (tmp_path / "queues.json").write_bytes(json.encode({"openapi": "3.1.0", "paths": paths}))
    form = {"content-type": "application/x-www-form-urlencoded"}
    client = Client(served(tmp_path / "queues.json").entry, form)

    assert client.post("/queues/a", content=b"Body=x").status == 201
    assert client.post("/queues/a", content=b"Body=").status == 400


@pytest.mark.parametrize("schema", [{"type": "string", "format": "binary"}, {}])
def test_a_range_of_anything_else_takes_bytes(schema: Any, tmp_path: Path) -> None:
    body = {"content": {ANY: {"schema": schema}}}
    paths = {"/a": {"put": {"requestBody": body, "responses": {"204": {"description": ""}}}}}
    (tmp_path / "queues.json").write_bytes(json.encode({"openapi": "3.1.0", "paths": paths}))
    client = Client(served(tmp_path / "queues.json").entry, {"content-type": "image/png"})

    assert client.put("/queues/a", content=b"\x89PNG").status == 204


@pytest.mark.parametrize("version", ["3.1.0", "3.0.3"])
def test_items_in_a_type_that_is_not_read_are_an_error_that_names_the_type(
    version: str, tmp_path: Path
) -> None:
    problems = [
        one.what for one in find_problems(written(tmp_path, CBOR, USUAL, version)) if not one.is_warning
    ]

    assert (
        "sendMany: x-batch: items in application/cbor cannot be read; JSON, lines, forms and XML can"
        in problems
    )


def test_a_batch_leaves_out_the_types_that_are_not_read(tmp_path: Path) -> None:
    made = document(AMZ, AMZ)
    content = made["paths"]["/messages"]["post"]["requestBody"]["content"]
    content[CBOR] = content[AMZ]
    (tmp_path / "queues.json").write_bytes(json.encode(made))
    client = Client(served(tmp_path / "queues.json").entry, {"content-type": CBOR})

    assert client.post("/queues/messages", content=BODY).status == 415
    assert client.post("/queues/messages", content=BODY, headers={"content-type": AMZ}).status == 200
    notes = [one.message for one in load_own(tmp_path / "queues.json").notes]
    assert notes == [f"{CBOR} is not read, so that the bodies of sendMany are not checked"]


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("application/octet-stream", {"type": "string", "format": "binary"}),
        ("text/plain", KEY),
        ("application/xml", RECORD),
        ("multipart/form-data", RECORD),
        (AMZ, RECORD),
    ],
)
def test_what_is_read_or_is_bytes_by_design_has_no_note(name: str, schema: Any, tmp_path: Path) -> None:
    body = {"content": {name: {"schema": schema}}}
    paths = {"/a": {"put": {"requestBody": body, "responses": {"204": {"description": ""}}}}}
    (tmp_path / "queues.json").write_bytes(json.encode({"openapi": "3.1.0", "paths": paths}))

    assert load_own(tmp_path / "queues.json").notes == ()


@pytest.mark.parametrize("declared", [AMZ, API, ANY])
def test_a_held_item_is_left_out_of_a_passed_call(declared: str, tmp_path: Path) -> None:
    mock = Mock(served(written(tmp_path, declared, declared)), "queues")
    mock.arm({"items": [{"select": {"index": 1}, "effect": {"fail": {"code": "locked"}}}]})

    passed = mock.pass_on(
        mock, "POST", "/messages", BODY.replace(b'""', b'"y"'), AMZ if declared == ANY else declared
    )

    assert passed.received == b'{"Entries":[{"Id":"a","Body":"x"}]}'
    assert [one["Id"] for one in json.decode(passed.answer.reply.body)["Failed"]] == ["b"]


@pytest.mark.parametrize(("declared", "written_as"), [(AMZ, AMZ), (API, API), (ANY, USUAL), (LINES, LINES)])
def test_the_suite_sends_batches_and_hard_values_in_the_declared_type(
    declared: str, written_as: str, tmp_path: Path
) -> None:
    spec = load_api(written(tmp_path, declared)).spec
    (profile,) = inference.infer_batches(spec)
    item = profile.item("k1", DrawnValues(1, Decimal(1)))

    assert profile.call([item], 0).media_type == written_as
    found = free_members(spec, spec.operations["sendMany"], AS_SENT, item, frozenset())
    assert [one.name for one in found] == ["Body"]


@pytest.mark.parametrize(("declared", "written_as"), [(AMZ, AMZ), (ANY, USUAL)])
def test_an_example_is_sent_in_the_declared_type(declared: str, written_as: str, tmp_path: Path) -> None:
    client = Client(served(written(tmp_path, declared, declared)).entry, {})

    example = client.post("/_mock/sandboxes/default/examples", json={"vendor": "queues"}).json

    assert example["headers"]["content-type"] == written_as


def test_server_and_oracle_agree_on_what_is_json() -> None:
    read = ["application/json", "text/json", "application/problem+json", "application/*+json", API, AMZ]
    read.append("application/x-amz-json-1.1")
    others = [
        "application/x-amz-json-2.0",
        LINES,
        "application/json-seq",
        "application/xml",
        "text/plain",
        "json",
        "",
    ]

    assert [name for name in (*read, *others) if is_json_type(name)] == read
    assert [name for name in (*read, *others) if is_json(name)] == read
    assert is_json_type("Application/JSON; charset=utf-8")
