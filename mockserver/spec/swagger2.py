"""Convert operations of Swagger 2.0 to OpenAPI 3; the module `dialects` converts the schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mockserver.model import Document, Json, Value
from mockserver.spec.openapi import METHODS
from mockserver.spec.source_files import extensions, listed, members, texts

_MEDIA = frozenset({"consumes", "produces", "schemes", "parameters", "responses"})
_NOT_OF_VALUE = frozenset({"name", "in", "description", "required", "schema", "collectionFormat"})
_STYLES: Mapping[str, Document] = {
    "csv": {"style": "form", "explode": False},
    "ssv": {"style": "spaceDelimited", "explode": False},
    "tsv": {"x-content": "text/tab-separated-values", "explode": False},  # no style of OpenAPI 3
    "pipes": {"style": "pipeDelimited", "explode": False},
    "multi": {"style": "form", "explode": True},
}
_FORM, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_FLOWS = {"application": "clientCredentials", "accessCode": "authorizationCode"}

Resolve = Callable[[Json], Json]
"""A function that returns the last target of a reference, and a broken reference or other node unchanged."""


def to_openapi3(document: Document, resolve: Resolve) -> dict[str, Any]:
    """Return the document with the sections of OpenAPI 3.0; copy or leave out malformed parts."""
    swagger = _Swagger(
        resolve, _media_types(document.get("consumes")), _media_types(document.get("produces"))
    )
    schemes = members(document.get("securityDefinitions"))
    return {
        # Parameters, answers and definitions keep their places, because references lead there.
        **document,
        "openapi": "3.0.3",
        "servers": _servers(document),
        "paths": {
            path: item if path.startswith("x-") else swagger.path_item(item)
            for path, item in members(document.get("paths")).items()
        },
        "components": {"securitySchemes": {name: _security_scheme(node) for name, node in schemes.items()}},
    }


class _Swagger(Value, frozen=True):
    """Converter of operations."""

    resolve: Resolve
    consumes: list[str]
    """Media types of the bodies of operations that declare none."""
    produces: list[str]
    """Media types of the answers of operations that declare none."""

    def path_item(self, node: Json) -> dict[str, Any]:
        """Return the path item, with its parameters moved into each of its operations."""
        item = {**members(self.resolve(node)), **members(node)}
        return {
            name: self._operation(item, child) if name in METHODS and isinstance(child, Mapping) else child
            for name, child in item.items()
            if name not in ("parameters", "$ref")
        }

    def _operation(self, item: Document, written: Json) -> dict[str, Any]:
        node = members(self.resolve(written))
        made = {name: child for name, child in node.items() if name not in _MEDIA}
        consumes = _media_types(node["consumes"]) if node.get("consumes") else self.consumes
        produces = _media_types(node["produces"]) if node.get("produces") else self.produces
        given = {}
        for one in (*listed(item.get("parameters")), *listed(node.get("parameters"))):
            target = members(self.resolve(one))
            given[str(target.get("name")), str(target.get("in"))] = target
        fields = [one for (_, place), one in given.items() if place == "formData" and "name" in one]
        bodies = [one for (_, place), one in given.items() if place == "body"]
        made["parameters"] = [
            _parameter(one) for (_, place), one in given.items() if place not in ("body", "formData")
        ]
        if bodies:
            content = {kind: {"schema": bodies[-1].get("schema", {})} for kind in consumes}
            made["requestBody"] = {"content": content, "required": bodies[-1].get("required") is True}
        elif fields:
            made["requestBody"] = _form(fields, consumes)
        made["responses"] = {
            status: self._response(answer, produces)
            for status, answer in members(node.get("responses")).items()
            if not status.startswith("x-")
        }
        return made

    def _response(self, given: Json, produces: list[str]) -> dict[str, Any]:
        node = members(self.resolve(given))
        is_schema = isinstance(given, Mapping) and str(given.get("$ref")).startswith("#/definitions/")
        schema = given if is_schema else node.get("schema")
        made = extensions(node)
        made["description"] = str(node.get("description") or "")
        made["headers"] = {
            name: {"schema": _value(members(header))} for name, header in members(node.get("headers")).items()
        }
        media = {} if schema is None else {"schema": schema}
        examples = {kind: one for kind, one in members(node.get("examples")).items() if "/" in kind}
        content = {kind: media for kind in produces if media}
        content |= {kind: {**media, "example": example} for kind, example in examples.items()}
        return {**made, "content": content} if content else made


def _parameter(node: Document) -> dict[str, Any]:
    kept = {name: child for name, child in node.items() if name in ("name", "in", "description", "required")}
    return {**kept, **_style(node), "schema": _value(node)}


def _style(node: Document) -> Document:
    name = str(node.get("collectionFormat", "csv"))
    if node.get("type") != "array" or (
        name in ("csv", "multi") and node.get("in") not in ("query", "formData")
    ):
        return {}
    return _STYLES.get(name, _STYLES["csv"])


def _form(fields: Iterable[Document], consumes: Iterable[str]) -> dict[str, Any]:
    named = {str(one["name"]): one for one in fields}
    required = [name for name, one in named.items() if one.get("required") is True]
    schema = {
        "type": "object",
        "properties": {name: _value(one) for name, one in named.items()},
        "required": required,
    }
    media = {"schema": schema, "encoding": {name: _style(one) for name, one in named.items() if _style(one)}}
    has_file = any(one.get("type") == "file" for one in named.values())
    able = (_MULTIPART,) if has_file else (_FORM, _MULTIPART)
    kinds = [kind for kind in consumes if kind.partition(";")[0].strip().lower() in able]
    return {"content": dict.fromkeys(kinds or able[:1], media), "required": bool(required)}


def _value(node: Document) -> dict[str, Any]:
    """Return the schema of a parameter or header: its `schema`, and the keywords beside `schema`."""
    own = {
        name: child for name, child in node.items() if name not in _NOT_OF_VALUE and not name.startswith("x-")
    }
    return {**members(node.get("schema")), **own}


def _servers(document: Document) -> list[dict[str, Any]]:
    host, base = (str(document.get(name) or "").strip("/") for name in ("host", "basePath"))
    schemes = texts(document.get("schemes")) or ["https"]
    if not host:
        return [{"url": f"/{base}"}] if base else []
    return [{"url": f"{scheme}://{host}/{base}".rstrip("/")} for scheme in schemes]


def _security_scheme(given: Json) -> dict[str, Any]:
    node = members(given)
    if node.get("type") != "oauth2":
        return node
    flow = str(node.get("flow"))
    urls = {name: node[name] for name in ("authorizationUrl", "tokenUrl") if name in node}
    return {
        "type": "oauth2",
        "flows": {_FLOWS.get(flow, flow): {**urls, "scopes": members(node.get("scopes"))}},
    }


def _media_types(node: Json) -> list[str]:
    """Return the media types of a text or a list; JSON if there are none."""
    return texts([node] if isinstance(node, str) else node) or ["application/json"]
