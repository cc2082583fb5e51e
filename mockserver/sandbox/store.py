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
"""Scope of the documents about the sandbox: seed, clock, initial settings, scenarios, snapshots."""

Tables: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Document]]]
"""A sandbox's documents by scope, collection and key."""


class Collection(Protocol):
    """A table of one scope. Iteration is in key order. Documents are read-only."""

    def get(self, key: str) -> Document | None: ...

    def __getitem__(self, key: str) -> Document: ...
    def __setitem__(self, key: str, document: Document) -> None: ...
    def update(self, documents: Mapping[str, Document]) -> list[Document | None]:
        """Store documents; return for each key the previous document, None if there was no document."""
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
        """Return the time of the sandbox's clock, in UTC; the time stands still during a transaction."""
        ...

    def collection(self, name: str, tenant: str | None = None) -> Collection:
        """Return a collection of `tenant`; None means the call's tenant, "" the scope of the whole vendor."""
        ...

    def sandbox_collection(self, name: str) -> Collection: ...

    def item(self) -> AbstractContextManager[None]:
        """Return a context whose writes are undone if an exception leaves the context.

        The context may be entered many times, and may be nested in itself.
        """
        ...

    def mark(self) -> int:
        """Return a position for `undo_to`. A mark costs a third of the time of `item`."""
        ...

    def undo_to(self, mark: int) -> None:
        """Undo the writes since `mark`. The mark must have been made inside the innermost open `item`."""
        ...

    def next(self, sequence: str) -> int:
        """Return the next number of a vendor's sequence, which begins with 1.

        If the work that took a number is undone, the number is returned again.
        """
        ...

    def octets(self, count: int) -> bytes:
        """Return `count` bytes for an id, made from seed, vendor and number of the vendor's earlier ids."""
        ...

    def uuid(self) -> str:
        """Return a new UUID of version 4, made of 16 `octets`."""
        ...


class CallState(State, Protocol):
    """The state as one call sees it; the call may enter a tenant."""

    def enter(self, tenant: str) -> None:
        """Make `tenant` the call's tenant from now on."""
        ...

    def size(self) -> int: ...


class SandboxState(State, Protocol):
    """The state as a control operation sees it: all scopes at once."""

    def tables(self) -> Tables: ...

    def view(self) -> Tables:
        """Return the tables unordered and not copied, to be read inside the transaction only."""
        ...

    def load(self, tables: Tables) -> None: ...


class CallStates(Value, frozen=True):
    """The state of a sandbox before and after one call."""

    before: Tables
    after: Tables


class Store(Protocol):
    """Sandboxes by name, isolated from each other."""

    def lock(self, sandbox: str) -> RLock:
        """Return the lock that keeps other threads of this process out of the sandbox.

        If this process has no lock for the sandbox, return a lock that nobody else has.
        """
        ...

    def create(self, sandbox: str, fill: Callable[[SandboxState], None]) -> bool:
        """Create the sandbox and fill it. If the sandbox exists, change nothing and return False."""
        ...

    def one_call(self) -> AbstractContextManager[None]:
        """Return a context in which all waits for the store together last no longer than a call may wait."""
        ...

    def transact(self, sandbox: str, scope: str, work: Callable[[CallState], T]) -> T:
        """Run `work` on the sandbox. If `work` raises an error, undo its writes and raise the error.

        Raises UnknownSandboxError.
        """
        ...

    def control(self, sandbox: str, work: Callable[[SandboxState], T]) -> T: ...

    def run_discarded(
        self, fill: Callable[[SandboxState], None], scope: str, work: Callable[[CallState], T]
    ) -> T:
        """Fill a temporary sandbox, run `work` on it and discard it."""
        ...

    def end_call(self, sandbox: str, number: int) -> None:
        """End the recorded call `number`, and assign to it all changes since the end of the previous call."""
        ...

    def forget_calls_before(self, sandbox: str, number: int) -> None:
        """Forget the states before and after calls with lower numbers; ignore an unknown sandbox."""
        ...

    def call_states(self, sandbox: str, numbers: AnyCollection[int]) -> Mapping[int, CallStates]:
        """Return by number the known states before and after each call. Raises UnknownSandboxError."""
        ...

    def last_writers(
        self, sandbox: str, place: tuple[str, str], keys: AnyCollection[str]
    ) -> Mapping[str, int]:
        """Return by key the number of the call that last wrote the document; 0 for the control plane.

        `place` is scope and collection of the keys. Keys without a known writer are left out. Raises
        UnknownSandboxError.
        """
        ...

    def forget_calls(self, sandbox: str) -> None:
        """Forget the states before and after all calls, because the journal numbers calls from 1 again."""
        ...

    def delete(self, sandbox: str, last_used: datetime | None = None, /) -> None:
        """Delete the sandbox; a shared store does nothing if the sandbox was used after `last_used`.

        Raises UnknownSandboxError.
        """
        ...

    def names(self) -> list[str]: ...
