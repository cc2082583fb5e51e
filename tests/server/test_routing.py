from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from connexion.middleware.routing import RoutingOperation
from connexion.resolver import Resolver
from connexion.spec import Specification
from msgspec.structs import replace
from starlette.exceptions import HTTPException
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.engine.admission import Arrival
from mockserver.engine.call import Pipeline
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import MethodNotAllowed, NotFound, TooLarge
from mockserver.model import Answer, Call, Delivery
from mockserver.server.application import Application
from mockserver.server.exchange import read_body
from mockserver.server.routing import ExactRouting, VendorRouting, literal_routes, routing_document
from mockserver.server.transport_faults import Connection, ConnectionLostError
from mockserver.spec.openapi import RouteMatch
from tests.support import sample_vendor
from tests.support.client import Client

METHODS = ("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS")
PREFIXES = ("", "/sandboxes/one")


class Router:
    """One vendor's routing, which says what it attaches to a request."""

    def __init__(self, routing: Callable[[ASGIApp], ExactRouting], vendor: LoadedVendor) -> None:
        self._seen: list[Any] = []
        self._routing = routing(self._see)
        self._routing.add_api(
            Specification.load(routing_document(vendor)),
            base_path=f"/{vendor.name}",
            resolver=Resolver(lambda _id: lambda: None),
        )

    async def _see(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        self._seen.append(scope["extensions"]["connexion_routing"])

    def routes(self, method: str, prefix: str, path: str) -> Any:
        """Return the operation that a request is routed to, or the status of the refusal."""
        scope = {"type": "http", "app": None, "method": method, "root_path": prefix, "path": prefix + path}
        try:
            asyncio.run(self._routing({**scope, "extensions": {}}, no_receive, no_send))
        except HTTPException as refused:
            return refused.status_code
        return self._seen.pop()


async def no_receive() -> Any:
    raise AssertionError


async def no_send(_message: Any) -> None:
    raise AssertionError


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_path_that_is_looked_up_is_routed_as_connexion_routes_it(app: Application, prefix: str) -> None:
    for vendor in app.served:
        slow, fast = Router(ExactRouting, vendor), Router(partial(VendorRouting, spec=vendor.spec), vendor)
        paths = [f"/{vendor.name}{path}" for path in vendor.spec.document["paths"]]
        asked = [(method, prefix, path + end) for path in paths for end in ("", "/") for method in METHODS]

        assert [fast.routes(*one) for one in asked] == [slow.routes(*one) for one in asked]


def test_a_path_that_an_earlier_route_takes_is_not_looked_up() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise AssertionError

    names = ("/first", "/{any}", "/second")
    routes = [Route(name, RoutingOperation(name, app), methods=["get"]) for name in names]

    assert set(literal_routes(Mount("/acme", routes=routes))) == {
        ("GET", "/acme/first"),
        ("HEAD", "/acme/first"),
    }


BATCH = {"orders": [{"id": "A", "amount": 1}]}


def routes_of(folder: Path, monkeypatch: pytest.MonkeyPatch, *asked: tuple[str, str]) -> list[Arrival]:
    """Return what the pipeline of the sample vendor is handed for calls without credentials."""
    reached: list[Arrival] = []
    handle = Pipeline.handle

    def spying(self: Pipeline, arrival: Arrival) -> tuple[Call, Answer]:
        reached.append(arrival)
        return handle(self, arrival)

    monkeypatch.setattr(Pipeline, "handle", spying)
    client = Client(sample_vendor.create_application(folder).asgi, {})
    for method, path in asked:
        client.request(method, path)
    return reached


def test_the_pipeline_gets_what_connexion_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [("GET", "/acme/orders"), ("HEAD", "/acme/orders"), ("GET", "/acme/orders/A%2FB")]
    found = [one.route for one in routes_of(tmp_path, monkeypatch, *paths)]

    assert [(one.operation.id, one.values) for one in found if isinstance(one, RouteMatch)] == [
        ("listOrders", {}),
        ("listOrders", {}),
        ("showOrder", {"id": "A/B"}),
    ]


def test_the_pipeline_gets_why_connexion_found_no_operation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [("GET", "/acme/nothing"), ("DELETE", "/acme/orders"), ("GET", "/acme/orders%0A")]
    refusals = [one.route for one in routes_of(tmp_path, monkeypatch, *paths)]

    assert [(type(one), getattr(one, "allowed", ())) for one in refusals] == [
        (NotFound, ()),
        (MethodNotAllowed, ("GET", "PUT")),
        (NotFound, ()),
    ]


def test_the_pipeline_gets_whether_connexion_found_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (without,) = routes_of(tmp_path, monkeypatch, ("GET", "/acme/orders"))

    assert (without.has_credentials, isinstance(without.route, RouteMatch)) == (False, True)


def test_an_operation_of_the_url_map_is_no_path(tmp_path: Path) -> None:
    caller = sample_vendor.create_client(tmp_path)

    assert caller.post("/acme/putOrders", json=BATCH).status == 404


@pytest.mark.parametrize("chunks", [1, 2, 7, 1000])
def test_a_body_may_come_in_any_number_of_chunks(tmp_path: Path, chunks: int) -> None:
    assert sample_vendor.create_client(tmp_path).put("/acme/orders", json=BATCH, chunks=chunks).status == 207


def limited(folder: Path) -> Client:
    return sample_vendor.create_client(folder, max_body_bytes=100)


def stored(caller: Client) -> list[Any]:
    found: list[Any] = caller.get("/acme/orders").json
    return found


def padded(size_bytes: int) -> bytes:
    return json.dumps(BATCH).encode().ljust(size_bytes)


@pytest.mark.parametrize("chunks", [1, 5], ids=["whole", "chunked"])
def test_a_body_of_the_limit_is_read(tmp_path: Path, chunks: int) -> None:
    response = limited(tmp_path).put(
        "/acme/orders",
        content=padded(100),
        headers={"content-type": "application/json"},
        chunks=chunks,
    )

    assert response.status == 207


@pytest.mark.parametrize("chunks", [1, 5], ids=["whole", "chunked"])
def test_a_body_over_the_limit_is_refused(tmp_path: Path, chunks: int) -> None:
    caller = limited(tmp_path)

    response = caller.put(
        "/acme/orders",
        content=padded(101),
        headers={"content-type": "application/json"},
        chunks=chunks,
    )

    assert (response.status, stored(caller)) == (413, [])


def test_a_body_that_says_it_is_over_the_limit_is_not_read() -> None:
    async def receive() -> Any:
        raise AssertionError

    with pytest.raises(TooLarge):
        asyncio.run(read_body(receive, "101", 100))


@pytest.mark.parametrize("length", ["", "many", "-1", "\xb2", "1e9", "9" * 5000])
def test_a_length_that_is_no_number_is_passed_over(length: str) -> None:
    async def receive() -> Any:
        return {"type": "http.request", "body": b"12345", "more_body": False}

    assert asyncio.run(read_body(receive, length, 100)) == b"12345"


def test_a_client_that_leaves_changes_nothing(tmp_path: Path) -> None:
    application = sample_vendor.create_application(tmp_path)
    messages = [{"type": "http.request", "body": b'{"orders"', "more_body": True}]

    sent = interrupted(application, messages)

    assert (sent, application.journal.kept.entries("default")) == ([], [])
    assert application.sandboxes.dump("default").keys() == {"sandbox/"}


def interrupted(application: Application, messages: list[Any]) -> list[Any]:
    """Return what is sent to a client that disconnects after these messages."""
    sent: list[Any] = []
    scope = {
        "type": "http",
        "method": "PUT",
        "scheme": "http",
        "path": "/acme/orders",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"authorization", b"Bearer abc"), (b"content-type", b"application/json")],
    }

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(application(scope, receive, send))
    return sent


