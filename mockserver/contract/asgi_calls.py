"""Call an ASGI application in this process, without a client and its layers between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

import httpx

from mockserver.contract.call_limits import ANSWERS_CAN_BE_READ, CallLimits, UnansweredCallError
from mockserver.contract.exchange import Response
from mockserver.contract.outgoing import OutgoingRequest

App = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI application."""

_CRASHED = 500
_CALLER = ("127.0.0.1", 123)


class AppCaller:
    """Calls one application."""

    def __init__(self, app: App, limits: CallLimits | None = None) -> None:
        self._app = app
        self._limits = limits or CallLimits()
        self._runner = asyncio.Runner()

    def responses(self, requests: Sequence[OutgoingRequest]) -> list[Response]:
        """Return what requests that are under way at the same time are answered, in their order.

        Raises:
            UnansweredCallError: the application gives no whole answer, or none in time.
        """
        return self._runner.run(self._together(requests))

    def close(self) -> None:
        """Close the event loop."""
        self._runner.close()

    async def _together(self, requests: Sequence[OutgoingRequest]) -> list[Response]:
        if len(requests) == 1:
            return [await _response(self._app, requests[0], self._limits)]
        return await asyncio.gather(*(_response(self._app, one, self._limits) for one in requests))


class BodyTooLongError(Exception):
    """Raised to an application that sends more than is read."""


class _Answer:
    """What an application sends, and what it receives: one whole body, then nothing until it has answered."""

    def __init__(self, body: bytes, most: int) -> None:
        self.left = most
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.parts: list[bytes] = []
        self.is_complete = asyncio.Event()
        self._body: bytes | None = body

    async def receive(self) -> dict[str, Any]:
        """Give the application the request's body, and later the end of the call."""
        if self._body is None:
            await self.is_complete.wait()
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Take a part of the answer."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            self.parts.append(message.get("body", b""))
            self.left -= len(self.parts[-1])
            if self.left < 0:
                raise BodyTooLongError
            if not message.get("more_body", False):
                self.is_complete.set()


async def _response(app: App, request: OutgoingRequest, limits: CallLimits) -> Response:
    """Return the answer of the application; a crash of it is a 500 for its callers, so it is one here."""
    answer = _Answer(request.body, limits.body_bytes)
    try:
        async with asyncio.timeout(limits.seconds):
            await _ask(app, request, answer)
    except TimeoutError:
        raise UnansweredCallError(f"no answer in {limits.seconds:g} seconds", is_slow=True) from None
    if answer.left < 0:
        said = f"the answer {answer.status} has more than {limits.body_bytes:,} bytes"
        raise UnansweredCallError(said, ANSWERS_CAN_BE_READ, is_slow=True)
    body = b"" if request.method == "HEAD" else b"".join(answer.parts)
    headers = _joined(answer.headers)
    if body and "content-encoding" in headers:
        came = httpx.Response(answer.status, headers=answer.headers, stream=httpx.ByteStream(body))
        try:
            body = came.read()
        except httpx.DecodingError as error:
            said = f"the answer {answer.status} is not in the content encoding that it names"
            raise UnansweredCallError(said, ANSWERS_CAN_BE_READ) from error
    return Response(answer.status, headers, body)


async def _ask(app: App, request: OutgoingRequest, answer: _Answer) -> None:
    try:
        await app(_scope(request), answer.receive, answer.send)
    except Exception:  # noqa: BLE001 - whatever it is, a server would answer for it
        answer.status = answer.status or _CRASHED
    else:
        if not (answer.status and answer.is_complete.is_set()):
            raise UnansweredCallError("the application ended without an answer")


def _joined(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by name in lower case; values of a repeated one are joined by commas."""
    if all(name.isascii() and text.isascii() for name, text in headers):
        joined: dict[str, str] = {}
        for name, text in headers:
            key, value = name.decode("ascii").lower(), text.decode("ascii")
            joined[key] = f"{joined[key]}, {value}" if key in joined else value
        return joined
    return dict(httpx.Headers(headers).items())


def _scope(request: OutgoingRequest) -> dict[str, Any]:
    url = request.url
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), text) for name, text in request.headers],
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.partition(b"?")[0],
        "query_string": url.query,
        "server": (url.host, url.port),
        "client": _CALLER,
        "root_path": "",
    }
