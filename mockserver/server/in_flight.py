"""Count the calls in flight per tenant and per idempotency key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

from mockserver.engine.registry import LoadedVendor
from mockserver.model import Value

_Group: TypeAlias = tuple[str, ...]


class InFlightCounts(Value, frozen=True):
    """Calls in flight of a tenant, this one included, and other calls with the same idempotency key."""

    in_flight: int
    same_key_in_flight: int


class InFlightCalls:
    """Counts calls in flight per tenant and, within a tenant, per idempotency key."""

    def __init__(self) -> None:
        self._open: dict[_Group, int] = {}

    @contextmanager
    def track(
        self, sandbox: str, served: LoadedVendor, headers: Mapping[str, str], target: str
    ) -> Iterator[InFlightCounts]:
        """Count a call as in flight while the context is open.

        Calls have the same key if credentials and `target` (method and path) are the same, too. A tenant that
        is named only in the body is not considered.
        """
        groups = _groups(sandbox, served, headers, target)
        for group in groups:
            self._open[group] = self._open.get(group, 0) + 1
        same_key = self._open[groups[1]] - 1 if len(groups) > 1 else 0
        try:
            yield InFlightCounts(self._open[groups[0]], same_key)
        finally:
            for group in groups:
                self._open[group] -= 1
                if not self._open[group]:
                    del self._open[group]

    def by_vendor(self) -> Mapping[str, int]:
        """Return the number of calls in flight per vendor."""
        counts: Counter[str] = Counter()
        for (_, vendor, _, *key), count in self._open.items():
            counts[vendor] += 0 if key else count
        return counts


def _groups(sandbox: str, served: LoadedVendor, headers: Mapping[str, str], target: str) -> list[_Group]:
    group = (sandbox, served.name, headers.get(served.tenant_header.lower(), ""))
    key = headers.get(served.spec.idempotency_header.lower())
    if not key:
        return [group]
    return [group, (*group, key, headers.get("authorization", ""), target)]
