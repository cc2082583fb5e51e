"""Store in memory: states, transactions with savepoints, and the changes of each call."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from hashlib import blake2b
from operator import itemgetter
from threading import Lock, RLock
from types import TracebackType
from typing import TypeAlias, TypeVar

from msgspec import Struct, field

from mockserver.errors import UnknownSandboxError
from mockserver.model import EMPTY, Document, Value
from mockserver.sandbox.clock import Clock, ClockSettings, system_clock
from mockserver.sandbox.memory_table import (
    Change,
    MemoryTable,
    TransformDocument,
    UndoList,
    document_changes,
)
from mockserver.sandbox.store import SANDBOX_SCOPE, CallStates, SandboxState, Tables

PlacedChange: TypeAlias = tuple[tuple[str, str], str, Document | None]
"""Scope and collection, key, and the document before the change; None if there was no document."""

_TablesByPlace: TypeAlias = Mapping[tuple[str, str], Mapping[str, Document]]

MAX_CHANGES = 20_000
"""Maximum number of document changes in one sandbox's history, unless the newest step alone has more."""

MAX_CHANGES_OF_ALL = 100_000
"""Maximum number of document changes in all histories of a store, unless the newest step alone has more."""

_OF_CONTROL_PLANE = 0
T = TypeVar("T")


class Rewound(Struct):
    """Earlier state of a sandbox. Changes are undone in copies; the sandbox's own tables do not change."""

    held: _TablesByPlace

    @classmethod
    def of(cls, tables: Tables) -> Rewound:
        return cls(
            {
                (scope, name): documents
                for scope, collections in tables.items()
                for name, documents in collections.items()
            }
        )

    def undo(self, changes: Sequence[PlacedChange]) -> None:
        copies: dict[tuple[str, str], dict[str, Document]] = {}
        for place, key, document in reversed(changes):
            documents = copies.get(place)
            if documents is None:
                documents = copies[place] = dict(self.held.get(place, EMPTY))
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


class _Step(Value, frozen=True, eq=False):
    """The changes of one call."""

    undo: Sequence[Change]
    number: int
    """The call's number in the journal; 0 for a call of the control plane."""

    @property
    def size(self) -> int:
        """Return the number of document changes; 1 if there are none, so that every call counts."""
        return sum([len(keys) for _, keys, _ in self.undo]) or 1


class KeptSteps(Struct):
    """The steps of all histories of a store."""

    arrivals: OrderedDict[_Step, History] = field(default_factory=OrderedDict)
    """The steps, oldest first, each with its history."""
    changes: int = 0
    """Sum of the sizes of all steps."""
    lock: Lock = field(default_factory=Lock)
    """Lock that guards the steps and all histories."""


class History(Struct):
    """Changes of one sandbox by its newest calls, and by the control plane between these calls.

    The states before and after a call are known while its step is in the history.
    """

    kept: KeptSteps = field(default_factory=KeptSteps)
    steps: deque[_Step] = field(default_factory=deque)
    changes: int = 0
    unended: UndoList = field(default_factory=list)
    """Changes of a call that has not ended; they belong to no step yet."""

    def add(self, undo: UndoList, *, is_control: bool) -> None:
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
        """End call `number`, and assign to it all changes since the end of the previous call."""
        with self.kept.lock:
            self._end_step(number)

    def begin(self) -> None:
        """Forget all steps, and the changes of a call that has not ended."""
        with self.kept.lock:
            self._drop_all()

    def end(self) -> None:
        """Forget all steps of a deleted sandbox. Calls that end later do not count for the store's limit."""
        with self.kept.lock:
            self._drop_all()
            self.kept = KeptSteps()

    def forget_before(self, number: int) -> None:
        with self.kept.lock:
            while self.steps and self.steps[0].number < number:
                self.drop_first()

    def drop_first(self) -> None:
        """Forget the oldest step. The caller holds the lock."""
        step = self.steps.popleft()
        self.changes -= step.size
        self.kept.changes -= step.size
        del self.kept.arrivals[step]

    def states(self, numbers: Collection[int], now: Callable[[], Tables]) -> Mapping[int, CallStates]:
        """Return by number the known states before and after each call; `now` returns the present state."""
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
        """Return by key the number of the call that last wrote the document; 0 for the control plane.

        `place` is scope and collection of the keys. Keys that no step in the history wrote are left out.
        """
        with self.kept.lock:
            steps = list(self.steps)
        found: dict[str, int] = {}
        wanted = set(keys)
        while steps and len(found) < len(wanted):
            step = steps.pop()
            for table, changed, _ in step.undo:
                for key in wanted.intersection(changed) if table.place == place else ():
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
    return [(table.place, key, document) for table, key, document in document_changes(undo)]


def _net_changes(undo: UndoList) -> Iterator[Change]:
    """Yield one change for each document that is not the same after all changes as before them.

    Loading a state first deletes and then writes every document, so most documents do not differ.
    """
    seen: set[tuple[tuple[str, str], str]] = set()
    for table, key, document in document_changes(undo):
        place = (table.place, key)
        if place not in seen:
            seen.add(place)
            if table.documents.get(key) is not document:
                yield table, (key,), (document,)


