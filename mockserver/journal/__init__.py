"""The journal: every call with what was asked, decided and answered, bounded in number and in size."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TypeAlias

from mockserver.codec import json
from mockserver.model import Action, Answer, Call, Outcome, Problem, Reply, Value

MAX_ENTRIES = 10_000
MAX_BYTES = 64 * 1024 * 1024


class Decided(Value, frozen=True):
    """What became of a batch's items: keys and actions packed, problems and warnings by index.

    Documents are not kept: an entry would weigh ten times its bodies, and the bodies hold them.
    """

    packed: bytes = b"[[],[]]"
    problems: Mapping[int, tuple[Problem, ...]] = {}
    warnings: Mapping[int, tuple[Problem, ...]] = {}

    @classmethod
    def of(cls, outcomes: tuple[Outcome, ...]) -> Decided:
        """What `outcomes` come to."""
        noted = [(at, one) for at, one in enumerate(outcomes) if one.problems or one.warnings]
        columns = ([one.item.key for one in outcomes], [one.action for one in outcomes])
        return cls(
            json.encode(columns),
            {at: outcome.problems for at, outcome in noted if outcome.problems},
            {at: outcome.warnings for at, outcome in noted if outcome.warnings},
        )

    def items(self) -> list[tuple[str, Action]]:
        """Key and action of each item, in the order of the wire."""
        keys, actions = json.decode(self.packed)
        return [(key, Action(action)) for key, action in zip(keys, actions, strict=True)]

    @property
    def counts(self) -> Mapping[str, int]:
        """How many items met which end; ends that none met are left out."""
        return Counter(json.decode(self.packed)[1])


class Entry(Value, frozen=True):
    """One call; `number` counts from 1 in its sandbox, `duration_ms` is ours, `trace` a crash's traceback."""

    number: int
    at: datetime
    call: Call
    reply: Reply
    operation: str | None
    refusal: str | None
    decided: Decided
    duration_ms: float
    trace: str = ""

    @property
    def size_bytes(self) -> int:
        """What the entry weighs: the two bodies and what was decided."""
        return len(self.call.body) + len(self.reply.body) + len(self.decided.packed)


Listener: TypeAlias = Callable[[Entry], None]


@dataclass(slots=True)
class _Book:
    """One sandbox's entries."""

    entries: deque[Entry] = field(default_factory=deque)
    last: int = 0
    size_bytes: int = 0


class Journal:
    """All sandboxes' journals; `listeners` hear of each entry as it is made."""

    def __init__(
        self,
        listeners: tuple[Listener, ...] = (),
        max_entries: int = MAX_ENTRIES,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._listeners = listeners
        self._max_entries, self._max_bytes = max_entries, max_bytes
        self._books: dict[str, _Book] = {}
        self._lock = Lock()

    def append(self, at: datetime, call: Call, answer: Answer, duration_ms: float) -> int:
        """Record one call; its number."""
        with self._lock:
            book = self._books.setdefault(call.sandbox, _Book())
            book.last += 1
            entry = Entry(
                number=book.last,
                at=at,
                call=call,
                reply=answer.reply,
                operation=answer.operation,
                refusal=answer.refusal,
                decided=Decided.of(answer.outcomes),
                duration_ms=duration_ms,
                trace=answer.trace,
            )
            book.entries.append(entry)
            book.size_bytes += entry.size_bytes
            while len(book.entries) > self._max_entries or (
                book.size_bytes > self._max_bytes and len(book.entries) > 1
            ):
                book.size_bytes -= book.entries.popleft().size_bytes
        for listener in self._listeners:
            listener(entry)
        return entry.number

    def entries(self, sandbox: str, last: int | None = None) -> list[Entry]:
        """The newest `last` entries of a sandbox (None: all that are kept), oldest first."""
        with self._lock:
            book = self._books.get(sandbox)
            kept = list(book.entries) if book else []
        return kept if last is None else kept[-last:] if last else []

    def entry(self, sandbox: str, number: int) -> Entry | None:
        """One entry by its number; None when there is none, or it is no longer kept."""
        with self._lock:
            book = self._books.get(sandbox)
            if book is None or not book.entries:
                return None
            place = number - book.entries[0].number
            return book.entries[place] if 0 <= place < len(book.entries) else None

    def clear(self, sandbox: str) -> None:
        """Drop a sandbox's entries; numbers go on."""
        with self._lock:
            if book := self._books.get(sandbox):
                book.entries.clear()
                book.size_bytes = 0

    def forget(self, sandbox: str) -> None:
        """Drop a sandbox's entries and start its numbers anew."""
        with self._lock:
            self._books.pop(sandbox, None)
