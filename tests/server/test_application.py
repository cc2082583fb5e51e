from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.server.application import BuiltAtFirstCall


def test_an_application_is_built_once_and_at_its_first_call() -> None:
    built: list[ASGIApp] = []
    called: list[Any] = []

    def build() -> ASGIApp:
        async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
            called.append(scope["path"])

        built.append(app)
        return app

    entry: Any = BuiltAtFirstCall(build)
    assert not built
    for path in ("/a", "/b"):
        asyncio.run(entry({"type": "http", "path": path}, None, None))
    assert (len(built), called) == (1, ["/a", "/b"])


def test_the_start_and_the_end_of_a_server_build_nothing() -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    def build() -> ASGIApp:
        raise AssertionError

    asyncio.run(BuiltAtFirstCall(build)({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
