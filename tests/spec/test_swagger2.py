"""Operations of Swagger 2.0 mean the same in OpenAPI 3.0."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.spec.swagger2 import to_openapi3

JSON, XML, FORM = "application/json", "application/xml", "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
ORDER = {"$ref": "#/definitions/Order"}
TEXTS = {"type": "array", "items": {"type": "string"}}


def converted(**members: Any) -> dict[str, Any]:
    return to_openapi3({"swagger": "2.0", **members}, lambda node: node)


def operation(node: Any, item: Any = None, **members: Any) -> Any:
    """The operation as converted, in a path item and a document with more members."""
    return converted(paths={"/a": {**(item or {}), "post": node}}, **members)["paths"]["/a"]["post"]


def parameter(**members: Any) -> Any:
    return operation({"parameters": [{"name": "p", "in": "query", **members}]})["parameters"][0]


def form(*fields: Any, **members: Any) -> Any:
    nodes = [{"in": "formData", "type": "string", **one} for one in fields]
    return operation({"parameters": nodes, **members})["requestBody"]


def answer(node: Any, **members: Any) -> Any:
    return operation({"responses": {"200": node}}, **members)["responses"]["200"]


@pytest.mark.parametrize(
    ("members", "urls"),
    [
        (
            {"host": "a.com", "basePath": "/v1/", "schemes": ["https", "http"]},
            ["https://a.com/v1", "http://a.com/v1"],
        ),
        ({"host": "a.com", "basePath": "/"}, ["https://a.com"]),
        ({"basePath": "v1"}, ["/v1"]),
        ({"schemes": ["https"]}, []),
    ],
)
def test_host_and_base_path_become_servers(members: Any, urls: list[str]) -> None:
    assert [server["url"] for server in converted(**members)["servers"]] == urls


def test_the_keywords_of_a_value_move_into_its_schema() -> None:
    made = parameter(type="integer", format="int32", minimum=1, description="d", required=False)

    assert made == {
        "name": "p",
        "in": "query",
        "description": "d",
        "required": False,
        "schema": {"type": "integer", "format": "int32", "minimum": 1},
    }


@pytest.mark.parametrize(
    ("members", "style"),
    [
        ({}, {"style": "form", "explode": False}),
        ({"collectionFormat": "ssv"}, {"style": "spaceDelimited", "explode": False}),
        ({"collectionFormat": "pipes"}, {"style": "pipeDelimited", "explode": False}),
        ({"collectionFormat": "multi"}, {"style": "form", "explode": True}),
        ({"collectionFormat": "odd"}, {"style": "form", "explode": False}),
        ({"in": "header", "collectionFormat": "csv"}, {}),
    ],
)
def test_a_list_is_written_in_its_collection_format(members: Any, style: Any) -> None:
    made = parameter(**TEXTS, **members)

    assert {name: made[name] for name in made.keys() - {"name", "in", "schema"}} == style


def test_a_body_has_the_media_types_consumed() -> None:
    body = {"in": "body", "name": "order", "required": True, "schema": ORDER}
    made = operation({"parameters": [body]}, consumes=[JSON, XML])

    assert made["requestBody"] == {
        "content": {JSON: {"schema": ORDER}, XML: {"schema": ORDER}},
        "required": True,
    }
    assert made["parameters"] == []


def test_a_parameter_of_the_operation_replaces_that_of_the_path() -> None:
    own, shared = ({"name": "p", "in": "query", "type": kind} for kind in ("integer", "string"))
    made = operation({"parameters": [own]}, {"parameters": [shared]})

    assert [one["schema"] for one in made["parameters"]] == [{"type": "integer"}]


@pytest.mark.parametrize(
    ("fields", "members", "kinds"),
    [
        ([{"name": "a"}], {}, [FORM]),
        ([{"name": "a"}], {"consumes": [JSON, MULTIPART]}, [MULTIPART]),
        ([{"name": "a", "type": "file"}], {"consumes": [FORM]}, [MULTIPART]),
    ],
)
def test_fields_become_a_form(fields: Any, members: Any, kinds: list[str]) -> None:
    assert list(form(*fields, **members)["content"]) == kinds


def test_fields_become_members_of_the_form() -> None:
    made = form({"name": "a", "required": True}, {"name": "b", **TEXTS, "collectionFormat": "pipes"})

    assert made["required"] is True
    assert made["content"][FORM] == {
        "schema": {"type": "object", "properties": {"a": {"type": "string"}, "b": TEXTS}, "required": ["a"]},
        "encoding": {"b": {"style": "pipeDelimited", "explode": False}},
    }


@pytest.mark.parametrize(
    ("node", "members", "content"),
    [
        ({"schema": ORDER}, {"produces": [JSON, XML]}, {JSON: {"schema": ORDER}, XML: {"schema": ORDER}}),
        ({"schema": ORDER}, {}, {JSON: {"schema": ORDER}}),
        (ORDER, {}, {JSON: {"schema": ORDER}}),
        ({"examples": {"text/csv": "1", "odd": 1}}, {}, {"text/csv": {"example": "1"}}),
        ({"schema": ORDER, "examples": {JSON: 1}}, {}, {JSON: {"schema": ORDER, "example": 1}}),
        ({}, {}, None),
    ],
)
def test_an_answer_has_its_content_in_the_media_types_produced(node: Any, members: Any, content: Any) -> None:
    assert answer(node, **members).get("content") == content


def test_the_headers_of_an_answer_have_schemas() -> None:
    assert answer({"headers": {"x-left": {"type": "integer"}}})["headers"] == {
        "x-left": {"schema": {"type": "integer"}}
    }


@pytest.mark.parametrize(
    ("flow", "made"),
    [
        ("implicit", "implicit"),
        ("password", "password"),
        ("application", "clientCredentials"),
        ("accessCode", "authorizationCode"),
    ],
)
def test_a_flow_of_oauth2_is_converted(flow: str, made: str) -> None:
    scheme = {"type": "oauth2", "flow": flow, "tokenUrl": "t", "scopes": {"s": "d"}}
    schemes = converted(securityDefinitions={"A": scheme})["components"]["securitySchemes"]

    assert schemes == {"A": {"type": "oauth2", "flows": {made: {"tokenUrl": "t", "scopes": {"s": "d"}}}}}


@pytest.mark.parametrize("node", [None, 5, []])
def test_what_is_no_operation_stays_for_the_reader_to_tell(node: Any) -> None:
    assert operation(node) == node
