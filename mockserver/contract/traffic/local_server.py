"""An in-process server that recorded requests are sent to again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path

from mockserver.codec.instants import print_instant
from mockserver.codec.redaction import ASCII_MASK, MASK
from mockserver.contract.credentials import headers_for
from mockserver.contract.exchange import Exchange, Request, json_request
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.target import Address, Target
from mockserver.contract.traffic.comparison import SANDBOX_HEADER
from mockserver.contract.traffic.har import RecordedExchange
from mockserver.sandbox.clock import FIRST_YEAR, LAST_YEAR
from mockserver.server import ignore_connexion_warnings

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
        sandbox = exchange.request.headers.get(SANDBOX_HEADER, "default")
        if sandbox not in self.has_met_fault:
            self._begin(sandbox)
        if one.at is not None and FIRST_YEAR <= one.at.year <= LAST_YEAR:
            at = {"at": print_instant(one.at)}
            self.target.send(json_request("POST", f"/_mock/sandboxes/{sandbox}/clock/freeze", at))
        request = self._with_credentials(exchange)
        return self.target.send(replace(request, path=f"/{self.api.name}{request.path}"))

    def _begin(self, sandbox: str) -> None:
        self.has_met_fault.add(sandbox)
        self.target.send(json_request("POST", "/_mock/sandboxes", {"name": sandbox}))
        if self.state:
            headers = {"content-type": "application/json"}
            path = f"/_mock/sandboxes/{sandbox}/state"
            came = self.target.send(Request("PUT", path, headers, self.state)).response
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
    api: ApiUnderTest, state: Path | None, assumptions: Mapping[str, str]
) -> Iterator[LocalServer]:
    """Yield a server that begins with `state`, a dump of ours, or with the fixtures.

    Raises:
        InvalidAssumptionError: `assumptions` names an unknown assumption, or a value that it does not accept.
        OSError: the state cannot be read.
    """
    ignore_connexion_warnings()
    from mockserver.server.application import Options, create_app  # noqa: PLC0415 - slow

    held = state.read_bytes() if state else b""
    app = create_app(Options(vendors=(api.name,), assumptions=assumptions))
    with Target(Address(_LOCAL_ORIGIN, app)) as target:
        yield LocalServer(api, target, held)
