"""A run of a client against one sandbox: its calls, its items, its end, and what the client knew when."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from operator import attrgetter

from mockserver.engine.registry import LoadedVendor
from mockserver.journal.entry import Entry
from mockserver.journal.item_history import ItemHistory, has_own_key
from mockserver.model import SAFE_METHODS, Value

_FIRST_REDIRECT = 300
_SURELY_KNOWN = timedelta(milliseconds=500)
"""Time after an answer within which another connection of a client with parallel calls may not know it."""


class RunEnd(Value, frozen=True):
    """The end of a client's run."""

    status: int | None
    """Exit status, or None if the client did not end."""
    output: str = ""
    timeout_s: float = 0


class Run(Value, frozen=True, dict=True, weakref=True):
    """A run of a client against one sandbox."""

    entries: Sequence[Entry]
    """The recorded calls, sorted by number."""
    histories: Sequence[ItemHistory]
    ending: RunEnd
    starts: tuple[int, ...] = ()
    """For each start of the client, the number of its first call."""
    is_parallel: bool = False
    """Whether the client makes a call before it has the answer to another call."""
    repeated: frozenset[str] = frozenset()
    """Fingerprints of the calls that the client makes more than once without faults."""

    @cached_property
    def is_forwarded(self) -> bool:
        """Whether a real server answered a call."""
        return any(entry.forwarded_to for entry in self.entries)

    def start_of(self, number: int) -> int:
        """Return the number, from 1, of the client's start that made call `number`; 0 without `starts`."""
        return sum(number >= first for first in self.starts)

    def entry(self, number: int) -> Entry:
        return self.entries[bisect_left(self.entries, number, key=attrgetter("number"))]

    def has_looked(self, after: int, before: int) -> bool:
        """Return whether a call between the calls `after` and `before` read something."""
        return any(
            after < entry.number < before
            and entry.call.method in SAFE_METHODS
            and entry.reply.status < _FIRST_REDIRECT
            for entry in self.entries
        )

    def has_overlap(self) -> bool:
        """Return whether a call began before the answer to the call before, which no fault hit, was sent."""
        return any(
            pause_between(earlier, later) < timedelta() and not earlier.applied
            for earlier, later in zip(self.entries, self.entries[1:], strict=False)
            if self.start_of(earlier.number) == self.start_of(later.number)
        )

    def knew(self, later: Entry, earlier: Entry) -> bool:
        """Return whether the client had the answer to `earlier` before it began the call `later`.

        If the client makes parallel calls, `later` must be on the connection of `earlier` or send the same
        again, or half a second must have passed. A start of the client knows nothing of the start before.
        """
        pause = pause_between(earlier, later)
        if later.number <= earlier.number or pause < timedelta():
            return False
        if self.start_of(later.number) != self.start_of(earlier.number):
            return False
        if not self.is_parallel or pause > _SURELY_KNOWN:
            return True
        is_same = later.call.fingerprint == earlier.call.fingerprint not in self.repeated
        if is_same or self._share_items(later, earlier):
            return True
        return later.call.port == earlier.call.port != 0

    def _share_items(self, first: Entry, second: Entry) -> bool:
        keys = self._keys_by_call
        return not keys.get(first.number, frozenset()).isdisjoint(keys.get(second.number, frozenset()))

    @cached_property
    def _keys_by_call(self) -> Mapping[int, set[tuple[str, str]]]:
        found: dict[int, set[tuple[str, str]]] = {}
        for one in self.histories:
            for attempt in one.attempts if has_own_key(one) else ():
                found.setdefault(attempt.number, set()).add((one.operation, one.key))
        return found


def pause_between(earlier: Entry, later: Entry) -> timedelta:
    """Return the time between the answer to `earlier` and the start of `later`, by the machine's clock."""
    return later.began - earlier.ended


class VendorAbilities(Value, frozen=True):
    """How a client of the vendor can go on after it has lost an answer."""

    key_header: str
    """Header of the vendor's idempotency keys; "" if the vendor has none."""
    is_readable: bool
    """Whether the client can read the records."""
    logins: frozenset[str] = frozenset()
    """Operations that need no credential although other operations do."""

    @property
    def is_unanswerable(self) -> bool:
        return not (self.key_header or self.is_readable)


def read_abilities(
    vendor: LoadedVendor, assumptions: Mapping[str, str], operations: Iterable[str]
) -> VendorAbilities:
    """Return the abilities of a vendor for the operations that a client uses.

    Operations that the spec marks as helpers of the mock (`x-helper`) are none of the vendor's.
    """
    known = vendor.spec.operations
    used = [known[name] for name in operations if name in known]
    written = {one.batch.collection if one.batch else one.collection for one in used}
    reads = (one for one in known.values() if one.method.upper() in SAFE_METHODS)
    readable = {one.collection for one in reads if not one.node.get("x-helper")}
    keys = vendor.idempotency
    is_on = keys is None or assumptions.get("idempotency_keys", "off") != "off"
    has_header = is_on and not vendor.spec.idempotency_member and (not keys or any(map(keys.takes_key, used)))
    return VendorAbilities(
        vendor.spec.idempotency_header.lower() if has_header else "",
        bool((readable & written) - {""}),
        vendor.spec.logins,
    )
