"""One journey a vendor: three items, the second bad, then the repair of what failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.support.client import Client, Response

Seen = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Journey:
    """What is sent, where its effect is read (path and JSON Pointer), and what is seen there when."""

    vendor: str
    headers: Mapping[str, str]
    method: str
    path: str
    batch: Any
    repair: Any
    reads: tuple[tuple[str, str], ...]
    before: Seen
    after_batch: Seen
    after_repair: Seen

    def client(self, client: Client) -> Client:
        """`client` at the vendor, with its credentials."""
        return client.within(f"/{self.vendor}", **self.headers)

    def send_batch(self, client: Client) -> Response:
        """The three items."""
        return self.client(client).request(self.method, self.path, json=self.batch)

    def send_repair(self, client: Client) -> Response:
        """What failed, mended."""
        return self.client(client).request(self.method, self.path, json=self.repair)

    def see(self, client: Client) -> Seen:
        """What is there now; None for what is not."""
        return tuple(_member(self.client(client).get(path), pointer) for path, pointer in self.reads)

    def run(self, client: Client) -> list[bytes]:
        """Everything that is answered from beginning to end, byte for byte."""
        vendor = self.client(client)
        answers = [self.send_batch(client), self.send_repair(client)]
        return [one.body for one in (*answers, *(vendor.get(path) for path, _ in self.reads))]


def _member(answered: Response, pointer: str) -> Any:
    found = answered.json if answered.status == 200 else {}
    for step in pointer.split("/")[1:]:
        found = found[int(step)] if isinstance(found, list) else found.get(step, {})
    return found or None


def journeys() -> tuple[Journey, ...]:
    """The journeys of all vendors: `tests/vendors/<name>/journey.py` holds a `JOURNEY`."""
    files = sorted((Path(__file__).parents[1] / "vendors").glob("*/journey.py"))
    return tuple(import_module(f"tests.vendors.{file.parent.name}.journey").JOURNEY for file in files)
