"""Store in memory: the sandboxes of one process."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from threading import Lock, RLock
from typing import TypeVar

from mockserver.errors import UnknownSandboxError
from mockserver.sandbox.clock import Clock, system_clock
from mockserver.sandbox.history import History, KeptSteps
from mockserver.sandbox.memory_state import MemoryState, StoredSandbox
from mockserver.sandbox.memory_table import TransformDocument
from mockserver.sandbox.store import SANDBOX_SCOPE, CallStates, SandboxState

T = TypeVar("T")


class _KeptSandbox(StoredSandbox):
    """A sandbox with its history."""

    __slots__ = ("history",)

    def __init__(self, steps: KeptSteps, keep: TransformDocument | None) -> None:
        super().__init__(keep)
        self.history = History(steps)


class MemoryStore:
    """The sandboxes of one process.

    `keep` turns a document into what is stored, None stores it as it is; tests keep deep-frozen ones, so
    that a vendor that alters what it was handed fails at once.
    """

    def __init__(self, clock: Clock = system_clock, keep: TransformDocument | None = None) -> None:
        self._clock, self._keep = clock, keep
        self._sandboxes: dict[str, _KeptSandbox] = {}
        self._kept_steps = KeptSteps()
        self._lock = Lock()

    def lock(self, sandbox: str) -> RLock:
        """See `Store.lock`."""
        stored = self._sandboxes.get(sandbox)
        return RLock() if stored is None else stored.lock

    def create(self, sandbox: str, fill: Callable[[SandboxState], None]) -> bool:
        """See `Store.create`."""
        with self._lock:
            if sandbox in self._sandboxes:
                return False
            kept = _KeptSandbox(self._kept_steps, self._keep)
            self._run(kept, SANDBOX_SCOPE, fill)
            self._sandboxes[sandbox] = kept
            return True

    def one_call(self) -> AbstractContextManager[None]:
        """See `Store.one_call`; nobody waits for what is in this process."""
        return nullcontext()

    def transact(self, sandbox: str, scope: str, work: Callable[[MemoryState], T]) -> T:
        """See `Store.transact`."""
        stored = self._sandboxes.get(sandbox)
        if stored is None:
            raise UnknownSandboxError(sandbox)
        return self._run(stored, scope, work)

    def control(self, sandbox: str, work: Callable[[SandboxState], T]) -> T:
        """See `Store.control`."""
        return self.transact(sandbox, SANDBOX_SCOPE, work)

    def run_discarded(
        self, fill: Callable[[SandboxState], None], scope: str, work: Callable[[MemoryState], T]
    ) -> T:
        """See `Store.run_discarded`."""
        stored = StoredSandbox(self._keep)
        stored.run(SANDBOX_SCOPE, self._clock, fill)
        return stored.run(scope, self._clock, work)[0]

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
            return stored.history.states(numbers, MemoryState(stored, SANDBOX_SCOPE, self._clock).tables)

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

    def delete(self, sandbox: str, _last_used: datetime | None = None, /) -> None:
        """See `Store.delete`; nobody else uses it meanwhile."""
        with self._lock:
            stored = self._sandboxes.pop(sandbox, None)
            if stored is None:
                raise UnknownSandboxError(sandbox)
            stored.history.end()

    def names(self) -> list[str]:
        """See `Store.names`."""
        with self._lock:
            return sorted(self._sandboxes)

    def _run(self, kept: _KeptSandbox, scope: str, work: Callable[[MemoryState], T]) -> T:
        with kept.lock:
            result, changes = kept.run(scope, self._clock, work)
            kept.history.add(changes, is_control=scope == SANDBOX_SCOPE)
            kept.drop_empty({table for table, _, _ in changes})
            return result
