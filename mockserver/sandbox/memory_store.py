"""Store in memory: dictionaries, an undo list for savepoints, and one lock for each sandbox."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from hashlib import blake2b
from operator import itemgetter
from threading import Lock, RLock
from types import TracebackType
from typing import TypeVar

from mockserver.errors import UnknownSandboxError
from mockserver.model import EMPTY, Document
from mockserver.sandbox.clock import Clock, ClockSettings, system_clock
from mockserver.sandbox.history import History, KeptSteps
from mockserver.sandbox.memory_table import MemoryTable, TransformDocument, UndoList
from mockserver.sandbox.store import SANDBOX_SCOPE, CallStates, SandboxState, Tables


def uuid_from_octets(octets: bytes) -> str:
    """Return a version 4 UUID in lower case out of sixteen given bytes."""
    digits = octets.hex()
    variant = "89ab"[octets[8] >> 4 & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


T = TypeVar("T")


class _Savepoint:
    """`with state.item():` on the undo list; nests."""

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
            _undo_to(mark, self._undo)


def _undo_to(mark: int, undo: UndoList) -> None:
    """Take back what the undo list has behind its first `mark` lines, the last first."""
    while len(undo) > mark:
        table, key, document = undo.pop()
        table.put(key, document)


class _StoredSandbox:
    """The tables of one sandbox by scope and name, its history, the lock that serialises its transactions.

    `undo` are the changes of the transaction that is open, `savepoint` undoes some of them.
    """

    __slots__ = ("_keep", "history", "lock", "savepoint", "tables", "undo")

    def __init__(self, kept: KeptSteps, keep: TransformDocument | None) -> None:
        self.lock = RLock()
        self.tables: dict[tuple[str, str], MemoryTable] = {}
        self.undo: UndoList = []
        self.savepoint = _Savepoint(self.undo)
        self.history = History(kept)
        self._keep = keep

    def create_table(self, place: tuple[str, str]) -> MemoryTable:
        """Create the table of a scope and name."""
        table = self.tables[place] = MemoryTable(place, self.undo, self._keep)
        return table

    def drop_empty(self, tables: Iterable[MemoryTable]) -> None:
        """Drop those tables of tenants that are empty: any may be named, and most are only looked at."""
        for table in tables:
            if not table.documents and not table.place[0].endswith("/"):
                self.tables.pop(table.place, None)


class _State:
    """The state of one sandbox inside one transaction; `created` are the tables that were not there."""

    __slots__ = ("_clock", "_near", "_now", "_scope", "_stored", "_vendor", "created")

    def __init__(self, stored: _StoredSandbox, scope: str, clock: Clock) -> None:
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

    def sandbox_collection(self, name: str) -> MemoryTable:
        return self._open(SANDBOX_SCOPE, name)

    def item(self) -> AbstractContextManager[None]:
        return self._stored.savepoint

    def mark(self) -> int:
        return len(self._stored.undo)

    def undo_to(self, mark: int) -> None:
        _undo_to(mark, self._stored.undo)

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


class MemoryStore:
    """The sandboxes of one process.

    `keep` turns a document into what is stored, None stores it as it is; tests keep deep-frozen ones, so
    that a vendor that alters what it was handed fails at once.
    """

    def __init__(self, clock: Clock = system_clock, keep: TransformDocument | None = None) -> None:
        self._clock, self._keep = clock, keep
        self._sandboxes: dict[str, _StoredSandbox] = {}
        self._kept_steps = KeptSteps()
        self._lock = Lock()

    def create(self, sandbox: str, fill: Callable[[SandboxState], None]) -> bool:
        """See `Store.create`."""
        with self._lock:
            if sandbox in self._sandboxes:
                return False
            stored = _StoredSandbox(self._kept_steps, self._keep)
            self._run(stored, SANDBOX_SCOPE, fill)
            self._sandboxes[sandbox] = stored
            return True

    def transact(self, sandbox: str, scope: str, work: Callable[[_State], T]) -> T:
        """See `Store.transact`."""
        stored = self._sandboxes.get(sandbox)
        if stored is None:
            raise UnknownSandboxError(sandbox)
        return self._run(stored, scope, work)

    def control(self, sandbox: str, work: Callable[[SandboxState], T]) -> T:
        """See `Store.control`."""
        return self.transact(sandbox, SANDBOX_SCOPE, work)

    def run_discarded(
        self, fill: Callable[[SandboxState], None], scope: str, work: Callable[[_State], T]
    ) -> T:
        """See `Store.run_discarded`."""
        stored = _StoredSandbox(KeptSteps(), self._keep)
        self._run(stored, SANDBOX_SCOPE, fill)
        return self._run(stored, scope, work)

    def end_call(self, sandbox: str, number: int) -> None:
        """See `Store.end_call`."""
        if (stored := self._sandboxes.get(sandbox)) is not None:
            with stored.lock:
                stored.history.end_call(number)

    def forget_calls_before(self, sandbox: str, number: int) -> None:
        """See `Store.forget_calls_before`."""
        if (stored := self._sandboxes.get(sandbox)) is not None:
            stored.history.forget_before(number)

    def call_states(self, sandbox: str, numbers: Collection[int]) -> Mapping[int, CallStates]:
        """See `Store.call_states`."""
        stored = self._sandboxes.get(sandbox)
        if stored is None:
            raise UnknownSandboxError(sandbox)
        with stored.lock:
            return stored.history.states(numbers, _State(stored, SANDBOX_SCOPE, self._clock).tables)

    def last_writers(self, sandbox: str, place: tuple[str, str], keys: Collection[str]) -> Mapping[str, int]:
        """See `Store.last_writers`."""
        stored = self._sandboxes.get(sandbox)
        if stored is None:
            raise UnknownSandboxError(sandbox)
        return stored.history.last_writers(place, keys)

    def forget_calls(self, sandbox: str) -> None:
        """See `Store.forget_calls`."""
        if (stored := self._sandboxes.get(sandbox)) is not None:
            with stored.lock:
                stored.history.begin()

    def delete(self, sandbox: str) -> None:
        """See `Store.delete`."""
        with self._lock:
            stored = self._sandboxes.pop(sandbox, None)
            if stored is None:
                raise UnknownSandboxError(sandbox)
            stored.history.end()

    def names(self) -> list[str]:
        """See `Store.names`."""
        with self._lock:
            return sorted(self._sandboxes)

    def _run(self, stored: _StoredSandbox, scope: str, work: Callable[[_State], T]) -> T:
        with stored.lock:
            state, undo = _State(stored, scope, self._clock), stored.undo
            mark = len(undo)
            try:
                result = work(state)
                changes = undo[mark:]
            except BaseException:
                _undo_to(mark, undo)
                raise
            finally:
                del undo[mark:]
                stored.drop_empty(state.created)
            stored.history.add(changes, is_control=scope == SANDBOX_SCOPE)
            stored.drop_empty({table for table, _, _ in changes})
            return result
