"""Connexion application of the control plane, with errors as problem details (RFC 9457)."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from http import HTTPStatus
from inspect import isawaitable, iscoroutine, signature
from typing import Any, TypeAlias

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from mockserver.codec.http import json_reply, problem_reply
from mockserver.control.contract import control_contract
from mockserver.control.control_call import ControlError
from mockserver.errors import SpecError, StoreUnavailableError, TooManySandboxesError, UnknownSandboxError
from mockserver.model import Document, Json, Reply
from mockserver.sandbox.snapshots import TooManySnapshotsError, UnknownSnapshotError
from mockserver.server.connexion_parts import (
    AsyncApp,
    ConnexionMiddleware,
    ConnexionRequest,
    ConnexionResponse,
    ProblemException,
    Resolver,
    RoutingMiddleware,
    SwaggerUIMiddleware,
    scope,
)
from mockserver.server.control_body import CONTROL_CALL_KEY, DOCUMENT_KEY, ControlBodyReader
from mockserver.server.control_validation import VALIDATORS
from mockserver.server.routing import ExactRouting
from mockserver.spec.openapi import Operation, Spec

MOUNT = "/_mock"

_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
"""Titles from RFC 9110 where Python's `HTTPStatus` uses an older phrase."""

_REFUSALS: Mapping[type[Exception], tuple[int, str]] = {
    UnknownSandboxError: (404, "unknown-sandbox"),
    UnknownSnapshotError: (404, "unknown-snapshot"),
    TooManySnapshotsError: (409, "too-many-snapshots"),
    TooManySandboxesError: (503, "too-many-sandboxes"),
    StoreUnavailableError: (503, "store-unavailable"),
}
"""Status and code of errors raised by sandboxes and snapshots."""

_QUICK_OPERATIONS = frozenset({"health", "replay_entry"})
"""What the event loop does itself: it takes a moment, or waits for others."""

_SCHEMA = re.compile(r"#/components/schemas/(\w+)")

_Method: TypeAlias = Callable[..., Json]
_Function: TypeAlias = Callable[..., Awaitable[ConnexionResponse]]


def control_app(groups: Iterable[object], max_body_bytes: int) -> ASGIApp:
    """Build the application below `/_mock`; each operation is a method of one of `groups`, run in a thread.

    Raises:
        SpecError: an operation of the spec is missing in `groups`, or several have it.
    """
    # Connexion logs a line for every call of an operation that accepts both JSON and YAML.
    logging.getLogger("connexion.operations").setLevel(logging.ERROR)
    contract = control_contract()
    functions = _functions(contract, tuple(groups))
    stack = [
        ExactRouting if step is RoutingMiddleware else step
        for step in ConnexionMiddleware.default_middlewares
        if step is not SwaggerUIMiddleware
    ]
    app = AsyncApp(__name__, middlewares=stack, validator_map=dict(VALIDATORS))
    app.add_api(
        _connexion_document(contract.document),
        base_path=MOUNT,
        resolver=Resolver(functions.__getitem__),
        strict_validation=True,
        pythonic_params=True,
    )
    app.add_error_handler(ControlError, _refusal_response)
    for kind, (status, code) in _REFUSALS.items():
        app.add_error_handler(kind, partial(_sandbox_refusal_response, status, code))
    framework = partial(_framework_response, contract)
    app.add_error_handler(ProblemException, framework)
    app.add_error_handler(HTTPException, framework)
    return ControlBodyReader(app, max_body_bytes)


def _connexion_document(document: Document) -> dict[str, Any]:
    """Return the spec without response schemas, whose validation would take half of Connexion's start."""
    responses = {"default": {"description": "see _control.yaml"}}
    paths = {
        path: {
            name: node if name == "parameters" else {**node, "responses": responses}
            for name, node in item.items()
        }
        for path, item in document["paths"].items()
    }
    components = document["components"]
    schemas: dict[str, Any] = {}
    waiting = _SCHEMA.findall(f"{paths}{components['parameters']}")
    while waiting:
        name = waiting.pop()
        if name not in schemas:
            schemas[name] = components["schemas"][name]
            waiting += _SCHEMA.findall(str(schemas[name]))
    return {
        **document,
        "paths": paths,
        "components": {"parameters": components["parameters"], "schemas": schemas},
    }


def _functions(contract: Spec, groups: tuple[object, ...]) -> Mapping[str, _Function]:
    functions: dict[str, _Function] = {}
    for operation in contract.operations.values():
        methods = [getattr(group, operation.id) for group in groups if hasattr(group, operation.id)]
        if len(methods) != 1:
            raise SpecError(
                f"{operation.id}: {len(methods)} classes of the control plane implement it, expected 1"
            )
        functions[operation.id] = _function(methods[0], operation)
    return functions


def _function(method: _Method, operation: Operation) -> _Function:
    """Wrap the method for Connexion: parameters by name, body with exact decimals."""
    is_quick = operation.id in _QUICK_OPERATIONS
    status = int(next(code for code in operation.responses if code.startswith("2")))
    parameters = signature(method).parameters

    async def function(**arguments: Any) -> ConnexionResponse:
        arguments.pop("body", None)
        if "body" in parameters:
            arguments["body"] = scope[DOCUMENT_KEY]
        if "call" in parameters:
            arguments["call"] = scope[CONTROL_CALL_KEY]
        if not is_quick:
            return await asyncio.to_thread(_run, method, arguments, status)
        result = method(**arguments)
        return _response(await result if isawaitable(result) else result, status)

    return function


def _run(method: _Method, arguments: Mapping[str, Any], status: int) -> ConnexionResponse:
    result = method(**arguments)
    return _response(asyncio.run(result) if iscoroutine(result) else result, status)


def _response(result: Json | Reply, status: int) -> ConnexionResponse:
    if result is None:
        return ConnexionResponse(HTTPStatus.NO_CONTENT)
    reply = result if isinstance(result, Reply) else json_reply(status, result)
    return ConnexionResponse(
        reply.status, content_type=reply.media_type, body=reply.body, headers=dict(reply.headers)
    )


def _sandbox_refusal_response(
    status: int, code: str, _request: ConnexionRequest, error: Exception
) -> ConnexionResponse:
    return _problem_response(status, str(error), {"code": code})


def _refusal_response(_request: ConnexionRequest, error: Any) -> ConnexionResponse:
    refusal: ControlError = error
    return _problem_response(refusal.status, str(refusal), {"code": refusal.code, **refusal.members})


def _framework_response(contract: Spec, request: ConnexionRequest, error: Any) -> ConnexionResponse:
    status = getattr(error, "status", None) or error.status_code
    headers = dict(getattr(error, "headers", None) or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_allowed(contract, request.scope["path"].removeprefix(MOUNT)))
    return _problem_response(status, str(error.detail or ""), {"code": f"http-{status}"}, headers)


def _allowed(contract: Spec, path: str) -> list[str]:
    """Return the methods of a path; literal paths take precedence over templates, as in routing."""
    for pattern, methods in contract.routes:
        if pattern.fullmatch(path):
            return [method.upper() for method in methods]
    return []


def _problem_response(
    status: int, detail: str, members: Mapping[str, Json], headers: Mapping[str, str] | None = None
) -> ConnexionResponse:
    title = _TITLES.get(status) or HTTPStatus(status).phrase
    reply = problem_reply(status, title, detail, **members)
    return ConnexionResponse(
        status, content_type=reply.media_type, body=reply.body, headers=dict(headers or {})
    )
