"""What each call changed in a sandbox, kept to know the state before it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TypeAlias

from mockserver.model import EMPTY, Document
from mockserver.sandbox.memory_table import MemoryTable
from mockserver.sandbox.store import CallStates, Tables

Change: TypeAlias = tuple[MemoryTable, str, Document | None]
"""Table, key, and the document that was there before, None if there was none."""

UndoList: TypeAlias = list[Change]
"""The changes of a transaction, oldest first."""

MAX_CHANGES = 200_000
"""Limit of changed documents that one sandbox remembers; the newest transaction is always kept."""

MAX_STEPS = 40_000

_OF_CONTROL_PLANE = 0
_TablesByPlace: TypeAlias = Mapping[tuple[str, str], Mapping[str, Document]]


@dataclass(frozen=True, slots=True)
class _Step:
    """Changes of one transaction; `number` None: of a call, 0: of the control plane.

    A step with a number above 0 has no changes: it says that the call of that number has ended.
    """

    undo: Sequence[Change]
    number: int | None


_BEGINNING = _Step((), _OF_CONTROL_PLANE)


@dataclass(slots=True)
class History:
    """The newest transactions of one sandbox, and where each recorded call ended.

    The states around a call are known while the step before its first one is kept.
    """

    steps: deque[_Step] = field(default_factory=lambda: deque([_BEGINNING]))
    changes: int = 0

    def add(self, undo: UndoList, *, is_control: bool) -> None:
        """Remember what a transaction changed."""
        if not is_control:
            if undo:
                self._append(_Step(undo, None))
        elif undo or self.steps[-1].number is None:
            self._append(_Step(tuple(_net_changes(undo)), _OF_CONTROL_PLANE))

    def end_call(self, number: int) -> None:
        """Note that the call of this number has ended; changes since the previous end are its own."""
        self._append(_Step((), number))

    def begin(self) -> None:
        """Forget everything; what follows is known from its beginning."""
        self.steps.clear()
        self.steps.append(_BEGINNING)
        self.changes = 0

    def states(self, numbers: Collection[int], now: Callable[[], Tables]) -> Mapping[int, CallStates]:
        """Return the states around each call that is still remembered; `now` returns the present state."""
        wanted = {number for number in numbers if number > 0}
        if not wanted:
            return {}
        rewound = _Rewound.of(now())
        found: dict[int, CallStates] = {}
        after: Tables | None = None
        number = 0
        for step in reversed(self.steps):
            if step.number is not None and after is not None:
                found[number] = CallStates(rewound.tables(), after)
                after = None
            if step.number in wanted and step.number not in found:
                number, after = step.number, rewound.tables()
            if len(found) == len(wanted):
                return found
            rewound.undo(step.undo)
        return found

    def _append(self, step: _Step) -> None:
        self.steps.append(step)
        self.changes += len(step.undo)
        while len(self.steps) > MAX_STEPS or (self.changes > MAX_CHANGES and len(self.steps) > 2):  # noqa: PLR2004 - a call and its end
            self.changes -= len(self.steps.popleft().undo)


@dataclass(slots=True)
class _Rewound:
    """A sandbox's tables, in which changes are undone; tables that were handed out stay as they are."""

    held: _TablesByPlace

    @classmethod
    def of(cls, tables: Tables) -> _Rewound:
        return cls(
            {
                (scope, name): documents
                for scope, collections in tables.items()
                for name, documents in collections.items()
            }
        )

    def undo(self, changes: Sequence[Change]) -> None:
        copies: dict[tuple[str, str], dict[str, Document]] = {}
        for table, key, document in reversed(changes):
            documents = copies.get(table.place)
            if documents is None:
                documents = copies[table.place] = dict(self.held.get(table.place, EMPTY))
            if document is None:
                documents.pop(key, None)
            else:
                documents[key] = document
        self.held = {**self.held, **copies}

    def tables(self) -> Tables:
        whole: dict[str, dict[str, Mapping[str, Document]]] = {}
        for (scope, name), documents in sorted(self.held.items(), key=itemgetter(0)):
            if documents:
                whole.setdefault(scope, {})[name] = documents
        return whole


def _net_changes(undo: UndoList) -> Iterator[Change]:
    """Yield what differs in the end; loading a state deletes and writes every document."""
    seen: set[tuple[tuple[str, str], str]] = set()
    for table, key, document in undo:
        place = (table.place, key)
        if place not in seen:
            seen.add(place)
            if table.documents.get(key) is not document:
                yield table, key, document
