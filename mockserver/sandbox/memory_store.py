"""Store in memory: dictionaries, an undo list for savepoints, and one lock for each sandbox."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from hashlib import blake2b
from threading import Lock, RLock
from types import TracebackType
from typing import Any, TypeVar

from mockserver.errors import UnknownSandboxError
from mockserver.model import EMPTY, Document
from mockserver.sandbox.clock import Clock, ClockSettings, system_clock
from mockserver.sandbox.history import History, KeptSteps, UndoList
from mockserver.sandbox.memory_table import MemoryTable
from mockserver.sandbox.store import SANDBOX_SCOPE, CallStates, SandboxState, Tables


def uuid_from_octets(octets: bytes) -> str:
    """Return a version 4 UUID in lower case out of sixteen given bytes."""
    digits = octets.hex()
    variant = "89ab"[octets[8] >> 4 & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


T = TypeVar("T")
TransformDocument = Callable[[Document], Document]


class _SandboxTables:
    """The tables of one sandbox by scope and name, its history, the lock that serialises its transactions."""

    __slots__ = ("history", "lock", "tables")

    def __init__(self, kept: KeptSteps) -> None:
        self.lock = RLock()
        self.tables: dict[tuple[str, str], MemoryTable] = {}
        self.history = History(kept)


class _Collection:
    """A table as a transaction sees it: every write leaves a line in the undo list."""

    __slots__ = ("_keep", "_table", "_undo", "get")

    def __init__(self, table: MemoryTable, undo: UndoList, keep: TransformDocument | None) -> None:
        self._table, self._undo, self._keep = table, undo, keep
        self.get = table.documents.get

    def __getitem__(self, key: str) -> Document:
        return self._table.documents[key]

    def __setitem__(self, key: str, document: Document) -> None:
        self._undo.append((self._table, key, self.get(key)))
        self._table.put(key, document if self._keep is None else self._keep(document))

    def __delitem__(self, key: str) -> None:
        self._undo.append((self._table, key, self._table.documents[key]))
        self._table.put(key, None)

    def __contains__(self, key: object) -> bool:
        return key in self._table.documents

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._table.order()))

    def __len__(self) -> int:
        return len(self._table.documents)

    def values(self) -> Iterator[Document]:
        documents = self._table.documents
        if not documents:
            return iter(())
        return (documents[key] for key in tuple(self._table.order()))

    def find(self, member: str, value: Any) -> list[Document]:
        return self._table.find(member, value)

    def find_any_case(self, member: str, text: str) -> list[Document]:
        return self._table.find_any_case(member, text)

    def count(self, member: str, value: Any) -> int:
        return self._table.count(member, value)


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
            while len(self._undo) > mark:
                table, key, document = self._undo.pop()
                table.put(key, document)


class _State:
    """The state of one sandbox inside one transaction."""

    __slots__ = (
        "_clock",
        "_collections",
        "_counters",
        "_item",
        "_keep",
        "_near",
        "_now",
        "_tenant",
        "_undo",
        "_vendor",
        "_world",
    )

    def __init__(
        self, world: _SandboxTables, scope: str, clock: Clock, keep: TransformDocument | None
    ) -> None:
        self._vendor, _, self._tenant = scope.partition("/")
        self._world, self._clock, self._keep = world, clock, keep
        self._undo: UndoList = []
        self._item = _Savepoint(self._undo)
        self._collections: dict[tuple[str, str], _Collection] = {}
        self._near: dict[str, _Collection] = {}
        self._counters: _Collection | None = None
        self._now: datetime | None = None

    @property
    def now(self) -> datetime:
        if self._now is None:
            self._now = ClockSettings(**self._settings("clock")).reading(self._clock)
        return self._now

    def collection(self, name: str, tenant: str | None = None) -> _Collection:
        if tenant is not None:
            return self._open(f"{self._vendor}/{tenant}", name)
        near = self._near.get(name)
        if near is None:
            near = self._near[name] = self._open(f"{self._vendor}/{self._tenant}", name)
        return near

    def enter(self, tenant: str) -> None:
        if tenant != self._tenant:
            self._tenant = tenant
            self._near = {}

    def sandbox_collection(self, name: str) -> _Collection:
        return self._open(SANDBOX_SCOPE, name)

    def item(self) -> AbstractContextManager[None]:
        return self._item

    def next(self, sequence: str) -> int:
        counters = self._counters
        if counters is None:
            counters = self._counters = self._open(f"{self._vendor}/", "sequences")
        last = counters.get(sequence)
        number: int = 1 if last is None else last.get("last", 0) + 1
        counters[sequence] = {"last": number}
        return number

    def octets(self, count: int) -> bytes:
        seed = self._settings("seed").get("value", 0)
        text = f"{seed}/{self._vendor}/{self.next('octets')}".encode()
        return blake2b(text, digest_size=count).digest()

    def uuid(self) -> str:
        return uuid_from_octets(self.octets(16))

    def tables(self) -> Tables:
        whole: dict[str, dict[str, dict[str, Document]]] = {}
        for (scope, name), table in sorted(self._world.tables.items()):
            if table.documents:
                whole.setdefault(scope, {})[name] = {key: table.documents[key] for key in table.order()}
        return whole

    def load(self, tables: Tables) -> None:
        for (scope, name), table in list(self._world.tables.items()):
            collection = self._open(scope, name)
            for key in list(table.documents):
                del collection[key]
        for scope, collections in tables.items():
            for name, documents in collections.items():
                collection = self._open(scope, name)
                for key, document in documents.items():
                    collection[key] = document

    def remember(self, *, is_control: bool) -> None:
        """Add what was changed to the sandbox's history."""
        self._world.history.add(self._undo, is_control=is_control)

    def sweep(self) -> None:
        """Leave no empty table of a tenant behind: any may be named, and most are only looked at."""
        tables = self._world.tables
        for scope, name in self._collections:
            if scope.partition("/")[2] and not tables[scope, name].documents:
                del tables[scope, name]

    def _settings(self, key: str) -> Document:
        return self._open(SANDBOX_SCOPE, "settings").get(key) or EMPTY

    def _open(self, scope: str, name: str) -> _Collection:
        opened = self._collections.get((scope, name))
        if opened is None:
            table = self._world.tables.get((scope, name))
            if table is None:
                table = self._world.tables[scope, name] = MemoryTable((scope, name))
            opened = self._collections[scope, name] = _Collection(table, self._undo, self._keep)
        return opened


