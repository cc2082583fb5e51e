"""Findings of the oracle: kinds of faults, their causes, and the names of items and calls in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Self

from mockserver.journal.entry import Entry
from mockserver.journal.item_history import ItemAttempt, ItemHistory, has_own_key
from mockserver.model import Value, texts_in, unescape_step

_SHORTEST_NAME = 2
_MOST_NAMES = 3


class Kind(Enum):
    """Kind of a client's fault, the worst first. The value describes the kind in words."""

    DROPPED = "an item is not stored in the end, and the client ended well without naming it"
    TWICE = "an item was created or paid twice"
    UNNAMED = "an item is not stored in the end, and the client named others, but not this one"
    MISNAMED = "an item that is stored was named as one that is not"
    WRONG = "an item is stored with another amount, or in an older version"
    HANGS = "the client did not end"
    FOREVER = "what can never work was tried again and again"
    LOGIN = "a refused credential was used again"
    RUDE = "the client called again before Retry-After was over"
    KEY = "an idempotency key was used wrongly"
    RESENT = "an item was sent again although the answer said stored"
    SILENT = "a warning was never reported"
    ALARM = "the client ended with a failure although all was well"


class Mistake(Value, frozen=True):
    """One fault of a client."""

    kind: Kind
    message: str
    cause: str
    """Why, in words that are equal for equal causes in all cases."""
    calls: tuple[int, ...] = ()
    """Numbers of the calls that show the fault."""
    keys: tuple[str, ...] = ()
    doubtful: bool = False
    """Whether the client could hardly do better, because of the vendor or its answer."""


class ItemTexts(Value, frozen=True):
    """Counts of texts, which tell whether a text belongs to one item alone."""

    in_keys: Mapping[str, int]
    """For each part of a key, the number of keys that have the part."""
    in_documents: Mapping[str, int]
    """For each value in a document, the number of items whose documents have the value."""

    @classmethod
    def of(cls, items: Iterable[ItemHistory]) -> Self:
        """Count the parts of the keys, and the values in the documents, of items."""
        known = list(items)
        documents = ({text for at in one.attempts for text in texts_in(at.document)} for one in known)
        return cls(
            Counter(part for key in {one.key for one in known} for part in _parts(key)),
            Counter(text for own in documents for text in own),
        )

    def names(self, item: ItemHistory) -> tuple[str, ...]:
        """Return texts by which a client may name an item.

        For an item with a key, return the parts that no other key has, or all parts if other keys have every
        part. For an item without a key, return the values of 2 or more bytes that no other item has.
        """
        parts = _parts(item.key)
        if has_own_key(item):
            return tuple(part for part in parts if self.in_keys.get(part, 0) <= 1) or parts
        own = {text for one in item.attempts for text in texts_in(one.document)}
        own = {text for text in own if self.in_documents.get(text, 0) <= 1}
        return tuple(sorted(text for text in own if len(text.encode()) >= _SHORTEST_NAME))


def _parts(key: str) -> tuple[str, ...]:
    """Return each part of a key, both unescaped and as written, because a key of one part is not escaped."""
    parts = filter(None, key.split("/"))
    return tuple(dict.fromkeys(text for part in parts for text in (unescape_step(part), part)))


def readable_name(item: ItemHistory, attempts: Sequence[ItemAttempt]) -> str:
    """Return the key as it was sent; for an item without a key, "2 of #1" if it was item 2 of call 1."""
    if not has_own_key(item) and attempts:
        return f"{attempts[0].index + 1} of #{attempts[0].number}"
    return unescape_step(item.key)


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
