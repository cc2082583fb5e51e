"""The standard library's HTTP server around one function, for servers that are made without a framework."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from http.server import ThreadingHTTPServer
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.contract.foreign.access import running
from tests.support.any_method import AnyMethodHandler


@dataclass(frozen=True, slots=True)
class Sent:
    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes

    def document(self) -> Any:
        """Return what the body says, or raise `ValueError`."""
        try:
            return json.loads(self.body.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse)
        except RecursionError:
            raise ValueError(self.path) from None


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    document: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json"

    def text(self) -> bytes:
        if self.document is None:
            return b""
        if isinstance(self.document, str):
            return self.document.encode()
        return json.dumps(self.document, default=_amount, ensure_ascii=False).encode()


Answer = Callable[[Sent], Reply]


def closing(answer: Answer) -> Answer:
    """Return a function whose replies end the connection, so that no client keeps a connection open."""
    return lambda sent: replace(reply := answer(sent), headers={**reply.headers, "Connection": "close"})


class _Handler(AnyMethodHandler):
    answer: Answer
    lock: Lock

    def handle_call(self) -> None:
        body = self.read_body()
        path, _, query = self.path.partition("?")
        sent = _sent(self.command, path, query, dict(self.headers), body)
        with self.lock:
            reply = type(self).answer(sent)
        body = reply.text()
        self.send_response(reply.status)
        for name, text in reply.headers.items():
            self.send_header(name, text)
        if body:
            self.send_header("Content-Type", reply.kind)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def as_asgi(answer: Answer) -> Callable[..., Awaitable[None]]:
    """Return an ASGI application that answers calls."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        headers = {name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]}
        reply = answer(_sent(scope["method"], path, query, headers, body))
        told = {"Content-Type": reply.kind, **reply.headers}
        pairs = [(name.lower().encode(), text.encode("latin-1")) for name, text in told.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": pairs})
        await send({"type": "http.response.body", "body": reply.text()})

    return application


def _sent(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Sent:
    return Sent(
        method,
        tuple(unquote(one) for one in path.split("/")[1:]),
        dict(parse_qsl(query, keep_blank_values=True)),
        {name.lower(): text for name, text in headers.items()},
        body,
    )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def _refuse(text: str) -> None:
    raise ValueError(text)


def _amount(value: Any) -> float | int:
    number = Decimal(value)
    return int(number) if number == number.to_integral_value() else float(number)


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """Serve on a free port; yield the address."""
    members = {"answer": staticmethod(answer), "lock": Lock()}
    handler = type("Handler", (_Handler,), members)
    with _Server(("127.0.0.1", 0), handler) as server, running(server) as url:
        yield url
