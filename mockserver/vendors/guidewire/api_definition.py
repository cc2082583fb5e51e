"""Serve the Claim API's own definition, as OpenAPI 3 and converted to Swagger 2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.codec.http import json_reply
from mockserver.model import Document, Json, Reply
from mockserver.sandbox.store import State
from mockserver.spec.openapi import resolve
from mockserver.vendor import Request
from mockserver.vendors.guidewire.representation import API

_REFERENCES: Mapping[str, str] = {
    "#/components/schemas/": "#/definitions/",
    "#/components/parameters/": "#/parameters/",
    "#/components/responses/": "#/responses/",
}
_JSON = "application/json"
_UNSUPPORTED = frozenset({"anyOf", "oneOf", "not", "writeOnly", "examples"})
_PARAMETER_MEMBERS = ("name", "in", "required", "description")
_OPERATION_MEMBERS = ("operationId", "summary", "description", "tags", "security")


def list_apis(request: Request, _state: State) -> Reply:
    """Return the APIs whose definition is served. Source: docs/vendors/guidewire.md#operations-and-paths."""
    docs = f"{request.call.origin}{request.call.mount}{API}/swagger.json"
    return json_reply(200, {API: {"docs": docs, "title": "Claim API"}})


def show_openapi(request: Request, _state: State) -> Reply:
    servers = [{"url": request.call.origin + request.call.mount}]
    return json_reply(200, {**_definition(request.contract), "servers": servers})


def show_swagger(request: Request, _state: State) -> Reply:
    scheme, _, host = request.call.origin.partition("://")
    place = {"host": host, "basePath": request.call.mount or "/", "schemes": [scheme]}
    return json_reply(200, {**to_swagger(_definition(request.contract)), **place})


def _definition(document: Document) -> Document:
    paths = {path: item for path, item in document["paths"].items() if path.startswith(f"{API}/")}
    operations = [node for item in paths.values() for node in item.values() if isinstance(node, dict)]
    used = {tag for node in operations for tag in node.get("tags", ())}
    tags = [tag for tag in document["tags"] if tag["name"] in used]
    definition: Document = _without_extensions({**document, "paths": paths, "tags": tags})
    return definition


def _without_extensions(node: Json) -> Any:
    if isinstance(node, list):
        return [_without_extensions(child) for child in node]
    if not isinstance(node, dict):
        return node
    return {name: _without_extensions(child) for name, child in node.items() if not name.startswith("x-")}


def to_swagger(document: Document) -> dict[str, Any]:
    components = document["components"]
    return {
        "swagger": "2.0",
        "info": document["info"],
        "tags": document["tags"],
        "consumes": [_JSON],
        "produces": [_JSON],
        "paths": {path: _path_item(item, document) for path, item in document["paths"].items()},
        "definitions": {name: _schema(node) for name, node in components["schemas"].items()},
        "parameters": {name: _parameter(node, document) for name, node in components["parameters"].items()},
        "responses": {name: _response(node, document) for name, node in components["responses"].items()},
        "securityDefinitions": {
            name: _security_definition(node) for name, node in components["securitySchemes"].items()
        },
    }


def _security_definition(node: Document) -> Json:
    """Convert a security scheme to Swagger 2, where a bearer token is an API key in `Authorization`."""
    if node["scheme"] == "basic":
        return {"type": "basic"}
    return {"type": "apiKey", "in": "header", "name": "Authorization"}


def _path_item(item: Document, document: Document) -> Json:
    methods = {method: _operation(node, document) for method, node in item.items() if method != "parameters"}
    return {
        "parameters": [_parameter(parameter, document) for parameter in item.get("parameters", ())],
        **methods,
    }


def _operation(node: Document, document: Document) -> Json:
    parameters = [_parameter(parameter, document) for parameter in node.get("parameters", ())]
    if "requestBody" in node:
        schema = _schema(node["requestBody"]["content"][_JSON]["schema"])
        parameters.append({"name": "body", "in": "body", "required": True, "schema": schema})
    return {
        **{name: node[name] for name in _OPERATION_MEMBERS if name in node},
        "parameters": parameters,
        "responses": {status: _response(one, document) for status, one in node["responses"].items()},
    }


def _parameter(node: Document, document: Document) -> Json:
    if "$ref" in node:
        return _reference(node)
    schema = resolve(document, node["schema"])
    parameter = {**{name: node[name] for name in _PARAMETER_MEMBERS if name in node}, **_own_keywords(schema)}
    if schema.get("type") == "array":
        parameter["collectionFormat"] = "multi" if node.get("explode") else "csv"
        parameter["items"] = _own_keywords(resolve(document, schema["items"]))
    return parameter


def _own_keywords(schema: Document) -> dict[str, Any]:
    return {name: child for name, child in schema.items() if name not in {"items", "example", "nullable"}}


def _response(node: Document, document: Document) -> Json:
    if "$ref" in node:
        return _reference(node)
    response: dict[str, Any] = {"description": node["description"]}
    if content := node.get("content"):
        response["schema"] = _schema(content[_JSON]["schema"])
    if headers := node.get("headers"):
        known = {name: resolve(document, one) for name, one in headers.items()}
        response["headers"] = {
            name: {"description": one["description"], **one["schema"]} for name, one in known.items()
        }
    return response


def _schema(node: Json, *, named: bool = False) -> Any:
    """Convert a schema to Swagger 2; if `named`, convert a map from property names to schemas."""
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
        if name not in _UNSUPPORTED
    }


def _reference(node: Document) -> Json:
    for place, target in _REFERENCES.items():
        if node["$ref"].startswith(place):
            return {"$ref": target + node["$ref"].removeprefix(place)}
    return node
