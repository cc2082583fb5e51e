"""From Connexion's ASGI to Flask in the same loop: handlers are pure computation and never block.

Fails closed: what Connexion did not route never reaches a handler.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import flask
from msgspec import structs
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send
from werkzeug.datastructures import Headers

from mockserver.app.delivery import Departure, deliver, is_bare
from mockserver.app.desk import Desk
from mockserver.app.encoding import plain
from mockserver.app.paths import key_of
from mockserver.app.routing import CALL, principal_of
from mockserver.app.wire import wire_of
from mockserver.errors import NotFound, Refusal, TooLarge
from mockserver.model import Call
from mockserver.pipeline import Pipeline
from mockserver.spec import Match

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

STARTED = "mockserver.started"
_EXCHANGE = "mockserver.exchange"
_ANSWER = "mockserver.answer"
_LENGTH = re.compile("[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the bridge hands to a Flask view: the call, where it goes, when it began.

    `refusal` is why its body could not be had from its coding.
    """

    call: Call
    match: Match
    started: float
    refusal: Refusal | None = None


class _Response(flask.Response):
    default_mimetype = None

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """As Werkzeug makes them, but Location as it is: that rewrites it, and breaks on odd hosts."""
        location = self.headers.pop("Location", None)
        headers = super().get_wsgi_headers(environ)
        if location is not None:
            headers["Location"] = location
        return headers


class Bridge:
    """Flask with one view an operation, called inside the event loop."""

    def __init__(self, pipelines: Mapping[str, Pipeline], desk: Desk, max_body_bytes: int) -> None:
        self._operations = {name: p.work.served.spec.operations for name, p in pipelines.items()}
        self._max_body_bytes = max_body_bytes
        self._flask = flask.Flask(__name__, static_folder=None)
        self._flask.config["PROPAGATE_EXCEPTIONS"] = True
        for name, pipeline in pipelines.items():
            for operation in pipeline.work.served.spec.operations:
                self._flask.add_url_rule(
                    f"/{name}/{operation}",
                    f"{name}/{operation}",
                    _view(pipeline, desk),
                    methods=["POST"],
                    provide_automatic_options=False,
                )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, run the operation's view, send what it returns.

        Raises:
            NotFound: Connexion routed the request to no operation.
            TooLarge: the body is over the limit.
        """
        call: Call = scope[CALL]
        operation_id = scope.get("extensions", {}).get("connexion_routing", {}).get("operation_id")
        if operation_id is None:
            raise NotFound("path", call.path)
        body = await read_body(receive, call.headers.get("content-length", ""), self._max_body_bytes)
        call = structs.replace(call, body=body, principal=principal_of(scope))
        keys = {name: key_of(text) for name, text in scope.get("path_params", {}).items()}
        match = Match(self._operations[call.vendor][operation_id], keys)
        exchange = Exchange(call, match, scope[STARTED])
        if "content-encoding" in call.headers:
            exchange = self._uncoded(exchange)
        environ = _environ(f"/{call.vendor}/{operation_id}", exchange)
        answer = _Started()
        chunks = self._flask.wsgi_app(environ, answer.start)
        try:
            content = b"".join(chunks)
        finally:
            if close := getattr(chunks, "close", None):
                close()
        delivery = environ[_ANSWER].delivery
        if delivery is None:
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            await send({"type": "http.response.body", "body": content})
        else:
            bare = is_bare(scope["method"], answer.status)
            wire = wire_of(scope)
            await deliver(Departure(answer.status, answer.headers, content, bare, delivery, send, wire))

    def _uncoded(self, exchange: Exchange) -> Exchange:
        try:
            return replace(exchange, call=plain(exchange.call, self._max_body_bytes))
        except Refusal as refusal:
            return replace(exchange, refusal=refusal)


@dataclass(slots=True)
class _Started:
    """What a WSGI application starts its response with, as ASGI wants it."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)

    def start(self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Any:
        self.status = int(status[:3])
        self.headers = encoded(headers)


def _view(pipeline: Pipeline, desk: Desk) -> Callable[[], flask.Response]:
    def view() -> flask.Response:
        environ = flask.request.environ
        exchange: Exchange = environ[_EXCHANGE]
        if exchange.refusal is None:
            answer = pipeline.handle(exchange.call, exchange.match)
        else:
            answer = pipeline.work.refuse(exchange.call, exchange.refusal, exchange.match.operation)
        # Held until the reply is out: taking down what a large batch was made of takes a while.
        environ[_ANSWER] = answer
        reply = desk.close(exchange.call, answer, exchange.started)
        response = _Response(reply.body, reply.status, list(reply.headers))
        if reply.media_type is not None:
            response.headers["Content-Type"] = reply.media_type
        return response

    return view


def _environ(path: str, exchange: Exchange) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "mockserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        _EXCHANGE: exchange,
    }


def encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Headers as ASGI sends them."""
    return [(name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in headers]


async def read_body(receive: Receive, length: str, limit: int) -> bytes:
    """The whole body; `length` is what its Content-Length says, "" when it has none.

    Raises:
        TooLarge: it is over `limit` bytes, or says so.
        ClientDisconnect: the client left before the end of it.
    """
    if _LENGTH.fullmatch(length) and int(length) > limit:
        raise TooLarge(limit)
    chunks: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        size_bytes += len(chunk)
        if size_bytes > limit:
            raise TooLarge(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)
