"""A right server may take any position where a vendor's documents are silent; one that changes it is found.

Our own server stands for such servers. A short run sets several of its assumptions at once the other way, and
calls one batch operation of the vendor. `CONTRACT_EXAMPLES=10` and above sets each by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import cycle

import pytest

from mockserver.contract.loading import load_vendor_api
from mockserver.contract.run_state import RunConfig
from mockserver.contract.runner import PHASES, STATEFUL_PHASE
from mockserver.contract.sequences.sequence import batch_profiles_of
from tests.contract.foreign.other_positions import foreign_server, positions, run
from tests.contract.suite import EXAMPLES, SEED, told
from tests.support.spec_documents import VENDORS

_SHORT = 2
_GROUPS = 4
"""Servers of a vendor in a short run, each with every fourth assumption set the other way."""


@cache
def other_values() -> tuple[tuple[str, str, str], ...]:
    """Vendor, assumption and value, for every other value of each assumption."""
    return tuple(positions())


def servers() -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Yield a vendor, a batch operation ("": all of them), and values of its assumptions."""
    for vendor in VENDORS:
        values = [(name, value) for of, name, value in other_values() if of == vendor]
        if EXAMPLES > _SHORT:
            yield from ((vendor, "", {name: value}) for name, value in values)
            continue
        operations = cycle(dict.fromkeys(one.operation for one in batch_profiles_of(load_vendor_api(vendor))))
        first = sorted(dict(reversed(values)).items())
        yield from ((vendor, next(operations), dict(first[at::_GROUPS])) for at in range(_GROUPS))


def named(value: object) -> str:
    return (
        ",".join(f"{name}={text}" for name, text in value.items()) if isinstance(value, dict) else str(value)
    )


@pytest.mark.few(3)
@pytest.mark.parametrize(("vendor", "operation", "values"), list(servers()), ids=named)
def test_a_right_server_with_other_positions_raises_no_alarm(
    vendor: str, operation: str, values: Mapping[str, str]
) -> None:
    wanted = RunConfig(SEED, 1, operations=frozenset(filter(None, [operation])))
    phases = (STATEFUL_PHASE,) if operation else PHASES

    ledger = run(load_vendor_api(vendor), foreign_server(vendor, values), wanted, phases)

    assert told(ledger.findings) == []
    assert ledger.calls.total() > 0


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_is_no_position_is_an_assumption_of_the_vendor(vendor: str) -> None:
    names = {name for of, name, _ in other_values() if of == vendor}

    assert names
    assert not names & load_vendor_api(vendor).profile.no_positions.keys()
