"""A planted fault, and what is observed of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Literal

from mockserver.contract.target import Address, App, Target
from tests.contract.planted_faults.client import VendorClient
from tests.contract.planted_faults.vendors import VENDORS
from tests.contract.planted_faults.wrappers import Json, Planted

Family = Literal[
    "items",
    "counts",
    "state",
    "refusals",
    "isolation",
    "sizes",
    "values",
    "lists",
    "replays",
    "words",
]
FAMILIES: Mapping[Family, str] = {
    "items": "lost, duplicated, reordered, misreported items",
    "counts": "wrong counts and sums",
    "state": "state that leaks, tears or forgets",
    "refusals": "wrong refusals and shapes",
    "isolation": "idempotency, isolation, concurrency",
    "sizes": "batches of certain sizes lost, cut, late, refused",
    "values": "values that are not read as they were sent",
    "lists": "pages, filters, totals, links",
    "replays": "keys of a replay",
    "words": "the wrong refusal, and words against the status",
}
_numbers = count(1)

Observer = Callable[[VendorClient], Json]
"""Makes a call or two, and returns what shows the fault."""


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """A server with one fault."""

    id: str
    family: Family
    vendor: str
    says: str
    """The end of "a server that …"."""
    operations: tuple[str, ...]
    """Operations that a run is bounded to, for every suite that is measured."""
    planted: Planted
    seen: Observer
    right: Json
    """What is seen of the right server."""
    wrong: Json
    """What is seen of the server with the fault."""


def observe(fault: PlantedFault, app: App) -> Json:
    """Return what the fault's own calls see at `app`, in a sandbox of their own."""
    vendor = VENDORS[fault.vendor]
    headers = {**vendor.headers, "user-agent": "faults", "mock-sandbox": f"fault-{next(_numbers)}"}
    with Target(Address(f"http://testserver/{vendor.name}", app)) as target:
        return fault.seen(VendorClient(target, headers, vendor))
