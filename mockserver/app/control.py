"""The control plane as a Connexion AsyncApp on `specs/_control.yaml`; errors are problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connexion import AsyncApp
from connexion.exceptions import ProblemException
from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from connexion.middleware import ConnexionMiddleware
from connexion.middleware.swagger_ui import SwaggerUIMiddleware
from connexion.resolver import Resolver
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from mockserver.codec import json, yaml
from mockserver.control import Control, Impossible, SandboxExists, UnknownEntry
from mockserver.errors import UnknownSandbox
from mockserver.model import Json
from mockserver.reply import JSON, problem_reply
from mockserver.served import specs_folder

MOUNT = "/_mock"
_STATUS: Mapping[type[Exception], tuple[int, str]] = {
    UnknownSandbox: (404, "unknown-sandbox"),
    UnknownEntry: (404, "unknown-entry"),
    SandboxExists: (409, "sandbox-exists"),
    Impossible: (422, "impossible"),
}
_TITLES = {400: "Bad Request", 404: "Not Found", 409: "Conflict", 422: "Unprocessable Content"}


def control_app(control: Control) -> ASGIApp:
    """The application that answers below `/_mock`."""
    document = yaml.load((specs_folder() / "_control.yaml").read_text(encoding="utf-8"))
    stack = [step for step in ConnexionMiddleware.default_middlewares if step is not SwaggerUIMiddleware]
    app = AsyncApp(__name__, middlewares=stack)
    app.add_api(
        document,
        base_path=MOUNT,
        resolver=Resolver(_handlers(control).__getitem__),
        strict_validation=True,
    )
    for kind in _STATUS:
        app.add_error_handler(kind, _refused)
    app.add_error_handler(ProblemException, _framework)
    app.add_error_handler(HTTPException, _framework)
    asgi: ASGIApp = app
    return asgi


def _handlers(control: Control) -> Mapping[str, Callable[..., Any]]:
    async def health() -> ConnexionResponse:
        return _json(200, control.health())

    async def list_vendors() -> ConnexionResponse:
        return _json(200, control.vendors())

    async def list_sandboxes() -> ConnexionResponse:
        return _json(200, control.list_sandboxes())

    async def create_sandbox(body: Json) -> ConnexionResponse:
        return _json(201, control.create_sandbox(body))

    async def show_sandbox(name: str) -> ConnexionResponse:
        return _json(200, control.show_sandbox(name))

    async def delete_sandbox(name: str) -> ConnexionResponse:
        control.delete_sandbox(name)
        return ConnexionResponse(204)

    async def reset_sandbox(name: str) -> ConnexionResponse:
        return _json(200, control.reset_sandbox(name))

    async def dump_sandbox(name: str) -> ConnexionResponse:
        return _json(200, control.dump_sandbox(name))

    async def list_journal(name: str, last: int = 100) -> ConnexionResponse:
        return _json(200, control.list_journal(name, last))

    async def clear_journal(name: str) -> ConnexionResponse:
        control.clear_journal(name)
        return ConnexionResponse(204)

    async def show_entry(name: str, number: int) -> ConnexionResponse:
        return _json(200, control.show_entry(name, number))

    return {function.__name__: function for function in locals().values() if callable(function)}


def _json(status: int, document: Json) -> ConnexionResponse:
    return ConnexionResponse(status, content_type=JSON, body=json.encode(document))


def _refused(_request: ConnexionRequest, error: Exception) -> ConnexionResponse:
    status, code = _STATUS[type(error)]
    members: dict[str, Json] = {"code": code}
    if isinstance(error, Impossible):
        members["errors"] = [{"pointer": error.pointer, "code": code, "detail": str(error)}]
    return _problem(status, _TITLES[status], str(error), members)


def _framework(_request: ConnexionRequest, error: Any) -> ConnexionResponse:
    status = getattr(error, "status", None) or error.status_code
    title = getattr(error, "title", None) or str(error.detail)
    headers = dict(getattr(error, "headers", None) or {})
    return _problem(status, title, str(error.detail or ""), {"code": f"http-{status}"}, headers)


def _problem(
    status: int, title: str, detail: str, members: Mapping[str, Json], headers: Mapping[str, str] | None = None
) -> ConnexionResponse:
    reply = problem_reply(status, title, detail, **members)
    return ConnexionResponse(
        status, content_type=reply.media_type, body=reply.body, headers=dict(headers or {})
    )
