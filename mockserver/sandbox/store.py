"""Interfaces of the store: collections, state and transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Collection as AnyCollection
from contextlib import AbstractContextManager
from datetime import datetime
from threading import RLock
from typing import Any, Protocol, TypeAlias, TypeVar

from mockserver.model import Document, Value

T = TypeVar("T")

SANDBOX_SCOPE = "sandbox/"
"""The scope of what a sandbox keeps about itself: seed, clock, how it began."""

Tables: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Document]]]
"""A sandbox's documents: scope, collection, key."""


class Collection(Protocol):
    """A table of one scope; iteration is in key order, documents are read-only."""

    def get(self, key: str) -> Document | None: ...

    def __getitem__(self, key: str) -> Document: ...
    def __setitem__(self, key: str, document: Document) -> None: ...
    def update(self, documents: Mapping[str, Document]) -> list[Document | None]:
        """Store documents; return for each key the document before, None if there was no document."""
        ...

    def __delitem__(self, key: str) -> None: ...
    def __contains__(self, key: object) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    def values(self) -> Iterator[Document]: ...

    def find(self, member: str, value: Any) -> list[Document]:
        """Return the documents whose `member` equals `value`, in key order. The first use builds an index."""
        ...

    def find_any_case(self, member: str, text: str) -> list[Document]: ...

    def count(self, member: str, value: Any) -> int: ...


class State(Protocol):
    """The state of a sandbox inside a transaction, seen from one scope."""

    @property
    def now(self) -> datetime:
        """The time of the sandbox's clock, in UTC; it stands still during a transaction."""
        ...

    def collection(self, name: str, tenant: str | None = None) -> Collection:
        """Return a collection of the call's tenant, or of the named tenant ("" is vendor-wide)."""
        ...

    def sandbox_collection(self, name: str) -> Collection: ...

    def item(self) -> AbstractContextManager[None]:
        """Return a savepoint: an exception inside undoes the writes inside and is raised again.

        A savepoint may be entered many times, and savepoints may nest.
        """
        ...

    def mark(self) -> int:
        """Return a position for `undo_to`. In a loop a mark costs a third of what a savepoint costs."""
        ...

    def undo_to(self, mark: int) -> None:
        """Undo the writes since the mark, which must have been made in the innermost savepoint."""
        ...

    def next(self, sequence: str) -> int:
        """Return the next number of a vendor's sequence, from 1.

        A number that was drawn in work that is undone is given out again.
        """
        ...

    def octets(self, count: int) -> bytes:
        """Fresh bytes for ids, the same for the same seed and the same history."""
        ...

    def uuid(self) -> str:
        """Return a fresh version 4 UUID, likewise."""
        ...


class CallState(State, Protocol):
    """The state of one call, which may enter a tenant."""

    def enter(self, tenant: str) -> None:
        """See the sandbox from a tenant of the vendor from now on."""
        ...

    def size(self) -> int: ...


class SandboxState(State, Protocol):
    """The state of a control operation: all scopes at once."""

    def tables(self) -> Tables: ...

    def view(self) -> Tables:
        """Return the same tables, unordered and not copied: only to be read inside the transaction."""
        ...

    def load(self, tables: Tables) -> None: ...


class CallStates(Value, frozen=True):
    """The state of a sandbox before and after one call."""

    before: Tables
    after: Tables


class Store(Protocol):
    """Sandboxes by name, isolated from each other."""

    def lock(self, sandbox: str) -> RLock:
        """Return the lock that keeps other threads of this process out of the sandbox, known or not."""
        ...

    def create(self, sandbox: str, fill: Callable[[SandboxState], None]) -> bool:
        """Create the sandbox and fill it; return False, and change nothing, if it exists."""
        ...

    def one_call(self) -> AbstractContextManager[None]:
        """Let all waits for the store inside this context take together no longer than one call may wait."""
        ...

    def transact(self, sandbox: str, scope: str, work: Callable[[CallState], T]) -> T:
        """Run `work` on the sandbox. If `work` raises, undo its writes and raise again.

        Raises UnknownSandboxError.
        """
        ...

    def control(self, sandbox: str, work: Callable[[SandboxState], T]) -> T: ...

    def run_discarded(
        self, fill: Callable[[SandboxState], None], scope: str, work: Callable[[CallState], T]
    ) -> T:
        """Fill a sandbox without a name, run `work` on it and discard it."""
        ...

    def end_call(self, sandbox: str, number: int) -> None:
        """End a recorded call: the changes since the end of the call before belong to this number."""
        ...

    def forget_calls_before(self, sandbox: str, number: int) -> None:
        """Forget the states around recorded calls of lower numbers, if the sandbox exists."""
        ...

    def call_states(self, sandbox: str, numbers: AnyCollection[int]) -> Mapping[int, CallStates]:
        """Return the states before and after each call, where known. Raises UnknownSandboxError."""
        ...

    def last_writers(
        self, sandbox: str, place: tuple[str, str], keys: AnyCollection[str]
    ) -> Mapping[str, int]:
        """Return, by document, the number of the call that last wrote it; 0 stands for the control plane.

        `place` is scope and collection of the keys. Documents without a known writer are left out. Raises
        UnknownSandboxError.
        """
        ...

    def forget_calls(self, sandbox: str) -> None:
        """Forget the states before and after all calls. The numbers of calls begin again."""
        ...

    def delete(self, sandbox: str, last_used: datetime | None = None, /) -> None:
        """Delete the sandbox. If `last_used` is given, delete it only if nobody has used it since then.

        Raises UnknownSandboxError.
        """
        ...

    def names(self) -> list[str]: ...
