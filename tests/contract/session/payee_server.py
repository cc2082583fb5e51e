"""A server of claim invoices that is not ours, with the payees that a test says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.contract.foreign.vba_makes import application
from tests.support.asgi_server import listen


@dataclass
class PayeeServer:
    """Answers reads of payees by itself, and all else as the server of claim invoices.

    Without `routes` it serves no payees at all; `lists` says whether it has a list of them. `seen` are the
    calls, `has_body` whether one had a body.
    """

    payees: tuple[str, ...]
    routes: bool = True
    lists: bool = True
    status: int = 404
    seen: list[tuple[str, str]] = field(default_factory=list)
    has_body: bool = False

    def __post_init__(self) -> None:
        self._app = application()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one call."""
        path = scope["path"]
        self.seen.append((scope["method"], path))
        self.has_body |= dict(scope["headers"]).get(b"content-length", b"0") != b"0"
        if not path.startswith("/payees") or scope["method"] != "GET" or not self.routes:
            await self._app(scope, receive, send)
            return
        status, data = self._read(path)
        body = json.dumps({"data": data, "error": None, "debug": None}).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _read(self, path: str) -> tuple[int, Any]:
        name = path.removeprefix("/payees").strip("/")
        if not name:
            return (200, [{"payee_ID": one} for one in self.payees]) if self.lists else (405, None)
        return (200, {"payee_ID": name}) if name in self.payees else (self.status, f"no payee {name}")


@contextmanager
def serve(server: PayeeServer) -> Iterator[str]:
    """Serve it on a free port; yield the address."""
    with listen(server) as url:
        yield url
