"""Send calls to a server, each into one sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

_VENDOR = "vba"
_BATCH = f"/{_VENDOR}/claim-invoice-batch"
_HEADERS = {"x-api-key": "any", "authorization": "Bearer any", "vbasoftware-database": "sandbox"}
PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends calls into the sandbox `name`."""

    client: httpx.Client
    name: str

    @classmethod
    @contextmanager
    def into(cls, url: str, name: str) -> Iterator[Sender]:
        """Make the sandbox and yield its sender."""
        with httpx.Client(base_url=url, timeout=PATIENCE_S, trust_env=False) as client:
            client.post("/_mock/sandboxes", json={"name": name}).raise_for_status()
            yield cls(client, name)

    def leave(self) -> None:
        """Delete the sandbox."""
        self.control("DELETE", "")

    def batch(self, items: int = 1, bad: int = 0, **members: Any) -> int:
        """Send a batch, its first `bad` items to nobody who can be paid; return the call's number."""
        rows = [
            {"invoice_Key": at + 1, **({"payee_ID": "NOPE"} if at < bad else {}), **members}
            for at in range(items)
        ]
        answer = self.client.put(_BATCH, json=rows, headers={**_HEADERS, "mock-sandbox": self.name})
        return int(answer.headers["mock-journal"])

    def send(self, method: str, path: str, **settings: Any) -> httpx.Response:
        """Send any call."""
        return self.client.request(method, path, headers={**_HEADERS, "mock-sandbox": self.name}, **settings)

    def example(self, vendor: str) -> httpx.Response:
        """Send a vendor's example as the console does."""
        return self.client.post(
            "/_console/journal/example", params={"sandbox": self.name}, data={"vendor": vendor}
        )

    def control(self, method: str, path: str, **settings: Any) -> httpx.Response:
        """Call the control plane at a path of the sandbox."""
        return self.client.request(
            method, f"/_mock/sandboxes/{self.name}{path}", **settings
        ).raise_for_status()
