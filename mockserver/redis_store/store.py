"""Store that several workers share: each has a copy, and stores a transaction by one versioned commit."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from functools import partial
from itertools import pairwise
from secrets import token_hex
from threading import Lock, RLock, get_ident
from time import perf_counter
from typing import Any, TypeVar

from msgspec.structs import astuple, replace

from mockserver.errors import StoreUnavailableError, UnknownSandboxError
from mockserver.journal.journal import StoreCounts
from mockserver.model import Value
from mockserver.redis_store.connection import RedisConnection
from mockserver.redis_store.keys import list_keys
from mockserver.redis_store.sandbox_copy import (
    LEASE_MS,
    SandboxCopy,
    Turn,
    Written,
    read_before,
    write_changes,
    write_tables,
)
from mockserver.sandbox.clock import Clock, system_clock
from mockserver.sandbox.memory_store import (
    MAX_CHANGES,
    MemoryState,
    MemoryStore,
    PlacedChange,
    Rewound,
    StoredSandbox,
)
from mockserver.sandbox.store import SANDBOX_SCOPE, CallStates, SandboxState, Tables

_OF_CONTROL_PLANE = 0

T = TypeVar("T")
_DONE = b"done"
MAX_COPIES = 200
"""Maximum number of copies of sandboxes in a worker; the least recently used copy is dropped first."""


class Span(Value, frozen=True):
    """The versions of a sandbox before and after a call."""

    number: int
    """The call's number in the journal; 0 until the call ends."""
    before: int
    after: int
    epoch: bytes = b""
    """Epoch of the versions; empty in a span from Redis, which does not store the epoch."""


class CallHistory:
    """The newest changes of a sandbox, and the versions before and after each recorded call."""

    def __init__(self, connection: RedisConnection, sandbox: str) -> None:
        self._connection, self._keys = connection, connection.sandbox_keys(sandbox)

    def states(self, numbers: Collection[int], now: Tables, version: int) -> Mapping[int, CallStates]:
        """Return by number the known states before and after each call; `now` is the state at `version`."""
        spans = [span for span in self._spans() if span.number in numbers and span.number > 0]
        if not spans:
            return {}
        steps = self._steps()
        wanted = {at for span in spans for at in (span.before, span.after)}
        found: dict[int, Tables] = {}
        rewound = Rewound.of(now)
        while version >= min(wanted):
            if version in wanted:
                found[version] = rewound.tables()
            if version not in steps:
                break
            rewound.undo(steps[version])
            version -= 1
        return {
            span.number: CallStates(found[span.before], found[span.after])
            for span in spans
            if span.before in found and span.after in found
        }

    def last_writers(self, place: tuple[str, str], keys: Collection[str]) -> Mapping[str, int]:
        """Return by key the number of the call that last wrote the document; 0 for the control plane."""
        spans = self._spans()
        if not spans:
            return {}
        found: dict[str, int] = {}
        first = spans[0].before
        for version, changes in reversed(self._steps().items()):
            if version <= first:
                break
            for changed, key, _ in changes:
                if changed == place and key in keys:
                    found.setdefault(key, _number_at(spans, version))
        return found

    def _spans(self) -> list[Span]:
        members = self._connection.ask(lambda client: client.zrange(self._keys.calls, 0, -1))
        spans = (member.split() for member in members)
        return [Span(int(number), int(before), int(after)) for number, before, after in spans]

    def _steps(self) -> dict[int, Sequence[PlacedChange]]:
        """Return the changes of each version whose previous version is in the log, oldest version first."""
        entries = self._connection.ask(lambda client: client.xrange(self._keys.log))
        return {
            _version_of(one): read_before(fields[b"b"])
            for (before, _), (one, fields) in pairwise(entries)
            if _version_of(before) + 1 == _version_of(one)
        }


def _version_of(entry_id: bytes) -> int:
    return int(entry_id.partition(b"-")[0])


def _number_at(spans: Sequence[Span], version: int) -> int:
    return next((span.number for span in spans if span.before < version <= span.after), _OF_CONTROL_PLANE)


