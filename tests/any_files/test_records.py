"""What is stored is read back: records of plain files whose forms differ from the usual."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

from mockserver.codec import json
from mockserver.engine.explanation import explain
from mockserver.engine.registry import load_vendor
from mockserver.server.application import Options
from mockserver.server.listening import StartupError
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

RECORD: dict[str, Any] = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
}


def body_of(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def answer_of(schema: Any) -> dict[str, Any]:
    return {"description": "the record", **body_of(schema)}


def boats(asked: Any = None, record: Any = RECORD, **members: Any) -> dict[str, Any]:
    """A file with POST /v1/boats and GET /v1/boats/{id}; `asked` is the schema of the path parameter."""
    parameter = {"name": "id", "in": "path", "required": True, "schema": asked or {"type": "string"}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Boats", "version": "1"},
        "paths": {
            "/v1/boats": {"post": {"requestBody": body_of(record), "responses": {"201": answer_of(record)}}},
            "/v1/boats/{id}": {"parameters": [parameter], "get": {"responses": {"200": answer_of(record)}}},
        },
        **members,
    }


def serve(folder: Path, document: Any, fixtures: Any = None) -> Client:
    file, dump = folder / "boats.json", folder / "dump.json"
    file.write_bytes(json.encode(document))
    dump.write_bytes(json.encode({"boats": fixtures}))
    options = Options(files=(file,), vendors=("boats",), fixtures_file=dump if fixtures else None)
    return Client(create_frozen_app(options).entry, {}).within("/boats/v1/boats")


@pytest.mark.parametrize(
    "asked", [{"type": "integer"}, {"type": "string", "pattern": "^boat_.+$"}, {"type": "string"}]
)
def test_a_made_key_fits_the_path_that_asks_for_the_record(tmp_path: Path, asked: Any) -> None:
    client = serve(tmp_path, boats(asked))

    made = client.post("", json={"name": "Ada"}).json

    assert client.get(f"/{made['id']}").json == made


def test_a_read_only_member_of_a_referred_schema_is_not_asked_for(tmp_path: Path) -> None:
    members = {**RECORD["properties"], "id": {"$ref": "#/components/schemas/Id"}}
    record = {"type": "object", "required": ["id", "name"], "properties": members}
    components = {"schemas": {"Id": {"type": "string", "readOnly": True}}}
    client = serve(tmp_path, boats(record=record, components=components))

    made = client.post("", json={"name": "Ada"})

    assert (made.status, made.json["name"]) == (201, "Ada")


def test_what_stands_in_an_extension_is_no_schema(tmp_path: Path) -> None:
    old = {"required": ["id"], "properties": {"id": None, "name": {"$ref": "#/nowhere"}}}
    client = serve(tmp_path, boats(record={**RECORD, "required": ["id"], "x-changes": [{"patch": old}]}))

    made = client.post("", json={"id": "A", "name": "Ada"})

    assert (made.status, client.get("/A").json) == (201, {"id": "A", "name": "Ada"})


def test_a_deletion_with_204_has_no_body_whatever_the_file_declares(tmp_path: Path) -> None:
    document = boats()
    document["paths"]["/v1/boats/{id}"]["delete"] = {"responses": {"204": answer_of(RECORD)}}
    client = serve(tmp_path, document)
    client.post("", json={"id": "A"})

    gone = client.request("DELETE", "/A")

    assert (gone.status, gone.body, gone.headers.get("content-type")) == (204, b"", None)
    assert client.get("/A").status == 404


def test_an_operation_that_is_left_out_stores_nothing(tmp_path: Path) -> None:
    document = boats()
    lost = {"type": "object", "properties": {"id": {"$ref": "#/components/schemas/Gone"}}}
    document["paths"]["/v1/boats"]["post"]["requestBody"] = body_of(lost)
    client = serve(tmp_path, document)

    left_out = client.post("", json={"id": "A", "name": "Ada"})

    assert (left_out.status, client.get("/A").json["name"] == "Ada") == (501, False)


def test_a_put_without_a_declared_body_changes_what_is_sent(tmp_path: Path) -> None:
    document = boats()
    document["paths"]["/v1/boats/{id}"]["put"] = {"responses": {"200": answer_of(RECORD)}}
    client = serve(tmp_path, document)
    client.post("", json={"id": "A", "name": "Ada"})

    kept, changed = client.put("/A"), client.put("/A", json={"name": "Bea"})
    unread = [client.put("/A", content=body) for body in (b"{", b'{"name":' * 900 + b"1" + b"}" * 900)]

    assert (kept.json, changed.json) == ({"id": "A", "name": "Ada"}, {"id": "A", "name": "Bea"})
    assert [one.status for one in unread] == [200, 200]
    assert client.get("/A").json == {"id": "A", "name": "Bea"}


def test_a_record_is_found_in_an_envelope_that_is_one_of_several(tmp_path: Path) -> None:
    document = boats()
    several = {"type": "object", "required": ["ids"], "properties": {"ids": {"type": "string"}}}
    one = {"type": "object", "required": ["boat"], "properties": {"boat": RECORD}}
    answer = answer_of({"oneOf": [several, one]})
    answer["content"]["application/json"]["example"] = {"boat": {"id": "X", "name": "an example"}}
    document["paths"]["/v1/boats"]["post"]["responses"] = {"201": answer}
    client = serve(tmp_path, document)

    made = client.post("", json={"name": "Ada"}).json["boat"]

    assert (made["name"], client.get(f"/{made['id']}").json) == ("Ada", made)


def test_what_is_answered_by_an_example_is_not_stored_and_says_so(tmp_path: Path) -> None:
    document = boats()
    fixed = {"type": "object", "required": ["id"], "properties": {"id": {"enum": ["X"]}, "name": {}}}
    document["paths"]["/v1/boats"]["post"]["responses"] = {"201": answer_of(fixed)}
    client = serve(tmp_path, document)

    made = client.post("", json={"id": "A", "name": "Ada"})

    assert made.json["id"] == "X"
    assert made.headers["mock-reason"].startswith("answered by an example: ")
    assert client.get("/A").status == 404


def test_the_reason_of_a_missing_record_names_the_records_that_are_there(tmp_path: Path) -> None:
    client = serve(tmp_path, boats())
    client.post("", json={"id": "A"})

    missing = client.get("/B")

    assert missing.headers["mock-reason"] == "no record B in boats, which has A"


@pytest.mark.parametrize("name", ["x-rate-limit-limit", "x-batch-size", "x-rate-limit"])
def test_a_header_of_the_file_is_no_annotation_of_ours(tmp_path: Path, name: str) -> None:
    document = boats()
    answer = document["paths"]["/v1/boats/{id}"]["get"]["responses"]["200"]
    answer["headers"] = {name: {"schema": {"type": "integer"}}}
    client = serve(tmp_path, document)

    client.post("", json={"id": "A"})

    assert client.get("/A").status == 200


@pytest.mark.parametrize("credential", ["Bearer some-token", "Basic dXNlcjp3b3Jk", "token x", "some-key"])
def test_any_spelling_of_a_key_in_authorization_will_do(tmp_path: Path, credential: str) -> None:
    scheme = {"type": "apiKey", "name": "Authorization", "in": "header"}
    components = {"securitySchemes": {"key": scheme}}
    client = serve(tmp_path, boats(components=components, security=[{"key": []}]))

    answers = [
        client.post("", json={"id": "A"}, headers={"Authorization": text})
        for text in (credential, "Bearer undefined", "Bearer")
    ]

    assert [one.status for one in answers] == [201, 401, 401]


def test_a_member_that_is_not_sent_has_the_value_that_the_file_names(tmp_path: Path) -> None:
    members = {
        "plan": {"type": "string", "enum": ["free", "pro"], "default": "pro", "example": "free"},
        "print": {"type": "string", "example": "b7:2f"},
    }
    record = {**RECORD, "required": [*members], "properties": {**RECORD["properties"], **members}}
    document = boats(record=record)
    document["paths"]["/v1/boats"]["post"]["requestBody"] = body_of(RECORD)

    made = serve(tmp_path, document).post("", json={"id": "A"})

    assert (made.json["plan"], made.json["print"]) == ("pro", "b7:2f")


@pytest.mark.parametrize(
    "kind", [{"type": "string", "format": "date-time"}, {"type": "string"}, {"type": "integer", "example": 7}]
)
def test_a_change_sets_the_time_of_the_last_change(tmp_path: Path, kind: Any) -> None:
    times = dict.fromkeys(("created_at", "updated_at"), kind)
    record = {**RECORD, "required": [*times], "properties": {**RECORD["properties"], **times}}
    document = boats(record=record)
    sent = {"requestBody": body_of(RECORD), "responses": {"200": answer_of(record)}}
    document["paths"]["/v1/boats/{id}"] |= {"put": sent, "patch": sent}
    document["paths"]["/v1/boats"]["post"]["requestBody"] = body_of(RECORD)
    client = serve(tmp_path, document)
    made = client.post("", json={"id": "A"}).json

    for change in (client.put, client.patch):
        changed = change("/A", json={"name": "Ada"}).json

        assert changed["created_at"] == made["created_at"]
        assert changed["updated_at"] >= made["updated_at"] > (made["updated_at"].__class__)(1_000_000_000)
        made = changed


@pytest.mark.parametrize("word", ["all", "any"])
def test_a_filter_by_a_word_for_all_lets_every_record_pass(tmp_path: Path, word: str) -> None:
    record = {"type": "object", "properties": {**RECORD["properties"], "state": {"type": "string"}}}
    document = boats(record=record)
    asked = {"name": "state", "in": "query", "schema": {"type": "string"}}
    listed = answer_of({"type": "array", "items": record})
    document["paths"]["/v1/boats"]["get"] = {"parameters": [asked], "responses": {"200": listed}}
    client = serve(tmp_path, document)
    client.post("", json={"id": "A", "state": "open"})

    assert [len(client.get(f"?state={one}").json) for one in (word, "open", "closed")] == [1, 1, 0]


@pytest.mark.parametrize("media_type", ["*/*", "application/*", "application/json"])
@pytest.mark.parametrize("key", ["404", "4XX", "default"])
def test_a_refusal_has_the_form_that_the_file_declares(tmp_path: Path, key: str, media_type: str) -> None:
    members = {name: {"type": "string"} for name in ("category", "message")}
    refused = {"type": "object", "required": [*members], "properties": members}
    document = boats()
    answers = document["paths"]["/v1/boats/{id}"]["get"]["responses"]
    answers[key] = {"description": "no", "content": {media_type: {"schema": refused}}}

    missing = serve(tmp_path, document).get("/A")

    assert (missing.status, missing.headers["content-type"]) == (404, "application/json")
    assert missing.json == {"category": "not-found", "message": "boats A was not found"}


def test_two_names_of_one_parameter_are_one_path(tmp_path: Path) -> None:
    document = boats()
    parameter = {"name": "boatId", "in": "path", "required": True, "schema": {"type": "string"}}
    sent = {"requestBody": body_of(RECORD), "responses": {"200": answer_of(RECORD)}}
    document["paths"]["/v1/boats/{boatId}"] = {"parameters": [parameter], "put": sent}
    client = serve(tmp_path, document)

    client.put("/A", json={"name": "Ada"})

    assert client.get("/A").json == {"id": "A", "name": "Ada"}


def test_a_new_record_has_the_address_that_the_file_declares(tmp_path: Path) -> None:
    document = boats()
    answer = document["paths"]["/v1/boats"]["post"]["responses"]["201"]
    answer["headers"] = {"Location": {"schema": {"type": "string"}}}
    client = serve(tmp_path, document)

    made = client.post("", json={"id": "A/B"})

    assert made.headers["location"].endswith("/boats/v1/boats/A%2FB")


HEADERS: Any = [
    ({"schema": {"type": "string", "enum": ["Elasticsearch"]}}, "Elasticsearch"),
    ({"schema": {"type": "integer"}, "example": 7}, "7"),
    ({"schema": {"type": "integer", "example": 8}}, "8"),
    ({"schema": {"type": "string"}, "examples": {"one": {"value": "nine"}}}, "nine"),
    ({"schema": {"type": "string", "default": "usual"}}, "usual"),
    ({"schema": {"type": "string", "example": None, "pattern": "^[ab]{3}$"}}, "[ab]{3}"),
    ({"schema": {"type": "boolean", "default": True}}, "true"),
    ({"schema": {"type": "array", "items": {"type": "string"}}, "example": ["a", "b"]}, "a,b"),
    ({"content": {"application/json": {"schema": {"type": "integer", "enum": [10]}}}}, "10"),
    ({"schema": {"type": "string", "format": "uuid"}}, "[0-9a-f-]{36}"),
]


@pytest.mark.parametrize(("header", "pattern"), HEADERS)
def test_a_header_that_must_be_sent_is_sent(tmp_path: Path, header: Any, pattern: str) -> None:
    document = boats()
    answers = document["paths"]["/v1/boats/{id}"]["get"]["responses"]
    headers = {"X-Product": {"required": True, **header}, "X-Other": header}
    answers["200"]["headers"] = headers
    answers["404"] = {"description": "unknown", "headers": {"X-Product": {"$ref": "#/components/headers/P"}}}
    document["components"] = {"headers": {"P": headers["X-Product"]}}
    client = serve(tmp_path, document)
    client.post("", json={"id": "A"})

    for path, status in (("/A", 200), ("/B", 404)):
        answer = client.get(path)
        assert (answer.status, "x-other" in answer.headers) == (status, False)
        assert re.fullmatch(pattern, answer.headers["x-product"])


def test_the_answer_of_a_batch_has_the_header_that_must_be_sent(tmp_path: Path) -> None:
    row = {"type": "object", "required": ["id"], "properties": {"id": {}, "status": {"type": "integer"}}}
    told = answer_of({"type": "array", "items": row})
    told["headers"] = {"X-Product": {"required": True, "schema": {"type": "string", "enum": ["Boats"]}}}
    document = boats(record={**RECORD, "required": ["id"]})
    sent = body_of({"type": "array", "items": {**RECORD, "required": ["id"]}})
    document["paths"]["/v1/boats/bulk"] = {"post": {"requestBody": sent, "responses": {"207": told}}}
    client = serve(tmp_path, document)

    answer = client.post("/bulk", json=[{"id": "A"}, {"id": 7}])

    assert ([one["status"] for one in answer.json], answer.headers["x-product"]) == ([201, 422], "Boats")


@pytest.mark.parametrize("is_wrapped", [False, True])
def test_a_fixture_that_lacks_a_member_does_not_hide_the_list(tmp_path: Path, *, is_wrapped: bool) -> None:
    record = {**RECORD, "required": ["id", "name"]}
    rows = {"type": "array", "items": record}
    listed = {"type": "object", "properties": {"boats": rows}} if is_wrapped else rows
    document = boats(record=record)
    document["paths"]["/v1/boats"]["get"] = {"responses": {"200": answer_of(listed)}}
    fixtures = {"v1/boats": {"A": {"id": "A"}, "B": {"id": "B", "name": "Bea"}}}
    client = serve(tmp_path, document, fixtures)

    found = client.get("").json

    assert (found["boats"] if is_wrapped else found) == [client.get("/A").json, {"id": "B", "name": "Bea"}]


def test_the_record_of_an_envelope_is_the_member_with_the_noun_of_the_path(tmp_path: Path) -> None:
    crew = {"type": "object", "properties": {"boat_id": {"type": "string"}, "id": {"type": "string"}}}
    others = {f"log{number}": {"type": "string"} for number in range(6)}
    envelope = {"type": "object", "properties": {"crew": crew, **others, "boat": RECORD}}
    document = boats(record=envelope)
    rows = {"type": "array", "items": envelope}
    listed = {"type": "object", "properties": {"list": rows, "next_offset": {"type": "string"}}}
    document["paths"]["/v1/boats"]["post"]["requestBody"] = body_of(RECORD)
    document["paths"]["/v1/boats"]["get"] = {"responses": {"200": answer_of(listed)}}
    client = serve(tmp_path, document)

    made = client.post("", json={"id": "A", "name": "Ada"}).json["boat"]

    assert (made["id"], made["name"]) == ("A", "Ada")
    assert client.get("/A").json["boat"] == client.get("").json["list"][0]["boat"] == made


def test_what_a_file_names_is_drawn_once_and_shown_alike(tmp_path: Path) -> None:
    members = {
        "city": {"type": "string"},
        "sunk_on": {"type": "string", "format": "date", "nullable": True},
        "deleted_at": {"type": "string", "format": "date-time"},
    }
    record = {**RECORD, "properties": {**RECORD["properties"], **members}}
    document = boats(record=record)
    document["paths"]["/v1/boats"]["get"] = {
        "responses": {"200": answer_of({"type": "array", "items": record})}
    }
    client = serve(tmp_path, document)

    made = client.post("", json={"name": "Ada"}).json

    assert list(made) == ["id", "name", "city"]
    assert client.get("").json == [made] == [client.get(f"/{made['id']}").json]


def test_a_deletion_is_told_in_a_form_of_its_own(tmp_path: Path) -> None:
    kind = {"type": "string", "enum": ["boat"]}
    document = boats(
        record={**RECORD, "required": ["id", "kind"], "properties": {**RECORD["properties"], "kind": kind}}
    )
    gone = {"id": {"type": "string"}, "kind": {"enum": ["boat.deleted"]}, "deleted": {"type": "boolean"}}
    told = {"type": "object", "required": [*gone], "properties": gone}
    document["paths"]["/v1/boats"]["post"]["requestBody"] = body_of(RECORD)
    document["paths"]["/v1/boats/{id}"]["delete"] = {"responses": {"200": answer_of(told)}}
    client = serve(tmp_path, document)
    client.post("", json={"id": "A"})

    assert client.delete("/A").json == {"id": "A", "kind": "boat.deleted", "deleted": True}
    assert client.get("/A").status == 404


def test_a_record_whose_creation_answers_nothing_is_stored_by_the_key_that_was_sent(tmp_path: Path) -> None:
    document = boats()
    empty = {"type": "object", "properties": {}, "additionalProperties": False}
    document["paths"]["/v1/boats"]["post"]["responses"] = {"201": answer_of(empty)}
    client = serve(tmp_path, document)

    assert client.post("", json={"id": "A", "name": "Ada"}).json == {}
    assert client.get("/A").json == {"id": "A", "name": "Ada"}


def test_the_key_may_be_sent_by_the_name_of_the_path_parameter(tmp_path: Path) -> None:
    document = boats()
    document["paths"]["/v1/boats/{boat_id}"] = item = document["paths"].pop("/v1/boats/{id}")
    item["parameters"] = [{**item["parameters"][0], "name": "boat_id"}]
    sent = {"type": "object", "properties": {"boat_id": {"type": "string"}}}
    document["paths"]["/v1/boats"]["post"]["requestBody"] = body_of(sent)
    client = serve(tmp_path, document)

    assert client.post("", json={"boat_id": "A"}).json["id"] == client.get("/A").json["id"] == "A"


def test_an_operation_that_answers_a_list_creates_no_record(tmp_path: Path) -> None:
    document = boats()
    found = {"type": "object", "properties": {"data": {"type": "array", "items": RECORD}}}
    document["paths"]["/v1/boats"]["post"] = {
        "requestBody": body_of(found),
        "responses": {"200": answer_of(found)},
    }
    client = serve(tmp_path, document)

    assert client.post("", json={"data": [{"id": "A", "name": "Ada"}]}).status == 200
    assert client.get("/A").json["name"] != "Ada"  # an example, as no call makes records


def test_records_are_listed_in_the_order_of_their_creation(tmp_path: Path) -> None:
    document = boats()
    document["paths"]["/v1/boats"]["get"] = {
        "responses": {"200": answer_of({"type": "array", "items": RECORD})}
    }
    client = serve(tmp_path, document)
    names = [f"boat {number}" for number in range(12)]
    for name in names:
        client.post("", json={"name": name})

    assert [one["name"] for one in client.get("").json] == names


def test_a_filter_that_must_be_sent_finds_records_that_lack_its_member(tmp_path: Path) -> None:
    document = boats()
    parameters = [{"name": "crew", "in": "query", "required": True, "schema": {"type": "string"}}]
    owned = {**RECORD, "properties": {**RECORD["properties"], "crew": {"type": "object", "nullable": True}}}
    document["paths"]["/v1/boats"]["get"] = {
        "parameters": parameters,
        "responses": {"200": answer_of({"type": "array", "items": owned})},
    }
    document["paths"]["/v1/boats/{id}"]["get"]["responses"] = {"200": answer_of(owned)}
    document["paths"]["/v1/boats"]["post"] = {
        "requestBody": body_of(owned),
        "responses": {"201": answer_of(owned)},
    }
    client = serve(tmp_path, document)
    for key, crew in (("A", {}), ("B", {"crew": {"id": "C1"}}), ("C", {"crew": {"id": "C2"}})):
        client.post("", json={"id": key, **crew})

    assert [one["id"] for one in client.get("?crew=C1").json] == ["A", "B"]


def test_a_member_that_two_schemas_describe_keeps_both(tmp_path: Path) -> None:
    known = {"type": "object", "properties": {"kind": {"enum": ["boat"]}}}
    any_kind = {"type": "object", "required": ["kind", "flag"], "properties": {"kind": {"type": "string"}}}
    document = boats(record={"allOf": [any_kind, known, RECORD]})
    document["paths"]["/v1/boats"]["post"]["requestBody"] = body_of(RECORD)
    client = serve(tmp_path, document)

    made = client.post("", json={"id": "A"}).json

    assert (made["kind"], "flag" in made) == ("boat", True)  # no schema describes `flag`, but one requires it
    assert client.get("/A").json == made


def test_a_fixture_that_does_not_fit_is_told_with_the_reason(tmp_path: Path) -> None:
    fixtures = {"v1/boats": [{"id": "A", "name": 5}]}

    with pytest.raises(StartupError) as error:
        serve(tmp_path, boats(), fixtures)

    assert str(error.value.args[0]) == '5 is not of type "string"'
    assert error.value.where.endswith("/boats/v1~1boats/A/name")


def test_explain_foresees_an_answer_that_takes_no_record(tmp_path: Path) -> None:
    document = boats()
    fixed = {"type": "object", "required": ["id"], "properties": {"id": {"enum": ["X"]}, "name": {}}}
    document["paths"]["/v1/boats"]["post"]["responses"] = {"201": answer_of(fixed)}
    file = tmp_path / "boats.json"
    file.write_bytes(json.encode(document))

    told = {one.operation: (one.kind, one.reason) for one in explain(load_vendor(file))}

    assert told["POST /v1/boats"] == (
        "example",
        "a value for its schema, as the answer's schema takes no record of v1/boats",
    )
    assert told["GET /v1/boats/{id}"] == ("stored", "show: v1/boats by id")


def test_a_put_that_requires_nothing_changes_what_it_names(tmp_path: Path) -> None:
    document = boats()
    needed = {
        **RECORD,
        "required": ["kind"],
        "properties": {**RECORD["properties"], "kind": {"type": "string"}},
    }
    document["paths"]["/v1/boats"]["post"]["requestBody"] = body_of(needed)
    document["paths"]["/v1/boats/{id}"]["put"] = {
        "requestBody": body_of(
            {"type": "object", "properties": {"name": {"type": "string"}, "flag": {"type": "string"}}}
        ),
        "responses": {"200": answer_of(RECORD)},
    }
    client = serve(tmp_path, document)
    client.post("", json={"id": "A", "name": "Ada", "kind": "tug"})

    assert client.put("/A", json={"flag": "NL"}).json["name"] == "Ada"


def test_a_default_of_the_body_comes_before_a_made_up_value(tmp_path: Path) -> None:
    document = boats()
    sent = {
        "type": "object",
        "properties": {"id": {"type": "string"}, "name": {"type": "string", "default": ""}},
    }
    document["paths"]["/v1/boats"]["post"]["requestBody"] = body_of(sent)

    assert serve(tmp_path, document).post("", json={"id": "A"}).json == {"id": "A", "name": ""}


def test_a_key_that_is_sent_for_an_object_is_the_key_of_the_object(tmp_path: Path) -> None:
    owner = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    document = boats(record={**RECORD, "properties": {**RECORD["properties"], "owner": owner}})
    document["paths"]["/v1/boats"]["post"]["requestBody"] = body_of({"type": "object"})

    assert serve(tmp_path, document).post("", json={"owner": "C1"}).json["owner"] == {"id": "C1"}


def test_a_post_at_the_path_of_a_record_changes_the_record(tmp_path: Path) -> None:
    document = boats()
    change = {"requestBody": body_of(RECORD), "responses": {"200": answer_of(RECORD)}}
    document["paths"]["/v1/boats/{id}"]["post"] = change
    client = serve(tmp_path, document)
    client.post("", json={"id": "A", "name": "Ada"})

    assert client.post("/A", json={"name": "Bea"}).json == {"id": "A", "name": "Bea"}
    assert client.get("/A").json["name"] == "Bea"


def test_a_record_may_have_its_key_in_metadata(tmp_path: Path) -> None:
    metadata = {"type": "object", "properties": {"name": {"type": "string"}}}
    record = {"type": "object", "properties": {"kind": {"type": "string"}, "metadata": metadata}}
    document = boats(record=record)
    document["paths"]["/v1/boats/{name}"] = item = document["paths"].pop("/v1/boats/{id}")
    item["parameters"] = [{**item["parameters"][0], "name": "name"}]
    client = serve(tmp_path, document)

    made = client.post("", json={"kind": "Boat", "metadata": {"name": "ada"}}).json

    assert made == client.get("/ada").json == {"kind": "Boat", "metadata": {"name": "ada"}}


def test_a_json_patch_counts_in_json_too(tmp_path: Path) -> None:
    document = boats()
    change = {"requestBody": body_of({}), "responses": {"200": answer_of(RECORD)}}
    document["paths"]["/v1/boats/{id}"]["patch"] = change
    client = serve(tmp_path, document)
    client.post("", json={"id": "A", "name": "Ada"})
    operations = [{"op": "replace", "path": "/name", "value": "Bea"}]

    assert client.patch("/A", json=operations).json["name"] == "Bea"
    assert client.patch("/A", json={"patch": operations, "comment": "a new name"}).json["name"] == "Bea"


def test_a_step_of_a_path_that_is_a_prefix_too_stays(tmp_path: Path) -> None:
    client = serve(tmp_path, boats(servers=[{"url": "https://boats.example.com/v1"}]))

    assert client.post("", json={"id": "A"}).status == 201
    assert client.get("/A").json["id"] == "A"


def test_the_address_of_a_new_record_tells_its_key(tmp_path: Path) -> None:
    document = boats()
    located = {"description": "made", "headers": {"Location": {"schema": {"type": "string"}}}}
    document["paths"]["/v1/boats"]["post"]["responses"] = {"201": located}
    document["paths"]["/v1/boats"]["post"]["requestBody"] = body_of({"type": "object"})
    client = serve(tmp_path, document)

    made = client.post("", json={"name": "Ada"})

    assert (made.status, made.body) == (201, b"")
    assert client.get(f"/{made.headers['location'].rpartition('/')[2]}").json["name"] == "Ada"


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ({"format": "snowflake", "pattern": "^(0|[1-9][0-9]*)$"}, "[0-9]+"),
        ({"format": "ipv4"}, r"192\.0\.2\.[0-9]+"),
        ({"format": "something"}, ".+"),
    ],
)
def test_each_made_key_is_new_and_fits_its_format(tmp_path: Path, form: Any, pattern: str) -> None:
    key = {"type": "string", **form}
    client = serve(tmp_path, boats(key, {"type": "object", "properties": {"id": key}}))

    made = [client.post("", json={}).json["id"] for _ in range(4)]

    assert len({*made}) == 4
    assert all(re.fullmatch(pattern, one) and client.get(f"/{one}").json["id"] == one for one in made)


GONE: Any = [
    ({"type": "string"}, "deleted"),
    ({"type": "string", "example": "Boat removed"}, None),
    ({"type": "string", "enum": ["failed", "deleted"]}, "deleted"),
    ({"type": "string", "format": "date-time"}, None),
    ({"type": "boolean"}, True),
    ({"type": "boolean", "example": False}, True),
    ({"type": "integer"}, 1),
    ({"type": "array", "items": {"type": "string"}}, []),
    ({"type": "array", "minItems": 1, "items": RECORD}, None),
    ({"oneOf": [{"type": "array", "items": RECORD}, {"type": "boolean"}]}, True),
    ({"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}}}, {"ok": True}),
]


@pytest.mark.parametrize(("schema", "told"), GONE)
def test_a_deletion_removes_the_record_whatever_its_answer_is(tmp_path: Path, schema: Any, told: Any) -> None:
    document = boats()
    document["paths"]["/v1/boats/{id}"]["delete"] = {"responses": {"200": answer_of(schema)}}
    client = serve(tmp_path, document)
    client.post("", json={"id": "A"})

    answer = client.delete("/A")

    assert (answer.status, OAS30Validator(schema).is_valid(answer.json)) == (200, True)
    assert told is None or answer.json == told
    assert client.get("/A").status == client.delete("/A").status == 404


def test_a_deletion_that_is_told_as_a_plain_text_removes_the_record(tmp_path: Path) -> None:
    document = boats()
    told = {"description": "gone", "content": {"text/plain": {"schema": {"type": "string"}}}}
    document["paths"]["/v1/boats/{id}"]["delete"] = {"responses": {"200": told}}
    client = serve(tmp_path, document)
    client.post("", json={"id": "A"})

    answer = client.delete("/A")

    assert (answer.headers["content-type"].partition(";")[0], answer.body) == ("text/plain", b"deleted")
    assert client.get("/A").status == 404


@pytest.mark.parametrize(
    ("media_type", "schema", "key"),
    [
        ("application/json", {"type": "integer"}, {"type": "integer", "readOnly": True}),
        ("application/json", {"type": "string"}, {"type": "string", "readOnly": True}),
        ("application/json", {"type": "string", "example": "172"}, {"type": "integer", "readOnly": True}),
        ("text/plain", {"type": "string", "format": "uuid"}, {"type": "string", "format": "uuid"}),
    ],
)
def test_a_creation_that_answers_the_key_alone_stores_what_was_sent(
    tmp_path: Path, media_type: str, schema: Any, key: Any
) -> None:
    document = boats(asked=key, record={**RECORD, "properties": {**RECORD["properties"], "id": key}})
    answers = {"201": {"description": "the key", "content": {media_type: {"schema": schema}}}}
    document["paths"]["/v1/boats"]["post"]["responses"] = answers
    client = serve(tmp_path, document)

    made = client.post("", json={"name": "Ada"})

    told = made.body.decode().strip('"')
    assert OAS30Validator(schema).is_valid(told if schema["type"] == "string" else made.json)
    assert (str(client.get(f"/{told}").json["id"]), client.get(f"/{told}").json["name"]) == (told, "Ada")


def test_a_text_for_people_is_no_key(tmp_path: Path) -> None:
    document = boats(record={**RECORD, "properties": {"id": {"type": "string", "readOnly": True}}})
    said = {"type": "string", "example": "The boat is stored"}
    document["paths"]["/v1/boats"]["post"]["responses"] = {"201": answer_of(said)}
    client = serve(tmp_path, document)

    assert client.post("", json={}).json == "The boat is stored"


ANY: Any = {"type": "object"}


@pytest.mark.parametrize(
    ("created", "key"),
    [(ANY, "id"), ({"type": "object", "properties": {"number": {"type": "string"}}}, "number")],
)
def test_a_record_of_any_members_is_what_was_sent(tmp_path: Path, created: Any, key: str) -> None:
    document = boats(record=ANY)
    document["paths"]["/v1/boats"]["post"]["responses"] = {"201": answer_of(created)}
    document["paths"]["/v1/boats"]["get"] = {"responses": {"200": answer_of({"type": "array", "items": ANY})}}
    client = serve(tmp_path, document)

    made = client.post("", json={"name": "Ada", "crew": [1, 2]}).json

    assert client.get(f"/{made[key]}").json == {"name": "Ada", "crew": [1, 2], key: made[key]}
    assert client.get("").json == [client.get(f"/{made[key]}").json]
    assert client.get("/unknown").status == 404


def test_an_item_of_a_batch_is_shown_by_an_answer_of_any_members(tmp_path: Path) -> None:
    hull, sails = {"type": "string"}, {"type": "integer", "minimum": 1}
    item = {"type": "object", "required": ["hull"], "properties": {"hull": hull, "sails": sails}}
    row = {
        "type": "object",
        "required": ["hull"],
        "properties": {"hull": hull, "status": {"type": "integer"}},
    }
    document = boats(record=ANY)
    del document["paths"]["/v1/boats"]
    document["paths"]["/v1/boats/bulk"] = {
        "post": {
            "requestBody": body_of({"type": "array", "items": item}),
            "responses": {"207": answer_of({"type": "array", "items": row})},
        }
    }
    shown = document["paths"].pop("/v1/boats/{id}")
    document["paths"]["/v1/hulls/{id}"] = {**shown, "x-collection": "v1/boats/bulk"}
    client = serve(tmp_path, document)

    told = client.post("/bulk", json=[{"hull": "A", "sails": 2}, {"hull": "B", "sails": 0}]).json

    assert [one["status"] for one in told] == [201, 422]
    hulls = client.within("/boats/v1/hulls")
    assert hulls.get("/A").json == {"hull": "A", "sails": 2}
    assert hulls.get("/B").status == 404


def test_a_null_of_an_example_that_the_schema_does_not_take_hides_no_records(tmp_path: Path) -> None:
    members = {"boats": {"type": "array", "items": RECORD}, "read": {"type": "string"}}
    listed = answer_of({"type": "object", "required": [*members], "properties": members})
    listed["content"]["application/json"]["example"] = {"boats": [], "read": None}
    document = boats()
    document["paths"]["/v1/boats"]["get"] = {"responses": {"200": listed}}
    client = serve(tmp_path, document)
    client.post("", json={"id": "A"})

    found = client.get("").json

    assert ([one["id"] for one in found["boats"]], type(found["read"])) == (["A"], str)
