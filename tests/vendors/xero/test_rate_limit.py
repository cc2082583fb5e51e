"""How often a tenant may be called."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.types import Message

from mockserver.sandbox.store import State
from mockserver.server.application import Application
from mockserver.server.in_process import http_scope
from tests.support.client import Client
from tests.vendors.xero.documents import API

ORGANISATION = f"{API}/Organisation"


def test_an_app_that_has_used_its_minute_up_is_not_told_when_to_return(
    app: Application, sandbox: str, xero: Client, assume: Callable[..., None]
) -> None:
    def work(state: State) -> None:
        state.collection("quotas")["app/OAuth2"] = {"window": 1767603600 // 60, "used": 10_000}

    app.sandboxes.store.transact(sandbox, "xero/", work)
    assume(quotas="on")

    answer = xero.get(ORGANISATION)

    found = [
        answer.headers.get(name) for name in ("x-rate-limit-problem", "x-minlimit-remaining", "retry-after")
    ]
    assert (answer.status, found) == (429, ["appminute", "60", None])


def test_the_sixth_call_at_once_is_refused(
    app: Application, xero: Client, assume: Callable[..., None]
) -> None:
    assume(quotas="on")
    headers = {**xero.headers, "content-type": "application/json"}

    answers = asyncio.run(_at_once(app, headers, 6))

    assert sorted(status for status, _ in answers) == [200, 200, 200, 200, 200, 429]
    (refused,) = (headers for status, headers in answers if status == 429)
    assert refused["x-rate-limit-problem"] == "concurrent"
    assert "retry-after" not in refused


async def _at_once(app: Application, headers: Any, count: int) -> list[tuple[int, Any]]:
    """So many calls of which none is answered before the last has begun."""
    begun = asyncio.Barrier(count)
    return await asyncio.gather(*(_held(app, headers, begun) for _ in range(count)))


async def _held(app: Application, headers: Any, begun: asyncio.Barrier) -> tuple[int, Any]:
    outgoing: list[Message] = []

    async def receive() -> Message:
        await begun.wait()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        outgoing.append(message)

    named = [(name.encode(), text.encode()) for name, text in headers.items()]
    scope = http_scope("GET", "http://127.0.0.1:8080", f"/xero{ORGANISATION}", named)
    await app(scope, receive, send)
    found = {name.decode().lower(): text.decode() for name, text in outgoing[0]["headers"]}
    return outgoing[0]["status"], found
