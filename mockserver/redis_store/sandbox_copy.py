"""A worker's copy of a sandbox, at a version of its history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from mockserver.model import Document
from mockserver.redis_store.documents import Written, read_document, split_field
from mockserver.redis_store.turns import Turn
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.memory_state import MemoryState, StoredSandbox
from mockserver.sandbox.memory_table import UndoList

T = TypeVar("T")

_NO_VERSION = 0


class Attempt(Generic[T]):
    """What a run of some work returned or raised, and what it changed in the copy."""

    __slots__ = ("_error", "_result", "changes")

    def __init__(self, result: T | None, error: Exception | None, changes: UndoList) -> None:
        self._result, self._error, self.changes = result, error, changes

    def outcome(self) -> T:
        """Return the result, or raise the error again, once: its frames hold this attempt."""
        if self._error is not None:
            try:
                raise self._error
            finally:
                self._error = None
        return self._result  # type: ignore[return-value]  # it is there where no error is


class SandboxCopy(StoredSandbox):
    """The tables of a sandbox at one `version` of one `epoch`; `tx` names the transaction that made it.

    A sandbox that is made anew has another epoch, and a history that was wound back has other transactions.
    It `is_contended` while other workers write to it too, and then waits for its `turn`.
    """

    __slots__ = ("_unread", "epoch", "is_contended", "name", "turn", "tx", "version")

    def __init__(self, name: str, turn: Turn) -> None:
        super().__init__()
        self.name, self.turn, self.is_contended = name, turn, False
        self._unread: dict[bytes, bytes] = {}
        self.forget()

    @property
    def is_loaded(self) -> bool:
        """Whether it is a copy of anything."""
        return self.version != _NO_VERSION

    def forget(self) -> None:
        """Be a copy of nothing."""
        self.tables.clear()
        self._unread.clear()
        self.epoch, self.version, self.tx = b"", _NO_VERSION, b""

    def load(self, head: tuple[bytes, int, bytes], documents: Mapping[bytes, bytes]) -> None:
        """Become a copy of everything that is stored."""
        self.forget()
        self.epoch, self.version, self.tx = head
        for field, value in documents.items():
            self._put(field, read_document(value))

    def catch_up(
        self, version: int, tx: bytes, fields: Sequence[bytes], values: Sequence[bytes | None]
    ) -> None:
        """Become a copy of a later version; `values` are the documents now, None where there is none."""
        for field, value in zip(fields, values, strict=True):
            self._unread.pop(field, None)
            self._put(field, None if value is None else read_document(value))
        self.version, self.tx = version, tx

    def attempt(self, scope: str, clock: Clock, work: Callable[[MemoryState], T]) -> Attempt[T]:
        """Run `work` on the copy; an error undoes it, and is kept."""
        for field, value in self._unread.items():
            self._put(field, read_document(value))
        self._unread.clear()
        try:
            result, changes = self.run(scope, clock, work)
        except Exception as error:  # noqa: BLE001 - raised again, once it is sure that the copy was current
            return Attempt(None, error, [])
        return Attempt(result, None, changes)

    def keep(self, attempt: Attempt[T], written: Written, head: tuple[int, bytes]) -> bool:
        """Note that an attempt is stored, as the version of `head`; False if it changed nothing.

        The next attempt has the documents as every other worker reads them, with an integer for a whole
        Decimal; what others have changed by then is not read at all.
        """
        self.drop_empty({table for table, _, _ in attempt.changes})
        if head[0] == self.version:
            return False
        self.version, self.tx = head
        self._unread.update(zip(written.sets[::2], written.sets[1::2], strict=True))
        return True

    def revert(self, attempt: Attempt[T]) -> None:
        """Undo an attempt's changes."""
        for table, key, document in reversed(attempt.changes):
            table.put(key, document)
        self.drop_empty({table for table, _, _ in attempt.changes})

    def _put(self, field: bytes, document: Document | None) -> None:
        place, key = split_field(field)
        table = self.tables.get(place)
        if table is None:
            if document is None:
                return
            table = self.create_table(place)
        if document is not None or key in table.documents:
            table.put(key, document)
