"""Counts of calls and items by vendor, of all workers together."""

from __future__ import annotations

from contextlib import suppress

from mockserver.errors import StoreUnavailableError
from mockserver.journal.counters import VendorCounts, counts_of
from mockserver.journal.entry import Entry
from mockserver.redis_store.connection import RedisConnection

_ITEMS = "items:"


class RedisCounters:
    """Counts every call; a listener of the journal. A call while Redis does not answer is not counted."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection

    def __call__(self, entry: Entry) -> None:
        """Count the call of an entry."""
        counts = counts_of(entry)
        key = self._key(entry.call.vendor)
        fields = {"calls": counts.calls, "faults": counts.faults}
        fields |= {f"{_ITEMS}{end}": count for end, count in counts.items.items()}
        with suppress(StoreUnavailableError):
            self._connection.once(
                lambda pipeline: [
                    pipeline.hincrby(key, name, count) for name, count in fields.items() if count
                ]
            )

    def of(self, vendor: str) -> VendorCounts:
        """Return the counts of one vendor."""
        found = self._connection.ask(lambda client: client.hgetall(self._key(vendor)))
        counts = {name.decode(): int(count) for name, count in found.items()}
        items = {
            name.removeprefix(_ITEMS): count for name, count in counts.items() if name.startswith(_ITEMS)
        }
        return VendorCounts(counts.get("calls", 0), counts.get("faults", 0), items)

    def _key(self, vendor: str) -> str:
        return self._connection.key(f"counts:{vendor}")
