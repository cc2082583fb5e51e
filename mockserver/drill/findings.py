"""Findings of the oracle, and the client's run that the oracle judges."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from json import dumps
from operator import attrgetter
from typing import Self

from mockserver.engine.registry import LoadedVendor
from mockserver.journal.entry import Entry
from mockserver.journal.item_history import ItemAttempt, ItemHistory
from mockserver.model import SAFE_METHODS, Json, Value, texts_in, unescape_step

_FIRST_REDIRECT = 300

_DIGEST = re.compile(r"#[0-9a-f]{12}(\.[0-9]+)?$")
_SHORTEST_NAME = 3
_MOST_NAMES = 3


class Kind(Enum):
    """Kind of a client's fault, the worst first. The value describes the kind in words."""

    LOST = "an item is not stored in the end, and the client ended well without naming it"
    TWICE = "an item was created or paid twice"
    WRONG = "an item is stored with another amount, or in an older version"
    HANGS = "the client did not end"
    FOREVER = "what can never work was tried again and again"
    LOGIN = "a refused credential was used again"
    RUDE = "the client called again before Retry-After was over"
    KEY = "an idempotency key was used wrongly"
    RESENT = "an item was sent again although the answer said that it was stored"
    SILENT = "a warning was never reported"
    ALARM = "the client ended with a failure although all was well"


class Mistake(Value, frozen=True):
    """One fault of a client."""

    kind: Kind
    message: str
    calls: tuple[int, ...] = ()
    """Numbers of the calls that show the fault."""
    keys: tuple[str, ...] = ()
    doubtful: bool = False
    """Whether the client could hardly do better, because of the vendor or its answer."""
    cause: str = ""
    """Why, in words that are equal for equal causes in all cases."""


class RunEnd(Value, frozen=True):
    """The end of a client's run."""

    status: int | None
    """Exit status, or None if the client did not end."""
    output: str = ""
    timeout_s: float = 0


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a client against one sandbox."""

    entries: Sequence[Entry]
    """The recorded calls, sorted by number."""
    histories: Sequence[ItemHistory]
    ending: RunEnd
    starts: tuple[int, ...] = ()
    """For each start of the client, the number of its first call."""

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


def began(entry: Entry) -> datetime:
    """Return when a call began, by the machine's clock, because a sandbox's clock may stand or jump."""
    return entry.at - timedelta(milliseconds=entry.duration_ms)


def pause_between(earlier: Entry, later: Entry) -> timedelta:
    """Return the time between the answer to `earlier` and the start of `later`, by the machine's clock."""
    return began(later) - earlier.at - timedelta(milliseconds=earlier.delay_ms)


def knew(later: Entry, earlier: Entry) -> bool:
    """Return whether the answer to `earlier` had ended before `later` began, so that the client knew it."""
    return later.number > earlier.number and pause_between(earlier, later) >= timedelta()


def pair_histories(
    clean: Run, run: Run
) -> tuple[Sequence[tuple[ItemHistory, ItemHistory]], Sequence[ItemHistory]]:
    """Return each item of `clean` as a pair of its histories, and the histories of items that only `run` has.

    If an item was not sent in `run`, the item's second history has no attempts. If the runs share no key of
    an operation, because the client makes new keys in each run, pair the operation's items in their order.
    """
    meant = {(one.vendor, one.operation, one.key): one for one in clean.histories}
    sent = {(one.vendor, one.operation, one.key): one for one in run.histories}
    known = {place[:2] for place in meant.keys() & sent.keys()}
    pairs: list[tuple[ItemHistory, ItemHistory]] = []
    for place, one in meant.items():
        next_of_operation = (other for other in sent if other[:2] == place[:2])
        found = place if place[:2] in known else next(next_of_operation, place)
        pairs.append((one, sent.pop(found, ItemHistory(*place, ()))))
    return pairs, list(sent.values())


@dataclass(frozen=True, slots=True)
class VendorAbilities:
    """How a client of the vendor can go on after it has lost an answer."""

    key_header: str
    """Header of the vendor's idempotency keys; "" if the vendor has none."""
    is_readable: bool
    """Whether the client can read the records."""

    @property
    def is_unanswerable(self) -> bool:
        return not (self.key_header or self.is_readable)


