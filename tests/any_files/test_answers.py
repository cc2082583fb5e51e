"""Every operation of every made-up file answers: validly, or with a refusal that says why."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from mockserver.codec import json
from mockserver.errors import SpecError
from mockserver.server.application import Options
from mockserver.spec.loading import vendor_name
from mockserver.spec.openapi import parameter_names
from mockserver.spec.served_form import NOT_SERVED
from tests.any_files.support import made_up_files, write_files
from tests.support.client import Client, check_conformance
from tests.support.frozen_app import create_frozen_app

FIRST_REFUSAL = 400
CREDENTIALS = {"Authorization": "Bearer some-token", "Cookie": "session=some-token", "X-Api-Key": "some-key"}


@pytest.mark.parametrize("name", sorted(made_up_files()))
def test_every_operation_answers(name: str, tmp_path: Path) -> None:
    file = write_files(name, tmp_path)
    vendor = vendor_name(file)
    app = create_frozen_app(Options(files=(file,), vendors=(vendor,)))
    spec = app.served[0].spec
    client = Client(app.entry, {}).within(f"/{vendor}", **CREDENTIALS)
    for operation, prefer in product(spec.operations.values(), ("handling=lenient", "dynamic=true")):
        path = operation.path
        for parameter in parameter_names(path):
            path = path.replace(f"{{{parameter}}}", "1")
        answer = client.request(operation.method.upper(), path, headers={"Prefer": prefer})
        if answer.status < FIRST_REFUSAL:
            check_conformance(app, operation.method.upper(), f"/{vendor}{path}", answer)
        node = spec.document["paths"][operation.path][operation.method]
        expected = "501" if NOT_SERVED in node else "[234]0[0-9]|4(15|22)"
        assert re.fullmatch(expected, str(answer.status)), (operation.id, answer.status, answer.body)


def test_strict_specs_refuse_a_file_that_is_not_read_as_written(tmp_path: Path) -> None:
    file = write_files("broken-one", tmp_path)

    with pytest.raises(SpecError, match="no-slash is read as /no-slash"):
        create_frozen_app(Options(files=(file,), vendors=(vendor_name(file),), strict_specs=True))


def client_of(name: str, folder: Path) -> Client:
    file = write_files(name, folder)
    app = create_frozen_app(Options(files=(file,), vendors=(vendor_name(file),)))
    return Client(app.entry, {}).within(f"/{vendor_name(file)}", **CREDENTIALS)


def test_a_member_that_no_schema_names_is_not_shown(tmp_path: Path) -> None:
    made = client_of("crud-3-0", tmp_path).post("/orders", json={"customer": "Ada", "colour": "blue"})

    assert made.json.keys() >= {"customer"}
    assert "colour" not in made.json


def test_a_member_for_requests_alone_is_neither_required_nor_shown(tmp_path: Path) -> None:
    member = {
        "email": "ada@example.com",
        "password": "correct-horse",
        "plan": {"code": "a", "price": 1, "coupon": "b"},
    }
    made = client_of("read-only", tmp_path).post("/members", json=member)

    assert (made.status, made.json["email"]) == (201, "ada@example.com")
    assert not {"password", "coupon"} & {*made.json, *made.json["plan"]}


def test_a_stored_answer_has_the_headers_that_are_required(tmp_path: Path) -> None:
    made = client_of("callbacks-links", tmp_path).post("/jobs", json={"document": "a"})

    assert (made.status, {"location", "retry-after"} <= made.headers.keys()) == (202, True)


def test_a_text_is_judged_by_its_format(tmp_path: Path) -> None:
    refused = client_of("callbacks-links", tmp_path).post("/jobs", json={"document": "a", "callbackUrl": ""})

    assert (refused.status, refused.json["errors"][0]["code"]) == (400, "bad-format")


def test_a_declared_head_is_called_without_a_get(tmp_path: Path) -> None:
    assert client_of("head-options", tmp_path).request("HEAD", "/files/0").status == 200


def test_an_example_of_a_choice_says_which_it_is(tmp_path: Path) -> None:
    shown = client_of("one-of-discriminator", tmp_path).get("/notices").json

    assert {one["channel"] for one in shown} <= {"email", "sms", "PushNotice"}


def test_a_default_that_stands_for_the_success_is_no_form_of_refusals(tmp_path: Path) -> None:
    refused = client_of("numbers-as-texts", tmp_path).get("/invoices/7")

    assert (refused.status, refused.json["title"]) == (404, "Not Found")


ALIKE = """
openapi: 3.0.3
info: {title: Alike, version: "1"}
paths:
  /people/{number}: {get: {responses: {"200": {description: by number}}}}
  /people/{id}:
    get: {responses: {"204": {description: by id}}}
    delete: {responses: {"202": {description: gone}}}
  /people/{a}-{b}: {put: {responses: {"202": {description: a pair}}}}
"""


def test_paths_that_are_alike_keep_the_methods_of_each(tmp_path: Path) -> None:
    file = tmp_path / "alike.yaml"
    file.write_text(ALIKE, encoding="utf-8")
    app = create_frozen_app(Options(files=(file,), vendors=("alike",)))
    client = Client(app.entry, {}).within("/alike")

    statuses = [client.request(method, "/people/1-2").status for method in ("GET", "DELETE", "PUT")]

    assert statuses == [204, 202, 202]
    assert [note.message for note in app.served[0].spec.notes] == [
        "GET /people/{number} is the same as /people/{id}, which answers"
    ]


@pytest.mark.parametrize(
    ("kind", "example", "shown"), [("integer", 549, 5), ("string", "X", "5"), ("boolean", True, True)]
)
def test_an_example_of_a_record_has_the_key_of_its_path(
    tmp_path: Path, kind: str, example: Any, shown: Any
) -> None:
    schema = {"type": "object", "properties": {"id": {"type": kind}, "city": {"type": "string"}}}
    content = {"application/json": {"schema": schema, "example": {"id": example, "city": "Oslo"}}}
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    read = {"parameters": [parameter], "responses": {"200": {"description": "one", "content": content}}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "paths": {"/towns/{id}": {"get": read}},
    }
    file = tmp_path / "towns.json"
    file.write_bytes(json.encode(document))
    app = create_frozen_app(Options(files=(file,), vendors=("towns",)))

    assert Client(app.entry, {}).get("/towns/towns/5").json == {"id": shown, "city": "Oslo"}
