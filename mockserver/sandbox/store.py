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

    def get(self, key: str) -> Document | None:
        """Return the document under `key`, None when there is none."""
        ...

    def __getitem__(self, key: str) -> Document: ...
    def __setitem__(self, key: str, document: Document) -> None: ...
    def __delitem__(self, key: str) -> None: ...
    def __contains__(self, key: object) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    def values(self) -> Iterator[Document]:
        """Yield every document, in key order."""
        ...

    def find(self, member: str, value: Any) -> list[Document]:
        """Return the documents whose `member` equals `value`, in key order; indexed from the first use on."""
        ...

    def find_any_case(self, member: str, text: str) -> list[Document]:
        """Return those whose `member` is the text in any letter case, likewise."""
        ...

    def count(self, member: str, value: Any) -> int:
        """Return how many documents `find` would return."""
        ...


class State(Protocol):
    """The state of a sandbox inside a transaction, seen from one scope."""

    @property
    def now(self) -> datetime:
        """The sandbox clock, in UTC; the same all through a transaction."""
        ...

    def collection(self, name: str, tenant: str | None = None) -> Collection:
        """Return a collection of the call's tenant, or of another one of the vendor ("" = vendor-wide)."""
        ...

    def sandbox_collection(self, name: str) -> Collection:
        """Return a collection of what the sandbox keeps about itself."""
        ...

    def item(self) -> AbstractContextManager[None]:
        """Return a savepoint: an exception inside undoes what was written inside, and passes on.

        It may be entered again and again, and nests.
        """
        ...

    def mark(self) -> int:
        """Return where `undo_to` may go back to; for work in a loop it costs a third of a savepoint."""
        ...

    def undo_to(self, mark: int) -> None:
        """Undo what was written since the mark; it must lie in the innermost savepoint."""
        ...

    def next(self, sequence: str) -> int:
        """Return the next number of a sequence of the vendor: 1, 2, 3 …; an undone one is drawn again."""
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

    def size(self) -> int:
        """Return how many documents the sandbox has."""
        ...


class SandboxState(State, Protocol):
    """The state of a control operation: all scopes at once."""

    def tables(self) -> Tables:
        """Return everything that is stored."""
        ...

    def view(self) -> Tables:
        """Return the same in no order, to be looked at in the transaction alone; it takes no copy."""
        ...

    def load(self, tables: Tables) -> None:
        """Replace everything that is stored."""
        ...


class CallStates(Value, frozen=True):
    """The state of a sandbox before and after one call."""

    before: Tables
    after: Tables


class Store(Protocol):
    """Sandboxes by name, isolated from each other."""

    def lock(self, sandbox: str) -> RLock:
        """Return what keeps other threads of this process out of the sandbox; any if it is not there."""
        ...

    def create(self, sandbox: str, fill: Callable[[SandboxState], None]) -> bool:
        """Create the sandbox and fill it; return False, and change nothing, if it exists."""
        ...

    def one_call(self) -> AbstractContextManager[None]:
        """Let all waits for the store in this context share the time that a call may wait."""
        ...

    def transact(self, sandbox: str, scope: str, work: Callable[[CallState], T]) -> T:
        """Run `work` on the sandbox; an exception undoes all of it and passes on.

        Raises UnknownSandboxError: there is none of that name.
        """
        ...

    def control(self, sandbox: str, work: Callable[[SandboxState], T]) -> T:
        """Run `work` like `transact`, on the whole sandbox."""
        ...

    def run_discarded(
        self, fill: Callable[[SandboxState], None], scope: str, work: Callable[[CallState], T]
    ) -> T:
        """Fill a sandbox without a name, run `work` on it and discard it."""
        ...

    def end_call(self, sandbox: str, number: int) -> None:
        """Note that a recorded call has ended: what was changed since the one before it is its doing."""
        ...

    def forget_calls_before(self, sandbox: str, number: int) -> None:
        """Forget the states around recorded calls of lower numbers, if the sandbox exists."""
        ...

    def call_states(self, sandbox: str, numbers: AnyCollection[int]) -> Mapping[int, CallStates]:
        """Return the state before and after each of these calls that is still known.

        Raises UnknownSandboxError: there is none of that name.
        """
        ...

    def last_writers(
        self, sandbox: str, place: tuple[str, str], keys: AnyCollection[str]
    ) -> Mapping[str, int]:
        """Return which recorded call last wrote each of these documents, 0 for the control plane.

        `place` is their scope and collection. Those whose last change is no longer known are left out. Raises
        UnknownSandboxError: there is none of that name.
        """
        ...

    def forget_calls(self, sandbox: str) -> None:
        """Forget the states around calls; their numbers begin again."""
        ...

    def delete(self, sandbox: str, last_used: datetime | None = None, /) -> None:
        """Delete the sandbox; one that was `last_used` then only if nobody has used it since.

        Raises UnknownSandboxError: there is none of that name.
        """
        ...

    def names(self) -> list[str]:
        """Return the names of all sandboxes, sorted."""
        ...
