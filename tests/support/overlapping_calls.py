"""Two calls of which the second is answered before the first is over."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from tests.support.client import Client, Response, check_conformance, send_call

_TURNS = 20
"""As often as the first call is let on before the second begins: no call waits in so many places."""


@dataclass(frozen=True, slots=True)
class OverlappingRequest:
    """One call as a client sends it; `headers` go beside the client's."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]

    async def by(
        self,
        client: Client,
        *,
        goes_on: asyncio.Event | None = None,
        taken: asyncio.Event | None = None,
    ) -> Response:
        """The answer to the call, which goes on when it may and whose answer leaves when it is taken."""
        named = {name.lower(): text for name, text in self.headers.items()}
        headers = {"content-type": "application/json", **client.headers, **named}
        target = client.base + self.path
        answered = await send_call(
            client.app, self.method, target, headers, [self.body], goes_on=goes_on, taken=taken
        )
        check_conformance(client.app, self.method, target, answered)
        return answered


def send_overlapping(
    client: Client, first: OverlappingRequest, second: OverlappingRequest, *, done: bool = False
) -> tuple[Response, Response]:
    """The answers to both; when the second is answered the first has not begun its body.

    One that is `done` has by then been answered, and the answer has not left.
    """
    return asyncio.run(_overlapped(client, first, second, "taken" if done else "goes_on"))


async def _overlapped(
    client: Client, first: OverlappingRequest, second: OverlappingRequest, waits_for: str
) -> tuple[Response, Response]:
    over = asyncio.Event()
    waiting = asyncio.create_task(first.by(client, **{waits_for: over}))
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    answered = await second.by(client)
    over.set()
    return await waiting, answered
