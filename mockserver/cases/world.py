"""A sandbox as a case sees it: its vendors, and what the control plane does with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.cases.wire import Answered, Sender, Sent
from mockserver.codec import json
from mockserver.errors import MockServerError
from mockserver.model import Json
from mockserver.reply import JSON

AGENT = "mockserver-cases"
SEED = 7
BEGINNING = "2026-01-05T09:00:00Z"
"""How a sandbox begins in which the cases hold: with the fixtures, this seed, and its clock standing here."""


class UnmetError(MockServerError):
    """Something is not as the case expects it; `said` are the differences."""

    def __init__(self, said: Sequence[str]) -> None:
        super().__init__("\n  ".join(said))
        self.said = tuple(said)


@dataclass(frozen=True, slots=True)
class World:
    """One sandbox of a server.

    Two senders, because a connection on which a fault is due is not to be met by a control call.
    """

    sandbox: str
    vendors: Sender
    control: Sender

    @property
    def headers(self) -> Mapping[str, str]:
        """What goes with every call of a vendor."""
        return {"user-agent": AGENT, "mock-sandbox": self.sandbox}

    async def tables(self) -> Json:
        """Everything that the sandbox holds, by scope, collection and key."""
        return (await self.asked("GET", "/dump")).json

    async def assume(self, positions: Mapping[str, str | None]) -> None:
        """Turn switches, by `vendor.name`."""
        await self.asked("PATCH", "/assumptions", positions)

    async def freeze(self, at: str) -> None:
        """Let the clock stand at an instant."""
        await self.asked("POST", "/clock/freeze", {"at": at})

    async def advance(self, seconds: int) -> None:
        """Move the clock on."""
        await self.asked("POST", "/clock/advance", {"seconds": seconds})

    async def arm(self, scenario: str | Mapping[str, Any]) -> None:
        """Arm a scenario: a document, or a ready one by name."""
        document = await self._ready(scenario) if isinstance(scenario, str) else scenario
        await self.asked("PUT", f"/scenarios/{document['name']}", document)

    async def disarm(self, name: str | None = None) -> None:
        """Take back a scenario, or all."""
        await self.asked("DELETE", f"/scenarios/{name}" if name else "/scenarios")

    async def snapshot(self) -> str:
        """Take a snapshot; its id."""
        return str((await self.asked("POST", "/snapshots", {})).json["id"])

    async def entries(self, last: int) -> list[Json]:
        """The newest journal entries, whole, oldest of them first."""
        short = (await self.asked("GET", f"/journal?last={last}")).json
        return [(await self.asked("GET", f"/journal/{one['number']}")).json for one in short]

    async def last_number(self) -> int:
        """The number of the newest journal entry, 0 for none."""
        short = (await self.asked("GET", "/journal?last=1")).json
        return int(short[-1]["number"]) if short else 0

    async def _ready(self, name: str) -> Json:
        for one in (await self._asked("GET", "/_mock/scenarios")).json:
            if one["name"] == name:
                return one["document"]
        raise UnmetError([f"no ready scenario is called {name}"])

    async def asked(self, method: str, below: str, body: Json = None) -> Answered:
        """What the control plane answers for the sandbox.

        Raises:
            UnmetError: it refuses.
        """
        return await self._asked(method, f"/_mock/sandboxes/{self.sandbox}{below}", body)

    async def _asked(self, method: str, target: str, body: Json = None) -> Answered:
        content = b"" if body is None else json.encode(body)
        headers = (("user-agent", AGENT), *((("content-type", JSON),) if content else ()))
        came = await self.control.send(Sent(method, target, headers, content))
        if not isinstance(came, Answered):
            raise UnmetError([f"{method} {target}: lost, {came.detail}"])
        if not 200 <= came.status < 300:  # noqa: PLR2004 - any success
            raise UnmetError([f"{method} {target}: {came.status} {came.text}"])
        return came
