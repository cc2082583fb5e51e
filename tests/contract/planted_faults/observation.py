"""Sees what a mutant's calls come to, at it and at the right server."""

from __future__ import annotations

from itertools import count

from mockserver.contract.target import Address, App, Target
from tests.contract.planted_faults.fault import PlantedFault, VendorClient
from tests.contract.planted_faults.vendors import HEADERS
from tests.contract.planted_faults.wrappers import Json

_numbers = count(1)


def observe(mutant: PlantedFault, app: App) -> Json:
    """What the mutant's own calls see at `app`, in a world of their own."""
    headers = {**HEADERS[mutant.vendor], "user-agent": "mutants", "mock-sandbox": f"mutant-{next(_numbers)}"}
    with Target(Address(f"http://testserver/{mutant.vendor}", app)) as target:
        return mutant.seen(VendorClient(target, headers))
