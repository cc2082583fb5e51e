"""Counts of calls, items and rules by vendor, of all workers together."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from mockserver.errors import StoreUnavailableError
from mockserver.journal.counters import StoreCounts, VendorCounts, counts_of
from mockserver.journal.entry import Entry
from mockserver.redis_store.connection import RedisConnection
from mockserver.redis_store.store import RedisStore

_ITEMS, _RULES = "items:", "rules:"
_STORE = "store"


class RedisCounters:
    """Counts every call, and what `store` counts; a listener of the journal.

    What happens while Redis does not answer is not counted.
    """

    def __init__(self, connection: RedisConnection, store: RedisStore) -> None:
        self._connection, self._store = connection, store

    def __call__(self, entry: Entry) -> None:
        """Count the call of an entry."""
        counts = counts_of(entry)
        fields = {"calls": counts.calls, "faults": counts.faults}
        fields |= {f"{_ITEMS}{end}": count for end, count in counts.items.items()}
        fields |= {f"{_RULES}{rule}": count for rule, count in counts.rules.items()}
        store, of_vendor, of_store = (
            self._store.take_counts(),
            self._key(entry.call.vendor),
            self._key(_STORE),
        )

        def add(pipeline: Any) -> None:
            for name, count in fields.items():
                pipeline.hincrby(of_vendor, name, count)
            pipeline.hincrby(of_store, "transactions", store.transactions)
            pipeline.hincrby(of_store, "conflicts", store.conflicts)
            pipeline.hincrbyfloat(of_store, "seconds", store.seconds)

        with suppress(StoreUnavailableError):
            self._connection.once(add)

    def of(self, vendor: str) -> VendorCounts:
        """Return the counts of one vendor."""
        found = self._connection.ask(lambda client: client.hgetall(self._key(vendor)))
        counts = {name.decode(): int(count) for name, count in found.items()}
        items, rules = (_below(prefix, counts) for prefix in (_ITEMS, _RULES))
        return VendorCounts(counts.get("calls", 0), counts.get("faults", 0), items, rules)

    def of_store(self) -> StoreCounts:
        """Return the counts of all transactions."""
        found = self._connection.ask(lambda client: client.hgetall(self._key(_STORE)))
        transactions, conflicts = (int(found.get(name, 0)) for name in (b"transactions", b"conflicts"))
        return StoreCounts(transactions, conflicts, float(found.get(b"seconds", 0)))

    def _key(self, counted: str) -> str:
        return self._connection.key(f"counts:{counted}")


def _below(prefix: str, counts: Mapping[str, int]) -> dict[str, int]:
    return {name.removeprefix(prefix): count for name, count in counts.items() if name.startswith(prefix)}