class RedisStore:
    """The sandboxes of all workers, in Redis or Valkey.

    A transaction runs on the worker's copy, which is wholly in memory. If the copy was current, one script
    then stores the changes. If not, the script returns the changes of other workers. The copy takes over
    these changes, and the work runs again in the worker's turn, so that no worker waits for ever. Methods
    that read or change a sandbox raise `StoreUnavailableError` if Redis does not answer.
    """

    def __init__(self, connection: RedisConnection, clock: Clock = system_clock) -> None:
        self._connection, self._clock = connection, clock
        self._copies: OrderedDict[str, SandboxCopy] = OrderedDict()
        self._spans: dict[tuple[int, str], Span] = {}
        self._discarded = MemoryStore(clock)
        self._lock = Lock()
        self._counts = StoreCounts()

    def lock(self, sandbox: str) -> RLock:
        stored = self._copies.get(sandbox)
        return RLock() if stored is None else stored.lock

    def create(self, sandbox: str, fill: Callable[[SandboxState], None]) -> bool:
        new = StoredSandbox()
        new.run(SANDBOX_SCOPE, self._clock, fill)
        made = (token_hex(8), token_hex(8), sandbox, self._clock().isoformat())
        return bool(self._script(sandbox, "create", *made, *write_tables(new.tables)))

    def one_call(self) -> AbstractContextManager[None]:
        return self._connection.waits(shared=True)

    def transact(self, sandbox: str, scope: str, work: Callable[[MemoryState], T]) -> T:
        """Run `work` on the sandbox, perhaps several times."""
        copy = self._copy(sandbox)
        with copy.lock:
            result, before = self._transact(copy, scope, work)
            if scope != SANDBOX_SCOPE:
                place = (get_ident(), sandbox)
                earlier = self._spans.get(place)
                if earlier is not None and earlier.epoch == copy.epoch:
                    before = earlier.before
                self._spans[place] = Span(0, before, copy.version, copy.epoch)
            return result

    def control(self, sandbox: str, work: Callable[[SandboxState], T]) -> T:
        return self.transact(sandbox, SANDBOX_SCOPE, work)

    def run_discarded(
        self, fill: Callable[[SandboxState], None], scope: str, work: Callable[[MemoryState], T]
    ) -> T:
        return self._discarded.run_discarded(fill, scope, work)

    def end_call(self, sandbox: str, number: int) -> None:
        """End a recorded call. If Redis does not answer, the versions of the call are lost."""
        span = self._spans.pop((get_ident(), sandbox), None)
        if span is None:
            copy = self._copy(sandbox)
            span = Span(0, copy.version, copy.version, copy.epoch)
        with suppress(StoreUnavailableError):
            self._script(sandbox, "end_call", *astuple(replace(span, number=number)))

    def forget_calls_before(self, sandbox: str, number: int) -> None:
        key = self._connection.sandbox_keys(sandbox).calls
        with suppress(StoreUnavailableError):
            self._connection.ask(lambda client: client.zremrangebyscore(key, "-inf", f"({number}"))

    def call_states(self, sandbox: str, numbers: Collection[int]) -> Mapping[int, CallStates]:
        copy = self._copy(sandbox)
        with copy.lock:
            tables: Tables = self.control(sandbox, lambda whole: whole.tables())
            version = copy.version
        return CallHistory(self._connection, sandbox).states(numbers, tables, version)

    def last_writers(self, sandbox: str, place: tuple[str, str], keys: Collection[str]) -> Mapping[str, int]:
        self.control(sandbox, lambda _whole: None)
        return CallHistory(self._connection, sandbox).last_writers(place, keys)

    def forget_calls(self, sandbox: str) -> None:
        """Delete the versions of all calls, the journal, and the open calls."""
        keys = self._connection.sandbox_keys(sandbox)
        deleted = (keys.calls, keys.open, keys.journal, keys.journal_head)
        self._connection.ask(lambda client: client.delete(*deleted))

    def delete(self, sandbox: str, last_used: datetime | None = None, /) -> None:
        head = self._connection.sandbox_keys(sandbox).head
        epoch = self._connection.ask(lambda client: client.hget(head, "epoch"))
        if epoch is None:
            raise UnknownSandboxError(sandbox)
        self._script(sandbox, "delete", epoch, sandbox, last_used.isoformat() if last_used else "")
        with self._lock:
            self._copies.pop(sandbox, None)

    def names(self) -> list[str]:
        def ask(client: Any) -> list[list[bytes]]:
            pipeline = client.pipeline(transaction=False)
            for key in list_keys(self._connection.address.prefix):
                pipeline.hkeys(key)
            found: list[list[bytes]] = pipeline.execute()
            return found

        return sorted(name.decode() for names in self._connection.ask(ask) for name in names)

    def take_counts(self) -> StoreCounts:
        """Return the counts of this worker's transactions since the previous `take_counts`."""
        with self._lock:
            counts, self._counts = self._counts, StoreCounts()
            return counts

    def _count(self, conflicts: int, seconds: float) -> None:
        with self._lock:
            counts = self._counts
            self._counts = StoreCounts(
                counts.transactions + 1, counts.conflicts + conflicts, counts.seconds + seconds
            )

    def _transact(self, copy: SandboxCopy, scope: str, work: Callable[[MemoryState], T]) -> tuple[T, int]:
        """Run `work` until it runs on the newest version; return the result and the version before `work`."""
        began, conflicts = perf_counter(), 0
        with copy.turn as turn:
            if copy.is_contended:
                self._take_turn(copy, turn)
            while True:
                if not copy.is_loaded:
                    self._load(copy)
                before = copy.version
                attempt = copy.attempt(scope, self._clock, work)
                written = write_changes(attempt.changes)
                answer = self._commit(copy, written, turn.token)
                if answer[0] == _DONE:
                    if copy.keep(attempt, written, (int(answer[1]), answer[2])):
                        turn.hand_over()
                    self._count(conflicts, perf_counter() - began)
                    return attempt.outcome(), before
                copy.revert(attempt)
                self._follow(copy, answer)
                conflicts += 1
                self._take_turn(copy, turn)

    def _take_turn(self, copy: SandboxCopy, turn: Turn) -> None:
        """Wait for the turn and bring the copy up to date; no other worker writes until the turn ends.

        A worker takes its turn after a conflict, because an attempt without the turn may fail again.
        """
        with self._connection.waits(shared=False):  # this waits for other workers, and not for Redis
            answer = turn.take(partial(self._begin_turn, copy))
        copy.is_contended = answer[0] != _DONE
        self._follow(copy, answer)

    def _begin_turn(self, copy: SandboxCopy, token: str, asked: str) -> Sequence[Any]:
        """Return other workers' changes; if `token` does not have the turn, the first element is `busy`."""
        answer: Sequence[Any] = self._script(
            copy.name, "turn", copy.epoch, copy.version, copy.tx, token, asked, LEASE_MS
        )
        return answer

    def _commit(self, copy: SandboxCopy, written: Written, token: str) -> Sequence[Any]:
        """Store the changes if the copy is current, and return the script's answer.

        If no answer comes, empty the copy, because the changes may be stored or not.
        """
        tx = token_hex(8)
        head = (copy.epoch, copy.version, copy.tx, tx, token)
        try:
            answer = self._script(
                copy.name,
                "commit",
                *head,
                MAX_CHANGES,
                len(written.sets) // 2,
                *written.sets,
                *written.deleted,
            )
        except StoreUnavailableError:
            copy.forget()
            raise
        return (_DONE, answer[1], tx.encode()) if answer[0] == _DONE else answer

    def _follow(self, copy: SandboxCopy, answer: Sequence[Any]) -> None:
        """Bring the copy to the state in the script's answer.

        Raises UnknownSandboxError if the sandbox was deleted.
        """
        match answer[0]:
            case b"missing":
                copy.forget()
                raise UnknownSandboxError(copy.name)
            case b"reload":
                copy.forget()
                self._load(copy)
            case b"stale":
                copy.catch_up(int(answer[1]), *answer[2:])

    def _load(self, copy: SandboxCopy) -> None:
        found = self._script(copy.name, "load")
        if not found:
            raise UnknownSandboxError(copy.name)
        epoch, version, tx, documents = found
        copy.load((epoch, int(version), tx), dict(zip(documents[::2], documents[1::2], strict=True)))

    def _copy(self, sandbox: str) -> SandboxCopy:
        with self._lock:
            copy = self._copies.get(sandbox)
            if copy is None:
                turn = Turn(self._connection, self._connection.sandbox_keys(sandbox))
                copy = self._copies[sandbox] = SandboxCopy(sandbox, turn)
                if len(self._copies) > MAX_COPIES:
                    self._copies.popitem(last=False)
            else:
                self._copies.move_to_end(sandbox)
            return copy

    def _script(self, sandbox: str, command: str, *arguments: str | bytes | float) -> Any:
        return self._connection.script("sandbox", self._connection.sandbox_keys(sandbox), command, *arguments)
