"""A worker's copy of a sandbox, its documents in Redis, and the turns of writers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from secrets import token_hex
from struct import Struct
from time import monotonic
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import msgspec

from mockserver.codec import json
from mockserver.errors import StoreUnavailableError
from mockserver.model import Document, Value
from mockserver.redis_store.connection import RedisConnection
from mockserver.redis_store.keys import SandboxKeys
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.memory_store import MemoryState, PlacedChange, StoredSandbox, undo_to
from mockserver.sandbox.memory_table import DocumentChange, MemoryTable, UndoList, document_changes

_SEPARATOR = "\0"
_ERRORS = "surrogatepass"

# Numbers were checked when they came in: to check them again would double the time.
_decoder = msgspec.json.Decoder(float_hook=Decimal)

_SIZES = Struct(">ii")
"""Two sizes in bytes: of a field, and of its document or -1 if there is no document."""

LEASE_MS = 2000
"""Time after which a turn ends if its worker (perhaps killed) neither ends nor prolongs the turn."""

WAIT_MS = 80
"""Time that a worker waits before it asks again whether the turn is free."""

PATIENCE_S = 5.0
_BUSY = b"busy"
T = TypeVar("T")
_NO_VERSION = 0


class Written(Value, frozen=True):
    """Changes of a transaction in the form for Redis."""

    sets: Sequence[bytes]
    """Fields to set, each followed by its document."""
    deleted: Sequence[bytes]
    """Fields to delete."""


def field_of(place: tuple[str, str], key: str) -> bytes:
    """Return the field of a document in the hash of its sandbox: scope, collection and key."""
    return f"{place[0]}{_SEPARATOR}{place[1]}{_SEPARATOR}{key}".encode("utf-8", _ERRORS)


def split_field(field: bytes) -> tuple[tuple[str, str], str]:
    scope, name, key = field.decode("utf-8", _ERRORS).split(_SEPARATOR, 2)
    return (scope, name), key


def write_changes(undo: UndoList) -> Written:
    """Return the changes of a transaction, without documents that are the same before and after."""
    sets: list[bytes] = []
    deleted: list[bytes] = []
    for table, key, old in _first_changes(undo):
        new = table.documents.get(key)
        if new is old or (new == old and _is_shown_alike(new, old)):
            continue
        field = field_of(table.place, key)
        if new is None:
            deleted.append(field)
        else:
            sets += (field, json.encode(new))
    return Written(sets, deleted)


def _is_shown_alike(new: Document | None, old: Document | None) -> bool:
    """Return whether two equal documents have equal JSON texts; documents with 1.50 and 1.5 do not."""
    return json.encode(new) == json.encode(old)


def read_before(stored: bytes) -> list[PlacedChange]:
    """Return documents as they were before a change; `stored` has sizes, fields and documents in sequence."""
    found: list[PlacedChange] = []
    at = 0
    while at < len(stored):
        field_size, size = _SIZES.unpack_from(stored, at)
        begin = at + _SIZES.size + field_size
        at = begin + max(size, 0)
        place, key = split_field(stored[begin - field_size : begin])
        found.append((place, key, None if size < 0 else read_document(stored[begin:at])))
    return found


def write_tables(tables: dict[tuple[str, str], MemoryTable]) -> list[bytes]:
    written: list[bytes] = []
    for place, table in tables.items():
        for key, document in table.documents.items():
            written += (field_of(place, key), json.encode(document))
    return written


def read_document(value: bytes) -> Document:
    document: Document = _decoder.decode(value)
    return document


def _first_changes(undo: UndoList) -> Iterator[DocumentChange]:
    """Yield the first change of each document; it has the document as it was before the transaction."""
    seen: set[tuple[int, str]] = set()
    for change in document_changes(undo):
        place = (id(change[0]), change[1])
        if place not in seen:
            seen.add(place)
            yield change


class Turn:
    """A worker's turn to write to a sandbox.

    The turn ends when its `with` statement ends. If Redis does not answer, the worker keeps the token of the
    turn, and the next `with` statement tries to continue the turn.
    """

    def __init__(self, connection: RedisConnection, keys: SandboxKeys) -> None:
        self._connection, self._keys = connection, keys
        self.token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.token and not isinstance(error, StoreUnavailableError):
            with self._connection.waits(shared=False):
                self._connection.script("sandbox", self._keys, "release", self.token, token_hex(8))
            self.hand_over()

    def take(self, begin: Callable[[str, str], Sequence[Any]]) -> Sequence[Any]:
        """If the worker has the turn, prolong it; otherwise wait for it. Return the last answer of `begin`.

        `begin` gets the token of the turn, and the token of the wait ("" if the worker did not wait).
        If another worker has the turn, the answer of `begin` starts with `busy`. Raises StoreUnavailableError
        if other workers have the turn for PATIENCE_S, or if Redis does not answer.
        """
        began, answer = monotonic(), (begin(self.token, "") if self.token else [_BUSY])
        while answer[0] == _BUSY and monotonic() - began < PATIENCE_S:
            asked = self.token = token_hex(8)
            if not self._connection.script("sandbox", self._keys, "acquire", asked, WAIT_MS, LEASE_MS):
                given = self._connection.ask(lambda client: client.blpop(self._keys.wake, WAIT_MS / 1000))
                self.token = given[1].decode() if given else ""
            answer = begin(self.token, asked)
        if answer[0] != _BUSY:
            return answer
        raise StoreUnavailableError(f"other workers have been writing to the sandbox for {PATIENCE_S:.0f} s")

    def hand_over(self) -> None:
        self.token = ""


class Attempt(Generic[T]):
    """Result or error of work on a worker's copy, and the changes that the work made to the copy."""

    __slots__ = ("_error", "_result", "changes")

    def __init__(self, result: T | None, error: Exception | None, changes: UndoList) -> None:
        self._result, self._error, self.changes = result, error, changes

    def outcome(self) -> T:
        """Return the result or raise the error. Forget a raised error: its frames refer to this attempt."""
        if self._error is not None:
            try:
                raise self._error
            finally:
                self._error = None
        return self._result  # type: ignore[return-value]  # without an error there is a result


