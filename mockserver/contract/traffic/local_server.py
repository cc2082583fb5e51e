"""An in-process server that recorded requests are sent to again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from mockserver.codec.instants import print_instant
from mockserver.codec.redaction import ASCII_MASK, MASK
from mockserver.contract.credentials import headers_for
from mockserver.contract.exchange import Exchange, Request, json_request
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.target import Address, Target
from mockserver.contract.traffic.comparison import SANDBOX_HEADER
from mockserver.contract.traffic.har import RecordedExchange
from mockserver.sandbox.clock import FIRST_YEAR, LAST_YEAR
from mockserver.sandbox.store import SANDBOX_SCOPE
from mockserver.server import ignore_connexion_warnings

_STORY = "story"
"""Sandbox of the calls of an archive that says how its sandbox began."""

_LOCAL_ORIGIN = "http://testserver"


class UnfitStateError(Exception):
    """The state that our server is to begin with does not fit it; the text says why."""


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server of ours in this process; sandboxes of recorded calls are its sandboxes too."""

    api: ApiUnderTest
    target: Target
    state: bytes = b""
    has_met_fault: set[str] = field(default_factory=set)

    def __call__(self, one: RecordedExchange, exchange: Exchange) -> Exchange:
        """Return what it answers to the recorded request.

        Raises:
            UnfitStateError: the state cannot be loaded.
        """
        is_story = one.beginning is not None
        sandbox = _STORY if is_story else exchange.request.headers.get(SANDBOX_HEADER, "default")
        if sandbox not in self.has_met_fault:
            self._begin(sandbox, one.beginning or {})
        if one.at is not None and FIRST_YEAR <= one.at.year <= LAST_YEAR:
            at = {"at": print_instant(one.at)}
            self.target.send(json_request("POST", f"/_mock/sandboxes/{sandbox}/clock/freeze", at))
        if one.state:
            self._set("PATCH", sandbox, json.dumps(self._own_state(one.state)).encode())
        request = self._with_credentials(exchange)
        if is_story:
            request = replace(request, headers={**request.headers, SANDBOX_HEADER: sandbox})
        return self.target.send(replace(request, path=f"/{self.api.name}{request.path}"))

    def _begin(self, sandbox: str, beginning: Mapping[str, Any]) -> None:
        self.has_met_fault.add(sandbox)
        assumptions = {
            name: value
            for name, value in beginning.get("assumptions", {}).items()
            if name.startswith(f"{self.api.name}.")
        }
        members = {**beginning, "name": sandbox, **({"assumptions": assumptions} if assumptions else {})}
        self.target.send(json_request("POST", "/_mock/sandboxes", members))
        if self.state:
            self._set("PUT", sandbox, self.state)

    def _own_state(self, state: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what is the vendor's, or the sandbox's own: no other vendor is served."""
        own = (f"{self.api.name}/", SANDBOX_SCOPE)
        return {scope: tables for scope, tables in state.items() if scope.startswith(own)}

    def _set(self, method: str, sandbox: str, content: bytes) -> None:
        headers = {"content-type": "application/json"}
        path = f"/_mock/sandboxes/{sandbox}/state"
        came = self.target.send(Request(method, path, headers, content)).response
        if came.status != HTTPStatus.OK:
            raise UnfitStateError(json.loads(came.body)["detail"])

    def _with_credentials(self, exchange: Exchange) -> Request:
        """Return the request, with fixture credentials where the recorder left them out or cut them."""
        request, name = exchange.request, exchange.operation
        if not name:
            return request
        ours: Mapping[str, str] = headers_for(self.api, name, self.api.profile.credentials)
        kept = {
            header: text
            for header, text in request.headers.items()
            if header not in ours or not (text.endswith((MASK, ASCII_MASK)) or not text)
        }
        return replace(request, headers={**ours, **kept})


@contextmanager
def local_server(
    api: ApiUnderTest, state: Path | None, assumptions: Mapping[str, str], specs: tuple[Path, ...] = ()
) -> Iterator[LocalServer]:
    """Yield a server that begins with `state`, a dump of ours, or with the fixtures.

    `specs` are folders with specs of a user's.

    Raises:
        InvalidAssumptionError: `assumptions` names an unknown assumption, or a value that it does not accept.
        OSError: the state cannot be read.
    """
    ignore_connexion_warnings()
    from mockserver.server.application import Options, create_app  # noqa: PLC0415 - slow

    held = state.read_bytes() if state else b""
    app = create_app(Options(vendors=(api.name,), assumptions=assumptions, specs=specs))
    with Target(Address(_LOCAL_ORIGIN, app)) as target:
        yield LocalServer(api, target, held)
