"""Count the calls in flight per tenant and per idempotency key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from mockserver.engine.registry import LoadedVendor

CallGroup: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Open:
    """Calls in flight: `in_flight` of its tenant, itself included, and others with its key."""

    in_flight: int
    same_key_in_flight: int


class InFlightCalls:
    """Counts open calls: a tenant's, and among those the ones that carry one idempotency key."""

    def __init__(self) -> None:
        self._open: Counter[CallGroup] = Counter()

    @contextmanager
    def track(
        self, sandbox: str, served: LoadedVendor, headers: Mapping[str, str], target: str
    ) -> Iterator[Open]:
        """Count a call in, and out when it is over.

        Twins are of one caller and have one `target`, a method and a path; a tenant that only the body names
        does not part them.
        """
        kinds = _groups(sandbox, served, headers, target)
        for kind in kinds:
            self._open[kind] += 1
        in_flight, *same = (self._open[kind] for kind in kinds)
        try:
            yield Open(in_flight, same[0] - 1 if same else 0)
        finally:
            for kind in kinds:
                self._open[kind] -= 1
                if not self._open[kind]:
                    del self._open[kind]

    def by_vendor(self) -> Mapping[str, int]:
        """Return how many calls of each vendor are open."""
        found: Counter[str] = Counter()
        for (_, vendor, _, *key), count in self._open.items():
            found[vendor] += 0 if key else count
        return found


def _groups(sandbox: str, served: LoadedVendor, headers: Mapping[str, str], target: str) -> list[CallGroup]:
    kind = (sandbox, served.name, headers.get(served.tenant_header.lower(), ""))
    key = headers.get(served.spec.idempotency_header.lower())
    if not key:
        return [kind]
    return [kind, (*kind, key, headers.get("authorization", ""), target)]
