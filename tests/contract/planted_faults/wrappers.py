"""A fault around an application: calls go in, answers come out, and something between them is wrong.

Nothing here or in the faults looks into the application; they do to its bytes what a broken server would do.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, TypeAlias

from mockserver.codec.http import join_headers
from mockserver.contract.exchange import to_json_text
from mockserver.contract.target import App
from mockserver.server.in_process import http_scope

Json: TypeAlias = Any
_NOT_OF_THAT_SHAPE = (KeyError, TypeError, IndexError, ValueError, AttributeError, ArithmeticError)
_NOT_PASSED_ON = frozenset({"content-length", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class WrappedRequest:
    """What is asked; `path` with the vendor's name and without its query, header names in lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]

    def json(self) -> Json:
        """The body, with exact decimals."""
        return json.loads(self.body, parse_float=Decimal)

    def holding(self, document: Json) -> WrappedRequest:
        """The same with another JSON body."""
        return replace(self, body=to_json_text(document).encode())

    def having(self, **headers: str) -> WrappedRequest:
        """The same with headers of its own (`_` in a name stands for `-`)."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return replace(self, headers={**self.headers, **named})

    def without(self, name: str) -> WrappedRequest:
        """The same less a header."""
        return replace(self, headers={key: text for key, text in self.headers.items() if key != name})

    @property
    def sandbox(self) -> str:
        """The sandbox that it is for."""
        return self.headers.get("mock-sandbox", "default")


@dataclass(frozen=True, slots=True)
class WrappedResponse:
    """What is answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def good(self) -> bool:
        """Whether the call as a whole was taken."""
        return self.status < 300

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]

    def json(self) -> Json:
        """The body, with exact decimals."""
        return json.loads(self.body, parse_float=Decimal)

    def holding(self, document: Json) -> WrappedResponse:
        """The same with another JSON body."""
        return replace(self, body=to_json_text(document).encode())

    def typed(self, media_type: str) -> WrappedResponse:
        """The same under another media type."""
        return replace(self, headers={**self.headers, "content-type": media_type})

    def as_json(self, status: int, document: Json) -> WrappedResponse:
        """A JSON answer with this status in its place."""
        return replace(self, status=status).typed("application/json").holding(document)


NO_RESPONSE = WrappedResponse(0, {}, b"")
"""No answer: the connection ends."""

SendOn = Callable[[WrappedRequest], Awaitable[WrappedResponse]]
WrappedFault = Callable[[SendOn, WrappedRequest], Awaitable[WrappedResponse]]
Planted = Callable[[], WrappedFault]
"""Makes a fault for one server; what it remembers is that server's."""


@dataclass(frozen=True, slots=True)
class Route:
    """Calls of some methods at a path."""

    methods: str
    """Names with blanks between them; "" stands for all."""
    path: str
    """`{}` stands for one segment, `*` at the end for the rest."""

    def matches(self, call: WrappedRequest) -> bool:
        """Whether that is one of them."""
        mine, its = self.path.split("/"), call.path.split("/")
        if mine[-1] == "*":
            mine, its = mine[:-1], its[: len(mine) - 1]
        same = len(mine) == len(its) and all(one in {"{}", two} for one, two in zip(mine, its, strict=True))
        return same and (not self.methods or call.method in self.methods.split())


def planted_at(route: Route, fault: WrappedFault) -> Planted:
    """A fault that remembers nothing, for the calls of a route."""
    return lambda: at(route, fault)


def changes_document(route: Route, change: Callable[[Json, Json], Json]) -> Planted:
    """Another document than the good answer's, by what was sent (None: nothing) and what came."""
    return changes_response(
        route,
        lambda call, received: (
            received.holding(change(_sent(call), received.json())) if received.good else received
        ),
    )


def changes_member(route: Route, name: str, change: Callable[[Any], Any]) -> Planted:
    """Another value of a member of the good answer's document; the document itself, if the name is ""."""
    return changes_document(
        route, lambda _sent, told: {**told, name: change(told[name])} if name else change(told)
    )


def changes_each(route: Route, name: str, change: Callable[[Any], Any]) -> Planted:
    """Other elements of a list in the good answer's document."""
    return changes_member(route, name, lambda found: [change(one) for one in found])


