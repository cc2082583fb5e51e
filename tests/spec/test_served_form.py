"""The served form: every operation complete or left out, with a note that has a cure."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.errors import SpecError
from mockserver.spec.loading import server_paths
from mockserver.spec.openapi import METHODS
from mockserver.spec.served_form import NOT_SERVED, ServedForm, served_form

TEXT = {"type": "string"}


def formed(paths: Any, **members: Any) -> ServedForm:
    return served_form({"openapi": "3.0.3", "paths": paths, **members})


def operation(node: Any, path: str = "/a", **members: Any) -> Any:
    return formed({path: {"get": node}}, **members).document["paths"][path]["get"]


def answer_schema(node: Any, **members: Any) -> Any:
    """The schema of an answer as served, or why its operation is not served."""
    content = {"application/json": {"schema": node}}
    made = operation({"responses": {"200": {"content": content}}}, **members)
    return made.get(NOT_SERVED) or made["responses"]["200"]["content"]["application/json"]["schema"]


@pytest.mark.parametrize(
    ("first", "second", "ids"),
    [
        ({}, {}, ["getA", "postA"]),
        ({"operationId": "a b/c"}, {"operationId": 7}, ["a-b-c", "7"]),
        ({"operationId": "a"}, {"operationId": "a"}, ["a", "postA"]),
        ({"operationId": "postA"}, {"operationId": "postA"}, ["postA", "postA2"]),
        ({"operationId": "ä"}, {"operationId": None}, ["getA", "postA"]),
    ],
)
def test_every_operation_has_an_id_of_its_own(first: Any, second: Any, ids: list[str]) -> None:
    item = formed({"/a": {"get": first, "post": second}}).document["paths"]["/a"]

    assert [item[method]["operationId"] for method in ("get", "post")] == ids


@pytest.mark.parametrize(
    ("parameters", "made"),
    [
        ([], [("id", "path")]),
        ([{"name": "id", "in": "path"}], [("id", "path")]),
        ([{"name": "other", "in": "path"}], [("id", "path")]),
        ([{"name": "Authorization", "in": "header"}, {"name": "accept", "in": "header"}], [("id", "path")]),
        ([{"name": "q", "in": "query"}, {"name": "q", "in": "query"}], [("q", "query"), ("id", "path")]),
        ([{"name": "q"}, {"in": "query"}, None, 1, []], [("id", "path")]),
        ([{"$ref": "#/components/parameters/Q"}], [("q", "query"), ("id", "path")]),
        ({"name": "q", "in": "query"}, [("id", "path")]),
    ],
)
def test_parameters_are_those_of_the_path_and_those_that_can_be_read(parameters: Any, made: Any) -> None:
    shared = {"parameters": {"Q": {"name": "q", "in": "query"}}}
    found = operation({"parameters": parameters}, "/a/{id}", components=shared)["parameters"]

    assert [(one["name"], one["in"]) for one in found] == made


@pytest.mark.parametrize(
    "reference",
    [
        "#/components/schemas/Name",
        "#/paths/~1b/get/responses/200/content/text~1plain/schema",
        "#/paths/%7E1b/get/responses/200/content/text%2Fplain/schema",
        "#/x-list/1",
        "#named",
    ],
)
def test_a_reference_leads_anywhere_in_the_document(reference: str) -> None:
    there = {"/b": {"get": {"responses": {"200": {"content": {"text/plain": {"schema": TEXT}}}}}}}
    node = {"responses": {"200": {"content": {"application/json": {"schema": {"$ref": reference}}}}}}
    form = formed(
        {**there, "/a": {"get": node}},
        components={"schemas": {"Name": TEXT}},
        **{"x-list": [1, TEXT], "x-named": {"$anchor": "named", **TEXT}},
    )

    assert list(form.document["components"]["schemas"].values()) == [TEXT]
    assert not form.left_out


@pytest.mark.parametrize(
    ("references", "names"),
    [
        (["#/components/schemas/Name", "#/x-all/Name"], {"Name", "Name2"}),
        (["#/x-all/A b%7Bc%7D"], {"A_b_c"}),
        (["#/x-all/name.yaml"], {"name"}),
        (["#/x-all/0"], {"0"}),
        (["#/x-all/ä"], {"Schema"}),
    ],
)
def test_schemas_have_names_that_are_plain_and_their_own(references: list[str], names: set[str]) -> None:
    given = {"Name": TEXT, "A b{c}": TEXT, "name.yaml": TEXT, "0": TEXT, "ä": TEXT}
    parts = [{"$ref": one} for one in references]
    contents = {"200": {"content": {"application/json": {"schema": {"allOf": parts}}}}}
    form = formed(
        {"/a": {"get": {"responses": contents}}}, components={"schemas": {"Name": TEXT}}, **{"x-all": given}
    )

    assert form.document["components"]["schemas"].keys() == names


def nested(levels: int) -> Any:
    return {"items": nested(levels - 1)} if levels else TEXT


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (None, "an operation is an object"),
        ([], "an operation is an object"),
        ({"$ref": "#/nowhere"}, "points at nothing"),
        ({"$ref": "#/paths/~1a/get"}, "points at itself"),
        ({"$ref": "#/paths/~1a/get/deeper"}, "points at itself"),
        ({"$ref": "#/info/title"}, "an operation is an object"),
        ({"requestBody": {"$ref": "https://[bad"}}, "on another host"),
        (
            {"parameters": [{"name": "q", "in": "query", "schema": {"$ref": ""}}]},
            "points at a file that is not there",
        ),
        ({"parameters": [{"name": "q", "in": "query", "schema": {"$ref": "#/x"}}]}, "points at nothing"),
        ({"parameters": [{"name": "q", "in": "query", "schema": nested(70)}]}, "deeper than 60 levels"),
        (
            {"parameters": [{"name": "q", "in": "query", "schema": {"$ref": "#/x-deep"}}]},
            "deeper than 60 levels",
        ),
    ],
)
def test_an_operation_that_cannot_be_read_is_left_out_alone(node: Any, reason: str) -> None:
    form = formed({"/a": {"get": node, "post": {}}}, info={"title": "A"}, **{"x-deep": nested(70)})
    item = form.document["paths"]["/a"]

    assert reason in item["get"][NOT_SERVED]
    assert [note.path for note in form.left_out] == [("paths", "/a", "get")]
    assert NOT_SERVED not in item["post"]


@pytest.mark.parametrize(
    ("paths", "cure"),
    [
        (
            {"/a": {"get": {"parameters": [{"$ref": "#/components/schemas/Nam"}]}}},
            '$ref: "#/components/schemas/Name"',
        ),
        (
            {"/a": {"get": {"$ref": "https://example.com/a"}}},
            "download it beside the file, and refer to that",
        ),
        ({"/a?b=1": {"get": {}}}, "/a, with the query as parameters"),
        ({"/a": {"fetch": {}}}, f"one of {', '.join(METHODS)}"),
    ],
)
def test_what_is_left_out_has_a_cure(paths: Any, cure: str) -> None:
    form = formed({**paths, "/b": {"get": {}}}, components={"schemas": {"Name": TEXT}})

    assert [note.cure for note in form.left_out] == [cure]


def test_an_unknown_scheme_is_told_and_not_asked_for() -> None:
    form = formed({"/a": {"get": {"security": [{"key": []}]}}})

    assert form.document["paths"]["/a"]["get"]["security"] == []
    assert [note.cure for note in form.notes] == [
        "components: {securitySchemes: {key: {type: http, scheme: bearer}}}"
    ]


def test_scopes_are_texts() -> None:
    schemes = {"securitySchemes": {"key": {"type": "oauth2", "flows": {}}}}
    made = operation({"security": [{"key": ["read", 1, None]}]}, components=schemes)

    assert made["security"] == [{"key": ["read"]}]


@pytest.mark.parametrize(
    ("servers", "paths"),
    [
        ([{"url": "https://a.com/v1/"}, {"url": "/v2"}, {"url": "https://a.com"}], ("/v1", "/v2")),
        ([{"url": "https://{host}/{v}", "variables": {"v": {"default": "v3"}}}], ("/v3",)),
        ([{"url": "http://[bad/v4?a#b"}, {"url": 5}, {"url": None}, None, "/v5"], ("/v4",)),
        ([{"url": "{scheme}://{host}/v6"}, {"url": "HTTP://A.com?b/c"}], ("/v6",)),
        ({"url": "/v7"}, ()),
    ],
)
def test_the_paths_of_servers_are_prefixes(servers: Any, paths: tuple[str, ...]) -> None:
    assert server_paths({"servers": servers}) == paths


@pytest.mark.parametrize(
    "document", [{}, {"openapi": "4.0"}, {"openapi": "3.0.0"}, {"swagger": "2.0", "paths": 5}]
)
def test_a_document_without_operations_is_refused(document: Any) -> None:
    with pytest.raises(SpecError) as caught:
        served_form(document)
    assert caught.value.cure


def test_the_methods_of_openapi_3_2_are_left_out_with_a_note() -> None:
    path: Any = {"get": {}, "query": {}, "additionalOperations": {"COPY": {}}}

    form = served_form({"openapi": "3.2.0", "paths": {"/a": path}})

    assert [*form.document["paths"]["/a"]] == ["get"]
    assert [note.message for note in form.left_out] == ["/a: no method query", "/a: no method COPY"]


def test_a_schema_of_one_line_becomes_the_schema_of_the_whole_body() -> None:
    line, whole = {"type": "object"}, {"type": "array", "items": {"type": "object"}}
    contents = {
        "application/jsonl": {"schema": line},
        "application/x-ndjson": {"itemSchema": line},
        "text/plain": {"schema": {"maxItems": 9}, "itemSchema": line},
        "application/json": {"schema": line},
    }
    answer = {"description": "", "content": contents}

    form = served_form({"openapi": "3.2.0", "paths": {"/a": {"get": {"responses": {"200": answer}}}}})

    read = form.document["paths"]["/a"]["get"]["responses"]["200"]["content"]
    assert {name: one["schema"] for name, one in read.items()} == {
        "application/jsonl": whole,
        "application/x-ndjson": whole,
        "text/plain": {**whole, "maxItems": 9},
        "application/json": line,
    }


def test_a_schema_that_is_part_of_itself_is_read_without_that_part() -> None:
    round_ = {
        "allOf": [
            {"type": "object"},
            {"anyOf": [{"$ref": "#/components/schemas/Round"}, {"minProperties": 1}]},
        ]
    }
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Round"}}}}
    made = served_form(
        {
            "openapi": "3.0.0",
            "paths": {"/a": {"get": {"responses": {"200": {"description": "", **body}}}}},
            "components": {"schemas": {"Round": round_}},
        }
    ).document

    assert made["components"]["schemas"]["Round"]["allOf"][1] == {"anyOf": [{}, {"minProperties": 1}]}
