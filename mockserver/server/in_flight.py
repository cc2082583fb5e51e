"""Count the calls in flight per tenant and per idempotency key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from threading import Lock
from typing import Protocol, TypeAlias

from mockserver.engine.registry import LoadedVendor
from mockserver.model import Value

_Group: TypeAlias = tuple[str, ...]


class InFlightCounts(Value, frozen=True):
    """Calls in flight of a tenant, this one included, and other calls with the same idempotency key."""

    in_flight: int
    same_key_in_flight: int


class InFlight(Protocol):
    """The calls that are in flight at a server."""

    def track(
        self, sandbox: str, served: LoadedVendor, headers: Mapping[str, str], target: str
    ) -> AbstractContextManager[InFlightCounts]:
        """Count a call as in flight while the context is open.

        Calls have the same key if credentials and `target` (method and path) are the same, too. A tenant that
        is named only in the body is not considered.
        """
        ...

    def by_vendor(self, names: Iterable[str]) -> Mapping[str, int]:
        """Return the number of calls in flight of each of these vendors."""
        ...


class _Tracked:
    """One call in flight; a class, because a generator takes twice as long for each call."""

    __slots__ = ("_groups", "_lock", "_open")

    def __init__(self, counts: dict[_Group, int], lock: Lock, groups: list[_Group]) -> None:
        self._open, self._lock, self._groups = counts, lock, groups

    def __enter__(self) -> InFlightCounts:
        with self._lock:
            for group in self._groups:
                self._open[group] = self._open.get(group, 0) + 1
            same_key = self._open[self._groups[1]] - 1 if len(self._groups) > 1 else 0
            return InFlightCounts(self._open[self._groups[0]], same_key)

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            for group in self._groups:
                self._open[group] -= 1
                if not self._open[group]:
                    del self._open[group]


class InFlightCalls:
    """Counts calls in flight per tenant and, within a tenant, per idempotency key.

    The application may be called by several threads, each with an event loop of its own.
    """

    def __init__(self) -> None:
        self._open: dict[_Group, int] = {}
        self._lock = Lock()

    def track(
        self, sandbox: str, served: LoadedVendor, headers: Mapping[str, str], target: str
    ) -> AbstractContextManager[InFlightCounts]:
        """See `InFlight.track`."""
        return _Tracked(self._open, self._lock, groups_of(sandbox, served, headers, target))

    def by_vendor(self, names: Iterable[str]) -> Mapping[str, int]:
        """See `InFlight.by_vendor`."""
        counts = Counter(dict.fromkeys(names, 0))
        with self._lock:
            open_calls = list(self._open.items())
        for (_, vendor, _, *key), count in open_calls:
            counts[vendor] += 0 if key else count
        return counts


def groups_of(
    sandbox: str, served: LoadedVendor, headers: Mapping[str, str], target: str
) -> list[tuple[str, ...]]:
    """Return what a call is counted with: all of its tenant, and those of the same key if it has one."""
    group = (sandbox, served.name, headers.get(served.spec.tenant_key, ""))
    key = headers.get(served.spec.idempotency_header.lower())
    if not key:
        return [group]
    return [group, (*group, key, headers.get("authorization", ""), target)]
