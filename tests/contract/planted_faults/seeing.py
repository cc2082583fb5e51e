"""Sees what a mutant's calls come to, at it and at the right server."""

from __future__ import annotations

from itertools import count

from mockserver.contract.target import Address, App, Target
from tests.contract.planted_faults.fault import Caller, Mutant
from tests.contract.planted_faults.vendors import HEADERS
from tests.contract.planted_faults.wrapping import Json

_numbers = count(1)


def seen(mutant: Mutant, app: App) -> Json:
    """What the mutant's own calls see at `app`, in a world of their own."""
    headers = {**HEADERS[mutant.vendor], "user-agent": "mutants", "mock-sandbox": f"mutant-{next(_numbers)}"}
    with Target(Address(f"http://testserver/{mutant.vendor}", app)) as target:
        return mutant.seen(Caller(target, headers))
