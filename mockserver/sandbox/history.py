"""What each call changed in a sandbox, kept to know the state before it."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from mockserver.model import EMPTY, Value
from mockserver.sandbox.memory_table import Change, UndoList
from mockserver.sandbox.rewinding import PlacedChange, Rewound
from mockserver.sandbox.store import CallStates, Tables

MAX_CHANGES = 50_000
"""Limit of changed documents that one sandbox remembers; the newest step is always kept."""

MAX_CHANGES_OF_ALL = 100_000
"""Limit of changed documents that all sandboxes of a store remember; the newest step is always kept."""

_OF_CONTROL_PLANE = 0


class _Step(Value, frozen=True, eq=False):
    """What the call of a number changed, or the control plane if it is 0."""

    undo: Sequence[Change]
    number: int

    @property
    def size(self) -> int:
        """The number of changes; of a call that changed nothing 1, so that such calls are limited too."""
        return len(self.undo) or 1


@dataclass(slots=True)
class KeptSteps:
    """The steps of all histories of a store, oldest first; `lock` guards them and their histories."""

    arrivals: OrderedDict[_Step, History] = field(default_factory=OrderedDict)
    changes: int = 0
    lock: Lock = field(default_factory=Lock)


@dataclass(slots=True)
class History:
    """The newest calls of one sandbox and what each changed; what the control plane changed between them.

    The states around a call are known while its step is kept. `unended` are the changes since the last step.
    """

    kept: KeptSteps = field(default_factory=KeptSteps)
    steps: deque[_Step] = field(default_factory=deque)
    changes: int = 0
    unended: UndoList = field(default_factory=list)

    def add(self, undo: UndoList, *, is_control: bool) -> None:
        """Remember what a transaction changed."""
        if is_control:
            net = list(_net_changes(undo))
            with self.kept.lock:
                self._end_step(_OF_CONTROL_PLANE)
                self.unended = net
                self._end_step(_OF_CONTROL_PLANE)
        elif undo:
            with self.kept.lock:
                self.unended = [*self.unended, *undo] if self.unended else undo

    def end_call(self, number: int) -> None:
        """Note that the call of this number has ended; changes since the previous end are its own."""
        with self.kept.lock:
            self._end_step(number)

    def begin(self) -> None:
        """Forget everything; what follows is known from its beginning."""
        with self.kept.lock:
            self._drop_all()

    def end(self) -> None:
        """Forget everything, because the sandbox was deleted; calls that end later count nowhere."""
        with self.kept.lock:
            self._drop_all()
            self.kept = KeptSteps()

    def forget_before(self, number: int) -> None:
        """Forget the calls before this one: nobody can ask for them any more."""
        with self.kept.lock:
            while self.steps and self.steps[0].number < number:
                self.drop_first()

    def drop_first(self) -> None:
        """Forget the oldest step; the caller has the lock."""
        step = self.steps.popleft()
        self.changes -= step.size
        self.kept.changes -= step.size
        del self.kept.arrivals[step]

    def states(self, numbers: Collection[int], now: Callable[[], Tables]) -> Mapping[int, CallStates]:
        """Return the states around each call that is still remembered; `now` returns the present state."""
        wanted = {number for number in numbers if number > 0}
        found: dict[int, CallStates] = {}
        rewound = Rewound.of(now() if wanted else EMPTY)
        with self.kept.lock:
            steps, unended = list(self.steps), self.unended
        rewound.undo(_placed(unended))
        while steps and len(found) < len(wanted):
            step = steps.pop()
            if step.number in wanted and step.number not in found:
                after = rewound.tables()
                rewound.undo(_placed(step.undo))
                found[step.number] = CallStates(rewound.tables(), after)
            else:
                rewound.undo(_placed(step.undo))
        return found

    def last_writers(self, place: tuple[str, str], keys: Collection[str]) -> Mapping[str, int]:
        """Return the number of the call that last wrote each of these documents, 0 for the control plane.

        `place` is their scope and collection. Those that no remembered step wrote are left out.
        """
        with self.kept.lock:
            steps = list(self.steps)
        found: dict[str, int] = {}
        while steps and len(found) < len(keys):
            step = steps.pop()
            for table, key, _ in step.undo:
                if table.place == place and key in keys:
                    found.setdefault(key, step.number)
        return found

    def _drop_all(self) -> None:
        while self.steps:
            self.drop_first()
        self.unended = []

    def _end_step(self, number: int) -> None:
        undo, self.unended = self.unended, []
        if number == _OF_CONTROL_PLANE and not (undo and self.steps):
            return  # nobody asks for the states before the first call
        step = _Step(undo, number)
        kept, size = self.kept, step.size
        self.steps.append(step)
        self.changes += size
        kept.arrivals[step] = self
        kept.changes += size
        while self.changes > MAX_CHANGES and len(self.steps) > 1:
            self.drop_first()
        while kept.changes > MAX_CHANGES_OF_ALL and len(kept.arrivals) > 1:
            next(iter(kept.arrivals.values())).drop_first()


def _placed(undo: Sequence[Change]) -> list[PlacedChange]:
    return [(table.place, key, document) for table, key, document in undo]


def _net_changes(undo: UndoList) -> Iterator[Change]:
    """Yield what differs in the end; loading a state deletes and writes every document."""
    seen: set[tuple[tuple[str, str], str]] = set()
    for table, key, document in undo:
        place = (table.place, key)
        if place not in seen:
            seen.add(place)
            if table.documents.get(key) is not document:
                yield table, key, document
