"""Read and limit the body of a control plane call before Connexion sees it."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Mapping
from functools import partial

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver.codec import json
from mockserver.codec.hosts import origin_of
from mockserver.codec.http import JSON_TYPE, parse_content_type, problem_reply
from mockserver.control.control_call import ControlCall
from mockserver.errors import MalformedBody, NotFound, TooLarge, UnsupportedMediaType
from mockserver.model import Json
from mockserver.server.request_body import check_values, read_body
from mockserver.server.work_threads import LARGE_BODY

CONTROL_CALL_KEY = "mockserver.control_call"
"""ASGI scope key of the `ControlCall` that an operation receives."""

DOCUMENT_KEY = "mockserver.document"
"""ASGI scope key of a JSON body's document, with exact decimals."""

YAML_TYPE = "application/yaml"
_YAML_TYPES = (YAML_TYPE, "text/yaml")
MAX_SEGMENT = 64
"""Longest path segment: that of a sandbox name; Python refuses to convert very long numbers."""

_LEAST_SEGMENTS = 3

_REFUSALS: Mapping[type[Exception], tuple[int, str]] = {
    MalformedBody: (400, "Bad Request"),
    NotFound: (404, "Not Found"),
    TooLarge: (413, "Content Too Large"),
    UnsupportedMediaType: (415, "Unsupported Media Type"),
}


class ControlBodyReader:
    """Forwards requests whose body is of limited size and, if JSON, of limited depth."""

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read one request and forward it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = MutableHeaders(raw=list(scope["headers"]))
        try:
            _check_path(scope["path"])
            content = await read_body(receive, headers.get("content-length", ""), self._max_body_bytes)
            read = partial(_read_document, content, headers, self._max_body_bytes)
            body, document = await to_thread(read) if len(content) > LARGE_BODY else read()
        except ClientDisconnect:
            return
        except (NotFound, TooLarge, MalformedBody, UnsupportedMediaType) as refusal:
            status, title = _REFUSALS[type(refusal)]
            reply = problem_reply(status, title, refusal.hint or refusal.detail, code=f"http-{status}")
            await Response(reply.body, status, media_type=reply.media_type)(scope, receive, send)
            return
        headers["content-length"] = str(len(body))
        call = ControlCall(parse_content_type(headers)[0], content, _origin(scope), headers.get("accept", ""))
        inner = {**scope, "headers": headers.raw, CONTROL_CALL_KEY: call, DOCUMENT_KEY: document}
        await self._app(inner, _replay_body(body, receive), send)


def _check_path(path: str) -> None:
    segments = path.split("/")
    if any(len(segment) > MAX_SEGMENT for segment in segments):
        raise NotFound("no path here", f"has a segment of over {MAX_SEGMENT} signs")
    if len(segments) < _LEAST_SEGMENTS:
        # Connexion would redirect to the same path with a slash, which does not exist either.
        raise NotFound("nothing is served here;", f"begin with {path}/health")


def _read_document(content: bytes, headers: MutableHeaders, limit: int) -> tuple[bytes, Json]:
    """Return body and document: JSON as UTF-8; without a media type the body is JSON or else YAML."""
    media_type, charset = parse_content_type(headers)
    if content and not media_type and content.lstrip()[:1] not in (b"{", b"["):
        media_type = headers["content-type"] = YAML_TYPE
    if not content:
        del headers["content-type"]  # whatever it says, it says it of nothing
    if not content or media_type in _YAML_TYPES:
        return content, None
    if media_type not in ("", JSON_TYPE):
        detail = f"expected {JSON_TYPE}, or {YAML_TYPE} where it is declared; found {media_type}"
        raise UnsupportedMediaType(detail, (JSON_TYPE, YAML_TYPE))
    check_values(content, limit)
    document = json.decode(content, charset)
    json.check_depth(document)
    headers["content-type"] = JSON_TYPE
    return json.encode(document), document


def _origin(scope: Scope) -> str:
    return origin_of(scope["scheme"], *(scope.get("server") or ("127.0.0.1", None)))


def _replay_body(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return messages.pop() if messages else await receive()

    return received