def changes_response(
    route: Route, change: Callable[[WrappedRequest, WrappedResponse], WrappedResponse]
) -> Planted:
    """Another answer, whatever its status."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        received = await ask(call)
        bent: WrappedResponse = unless_misshapen(received, lambda: change(call, received))
        return bent

    return planted_at(route, fault)


def changes_status(
    route: Route, status: int, change: Callable[[WrappedResponse], WrappedResponse] | int
) -> Planted:
    """Another answer, or another status, instead of answers with a status."""

    def changed(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
        if received.status != status:
            return received
        return replace(received, status=change) if isinstance(change, int) else change(received)

    return changes_response(route, changed)


def changes_request(route: Route, change: Callable[[WrappedRequest], WrappedRequest]) -> Planted:
    """Another call than the one that was made."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        return await ask(unless_misshapen(call, lambda: change(call)))

    return planted_at(route, fault)


def drops_header(route: Route, name: str) -> Planted:
    """A header is not looked at."""
    return changes_request(route, lambda call: call.without(name))


def both(first: Planted, second: Planted) -> Planted:
    """Two changes of one fault, the second nearer to the application."""

    def planted() -> WrappedFault:
        outer, inner = first(), second()

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            return await outer(lambda passed: inner(ask, passed), call)

        return fault

    return planted


def at(route: Route, fault: WrappedFault) -> WrappedFault:
    """The fault for the calls of a route; all others are answered as they should be."""

    async def there(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        return await (fault(ask, call) if route.matches(call) else ask(call))

    return there


def unless_misshapen(as_it_is: Any, change: Callable[[], Any]) -> Any:
    """What changing comes to, or `as_it_is` where that has not the shape that the fault is about."""
    try:
        return change()
    except _NOT_OF_THAT_SHAPE:
        return as_it_is


def with_fault(app: App, planted: Planted) -> App:
    """The application with the fault around it."""
    fault = planted()

    async def ask(call: WrappedRequest) -> WrappedResponse:
        return await _answer(app, call)

    async def with_it(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        received = await fault(ask, await _call(scope, receive))
        if received is NO_RESPONSE:
            return
        passed = {name: text for name, text in received.headers.items() if name not in _NOT_PASSED_ON}
        headers = [(name.encode(), text.encode("latin-1")) for name, text in passed.items()]
        length = (b"content-length", str(len(received.body)).encode())
        await send({"type": "http.response.start", "status": received.status, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": received.body})

    return with_it


async def _call(scope: MutableMapping[str, Any], receive: Any) -> WrappedRequest:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = join_headers(
        (name.decode("latin-1").lower(), text.decode("latin-1")) for name, text in scope["headers"]
    )
    path = scope.get("raw_path") or scope["path"].encode()
    query = scope.get("query_string", b"").decode("latin-1")
    return WrappedRequest(scope["method"], path.partition(b"?")[0].decode("latin-1"), query, headers, body)


async def _answer(app: App, call: WrappedRequest) -> WrappedResponse:
    headers = {name: text for name, text in call.headers.items() if name not in _NOT_PASSED_ON}
    if call.body or "content-length" in call.headers or "transfer-encoding" in call.headers:
        headers["content-length"] = str(len(call.body))
    target = f"{call.path}?{call.query}" if call.query else call.path
    pairs = [(name.encode(), text.encode("latin-1")) for name, text in headers.items()]
    scope = http_scope(call.method, "http://127.0.0.1:8080", target, pairs)
    received: list[MutableMapping[str, Any]] = []
    given = iter([{"type": "http.request", "body": call.body, "more_body": False}])

    async def receive() -> MutableMapping[str, Any]:
        return next(given, {"type": "http.disconnect"})

    async def send(message: MutableMapping[str, Any]) -> None:
        received.append(message)

    await app(scope, receive, send)
    named = {name.decode().lower(): text.decode("latin-1") for name, text in received[0]["headers"]}
    return WrappedResponse(
        received[0]["status"], named, b"".join(message.get("body", b"") for message in received[1:])
    )


def _sent(call: WrappedRequest) -> Json:
    return call.json() if call.body else None