class MemoryStore:
    """The sandboxes of one process.

    `keep` turns a document into what is stored, None stores it as it is; tests keep deep-frozen ones, so
    that a vendor that alters what it was handed fails at once.
    """

    def __init__(self, clock: Clock = system_clock, keep: TransformDocument | None = None) -> None:
        self._clock, self._keep = clock, keep
        self._worlds: dict[str, _SandboxTables] = {}
        self._kept_steps = KeptSteps()
        self._lock = Lock()

    def create(self, sandbox: str, fill: Callable[[SandboxState], None]) -> bool:
        """See `Store.create`."""
        with self._lock:
            if sandbox in self._worlds:
                return False
            world = _SandboxTables(self._kept_steps)
            self._run(world, SANDBOX_SCOPE, fill)
            self._worlds[sandbox] = world
            return True

    def transact(self, sandbox: str, scope: str, work: Callable[[_State], T]) -> T:
        """See `Store.transact`."""
        world = self._worlds.get(sandbox)
        if world is None:
            raise UnknownSandboxError(sandbox)
        return self._run(world, scope, work)

    def control(self, sandbox: str, work: Callable[[SandboxState], T]) -> T:
        """See `Store.control`."""
        return self.transact(sandbox, SANDBOX_SCOPE, work)

    def run_discarded(
        self, fill: Callable[[SandboxState], None], scope: str, work: Callable[[_State], T]
    ) -> T:
        """See `Store.run_discarded`."""
        world = _SandboxTables(KeptSteps())
        self._run(world, SANDBOX_SCOPE, fill)
        return self._run(world, scope, work)

    def end_call(self, sandbox: str, number: int) -> None:
        """See `Store.end_call`."""
        if (world := self._worlds.get(sandbox)) is not None:
            with world.lock:
                world.history.end_call(number)

    def forget_calls_before(self, sandbox: str, number: int) -> None:
        """See `Store.forget_calls_before`."""
        if (world := self._worlds.get(sandbox)) is not None:
            world.history.forget_before(number)

    def call_states(self, sandbox: str, numbers: Collection[int]) -> Mapping[int, CallStates]:
        """See `Store.call_states`."""
        world = self._worlds.get(sandbox)
        if world is None:
            raise UnknownSandboxError(sandbox)
        with world.lock:
            return world.history.states(numbers, _State(world, SANDBOX_SCOPE, self._clock, self._keep).tables)

    def forget_calls(self, sandbox: str) -> None:
        """See `Store.forget_calls`."""
        if (world := self._worlds.get(sandbox)) is not None:
            with world.lock:
                world.history.begin()

    def delete(self, sandbox: str) -> None:
        """See `Store.delete`."""
        with self._lock:
            world = self._worlds.pop(sandbox, None)
            if world is None:
                raise UnknownSandboxError(sandbox)
            world.history.end()

    def names(self) -> list[str]:
        """See `Store.names`."""
        with self._lock:
            return sorted(self._worlds)

    def _run(self, world: _SandboxTables, scope: str, work: Callable[[_State], T]) -> T:
        with world.lock:
            state = _State(world, scope, self._clock, self._keep)
            try:
                with state.item():
                    result = work(state)
                state.remember(is_control=scope == SANDBOX_SCOPE)
                return result
            finally:
                state.sweep()
