"""A planted fault, and how it is seen to be one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mockserver.contract.exchange import Request, Response, json_request
from mockserver.contract.target import Target
from tests.contract.planted_faults.wrappers import Json, Planted

Family = Literal["items", "counts", "state", "refusals", "isolation", "lists"]
FAMILIES: Mapping[Family, str] = {
    "items": "lost, duplicated, reordered, misreported items",
    "counts": "wrong counts and sums",
    "state": "state that leaks, tears or forgets",
    "refusals": "wrong refusals and shapes",
    "isolation": "idempotency, isolation, concurrency",
    "lists": "pages, counts, links and filters of lists",
}


@dataclass(frozen=True, slots=True)
class VendorClient:
    """Calls a vendor as its client does; `headers` go with every call that does not have its own."""

    target: Target
    headers: Mapping[str, str]

    def get(self, path: str, **headers: str) -> Response:
        return self.send("GET", path, None, **headers)

    def send(self, method: str, path: str, document: Json = None, **headers: str) -> Response:
        """One call; `_` in a header's name stands for `-`, an empty one is left out."""
        return self.target.send(self.request(method, path, document, **headers)).response

    def raw(self, method: str, path: str, body: bytes, **headers: str) -> Response:
        """One call with a body as it is."""
        named = self._named({"content-type": "application/json"}, headers)
        return self.target.send(Request(method, path, named, body)).response

    def request(self, method: str, path: str, document: Json = None, **headers: str) -> Request:
        """What `send` sends."""
        if document is None:
            return Request(method, path, self._named({}, headers))
        return json_request(method, path, document, self._named({}, headers))

    def at_once(self, requests: Sequence[Request]) -> list[Response]:
        """What calls that are under way at the same time are answered."""
        return [one.response for one in self.target.at_once(requests)]

    def _named(self, more: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, str]:
        own = {name.replace("_", "-").lower(): text for name, text in headers.items()}
        return {name: text for name, text in {**self.headers, **more, **own}.items() if text}


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """A server with one fault.

    `says` finishes "a server that …". `operations` are those that a run is bounded to, for every suite that
    is measured. `seen` makes a call or two: the right server shows `right`, this one `wrong`.
    """

    id: str
    family: Family
    vendor: str
    says: str
    operations: tuple[str, ...]
    planted: Planted
    seen: Callable[[VendorClient], Json]
    right: Json
    wrong: Json


def plant_fault(  # noqa: PLR0913, PLR0917 - the parts of a mutant
    family: Family,
    name: str,
    says: str,
    operations: tuple[str, ...],
    planted: Planted,
    seen: Callable[[VendorClient], Json],
    *,
    right: Json,
    wrong: Json,
) -> PlantedFault:
    """A mutant of the vendor that its name begins with."""
    return PlantedFault(name, family, name.partition("-")[0], says, operations, planted, seen, right, wrong)
