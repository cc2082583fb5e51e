"""Count the calls in flight at all workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mockserver.engine.registry import LoadedVendor
from mockserver.server.in_flight import InFlightCounts, groups_of

if TYPE_CHECKING:
    from mockserver.redis_store.open_calls import OpenCalls


class SharedInFlightCalls:
    """The calls in flight per tenant and, within a tenant, per idempotency key."""

    def __init__(self, open_calls: OpenCalls) -> None:
        self._open_calls = open_calls

    @contextmanager
    def track(
        self, sandbox: str, served: LoadedVendor, headers: Mapping[str, str], target: str
    ) -> Iterator[InFlightCounts]:
        """See `InFlight.track`."""
        groups = [(served.name,), *groups_of(sandbox, served, headers, target)]
        call, (_of_vendor, in_flight, *same_key) = self._open_calls.enter(sandbox, groups)
        try:
            yield InFlightCounts(in_flight, same_key[0] - 1 if same_key else 0)
        finally:
            self._open_calls.leave(call)

    def by_vendor(self, names: Iterable[str]) -> Mapping[str, int]:
        """See `InFlight.by_vendor`."""
        return {name: self._open_calls.count((name,)) for name in names}
