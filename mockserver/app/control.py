"""The control plane: a Connexion AsyncApp on `specs/_control.yaml`; errors are problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from connexion import AsyncApp
from connexion.exceptions import ProblemException
from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from connexion.middleware import ConnexionMiddleware
from connexion.middleware.routing import RoutingMiddleware
from connexion.middleware.swagger_ui import SwaggerUIMiddleware
from connexion.resolver import Resolver
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver import reader
from mockserver.app.bridge import read_body
from mockserver.app.routing import ExactRouting
from mockserver.codec import json
from mockserver.control import Control, Impossible, SandboxExists, UnknownEntry
from mockserver.errors import Malformed, MethodNotAllowed, NotFound, TooLarge, UnknownSandbox
from mockserver.model import Json
from mockserver.reply import JSON, media_type_of, problem_reply
from mockserver.served import specs_folder
from mockserver.spec import Spec

MOUNT = "/_mock"
MAX_BODY_BYTES = 1024 * 1024
MAX_SEGMENT = 64
"""The longest that a sandbox's name may be; a longer number would be more than Python converts."""

_STATUS: Mapping[type[Exception], tuple[int, str]] = {
    UnknownSandbox: (404, "unknown-sandbox"),
    UnknownEntry: (404, "unknown-entry"),
    SandboxExists: (409, "sandbox-exists"),
    Impossible: (422, "impossible"),
}
_REFUSED: Mapping[type[Exception], int] = {Malformed: 400, NotFound: 404, TooLarge: 413}
_TITLES = {
    400: "Bad Request",
    404: "Not Found",
    409: "Conflict",
    413: "Content Too Large",
    422: "Unprocessable Content",
}


def control_app(control: Control) -> ASGIApp:
    """The application that answers below `/_mock`."""
    contract = reader.load(specs_folder() / "_control.yaml")
    stack = [
        ExactRouting if step is RoutingMiddleware else step
        for step in ConnexionMiddleware.default_middlewares
        if step is not SwaggerUIMiddleware
    ]
    app = AsyncApp(__name__, middlewares=stack)
    app.add_api(
        dict(contract.document),
        base_path=MOUNT,
        resolver=Resolver(partial(getattr, _Operations(control))),
        strict_validation=True,
    )
    for kind in _STATUS:
        app.add_error_handler(kind, _refused)
    framework = partial(_framework, contract)
    app.add_error_handler(ProblemException, framework)
    app.add_error_handler(HTTPException, framework)
    return _Front(app)


class _Front:
    """Reads a call before Connexion does, which breaks on chunks, bad UTF-8, depth and big integers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request whose body is JSON of bounded size and depth, or none."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = MutableHeaders(raw=list(scope["headers"]))
        try:
            _check_path(scope["path"])
            body = await read_body(receive, headers.get("content-length", ""), MAX_BODY_BYTES)
            body = _plain(body, headers) if body else body
        except ClientDisconnect:
            return
        except (NotFound, TooLarge, Malformed) as refusal:
            status = _REFUSED[type(refusal)]
            reply = problem_reply(status, _TITLES[status], refusal.detail, code=f"http-{status}")
            await Response(reply.body, status, media_type=reply.media_type)(scope, receive, send)
            return
        headers["content-length"] = str(len(body))
        await self._app({**scope, "headers": headers.raw}, _once(body, receive), send)


def _check_path(path: str) -> None:
    if any(len(segment) > MAX_SEGMENT for segment in path.split("/")):
        raise NotFound("path")


def _plain(body: bytes, headers: MutableHeaders) -> bytes:
    """The body as plain UTF-8 JSON, if it is JSON; one without a media type is taken for it."""
    media_type, charset = media_type_of(headers)
    if media_type not in ("", JSON):
        return body
    document = json.decode(body, charset)
    json.check_depth(document)
    headers["content-type"] = JSON
    return json.encode(document)


def _once(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return messages.pop() if messages else await receive()

    return received


class _Operations:
    """The operations under their operationIds, as Connexion calls them."""

    def __init__(self, control: Control) -> None:
        self._control = control

    async def health(self) -> ConnexionResponse:
        return _json(200, self._control.health())

    async def list_vendors(self) -> ConnexionResponse:
        return _json(200, self._control.vendors())

    async def list_sandboxes(self) -> ConnexionResponse:
        return _json(200, self._control.list_sandboxes())

    async def create_sandbox(self, body: Json) -> ConnexionResponse:
        return _json(201, self._control.create_sandbox(body))

    async def show_sandbox(self, name: str) -> ConnexionResponse:
        return _json(200, self._control.show_sandbox(name))

    async def delete_sandbox(self, name: str) -> ConnexionResponse:
        self._control.delete_sandbox(name)
        return ConnexionResponse(204)

    async def reset_sandbox(self, name: str) -> ConnexionResponse:
        return _json(200, self._control.reset_sandbox(name))

    async def dump_sandbox(self, name: str) -> ConnexionResponse:
        return _json(200, self._control.dump_sandbox(name))

    async def show_clock(self, name: str) -> ConnexionResponse:
        return _json(200, self._control.show_clock(name))

    async def freeze_clock(self, name: str, body: Json) -> ConnexionResponse:
        return _json(200, self._control.freeze_clock(name, body))

    async def advance_clock(self, name: str, body: Json) -> ConnexionResponse:
        return _json(200, self._control.advance_clock(name, body))

    async def thaw_clock(self, name: str) -> ConnexionResponse:
        return _json(200, self._control.thaw_clock(name))

    async def list_assumptions(self, name: str) -> ConnexionResponse:
        return _json(200, self._control.list_assumptions(name))

    async def assume(self, name: str, body: Json) -> ConnexionResponse:
        return _json(200, self._control.assume(name, body))

    async def list_journal(self, name: str, last: int = 100) -> ConnexionResponse:
        return _json(200, self._control.list_journal(name, last))

    async def clear_journal(self, name: str) -> ConnexionResponse:
        self._control.clear_journal(name)
        return ConnexionResponse(204)

    async def show_entry(self, name: str, number: int) -> ConnexionResponse:
        return _json(200, self._control.show_entry(name, number))


def _json(status: int, document: Json) -> ConnexionResponse:
    return ConnexionResponse(status, content_type=JSON, body=json.encode(document))


def _refused(_request: ConnexionRequest, error: Exception) -> ConnexionResponse:
    status, code = _STATUS[type(error)]
    members: dict[str, Json] = {"code": code}
    if isinstance(error, Impossible):
        members["errors"] = [{"pointer": error.pointer, "code": code, "detail": str(error)}]
    return _problem(status, _TITLES[status], str(error), members)


def _framework(contract: Spec, request: ConnexionRequest, error: Any) -> ConnexionResponse:
    status = getattr(error, "status", None) or error.status_code
    title = getattr(error, "title", None) or str(error.detail)
    headers = dict(getattr(error, "headers", None) or {})
    try:
        contract.match(request.method, request.scope["path"].removeprefix(MOUNT))
    except MethodNotAllowed as refusal:
        headers["Allow"] = ", ".join(refusal.allowed)
    except NotFound:
        pass
    return _problem(status, title, str(error.detail or ""), {"code": f"http-{status}"}, headers)


def _problem(
    status: int,
    title: str,
    detail: str,
    members: Mapping[str, Json],
    headers: Mapping[str, str] | None = None,
) -> ConnexionResponse:
    reply = problem_reply(status, title, detail, **members)
    return ConnexionResponse(
        status, content_type=reply.media_type, body=reply.body, headers=dict(headers or {})
    )