def uuid_from_octets(octets: bytes) -> str:
    digits = octets.hex()
    variant = "89ab"[octets[8] >> 4 & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


class _Savepoint:
    """Context that `state.item()` returns; may be nested in itself."""

    __slots__ = ("_marks", "_undo")

    def __init__(self, undo: UndoList) -> None:
        self._undo = undo
        self._marks: list[int] = []

    def __enter__(self) -> None:
        self._marks.append(len(self._undo))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        mark = self._marks.pop()
        if kind is not None:
            undo_to(mark, self._undo)


def undo_to(mark: int, undo: UndoList) -> None:
    """Undo all changes after the first `mark` changes, newest first, and remove them from the list."""
    while len(undo) > mark:
        table, keys, documents = undo.pop()
        for key, document in zip(keys, documents, strict=True):
            table.put(key, document)


class StoredSandbox:
    """The tables of one sandbox by scope and name, and the lock that serialises its transactions.

    `undo` lists the changes of the open transaction. An error that leaves the context `savepoint` undoes
    the changes made in the context. `keep` turns a document into its stored form; None stores each document
    unchanged.
    """

    __slots__ = ("_keep", "lock", "savepoint", "tables", "undo")

    def __init__(self, keep: TransformDocument | None = None) -> None:
        self.lock = RLock()
        self.tables: dict[tuple[str, str], MemoryTable] = {}
        self.undo: UndoList = []
        self.savepoint = _Savepoint(self.undo)
        self._keep = keep

    def run(self, scope: str, clock: Clock, work: Callable[[MemoryState], T]) -> tuple[T, UndoList]:
        """Run `work`; return its result and changes. If `work` raises, undo the changes and raise the error.

        The caller holds the lock.
        """
        state, undo = MemoryState(self, scope, clock), self.undo
        mark = len(undo)
        try:
            result = work(state)
            changes = undo[mark:]
        except BaseException:
            undo_to(mark, undo)
            raise
        finally:
            del undo[mark:]
            self.drop_empty(state.created)
        return result, changes

    def create_table(self, place: tuple[str, str]) -> MemoryTable:
        table = self.tables[place] = MemoryTable(place, self.undo, self._keep)
        return table

    def drop_empty(self, tables: Iterable[MemoryTable]) -> None:
        """Drop those of `tables` that are empty and belong to a tenant.

        Reading creates a table, and a call may name any tenant, so empty tables would fill the memory.
        """
        for table in tables:
            if not table.documents and not table.place[0].endswith("/"):
                self.tables.pop(table.place, None)


class MemoryState:
    """The state of one sandbox in a transaction; `created` lists the tables that the transaction created."""

    __slots__ = ("_clock", "_near", "_now", "_scope", "_stored", "_vendor", "created")

    def __init__(self, stored: StoredSandbox, scope: str, clock: Clock) -> None:
        self._stored, self._scope, self._clock = stored, scope, clock
        self._vendor = scope[: scope.index("/") + 1]
        self._near: dict[str, MemoryTable] = {}
        self._now: datetime | None = None
        self.created: list[MemoryTable] = []

    @property
    def now(self) -> datetime:
        if self._now is None:
            self._now = ClockSettings(**self._settings("clock")).reading(self._clock)
        return self._now

    def collection(self, name: str, tenant: str | None = None) -> MemoryTable:
        if tenant is not None:
            return self._open(self._vendor + tenant, name)
        near = self._near.get(name)
        if near is None:
            near = self._near[name] = self._open(self._scope, name)
        return near

    def enter(self, tenant: str) -> None:
        scope = self._vendor + tenant
        if scope != self._scope:
            self._scope = scope
            self._near = {}

    def size(self) -> int:
        return sum([len(table.documents) for table in self._stored.tables.values()])

    def sandbox_collection(self, name: str) -> MemoryTable:
        return self._open(SANDBOX_SCOPE, name)

    def item(self) -> AbstractContextManager[None]:
        return self._stored.savepoint

    def mark(self) -> int:
        return len(self._stored.undo)

    def undo_to(self, mark: int) -> None:
        undo_to(mark, self._stored.undo)

    def next(self, sequence: str) -> int:
        counters = self._open(self._vendor, "sequences")
        last = counters.documents.get(sequence)
        number: int = 1 if last is None else last.get("last", 0) + 1
        counters[sequence] = {"last": number}
        return number

    def octets(self, count: int) -> bytes:
        seed = self._settings("seed").get("value", 0)
        text = f"{seed}/{self._vendor}{self.next('octets')}".encode()
        return blake2b(text, digest_size=count).digest()

    def uuid(self) -> str:
        return uuid_from_octets(self.octets(16))

    def tables(self) -> Tables:
        whole: dict[str, dict[str, dict[str, Document]]] = {}
        for (scope, name), table in sorted(self._stored.tables.items(), key=itemgetter(0)):
            if table.documents:
                whole.setdefault(scope, {})[name] = {key: table.documents[key] for key in table.order()}
        return whole

    def view(self) -> Tables:
        whole: dict[str, dict[str, dict[str, Document]]] = {}
        for (scope, name), table in self._stored.tables.items():
            if table.documents:
                whole.setdefault(scope, {})[name] = table.documents
        return whole

    def load(self, tables: Tables) -> None:
        for table in list(self._stored.tables.values()):
            for key in list(table.documents):
                del table[key]
        for scope, collections in tables.items():
            for name, documents in collections.items():
                table = self._open(scope, name)
                for key, document in documents.items():
                    table[key] = document

    def _settings(self, key: str) -> Document:
        return self._open(SANDBOX_SCOPE, "settings").documents.get(key) or EMPTY

    def _open(self, scope: str, name: str) -> MemoryTable:
        place = (scope, name)
        table = self._stored.tables.get(place)
        if table is None:
            table = self._stored.create_table(place)
            self.created.append(table)
        return table


class _KeptSandbox(StoredSandbox):
    """A sandbox with its history."""

    __slots__ = ("history",)

    def __init__(self, steps: KeptSteps, keep: TransformDocument | None) -> None:
        super().__init__(keep)
        self.history = History(steps)


class MemoryStore:
    """The sandboxes of one process.

    `keep` turns a document into its stored form; None stores each document unchanged. Tests store deep-frozen
    documents, so that a vendor that alters a stored document fails at once.
    """

    def __init__(self, clock: Clock = system_clock, keep: TransformDocument | None = None) -> None:
        self._clock, self._keep = clock, keep
        self._sandboxes: dict[str, _KeptSandbox] = {}
        self._kept_steps = KeptSteps()
        self._lock = Lock()

    def lock(self, sandbox: str) -> RLock:
        stored = self._sandboxes.get(sandbox)
        return RLock() if stored is None else stored.lock

    def create(self, sandbox: str, fill: Callable[[SandboxState], None]) -> bool:
        with self._lock:
            if sandbox in self._sandboxes:
                return False
            kept = _KeptSandbox(self._kept_steps, self._keep)
            self._run(kept, SANDBOX_SCOPE, fill)
            self._sandboxes[sandbox] = kept
            return True

    def one_call(self) -> AbstractContextManager[None]:
        return nullcontext()

    def transact(self, sandbox: str, scope: str, work: Callable[[MemoryState], T]) -> T:
        stored = self._sandboxes.get(sandbox)
        if stored is None:
            raise UnknownSandboxError(sandbox)
        return self._run(stored, scope, work)

    def control(self, sandbox: str, work: Callable[[SandboxState], T]) -> T:
        return self.transact(sandbox, SANDBOX_SCOPE, work)

    def run_discarded(
        self, fill: Callable[[SandboxState], None], scope: str, work: Callable[[MemoryState], T]
    ) -> T:
        stored = StoredSandbox(self._keep)
        stored.run(SANDBOX_SCOPE, self._clock, fill)
        return stored.run(scope, self._clock, work)[0]

    def end_call(self, sandbox: str, number: int) -> None:
        if (stored := self._sandboxes.get(sandbox)) is not None:
            with stored.lock:
                stored.history.end_call(number)

    def forget_calls_before(self, sandbox: str, number: int) -> None:
        if (stored := self._sandboxes.get(sandbox)) is not None:
            stored.history.forget_before(number)

    def call_states(self, sandbox: str, numbers: Collection[int]) -> Mapping[int, CallStates]:
        stored = self._sandboxes.get(sandbox)
        if stored is None:
            raise UnknownSandboxError(sandbox)
        with stored.lock:
            return stored.history.states(numbers, MemoryState(stored, SANDBOX_SCOPE, self._clock).tables)

    def last_writers(self, sandbox: str, place: tuple[str, str], keys: Collection[str]) -> Mapping[str, int]:
        stored = self._sandboxes.get(sandbox)
        if stored is None:
            raise UnknownSandboxError(sandbox)
        return stored.history.last_writers(place, keys)

    def forget_calls(self, sandbox: str) -> None:
        if (stored := self._sandboxes.get(sandbox)) is not None:
            with stored.lock:
                stored.history.begin()

    def delete(self, sandbox: str, _last_used: datetime | None = None, /) -> None:
        with self._lock:
            stored = self._sandboxes.pop(sandbox, None)
            if stored is None:
                raise UnknownSandboxError(sandbox)
            stored.history.end()

    def names(self) -> list[str]:
        with self._lock:
            return sorted(self._sandboxes)

    def _run(self, kept: _KeptSandbox, scope: str, work: Callable[[MemoryState], T]) -> T:
        with kept.lock:
            result, changes = kept.run(scope, self._clock, work)
            kept.history.add(changes, is_control=scope == SANDBOX_SCOPE)
            kept.drop_empty({table for table, _, _ in changes})
            return result