@pytest.fixture
def bent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Delivery], Application]:
    """An application that uses this delivery for all answers."""
    handle = Pipeline.handle

    def bent(delivery: Delivery) -> Application:
        def bending(pipeline: Pipeline, arrival: Arrival) -> tuple[Call, Answer]:
            call, answer = handle(pipeline, arrival)
            return call, replace(answer, delivery=delivery)

        monkeypatch.setattr(Pipeline, "handle", bending)
        return sample_vendor.create_application(tmp_path)

    return bent


async def asked(application: Application, method: str = "GET") -> list[Any]:
    """Return what is sent to a client that lists all orders."""
    sent: list[Any] = []
    scope = {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": "/acme/orders",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"authorization", b"Bearer abc")],
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await application(scope, receive, send)
    return sent


def test_an_answer_leaves_as_its_delivery_says(bent: Callable[[Delivery], Application]) -> None:
    start, body = asyncio.run(asked(bent(Delivery(fault="TRUNCATED_BODY"))))

    assert (start["status"], dict(start["headers"])[b"Content-Length"], body["body"]) == (200, b"1", b"[")


def test_the_head_of_an_answer_is_the_same_whichever_way_it_leaves(
    bent: Callable[[Delivery], Application], tmp_path: Path
) -> None:
    (plain, _), (late, _) = (
        asyncio.run(asked(one))
        for one in (sample_vendor.create_application(tmp_path), bent(Delivery(delay_ms=1)))
    )
    for one in (plain, late):
        one["headers"] = [(name, b"" if name == b"Date" else text) for name, text in one["headers"]]

    assert late == plain


def test_an_answer_to_head_has_no_body_to_break(bent: Callable[[Delivery], Application]) -> None:
    start, body = asyncio.run(asked(bent(Delivery(fault="WRONG_LENGTH")), "HEAD"))

    assert dict(start["headers"])[b"Content-Length"] == b"%d" % len(body["body"])


def test_a_connection_that_breaks_is_no_500(bent: Callable[[Delivery], Application]) -> None:
    application = bent(Delivery(fault="CONNECTION_RESET_BY_PEER"))

    with pytest.raises(ConnectionLostError):
        asyncio.run(asked(application))

    assert [entry.reply.status for entry in application.journal.kept.entries("default")] == [200]


def test_a_call_is_open_until_its_answer_has_left(
    bent: Callable[[Delivery], Application], monkeypatch: pytest.MonkeyPatch
) -> None:
    application = bent(Delivery(delay_ms=1))
    handle, counts = Pipeline.handle, []
    second_came = asyncio.Event()

    def counting(pipeline: Pipeline, arrival: Arrival) -> tuple[Call, Answer]:
        counts.append(arrival.call.in_flight)
        return handle(pipeline, arrival)

    async def wait_for_the_second_call(_connection: Connection, _seconds: float) -> bool:
        if len(counts) > 1:
            second_came.set()
        return await second_came.wait()

    monkeypatch.setattr(Pipeline, "handle", counting)
    monkeypatch.setattr(Connection, "wait", wait_for_the_second_call)

    async def both() -> None:
        await asyncio.gather(asked(application), asked(application))
        await asked(application)

    asyncio.run(both())

    assert counts == [1, 2, 1]
