from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from mockserver.app import Application
from mockserver.app.bridge import STARTED, Bridge, read_body
from mockserver.app.desk import Desk
from mockserver.app.routing import CALL
from mockserver.errors import NotFound, TooLarge
from mockserver.journal import Journal
from mockserver.model import Answer, Call
from mockserver.pipeline import Pipeline
from tests.support import made_up, rooms
from tests.support.client import Client

BATCH = {"orders": [{"id": "A", "amount": 1}]}
ROUTED = {"connexion_routing": {"operation_id": "putOrders"}}


def bridged(folder: Path, extensions: dict[str, Any]) -> list[Any]:
    """What the bridge sends for a PUT that came with these extensions."""
    pipeline = made_up.application(folder).door.vendors["acme"].pipeline
    body = json.dumps(BATCH).encode()
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "extensions": extensions, CALL: rooms.CALL, STARTED: 0.0, "path_params": {}}
    asyncio.run(Bridge({"acme": pipeline}, Desk(Journal()), 1000)(scope, receive, send))
    return sent


def test_a_routed_request_reaches_its_operation(tmp_path: Path) -> None:
    assert bridged(tmp_path, ROUTED)[0]["status"] == 207


@pytest.mark.parametrize(
    "extensions", [{}, {"connexion_routing": {}}, {"connexion_routing": {"operation_id": None}}]
)
def test_what_connexion_did_not_route_reaches_no_handler(
    tmp_path: Path, extensions: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[Call] = []

    def handle(_self: Pipeline, call: Call, _match: Any) -> Answer:
        reached.append(call)
        raise AssertionError

    monkeypatch.setattr(Pipeline, "handle", handle)

    with pytest.raises(NotFound):
        bridged(tmp_path, extensions)

    assert reached == []


def test_an_operation_of_the_url_map_is_no_path(tmp_path: Path) -> None:
    caller = made_up.client(tmp_path)

    assert caller.post("/acme/putOrders", json=BATCH).status == 404


@pytest.mark.parametrize("chunks", [1, 2, 7, 1000])
def test_a_body_may_come_in_any_number_of_chunks(tmp_path: Path, chunks: int) -> None:
    assert made_up.client(tmp_path).put("/acme/orders", json=BATCH, chunks=chunks).status == 207


def limited(folder: Path) -> Client:
    return made_up.client(folder, max_body_bytes=100)


def stored(caller: Client) -> list[Any]:
    found: list[Any] = caller.get("/acme/orders").json
    return found


def padded(size_bytes: int) -> bytes:
    return json.dumps(BATCH).encode().ljust(size_bytes)


@pytest.mark.parametrize("chunks", [1, 5], ids=["whole", "chunked"])
def test_a_body_of_the_limit_is_read(tmp_path: Path, chunks: int) -> None:
    answered = limited(tmp_path).put(
        "/acme/orders",
        content=padded(100),
        headers={"content-type": "application/json"},
        chunks=chunks,
    )

    assert answered.status == 207


@pytest.mark.parametrize("chunks", [1, 5], ids=["whole", "chunked"])
def test_a_body_over_the_limit_is_refused(tmp_path: Path, chunks: int) -> None:
    caller = limited(tmp_path)

    answered = caller.put(
        "/acme/orders",
        content=padded(101),
        headers={"content-type": "application/json"},
        chunks=chunks,
    )

    assert (answered.status, stored(caller)) == (413, [])


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
    application = made_up.application(tmp_path)
    messages = [{"type": "http.request", "body": b'{"orders"', "more_body": True}]

    sent = interrupted(application, messages)

    assert (sent, application.journal.entries("default")) == ([], [])
    assert application.sandboxes.dump("default").keys() == {"sandbox/"}


def interrupted(application: Application, messages: list[Any]) -> list[Any]:
    """What is sent to a client that leaves after these messages."""
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