class SandboxCopy(StoredSandbox):
    """A worker's copy of the tables of a sandbox, at one `version` of one `epoch`.

    A sandbox that is created again has another epoch. `tx` is the transaction that made the version: if Redis
    loses its newest changes, another transaction may make a version of the same number. If `is_contended`,
    other workers write to the sandbox too, and this worker waits for its `turn` before each transaction.
    """

    __slots__ = ("_unread", "epoch", "is_contended", "name", "turn", "tx", "version")

    def __init__(self, name: str, turn: Turn) -> None:
        super().__init__()
        self.name, self.turn, self.is_contended = name, turn, False
        self._unread: dict[bytes, bytes] = {}
        self.forget()

    @property
    def is_loaded(self) -> bool:
        return self.version != _NO_VERSION

    def forget(self) -> None:
        """Empty the copy, so that it has to be loaded."""
        self.tables.clear()
        self._unread.clear()
        self.epoch, self.version, self.tx = b"", _NO_VERSION, b""

    def load(self, head: tuple[bytes, int, bytes], documents: Mapping[bytes, bytes]) -> None:
        self.forget()
        self.epoch, self.version, self.tx = head
        for field, value in documents.items():
            self._put(field, read_document(value))

    def catch_up(
        self, version: int, tx: bytes, fields: Sequence[bytes], values: Sequence[bytes | None]
    ) -> None:
        """Bring the copy to `version`; `values` has each field's document, or None if deleted."""
        for field, value in zip(fields, values, strict=True):
            self._unread.pop(field, None)
            self._put(field, None if value is None else read_document(value))
        self.version, self.tx = version, tx

    def attempt(self, scope: str, clock: Clock, work: Callable[[MemoryState], T]) -> Attempt[T]:
        """Run `work` on the copy. If `work` raises an error, undo its changes; the attempt has the error."""
        for field, value in self._unread.items():
            self._put(field, read_document(value))
        self._unread.clear()
        try:
            result, changes = self.run(scope, clock, work)
        except Exception as error:  # noqa: BLE001 - raised again, once it is sure that the copy was current
            return Attempt(None, error, [])
        return Attempt(result, None, changes)

    def keep(self, attempt: Attempt[T], written: Written, head: tuple[int, bytes]) -> bool:
        """Bring the copy to the version of a stored attempt. Return False if the attempt changed nothing.

        The next attempt reads the changed documents in their stored form, as other workers do, so that a
        whole Decimal becomes an integer. If another worker changes a document first, the newer form is read.
        """
        self.drop_empty({table for table, _, _ in attempt.changes})
        if head[0] == self.version:
            return False
        self.version, self.tx = head
        self._unread.update(zip(written.sets[::2], written.sets[1::2], strict=True))
        return True

    def revert(self, attempt: Attempt[T]) -> None:
        undo_to(0, list(attempt.changes))
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
