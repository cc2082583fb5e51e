"""What the oracle finds, and what it knows of a run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from mockserver.engine.registry import LoadedVendor
from mockserver.journal.entry import Entry
from mockserver.journal.item_history import Attempt, ItemHistory
from mockserver.model import SAFE_METHODS, Action, Json, Value


class Kind(StrEnum):
    """What a client did wrong, the worst first."""

    LOST = "LOST"
    TWICE = "TWICE"
    WRONG = "WRONG"
    HANGS = "HANGS"
    FOREVER = "FOREVER"
    LOGIN = "LOGIN"
    RUDE = "RUDE"
    KEY = "KEY"
    RESENT = "RESENT"
    SILENT = "SILENT"
    ALARM = "ALARM"


class Finding(Value, frozen=True):
    """One fault of a client in a sentence; `doubtful`: the vendor leaves a client no better way."""

    kind: Kind
    message: str
    keys: tuple[str, ...] = ()
    calls: tuple[int, ...] = ()
    doubtful: bool = False


class Ending(Value, frozen=True):
    """The end of a client: its exit status, None if it did not end; all that it wrote."""

    status: int | None
    output: str = ""
    timeout_s: float = 0


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a client against one sandbox; `starts` are the numbers of the first call of each start."""

    entries: Sequence[Entry]
    histories: Sequence[ItemHistory]
    ending: Ending
    starts: tuple[int, ...] = ()

    def start_of(self, number: int) -> int:
        """Which start of the client made the call."""
        return sum(number >= first for first in self.starts)

    def entry(self, number: int) -> Entry:
        return next(entry for entry in self.entries if entry.number == number)

    def knew(self, later: int, earlier: int) -> bool:
        """Whether a call began after the answer to another had ended, so that its sender could know it."""
        return began(self.entry(later)) >= ended(self.entry(earlier))

    def has_looked(self, after: int, before: int) -> bool:
        """Whether a call between two others read something."""
        return any(after < entry.number < before and is_read(entry) for entry in self.entries)


def began(entry: Entry) -> datetime:
    """By the machine's clock: a sandbox's may stand or jump."""
    return entry.at - timedelta(milliseconds=entry.duration_ms)


def ended(entry: Entry) -> datetime:
    """The end of the answer, by the machine's clock."""
    return entry.at + timedelta(milliseconds=entry.delay_ms)


def is_read(entry: Entry) -> bool:
    return entry.call.method in SAFE_METHODS and entry.reply.status < 300  # noqa: PLR2004 - a success


class Meant(Value, frozen=True):
    """An item that the client means to send, as its run without faults shows.

    `versions` are the documents that took effect, in their order; `sends` how often it was sent; `warnings`
    what the vendor warned of by itself.
    """

    key: str
    created: int
    sends: int
    versions: tuple[Json, ...] = ()
    amount: Decimal | None = None
    warnings: tuple[str, ...] = ()

    @property
    def is_taken(self) -> bool:
        """Whether the vendor takes it, if nothing else is wrong."""
        return bool(self.versions)


Intent = Mapping[tuple[str, str, str], Meant]


def read_intent(clean: Run) -> Intent:
    return {
        (one.vendor, one.operation, one.key): Meant(
            one.key,
            count_created(one.attempts),
            len(one.attempts),
            tuple(attempt.document for attempt in one.attempts if attempt.stored),
            next((attempt.amount for attempt in reversed(one.attempts) if attempt.stored), None),
            tuple(attempt.warning for attempt in one.attempts if attempt.warning),
        )
        for one in clean.histories
    }


def count_created(attempts: Iterable[Attempt]) -> int:
    return sum(attempt.stored and attempt.action == Action.CREATED for attempt in attempts)


def pair_histories(
    intent: Intent, run: Run
) -> tuple[Mapping[tuple[str, str, str], ItemHistory | None], Sequence[ItemHistory]]:
    """The history of each meant item in the run, None if it was not sent; and those of other items.

    A client that makes new keys in each run has none of the known ones: then items count in their order.
    """
    by_place = {(one.vendor, one.operation, one.key): one for one in run.histories}
    if by_place and not by_place.keys() & intent.keys():
        renamed = dict(zip(intent, run.histories, strict=False))
        return {place: renamed.get(place) for place in intent}, run.histories[len(intent) :]
    others = [one for place, one in by_place.items() if place not in intent]
    return {place: by_place.get(place) for place in intent}, others


@dataclass(frozen=True, slots=True)
class VendorAbilities:
    """What a vendor offers a client that lost an answer.

    `key_header` is the header of its idempotency keys, "" for none; `is_readable` tells whether the records
    can be read.
    """

    key_header: str
    is_readable: bool

    @property
    def is_unanswerable(self) -> bool:
        return not (self.key_header or self.is_readable)


def read_abilities(
    vendor: LoadedVendor, assumptions: Mapping[str, str], operations: Iterable[str]
) -> VendorAbilities:
    """The abilities of a vendor for the operations that a client uses."""
    own = vendor.idempotency is None
    is_on = own or assumptions.get("idempotency_keys", "off") != "off"
    written = {
        one.batch.collection if one.batch else one.collection
        for one in vendor.spec.operations.values()
        if one.id in operations
    }
    readable = {
        one.collection
        for one in vendor.spec.operations.values()
        if one.method.upper() in SAFE_METHODS and one.collection
    }
    return VendorAbilities(vendor.spec.idempotency_header.lower() if is_on else "", bool(readable & written))


_DIGEST = re.compile(r"#[0-9a-f]+(\.[0-9]+)?$")
_SHORTEST_NAME = 3


def names_of(key: str, document: Json, keys: Iterable[str], others: Iterable[Json]) -> tuple[str, ...]:
    """Texts by which a client may name an item: the parts of its key, else values that no other item has.

    A part that another of the `keys` has too, such as a tenant, names nothing if there is a better one.
    """
    parts = _parts(key)
    if parts and not _DIGEST.search(key):
        shared = {part for other in keys if other != key for part in _parts(other)}
        return tuple(part for part in parts if part not in shared) or parts
    own = set(_texts(document))
    for other in others:
        if other is not document:
            own -= set(_texts(other))
    return tuple(sorted(text for text in own if len(text) >= _SHORTEST_NAME))


def _parts(key: str) -> tuple[str, ...]:
    return tuple(part for part in key.split("/") if part)


def _texts(document: Json) -> Iterable[str]:
    if isinstance(document, dict):
        for value in document.values():
            yield from _texts(value)
    elif isinstance(document, list):
        for value in document:
            yield from _texts(value)
    elif document is not None and not isinstance(document, bool):
        yield str(document)


def is_named(names: Iterable[str], output: str, usual: str) -> bool:
    """Whether a line of the output that the run without faults does not have names an item."""
    known = set(usual.splitlines())
    lines = "\n".join(line for line in output.splitlines() if line not in known)
    return any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", lines) for name in names)


_MOST_NAMES = 3


def join_names(keys: Sequence[str]) -> str:
    """Such as: item R-1, items R-1 and R-2, or items R-1, R-2, R-3 and 4 more."""
    shown = [key or "without a key" for key in keys[:_MOST_NAMES]]
    rest = len(keys) - len(shown)
    if rest:
        return f"items {', '.join(shown)} and {rest} more"
    if len(shown) == 1:
        return f"item {shown[0]}"
    return f"items {', '.join(shown[:-1])} and {shown[-1]}"


def join_calls(numbers: Iterable[int]) -> str:
    return ", ".join(f"#{number}" for number in sorted(set(numbers)))
