"""Client of one sandbox: its vendors and its control plane operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE
from mockserver.control.cases.transport import HttpClient, Request, Response
from mockserver.errors import MockServerError
from mockserver.model import Json

USER_AGENT = "mockserver-cases"
SEED = 7
START_INSTANT = "2026-01-05T09:00:00Z"
"""Frozen time of a sandbox in which cases run; it starts from the fixtures with `SEED`."""


class UnmetExpectationError(MockServerError):
    """A result differs from what the case expects."""

    def __init__(self, differences: Sequence[str]) -> None:
        super().__init__("\n  ".join(differences))
        self.differences = tuple(differences)


@dataclass(frozen=True, slots=True)
class SandboxClient:
    """Client for one sandbox of a server.

    Vendors and control plane have a client each, so that a fault on a vendor's connection cannot hit a
    control call.
    """

    sandbox: str
    vendors: HttpClient
    control: HttpClient

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of every call to a vendor."""
        return {"user-agent": USER_AGENT, "mock-sandbox": self.sandbox}

    def mount(self, vendor: str) -> str:
        """Return the path at which the vendor's paths begin; "" is the root of the server."""
        return f"/{vendor}" if vendor else ""

    async def create(self, seed: int, *, empty: bool) -> None:
        """Create the sandbox, its clock frozen at the start of all cases."""
        beginning = {"name": self.sandbox, "seed": seed, "freeze": START_INSTANT, "empty": empty}
        await self._call_control("POST", "/_mock/sandboxes", beginning)

    async def tables(self) -> Json:
        """Return the sandbox's state by scope, collection and key."""
        return (await self.call_control("GET", "/dump")).json

    async def assume(self, values: Mapping[str, str | None]) -> None:
        """Set assumptions by `vendor.name`; None restores the default."""
        await self.call_control("PATCH", "/assumptions", values)

    async def freeze(self, at: str) -> None:
        """Freeze the clock at an instant."""
        await self.call_control("POST", "/clock/freeze", {"at": at})

    async def advance(self, seconds: int) -> None:
        """Advance the clock."""
        await self.call_control("POST", "/clock/advance", {"seconds": seconds})

    async def arm(self, scenario: str | Mapping[str, Any]) -> None:
        """Arm a scenario: a document, or the name of a packaged one."""
        document = await self._packaged(scenario) if isinstance(scenario, str) else scenario
        await self.call_control("PUT", f"/scenarios/{document['name']}", document)

    async def disarm(self, name: str | None = None) -> None:
        """Delete one scenario, or all."""
        await self.call_control("DELETE", f"/scenarios/{name}" if name else "/scenarios")

    async def snapshot(self) -> str:
        """Take a snapshot and return its id."""
        return str((await self.call_control("POST", "/snapshots", {})).json["id"])

    async def entries(self, last: int) -> list[Json]:
        """Return the newest `last` journal entries in full, oldest first."""
        short = (await self.call_control("GET", f"/journal?last={last}")).json
        return [(await self.call_control("GET", f"/journal/{one['number']}")).json for one in short]

    async def last_number(self) -> int:
        """Return the number of the newest journal entry, 0 if there is none."""
        short = (await self.call_control("GET", "/journal?last=1")).json
        return int(short[-1]["number"]) if short else 0

    async def _packaged(self, name: str) -> Json:
        for one in (await self._call_control("GET", "/_mock/scenarios")).json:
            if one["name"] == name:
                return one["document"]
        raise UnmetExpectationError([f"no ready scenario is called {name}"])

    async def call_control(self, method: str, below: str, body: Json = None) -> Response:
        """Call the control plane for the sandbox and return the response.

        Raises:
            UnmetExpectationError: the call is refused or lost.
        """
        return await self._call_control(method, f"/_mock/sandboxes/{self.sandbox}{below}", body)

    async def _call_control(self, method: str, target: str, body: Json = None) -> Response:
        content = b"" if body is None else json.encode(body)
        headers = (("user-agent", USER_AGENT), *((("content-type", JSON_TYPE),) if content else ()))
        response = await self.control.send(Request(method, target, headers, content))
        if not isinstance(response, Response):
            raise UnmetExpectationError([f"{method} {target}: lost, {response.detail}"])
        if not 200 <= response.status < 300:  # noqa: PLR2004 - any success
            raise UnmetExpectationError([f"{method} {target}: {response.status} {response.text}"])
        return response