def read_abilities(
    vendor: LoadedVendor, assumptions: Mapping[str, str], operations: Iterable[str]
) -> VendorAbilities:
    """Return the abilities of a vendor for the operations that a client uses."""
    is_on = vendor.idempotency is None or assumptions.get("idempotency_keys", "off") != "off"
    known = vendor.spec.operations
    used = [known[name] for name in operations if name in known]
    written = {one.batch.collection if one.batch else one.collection for one in used}
    readable = {one.collection for one in known.values() if one.method.upper() in SAFE_METHODS}
    is_readable = bool((readable & written) - {""})
    has_header = is_on and not vendor.spec.idempotency_member
    return VendorAbilities(vendor.spec.idempotency_header.lower() if has_header else "", is_readable)


@dataclass(frozen=True, slots=True)
class ItemTexts:
    """Counts of texts, which tell whether a text belongs to one item alone."""

    in_keys: Mapping[str, int]
    """For each part of a key, the number of keys that have the part."""
    in_documents: Mapping[str, int]
    """For each value in a document, the number of items whose documents have the value."""

    @classmethod
    def of(cls, keys: Iterable[str], documents: Iterable[Iterable[Json]]) -> Self:
        """Count the parts of `keys`, and the values in `documents`, a list of documents for each item."""
        return cls(
            Counter(part for key in set(keys) for part in _parts(key)),
            Counter(text for own in documents for text in {text for one in own for text in texts_in(one)}),
        )

    def names(self, key: str, document: Json) -> tuple[str, ...]:
        """Return texts by which a client may name an item.

        For an item with a key, return the parts that no other key has, or all parts if other keys have every
        part. For an item without a key, return the values of 3 or more characters that no other item has.
        """
        parts = _parts(key)
        if parts and not _DIGEST.search(key):
            return tuple(part for part in parts if self.in_keys.get(part, 0) <= 1) or parts
        own = {text for text in texts_in(document) if self.in_documents.get(text, 0) <= 1}
        return tuple(sorted(text for text in own if len(text) >= _SHORTEST_NAME))


def _parts(key: str) -> tuple[str, ...]:
    """Return each part of a key, both unescaped and as written, because a key of one part is not escaped."""
    parts = filter(None, key.split("/"))
    return tuple(dict.fromkeys(text for part in parts for text in (unescape_step(part), part)))


def new_lines(output: str, usual: str) -> str:
    """Return the lines of the output that the usual output does not have."""
    known = set(usual.splitlines())
    return "\n".join(line for line in output.splitlines() if line not in known)


def is_named(names: Iterable[str], lines: str) -> bool:
    """Return whether at least one name is in the lines as a whole word, plain or escaped as in JSON."""
    texts = {text for name in names for text in (name, dumps(name)[1:-1])}
    return any(re.search(rf"(?<![\w-]){re.escape(text)}(?![\w-])", lines) for text in texts)


def readable_name(key: str, attempts: Sequence[ItemAttempt]) -> str:
    """Return the key; for an item without a key, "2 of #1" if it was sent first as item 2 of call 1."""
    has_key = key and not _DIGEST.search(key)
    return key if has_key or not attempts else f"{attempts[0].index + 1} of #{attempts[0].number}"


def join_names(keys: Sequence[str]) -> str:
    """Return words such as "item R-1", "items R-1 and R-2", or "items R-1, R-2, R-3 and 4 more"."""
    shown = [key or "without a key" for key in keys[:_MOST_NAMES]]
    if len(keys) == 1:
        return f"item {shown[0]}"
    last = f"{len(keys) - _MOST_NAMES} more" if len(keys) > _MOST_NAMES else shown.pop()
    return f"items {', '.join(shown)} and {last}"


def numbers_of(calls: Iterable[Entry | ItemAttempt]) -> tuple[int, ...]:
    return tuple(sorted({one.number for one in calls}))


def join_calls(calls: Iterable[Entry | ItemAttempt]) -> str:
    return ", ".join(f"#{number}" for number in numbers_of(calls))
