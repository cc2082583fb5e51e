"""State of one sandbox in memory: tables, savepoints, and the work of one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from hashlib import blake2b
from operator import itemgetter
from threading import RLock
from types import TracebackType
from typing import TypeVar

from mockserver.model import EMPTY, Document
from mockserver.sandbox.clock import Clock, ClockSettings
from mockserver.sandbox.memory_table import MemoryTable, TransformDocument, UndoList
from mockserver.sandbox.store import SANDBOX_SCOPE, Tables


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
            undo_to(mark, self._undo)


def undo_to(mark: int, undo: UndoList) -> None:
    """Take back what the undo list has behind its first `mark` lines, the last first."""
    while len(undo) > mark:
        table, key, document = undo.pop()
        table.put(key, document)


class StoredSandbox:
    """The tables of one sandbox by scope and name, and the lock that serialises its transactions.

    `undo` are the changes of the transaction that is open, `savepoint` undoes some of them. `keep` turns a
    document into what is stored, None stores it as it is.
    """

    __slots__ = ("_keep", "lock", "savepoint", "tables", "undo")

    def __init__(self, keep: TransformDocument | None = None) -> None:
        self.lock = RLock()
        self.tables: dict[tuple[str, str], MemoryTable] = {}
        self.undo: UndoList = []
        self.savepoint = _Savepoint(self.undo)
        self._keep = keep

    def run(self, scope: str, clock: Clock, work: Callable[[MemoryState], T]) -> tuple[T, UndoList]:
        """Run `work`, and return what it returns and what it changed; an exception undoes all, and passes on.

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
        """Create the table of a scope and name."""
        table = self.tables[place] = MemoryTable(place, self.undo, self._keep)
        return table

    def drop_empty(self, tables: Iterable[MemoryTable]) -> None:
        """Drop those tables of tenants that are empty: any may be named, and most are only looked at."""
        for table in tables:
            if not table.documents and not table.place[0].endswith("/"):
                self.tables.pop(table.place, None)


class MemoryState:
    """The state of one sandbox inside one transaction; `created` are the tables that were not there."""

    __slots__ = ("_clock", "_near", "_now", "_scope", "_stored", "_vendor", "created")

    def __init__(self, stored: StoredSandbox, scope: str, clock: Clock) -> None:
        self._stored, self._scope, self._clock = stored, scope, clock
        self._vendor = scope[: scope.index("/") + 1]
        self._near: dict[str, MemoryTable] = {}
        self._now: datetime | None = None
        self.created: list[MemoryTable] = []

    @property
    def now(self) -> datetime:
        """See `State.now`."""
        if self._now is None:
            self._now = ClockSettings(**self._settings("clock")).reading(self._clock)
        return self._now

    def collection(self, name: str, tenant: str | None = None) -> MemoryTable:
        """See `State.collection`."""
        if tenant is not None:
            return self._open(self._vendor + tenant, name)
        near = self._near.get(name)
        if near is None:
            near = self._near[name] = self._open(self._scope, name)
        return near

    def enter(self, tenant: str) -> None:
        """See `CallState.enter`."""
        scope = self._vendor + tenant
        if scope != self._scope:
            self._scope = scope
            self._near = {}

    def size(self) -> int:
        """See `CallState.size`."""
        return sum([len(table.documents) for table in self._stored.tables.values()])

    def sandbox_collection(self, name: str) -> MemoryTable:
        """See `State.sandbox_collection`."""
        return self._open(SANDBOX_SCOPE, name)

    def item(self) -> AbstractContextManager[None]:
        """See `State.item`."""
        return self._stored.savepoint

    def mark(self) -> int:
        """See `State.mark`."""
        return len(self._stored.undo)

    def undo_to(self, mark: int) -> None:
        """See `State.undo_to`."""
        undo_to(mark, self._stored.undo)

    def next(self, sequence: str) -> int:
        """See `State.next`."""
        counters = self._open(self._vendor, "sequences")
        last = counters.documents.get(sequence)
        number: int = 1 if last is None else last.get("last", 0) + 1
        counters[sequence] = {"last": number}
        return number

    def octets(self, count: int) -> bytes:
        """See `State.octets`."""
        seed = self._settings("seed").get("value", 0)
        text = f"{seed}/{self._vendor}{self.next('octets')}".encode()
        return blake2b(text, digest_size=count).digest()

    def uuid(self) -> str:
        """See `State.uuid`."""
        return uuid_from_octets(self.octets(16))

    def tables(self) -> Tables:
        """See `SandboxState.tables`."""
        whole: dict[str, dict[str, dict[str, Document]]] = {}
        for (scope, name), table in sorted(self._stored.tables.items(), key=itemgetter(0)):
            if table.documents:
                whole.setdefault(scope, {})[name] = {key: table.documents[key] for key in table.order()}
        return whole

    def view(self) -> Tables:
        """See `SandboxState.view`."""
        whole: dict[str, dict[str, dict[str, Document]]] = {}
        for (scope, name), table in self._stored.tables.items():
            if table.documents:
                whole.setdefault(scope, {})[name] = table.documents
        return whole

    def load(self, tables: Tables) -> None:
        """See `SandboxState.load`."""
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
