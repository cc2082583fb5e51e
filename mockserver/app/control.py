"""The control plane: a Connexion AsyncApp on `specs/_control.yaml`; errors are problem details (RFC 9457)."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import cache, partial
from http import HTTPStatus
from inspect import isawaitable, signature
from typing import Any, TypeAlias

from connexion import AsyncApp
from connexion.context import scope
from connexion.exceptions import ProblemException
from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from connexion.middleware import ConnexionMiddleware
from connexion.middleware.routing import RoutingMiddleware
from connexion.middleware.swagger_ui import SwaggerUIMiddleware
from connexion.resolver import Resolver
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from mockserver import reader
from mockserver.app.intake import ASKED, DOCUMENT, Intake
from mockserver.app.routing import ExactRouting
from mockserver.app.vetting import VALIDATORS
from mockserver.control.refusals import ControlRefusal
from mockserver.errors import SpecError, TooManySandboxes, UnknownSandbox
from mockserver.model import Document, Json, Reply
from mockserver.reply import json_reply, problem_reply
from mockserver.served import specs_folder
from mockserver.snapshots import TooManySnapshots, UnknownSnapshot
from mockserver.spec import Operation, Spec

MOUNT = "/_mock"

_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
"""What RFC 9110 calls those that Python still calls otherwise."""

_REFUSED: Mapping[type[Exception], tuple[int, str]] = {
    UnknownSandbox: (404, "unknown-sandbox"),
    UnknownSnapshot: (404, "unknown-snapshot"),
    TooManySnapshots: (409, "too-many-snapshots"),
    TooManySandboxes: (503, "too-many-sandboxes"),
}
"""Status and code of what the sandboxes themselves refuse."""

_SCHEMA = re.compile(r"#/components/schemas/(\w+)")

_Method: TypeAlias = Callable[..., Json]
_Function: TypeAlias = Callable[..., Awaitable[ConnexionResponse]]


def control_app(themes: Iterable[object], max_body_bytes: int) -> ASGIApp:
    """The application that answers below `/_mock`; each operation is a method of one of `themes`.

    Raises:
        SpecError: the contract has an operation that no theme has.
    """
    # It would write a line at each call of an operation that takes JSON and YAML.
    logging.getLogger("connexion.operations").setLevel(logging.ERROR)
    contract = _contract()
    functions = _functions(contract, tuple(themes))
    stack = [
        ExactRouting if step is RoutingMiddleware else step
        for step in ConnexionMiddleware.default_middlewares
        if step is not SwaggerUIMiddleware
    ]
    app = AsyncApp(__name__, middlewares=stack, validator_map=dict(VALIDATORS))
    app.add_api(
        _asked_for(contract.document),
        base_path=MOUNT,
        resolver=Resolver(functions.__getitem__),
        strict_validation=True,
        pythonic_params=True,
    )
    app.add_error_handler(ControlRefusal, _refused)
    for kind, (status, code) in _REFUSED.items():
        app.add_error_handler(kind, partial(_refused_by_sandboxes, status, code))
    framework = partial(_framework, contract)
    app.add_error_handler(ProblemException, framework)
    app.add_error_handler(HTTPException, framework)
    return Intake(app, max_body_bytes)


@cache
def _contract() -> Spec:
    return reader.load(specs_folder() / "_control.yaml")


def _asked_for(document: Document) -> dict[str, Any]:
    """What Connexion needs of the contract: not what is answered, which it would check for half its start."""
    unsaid = {"default": {"description": "as the contract says"}}
    paths = {
        path: {
            name: node if name == "parameters" else {**node, "responses": unsaid}
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


def _functions(contract: Spec, themes: tuple[object, ...]) -> Mapping[str, _Function]:
    functions: dict[str, _Function] = {}
    for operation in contract.operations.values():
        methods = [getattr(theme, operation.id) for theme in themes if hasattr(theme, operation.id)]
        if len(methods) != 1:
            raise SpecError(f"{operation.id}: {len(methods)} themes of the control plane have it, expected 1")
        functions[operation.id] = _function(methods[0], operation)
    return functions


def _function(method: _Method, operation: Operation) -> _Function:
    """The method as Connexion calls it: with parameters by name, and a body with exact decimals."""
    status = int(next(code for code in operation.responses if code.startswith("2")))
    wanted = signature(method).parameters

    async def function(**given: Any) -> ConnexionResponse:
        given.pop("body", None)
        if "body" in wanted:
            given["body"] = scope[DOCUMENT]
        if "asked" in wanted:
            given["asked"] = scope[ASKED]
        answered = method(**given)
        return _response(await answered if isawaitable(answered) else answered, status)

    return function


def _response(answered: Json | Reply, status: int) -> ConnexionResponse:
    if answered is None:
        return ConnexionResponse(HTTPStatus.NO_CONTENT)
    reply = answered if isinstance(answered, Reply) else json_reply(status, answered)
    return ConnexionResponse(
        reply.status, content_type=reply.media_type, body=reply.body, headers=dict(reply.headers)
    )


def _refused_by_sandboxes(
    status: int, code: str, _request: ConnexionRequest, error: Exception
) -> ConnexionResponse:
    return _problem(status, str(error), {"code": code})


def _refused(_request: ConnexionRequest, error: Any) -> ConnexionResponse:
    refusal: ControlRefusal = error
    return _problem(refusal.status, str(refusal), {"code": refusal.code, **refusal.members})


def _framework(contract: Spec, request: ConnexionRequest, error: Any) -> ConnexionResponse:
    status = getattr(error, "status", None) or error.status_code
    headers = dict(getattr(error, "headers", None) or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_allowed(contract, request.scope["path"].removeprefix(MOUNT)))
    return _problem(status, str(error.detail or ""), {"code": f"http-{status}"}, headers)


def _allowed(contract: Spec, path: str) -> list[str]:
    """The methods of a path; one without parameters goes before one with, as in routing."""
    for pattern, methods in contract.routes:
        if pattern.fullmatch(path):
            return [method.upper() for method in methods]
    return []


def _problem(
    status: int, detail: str, members: Mapping[str, Json], headers: Mapping[str, str] | None = None
) -> ConnexionResponse:
    title = _TITLES.get(status) or HTTPStatus(status).phrase
    reply = problem_reply(status, title, detail, **members)
    return ConnexionResponse(
        status, content_type=reply.media_type, body=reply.body, headers=dict(headers or {})
    )
