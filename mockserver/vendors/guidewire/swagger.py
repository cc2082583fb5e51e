"""OpenAPI 3 to Swagger 2, as far as this vendor's spec goes.

What Swagger 2 cannot say is left out: links, alternatives of a schema, examples of requests. A null is
allowed by `x-nullable`, as most readers of Swagger 2 have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.model import Document, Json

_PLACES: Mapping[str, str] = {
    "#/components/schemas/": "#/definitions/",
    "#/components/parameters/": "#/parameters/",
    "#/components/responses/": "#/responses/",
}
_JSON = "application/json"
_UNSAYABLE = frozenset({"anyOf", "oneOf", "not", "writeOnly", "examples"})
_OF_PARAMETERS = ("name", "in", "required", "description")
_OF_OPERATIONS = ("operationId", "summary", "description", "tags", "security")


def swagger(document: Document) -> dict[str, Any]:
    """The Swagger 2 document of an OpenAPI 3 document, without its address."""
    components = document["components"]
    return {
        "swagger": "2.0",
        "info": document["info"],
        "tags": document["tags"],
        "consumes": [_JSON],
        "produces": [_JSON],
        "paths": {path: _path(item, components) for path, item in document["paths"].items()},
        "definitions": {name: _schema(node) for name, node in components["schemas"].items()},
        "parameters": {name: _parameter(node, components) for name, node in components["parameters"].items()},
        "responses": {name: _response(node, components) for name, node in components["responses"].items()},
        "securityDefinitions": {
            name: {"type": "apiKey", "in": "header", "name": "Authorization"}
            for name in components["securitySchemes"]
        },
    }


def _path(item: Document, components: Document) -> Json:
    methods = {
        method: _operation(node, components) for method, node in item.items() if method != "parameters"
    }
    return {"parameters": [_parameter(one, components) for one in item.get("parameters", ())], **methods}


def _operation(node: Document, components: Document) -> Json:
    parameters = [_parameter(one, components) for one in node.get("parameters", ())]
    if "requestBody" in node:
        schema = _schema(node["requestBody"]["content"][_JSON]["schema"])
        parameters.append({"name": "body", "in": "body", "required": True, "schema": schema})
    return {
        **{name: node[name] for name in _OF_OPERATIONS if name in node},
        "parameters": parameters,
        "responses": {status: _response(one, components) for status, one in node["responses"].items()},
    }


def _parameter(node: Document, components: Document) -> Json:
    """A parameter with its schema's keywords beside its own."""
    if "$ref" in node:
        return _reference(node)
    schema = _resolved(node["schema"], components)
    parameter = {**{name: node[name] for name in _OF_PARAMETERS if name in node}, **_plain(schema)}
    if schema.get("type") == "array":
        parameter["collectionFormat"] = "multi" if node.get("explode") else "csv"
        parameter["items"] = _plain(_resolved(schema["items"], components))
    return parameter


def _plain(schema: Document) -> dict[str, Any]:
    return {name: child for name, child in schema.items() if name not in {"items", "example", "nullable"}}


def _response(node: Document, components: Document) -> Json:
    if "$ref" in node:
        return _reference(node)
    response: dict[str, Any] = {"description": node["description"]}
    if content := node.get("content"):
        response["schema"] = _schema(content[_JSON]["schema"])
    if headers := node.get("headers"):
        response["headers"] = {name: _header(one, components) for name, one in headers.items()}
    return response


def _header(node: Document, components: Document) -> Json:
    found = components["headers"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
    return {"description": found["description"], **found["schema"]}


def _schema(node: Json, *, named: bool = False) -> Any:
    """A schema; below `properties` every member is a schema whatever its name."""
    if isinstance(node, list):
        return [_schema(child) for child in node]
    if not isinstance(node, dict):
        return node
    if named:
        return {name: _schema(child) for name, child in node.items()}
    if "$ref" in node:
        return _reference(node)
    return {
        "x-nullable" if name == "nullable" else name: _schema(child, named=name == "properties")
        for name, child in node.items()
        if name not in _UNSAYABLE
    }


def _reference(node: Document) -> Json:
    for place, target in _PLACES.items():
        if node["$ref"].startswith(place):
            return {"$ref": target + node["$ref"].removeprefix(place)}
    return node


def _resolved(node: Document, components: Document) -> Document:
    return components["schemas"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
