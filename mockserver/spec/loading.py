"""Load an OpenAPI file; reject at start-up what cannot be served, naming the line to add."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

from yaml import YAMLError

from mockserver.codec import yaml
from mockserver.errors import SpecError
from mockserver.model import Document, Json
from mockserver.spec.openapi import (
    METHODS,
    Batch,
    MediaType,
    Operation,
    Parameter,
    Spec,
    build_routes,
    parse_pointer,
    resolve,
)

_VENDOR_NAME = re.compile(r"_?[a-z0-9][a-z0-9_-]*")
_RESERVED_NAMES = ("sandbox", "sandboxes")
_BATCH_KEYS = {"items", "key", "upsert", "atomicity", "fatal", "collection", "outcome", "bare-item"}
_OUTCOME_KEYS = {"list", "status", "message", "key", "count", "maps"}
_ATOMICITIES = ("per-item", "all-or-nothing")


def load_spec(file: FilePath) -> Spec:
    """Read and index one spec; its name is the file's.

    Raises:
        SpecError: the document cannot be served.
    """
    if not _VENDOR_NAME.fullmatch(file.stem) or file.stem in _RESERVED_NAMES:
        raise SpecError(f"{file.name}: a vendor has its file's name: a-z, 0-9, - and _, but not sandbox")
    try:
        text = file.read_bytes().decode()
        document = yaml.load(text)
    except (UnicodeError, YAMLError) as error:
        raise SpecError(f"{file.name}: {error}") from None
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.0."):
        raise SpecError(f"{file.name}: openapi: expected 3.0.x")
    if not document.get("info", {}).get("title"):
        raise SpecError(f"{file.name}: info.title is missing")
    operations: dict[str, Operation] = {}
    for operation in _read_operations(file.name, document):
        if operation.id in operations:
            raise SpecError(f"{file.name}: {operation.id}: operationId is there twice")
        operations[operation.id] = operation
    paths = document.get("x-paths", {})
    return Spec(
        name=file.stem,
        text=text,
        document=document,
        operations=operations,
        routes=build_routes(operations, any_case=bool(paths.get("any-case", False))),
        any_case_path=bool(paths.get("any-case", False)),
        scope=tuple(document.get("x-scope", ())),
        aliases=tuple(paths.get("aliases", {}).items()),
        any_case_query=document.get("x-query") == "any-case",
        idempotency_header=document.get("x-idempotency-header", "Idempotency-Key"),
    )


def _read_operations(file: str, document: Document) -> Iterator[Operation]:
    if not document.get("paths"):
        raise SpecError(f"{file}: paths is missing")
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                for wanted in ("operationId", "responses"):
                    if wanted not in item[method]:
                        raise SpecError(f"{file}: {method} {path}: {wanted} is missing")
                yield _read_operation(f"{file}: {item[method]['operationId']}", document, path, method)


def _read_operation(where: str, document: Document, path: str, method: str) -> Operation:
    node = document["paths"][path][method]
    parameters = [*document["paths"][path].get("parameters", ()), *node.get("parameters", ())]
    body = _resolve(where, document, node.get("requestBody", {}))
    responses = {status: _resolve(where, document, answer) for status, answer in node["responses"].items()}
    security = node.get("security", document.get("security", ()))
    if "x-batch" in node and not body.get("content"):
        raise SpecError(f"{where}: x-batch: the operation has no requestBody to find items in")
    schemes = document.get("components", {}).get("securitySchemes", {})
    if unknown := {name for alternative in security for name in alternative}.difference(schemes):
        raise SpecError(f"{where}: security: add {min(unknown)} to components.securitySchemes")
    return Operation(
        id=node["operationId"],
        method=method,
        path=path,
        parameters=tuple(_read_parameter(_resolve(where, document, parameter)) for parameter in parameters),
        bodies=tuple(
            MediaType(name, content.get("schema", {}), content.get("x-binder", {}))
            for name, content in body.get("content", {}).items()
        ),
        body_required=body.get("required", False),
        responses={status: tuple(answer.get("content", ())) for status, answer in responses.items()},
        security=tuple(tuple(alternative) for alternative in security),
        scopes=frozenset(node.get("x-scopes", ())),
        safe=bool(node.get("x-safe", False)),
        batch=_read_batch(where, node["x-batch"]) if "x-batch" in node else None,
        collection=node.get("x-collection", ""),
        magic=parse_pointer(node.get("x-magic", "")),
    )


def _resolve(where: str, document: Document, node: Json) -> Any:
    try:
        return resolve(document, node)
    except SpecError as error:
        raise SpecError(f"{where}: {error}") from None


def _read_parameter(node: Document) -> Parameter:
    explode = node.get("explode", node.get("style", "form") == "form" and node["in"] == "query")
    return Parameter(node["name"], node["in"], node.get("required", False), explode, node.get("schema", {}))


def _read_batch(where: str, node: Document) -> Batch:
    if unknown := set(node) - _BATCH_KEYS:
        raise SpecError(
            f"{where}: x-batch.{min(unknown)}: unknown; known are {', '.join(sorted(_BATCH_KEYS))}"
        )
    atomicity = node.get("atomicity", "per-item")
    if atomicity not in _ATOMICITIES:
        raise SpecError(
            f"{where}: x-batch.atomicity: expected {' or '.join(_ATOMICITIES)}, found {atomicity}"
        )
    if "items" not in node:
        raise SpecError(
            f'{where}: x-batch.items is missing; write items: "" when the body itself is the list'
        )
    outcome = node.get("outcome", {})
    if unknown := set(outcome) - _OUTCOME_KEYS:
        raise SpecError(
            f"{where}: x-batch.outcome.{min(unknown)}: unknown; known are {', '.join(sorted(_OUTCOME_KEYS))}"
        )
    return Batch(
        items=parse_pointer(node["items"]),
        key=tuple(node.get("key", ())),
        upsert=node.get("upsert", False),
        atomic=atomicity == "all-or-nothing",
        fatal=frozenset(node.get("fatal", ())),
        collection=node.get("collection", ""),
        outcome={name: pointer for name, pointer in outcome.items() if name != "maps"},
        maps=tuple(outcome.get("maps", ())),
        bare_item=node.get("bare-item", False),
    )
