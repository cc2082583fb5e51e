"""Answers by example: a valid and plausible value where there is one, the file's own values first."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mockserver.codec import json
from mockserver.server.application import Options
from tests.support.client import Client, check_conformance
from tests.support.frozen_app import create_frozen_app

TEXT, COUNT = {"type": "string"}, {"type": "integer"}
CAT = {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["Cat", "Dog"]}}}
SHORT = {"type": "object", "required": ["a"], "properties": {"a": TEXT}, "additionalProperties": False}


def a_file(schema: Any, **content: Any) -> dict[str, Any]:
    """A file with GET /things, and with PUT /things, which takes what GET answers."""
    media = {"content": {"application/json": {"schema": schema, **content}}}
    done = {"responses": {"200": {"description": "so", **media}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things": {"get": done, "put": {**done, "requestBody": media}}},
        "components": {
            "schemas": {
                "Cat": CAT,
                "Dog": CAT,
                "Base": {"type": "object", "properties": {"id": TEXT, "kind": {**TEXT, "minLength": 1}}},
                "Tree": {"oneOf": [{"$ref": "#/components/schemas/Both"}, {**TEXT, "maxLength": 4}]},
                "Both": {
                    "type": "object",
                    "required": ["left", "right"],
                    "properties": {side: {"$ref": "#/components/schemas/Tree"} for side in ("left", "right")},
                },
            }
        },
    }


def serve(folder: Path, schema: Any, **content: Any) -> Client:
    file = folder / "things.json"
    file.write_bytes(json.encode(a_file(schema, **content)))
    app = create_frozen_app(Options(files=(file,), vendors=("things",)))
    client = Client(app.entry, {}).within("/things")
    answer = client.get("/things")
    if answer.status < 300:
        check_conformance(app, "GET", "/things/things", answer)
    return client


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "required": ["kind", "total"], "properties": {"kind": TEXT}},
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "properties": {"a": TEXT, "b": TEXT},
        },
        {
            "type": "object",
            "minProperties": 2,
            "additionalProperties": False,
            "properties": {"a": {"type": "object", "properties": {"b": SHORT}}, "c": TEXT},
        },
        {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}},
        {"allOf": [ref("Base"), {"required": ["kind"], "properties": {"kind": {"const": "y"}}}]},
        {"oneOf": [TEXT, {"type": ["string", "null"]}]},
        {"oneOf": [{"type": "object", "required": ["x"], "properties": {"x": ref("Tree")}}, SHORT]},
        {**TEXT, "pattern": "^(?!0)[0-9]{4}$"},
        {**TEXT, "pattern": "^(?=.*[0-9])[a-z0-9]{8}$", "maxLength": 8},
        {"type": "array", "uniqueItems": True, "minItems": 2, "items": {**TEXT, "example": "a"}},
    ],
)
def test_an_answer_is_made_wherever_there_is_a_valid_value(tmp_path: Path, schema: Any) -> None:
    assert serve(tmp_path, schema).get("/things").status == 200


def test_choices_that_need_each_other_are_found(tmp_path: Path) -> None:
    either = {"oneOf": [SHORT, {**SHORT, "required": ["b"], "properties": {"b": {"enum": [1, 2]}}}]}
    pair = {"type": "object", "required": ["one", "two"], "properties": {"one": either, "two": either}}
    unlike = {"properties": {"one": {"required": ["a"]}, "two": {"required": ["b"]}}}

    made = serve(tmp_path, {"allOf": [pair, unlike]}).get("/things").json

    assert [*made["one"], *made["two"]] == ["a", "b"]


def test_a_discriminator_has_the_name_of_its_choice(tmp_path: Path) -> None:
    schema = {"oneOf": [ref("Dog"), ref("Cat")], "discriminator": {"propertyName": "kind"}}

    assert serve(tmp_path, schema).get("/things").json["kind"] == "Dog"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ({**TEXT, "default": "pro", "enum": ["free", "pro"]}, "pro"),
        ({**TEXT, "default": "pro"}, "pro"),
        ({**TEXT, "default": "pro", "examples": ["max", "min"]}, "max"),
        (
            {"type": "object", "required": ["plan"], "properties": {"plan": {**TEXT, "default": "pro"}}},
            {"plan": "pro"},
        ),
        ({"type": ["string", "null"], "default": None}, None),
    ],
)
def test_a_value_of_the_file_comes_before_a_drawn_value(tmp_path: Path, member: Any, value: Any) -> None:
    made = serve(tmp_path, {"type": "object", "properties": {"member": member}}).get("/things").json

    assert made == {"member": value}


def test_an_example_that_breaks_its_schema_does_not_take_the_other_examples_away(tmp_path: Path) -> None:
    members = {"a": {**COUNT, "example": "one"}, "b": {**TEXT, "example": "Ada"}}

    made = serve(tmp_path, {"type": "object", "properties": members}).get("/things").json

    assert (made["b"], made["a"] != "one") == ("Ada", True)


def test_null_is_not_answered_where_the_reference_beside_forbids_it(tmp_path: Path) -> None:
    client = serve(tmp_path, {"type": ["object", "null"], **ref("Base"), "description": "a thing"})

    made = [client.get("/things", headers={"Prefer": "dynamic=true"}).json for _ in range(6)]

    assert None not in made


@pytest.mark.parametrize(
    ("name", "kind", "pattern"),
    [
        *((name, "string", "2025-[0-9-]{5}T[0-9:]{8}Z") for name in ("created", "createdAt", "updated_on")),
        ("mac_address", "string", "([0-9a-f]{2}:){5}[0-9a-f]{2}"),
        *((name, "string", "2001:db8::[0-9]+") for name in ("ipv6", "public_ipv6", "IPv6Address")),
        ("userId", "number", "[0-9]+"),
    ],
)
def test_a_name_tells_the_value(tmp_path: Path, name: str, kind: str, pattern: str) -> None:
    made = serve(tmp_path, {"type": "object", "properties": {name: {"type": kind}}}).get("/things").json

    assert re.fullmatch(pattern, str(made[name]))


@pytest.mark.parametrize(("name", "year"), [("created", 2025), ("updated_at", 2025), ("expires_at", 2027)])
def test_a_time_that_is_a_number_is_in_epoch_seconds(tmp_path: Path, name: str, year: int) -> None:
    made = serve(tmp_path, {"type": "object", "properties": {name: COUNT}}).get("/things").json

    assert datetime.fromtimestamp(made[name], UTC).year == year


JIRA = {"at": "2021-04-26T03:32:36.600+0000", "id": "5ba682d23d7cf92b", "from": "09:00:00"}
FORMATS = {"at": "date-time", "id": "uuid", "from": "time"}
OTHER = {**JIRA, "at": "2022-04-26T03:32:36.600+0000"}


def formatted(**examples: str) -> dict[str, Any]:
    members = {name: {**TEXT, "format": form} for name, form in FORMATS.items()}
    return {
        "type": "object",
        "properties": {
            name: {**one, "example": examples[name]} if name in examples else one
            for name, one in members.items()
        },
    }


@pytest.mark.parametrize(
    ("schema", "content"),
    [
        (formatted(), {"example": JIRA}),
        (formatted(), {"examples": {"one": {"value": JIRA}}}),
        ({**formatted(), "example": JIRA}, {}),
        (formatted(**JIRA), {}),
    ],
)
def test_an_example_that_breaks_a_format_alone_is_answered_and_taken(
    tmp_path: Path, schema: Any, content: Any
) -> None:
    client = serve(tmp_path, schema, **content)

    assert client.get("/things").json == JIRA
    assert client.put("/things", json=OTHER).status == 200


def test_a_format_that_no_example_breaks_is_judged(tmp_path: Path) -> None:
    client = serve(tmp_path, formatted(at=JIRA["at"]), example={"at": JIRA["at"], "id": 5})

    assert client.put("/things", json={"id": JIRA["id"]}).status == 400


def test_a_subtype_has_the_value_that_its_base_maps_to_it(tmp_path: Path) -> None:
    base = {
        "type": "object",
        "properties": {"kind": {**TEXT, "enum": ["a", "b"]}},
        "discriminator": {"propertyName": "kind", "mapping": {name: f"#/$defs/{name}" for name in "ab"}},
    }
    defs = {name: {"allOf": [{"$ref": "#/$defs/base"}, {"required": [name]}]} for name in "ab"}
    document = {**a_file({"$ref": "#/$defs/b"}), "$defs": {"base": base, **defs}}
    file = tmp_path / "things.json"
    file.write_bytes(json.encode(document))
    client = Client(create_frozen_app(Options(files=(file,), vendors=("things",))).entry, {})

    assert client.get("/things/things").json["kind"] == "b"


@pytest.mark.parametrize(("is_needed", "kind"), [(True, list), (False, type(None))])
def test_an_enum_beside_the_type_of_a_list_is_that_of_its_elements(
    tmp_path: Path, kind: type, *, is_needed: bool
) -> None:
    tags = {"type": "array", "enum": ["x", "y"], "items": TEXT}
    schema = {"type": "object", "properties": {"tags": tags, "n": COUNT}}
    client = serve(tmp_path, {**schema, "required": ["tags"]} if is_needed else schema)

    found: list[str] | None = client.get("/things").json.get("tags")

    assert isinstance(found, kind)
    assert {*(found or ())} <= {"x", "y"}
    assert [client.put("/things", json={"tags": one}).status for one in (["x"], ["z"], "x")] == [
        200,
        400,
        400,
    ]
