"""Two calls of which the second is answered before the first is over."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from tests.support.client import Answered, Client, call, check


@dataclass(frozen=True, slots=True)
class Sent:
    """One call as a client sends it; `headers` go beside the client's."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]

    async def by(self, client: Client, goes_on: asyncio.Event | None = None) -> Answered:
        """The answer, whose call goes on when it may."""
        named = {name.lower(): text for name, text in self.headers.items()}
        headers = {"content-type": "application/json", **client.headers, **named}
        target = client.base + self.path
        answered = await call(client.app, self.method, target, headers, [self.body], goes_on=goes_on)
        check(client.app, self.method, target, answered)
        return answered


def overlapped(client: Client, first: Sent, second: Sent) -> tuple[Answered, Answered]:
    """The answers to both: the first call's body begins when the second has been answered."""
    return asyncio.run(_overlapped(client, first, second))


async def _overlapped(client: Client, first: Sent, second: Sent) -> tuple[Answered, Answered]:
    over = asyncio.Event()
    waiting = asyncio.create_task(first.by(client, over))
    await asyncio.sleep(0)
    answered = await second.by(client)
    over.set()
    return await waiting, answered
