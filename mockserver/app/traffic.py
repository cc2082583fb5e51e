"""Traffic: how many calls of one kind are open at once, until the last byte of their answers is out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

from msgspec.structs import replace

from mockserver.model import Call
from mockserver.served import Served

Kind: TypeAlias = tuple[str, ...]


class Traffic:
    """Counts open calls: a tenant's, and among those the ones that carry one idempotency key."""

    def __init__(self) -> None:
        self._open: Counter[Kind] = Counter()

    @contextmanager
    def entered(self, call: Call, served: Served) -> Iterator[Call]:
        """Count a call in, and out when it is over; gives the call with what it met.

        Twins are of one caller and go to one path; a tenant that only the body names does not part them.
        """
        kinds = _kinds(call, served)
        for kind in kinds:
            self._open[kind] += 1
        in_flight, *same = (self._open[kind] for kind in kinds)
        try:
            yield replace(call, in_flight=in_flight, twins=same[0] - 1 if same else 0)
        finally:
            for kind in kinds:
                self._open[kind] -= 1
                if not self._open[kind]:
                    del self._open[kind]

    def by_vendor(self) -> Mapping[str, int]:
        """How many calls of each vendor are open."""
        found: Counter[str] = Counter()
        for (_, vendor, _, *key), count in self._open.items():
            found[vendor] += 0 if key else count
        return found


def _kinds(call: Call, served: Served) -> list[Kind]:
    kind = (call.sandbox, call.vendor, call.headers.get(served.tenant_header.lower(), ""))
    key = call.headers.get(served.spec.idempotency_header.lower())
    if not key:
        return [kind]
    return [kind, (*kind, key, call.headers.get("authorization", ""), call.method, call.path)]
