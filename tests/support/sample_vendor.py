"""A made-up vendor: one spec with `x-batch` and no code, as somebody would add a sixth."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mockserver.contract.examples import ProfileExamples
from mockserver.model import parse_pointer
from mockserver.server.application import Application, Options, create_app
from mockserver.spec import loading
from mockserver.spec.openapi import Spec
from tests.support.client import Client

NAME = "acme"
REFUSALS = (400, 401, 403, 404, 409, 413, 415, 431, 500, 503)


def document() -> dict[str, Any]:
    """The spec: PUT a batch of orders, GET them all, GET one."""
    problem = {"content": {"application/problem+json": {"schema": {"type": "object"}}}}
    refusals = {str(status): {"description": "refused", **problem} for status in REFUSALS}
    order = {"$ref": "#/components/schemas/Order"}
    batch = {"type": "object", "required": ["orders"], "properties": {"orders": _list(order)}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Acme orders", "version": "1"},
        "security": [{"token": []}],
        "paths": {
            "/orders": {
                "put": {
                    "operationId": "putOrders",
                    "x-batch": _batch(),
                    "requestBody": {"required": True, "content": {"application/json": {"schema": batch}}},
                    "responses": {"207": _json({"type": "object"}), **refusals},
                },
                "get": {
                    "operationId": "listOrders",
                    "x-collection": "orders",
                    "responses": {"200": _json(_list(order)), **refusals},
                },
            },
            "/orders/{id}": {
                "get": {
                    "operationId": "showOrder",
                    "x-collection": "orders",
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                    ],
                    "responses": {"200": _json(order), **refusals},
                },
            },
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Order": _order()},
        },
    }


def _batch() -> dict[str, Any]:
    """What `x-batch` says of the batch operation."""
    return {
        "items": "/orders",
        "key": ["id"],
        "upsert": True,
        "collection": "orders",
        "outcome": {"list": "/results", "status": "/status", "message": "/text", "key": "/order/id"},
    }


def _order() -> dict[str, Any]:
    """The schema of an item."""
    return {
        "type": "object",
        "required": ["id", "amount"],
        "properties": {
            "id": {"type": "string", "minLength": 1},
            "amount": {"type": "number", "minimum": 0},
            "note": {"type": "string", "nullable": True, "maxLength": 10},
        },
    }


def changed_document(pointer: str, value: Any = None) -> dict[str, Any]:
    """The spec with one place changed; None takes the place away."""
    made = document()
    *steps, last = parse_pointer(pointer)
    here: dict[str, Any] = made
    for step in steps:
        here = here[str(step)]
    here.pop(str(last), None)
    if value is not None:
        here[str(last)] = value
    return made


def write_spec(folder: Path, made: Mapping[str, Any] | None = None, name: str = NAME) -> Path:
    """The file in `folder` that holds the spec; JSON is YAML."""
    file = folder / f"{name}.yaml"
    file.write_text(json.dumps(document() if made is None else made, indent=2), encoding="utf-8")
    return file


def load_sample(folder: Path, made: Mapping[str, Any] | None = None) -> Spec:
    """The spec, read and indexed."""
    return loading.load_spec(write_spec(folder, made))


def create_application(folder: Path, made: Mapping[str, Any] | None = None, **options: Any) -> Application:
    """An application that serves the made-up vendor, or a changed one, alone."""
    write_spec(folder, made)
    chosen = Options(specs=(folder,), vendors=(NAME,), examples=ProfileExamples, **options)
    return create_app(chosen)


def create_client(folder: Path, made: Mapping[str, Any] | None = None, **options: Any) -> Client:
    """A client of that application, with a credential."""
    return client_of(create_application(folder, made, **options))


def client_of(application: Application) -> Client:
    """A client with a credential."""
    return Client(application, {"host": "testserver", "authorization": "Bearer abc"})


@contextmanager
def shared_client(**options: Any) -> Iterator[Client]:
    """A client of an application that tests share, as building one takes long; it is cleared afterwards."""
    application = _shared_application(**options)
    yield client_of(application)
    for name in application.sandboxes.names():
        application.sandboxes.delete(name)
        application.journal.kept.forget(name)


@cache
def _shared_application(**options: Any) -> Application:
    with TemporaryDirectory() as folder:
        return create_application(Path(folder), **options)


def _list(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": "answered", "content": {"application/json": {"schema": schema}}}
