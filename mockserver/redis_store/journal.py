"""Journal entries, notices of calls, counters and runs of cases, shared by all workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from secrets import token_hex
from threading import Thread
from time import sleep
from typing import Any

import msgspec
from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.json import parse_decimal
from mockserver.control.cases.runs import MAX_RUNS
from mockserver.errors import StoreUnavailableError
from mockserver.journal.entry import Entry
from mockserver.journal.journal import DEFAULT_LIMITS, Kept, Limits, StoreCounts, VendorCounts, counts_of
from mockserver.journal.view import applied_scenarios
from mockserver.model import Document
from mockserver.redis_store.connection import FAILURES, RedisConnection
from mockserver.redis_store.store import RedisStore

LOOKS = 32
"""A worker measures all journals each time it has added 1/LOOKS of the limit of all journals together."""

_PAUSE_S = 0.5
_STORE = "store"
LONGEST_S = 120
"""Time after which a run of a case counts as ended; the worker of a longer run was probably killed."""


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"no entry holds a {type(value).__name__}")


_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=_plain)
_decoder = msgspec.json.Decoder(Entry, float_hook=parse_decimal)


class RedisEntryLog:
    """The journal entries of all workers; `names` returns the names of all sandboxes.

    New entries are lost while Redis does not answer. If all journals together exceed the limits for all
    sandboxes, the oldest entries of the largest journals are dropped a little later.
    """

    def __init__(
        self, connection: RedisConnection, names: Callable[[], list[str]], limits: Limits = DEFAULT_LIMITS
    ) -> None:
        self._connection, self._names = connection, names
        self.limits = limits
        self._added_entries, self._added_bytes = 0, 0

    @property
    def channel(self) -> str:
        """Return the name of the channel that carries the sandbox and number of each new entry."""
        return self._connection.key("calls")

    def keep(self, entry: Entry, size_bytes: int) -> Kept:
        sandbox, limits = entry.call.sandbox, self.limits
        most = (limits.entries, limits.size_bytes, self.channel, sandbox)
        try:
            number, first = self._script(sandbox, "append", token_hex(8), size_bytes, *most, encode(entry))
        except StoreUnavailableError:
            return Kept(entry)
        dropped = {sandbox: int(first)} if int(first) else {}
        with suppress(StoreUnavailableError):
            if self._has_added_a_part(size_bytes):
                dropped |= self._shrink_all()
        return Kept(replace(entry, number=int(number)), dropped)

    def entries(self, sandbox: str, last: int | None = None) -> list[Entry]:
        if last == 0:
            return []
        key = self._connection.sandbox_keys(sandbox).journal
        found = self._connection.ask(lambda client: client.xrevrange(key, count=last))
        return [_entry_of(*one) for one in reversed(found)]

    def entry(self, sandbox: str, number: int) -> Entry | None:
        if number < 1:
            return None
        key, at = self._connection.sandbox_keys(sandbox).journal, f"{number}-0"
        found = self._connection.ask(lambda client: client.xrange(key, at, at))
        return _entry_of(*found[0]) if found else None

    def last_number(self, sandbox: str) -> int:
        return self._count(sandbox, "last")

    def size(self) -> int:
        keys = [self._connection.sandbox_keys(name).journal for name in self._names()]
        return sum(self._connection.ask(lambda client: [client.xlen(key) for key in keys]))

    def dropped(self, sandbox: str) -> int:
        return self._count(sandbox, "dropped")

    def clear(self, sandbox: str) -> int:
        return int(self._script(sandbox, "clear"))

    def forget(self, sandbox: str) -> None:
        """Do nothing: the store deletes the journal when it deletes the sandbox or forgets the calls."""

    def _has_added_a_part(self, size_bytes: int) -> bool:
        self._added_entries += 1
        self._added_bytes += size_bytes
        limits = self.limits
        if (
            self._added_entries * LOOKS < limits.entries_of_all
            and self._added_bytes * LOOKS < limits.size_bytes_of_all
        ):
            return False
        self._added_entries = self._added_bytes = 0
        return True

    def _shrink_all(self) -> dict[str, int]:
        """Shrink the largest journals; return the lowest remaining entry number of each shrunk sandbox."""
        names = self._names()
        keys = list(map(self._connection.sandbox_keys, names))

        def ask(pipeline: Any) -> None:
            for key in keys:
                pipeline.xlen(key.journal)
                pipeline.hget(key.journal_head, "bytes")

        found = [int(answer or 0) for answer in self._connection.once(ask)]
        entries, sizes = found[::2], found[1::2]
        most = share_of_each(entries, self.limits.entries_of_all)
        largest = share_of_each(sizes, self.limits.size_bytes_of_all)
        firsts = {
            name: int(self._script(name, "shrink", most, largest))
            for name, number, size in zip(names, entries, sizes, strict=True)
            if number > most or size > largest
        }
        return {name: first for name, first in firsts.items() if first}

    def _count(self, sandbox: str, name: str) -> int:
        key = self._connection.sandbox_keys(sandbox).journal_head
        return int(self._connection.ask(lambda client: client.hget(key, name)) or 0)

    def _script(self, sandbox: str, command: str, *arguments: str | bytes | float) -> Any:
        keys = self._connection.sandbox_keys(sandbox)
        return self._connection.script(
            "journal", (keys.head, keys.journal, keys.journal_head), command, *arguments
        )


def share_of_each(sizes: Sequence[int], most: int) -> int:
    """Return the size to which larger journals must shrink so that all together take at most `most`."""
    left, rest = most, sorted(sizes)
    while rest and rest[0] <= left // len(rest):
        left -= rest.pop(0)
    return left // len(rest) if rest else most


def encode(entry: Entry) -> bytes:
    """Return the stored form of an entry, which has only the applied rules of the sandbox's scenarios."""
    call = replace(entry.call, scenarios=applied_scenarios(entry))
    with suppress(UnicodeError):
        return _encoder.encode(replace(entry, call=call))
    # The call's `target` also has the octets that are no UTF-8, escaped.
    path = call.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _encoder.encode(replace(entry, call=replace(call, path=path)))


def decode(stored: bytes) -> Entry:
    return _decoder.decode(stored)


def _entry_of(entry_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    return replace(decode(fields[b"e"]), number=int(entry_id.partition(b"-")[0]))


class CallNews:
    """A thread that passes sandbox and number of each new entry to `listener`.

    While Redis does not answer, the thread misses entries; a console page that loads later shows them.
    """

    def __init__(
        self, connection: RedisConnection, channel: str, listener: Callable[[str, int], None]
    ) -> None:
        self._connection, self._channel, self._listener = connection, channel, listener

    def start(self) -> None:
        Thread(target=self._hear, name="call-news", daemon=True).start()

    def _hear(self) -> None:
        while True:
            try:
                with self._connection.subscribed(self._channel) as messages:
                    self._pass_on(messages)
            except FAILURES:
                sleep(_PAUSE_S)

    def _pass_on(self, messages: Any) -> None:
        while True:
            message = messages.get_message(ignore_subscribe_messages=True, timeout=_PAUSE_S)
            if message is not None:
                sandbox, _, number = message["data"].decode().partition(" ")
                self._listener(sandbox, int(number))


class RedisCounters:
    """A journal listener that counts every call, and the transactions of `store`.

    Nothing is counted while Redis does not answer.
    """

    def __init__(self, connection: RedisConnection, store: RedisStore) -> None:
        self._connection, self._store = connection, store

    def __call__(self, entry: Entry) -> None:
        counts, store = counts_of(entry), self._store.take_counts()
        of_vendor, of_store = self._key(entry.call.vendor), self._key(_STORE)

        def add(pipeline: Any) -> None:
            for name, count in counts.items():
                pipeline.hincrby(of_vendor, name, count)
            pipeline.hincrby(of_store, "transactions", store.transactions)
            pipeline.hincrby(of_store, "conflicts", store.conflicts)
            pipeline.hincrbyfloat(of_store, "seconds", store.seconds)

        with suppress(StoreUnavailableError):
            self._connection.once(add)

    def of(self, vendor: str) -> VendorCounts:
        found = self._connection.ask(lambda client: client.hgetall(self._key(vendor)))
        return VendorCounts.of({name.decode(): int(count) for name, count in found.items()})

    def of_store(self) -> StoreCounts:
        found = self._connection.ask(lambda client: client.hgetall(self._key(_STORE)))
        transactions, conflicts = (int(found.get(name, 0)) for name in (b"transactions", b"conflicts"))
        return StoreCounts(transactions, conflicts, float(found.get(b"seconds", 0)))

    def _key(self, counted: str) -> str:
        return self._connection.key(f"counts:{counted}")


class RedisCaseRuns:
    """`CaseRuns` in Redis. All methods raise StoreUnavailableError when Redis does not answer."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection
        self._last_key, self._verdicts_key = connection.key("case-runs-last"), connection.key("case-runs")

    @contextmanager
    def claim(self, sandbox: str) -> Iterator[bool]:
        keys, token = [self._connection.key(f"{{{sandbox}}}:case")], token_hex(8)
        try:
            yield bool(self._connection.script("case_run", keys, "claim", token, LONGEST_S))
        finally:
            with suppress(StoreUnavailableError):
                self._connection.script("case_run", keys, "end", token)

    def add(self, verdict: Document) -> Document:
        """Add a verdict and return it with its number. If an answer of Redis is lost, a number is skipped."""
        number = int(self._connection.ask(lambda client: client.incr(self._last_key)))
        numbered = {"run": number, **verdict}
        self._connection.ask(lambda client: client.hset(self._verdicts_key, number, json.encode(numbered)))
        self._connection.ask(lambda client: client.hdel(self._verdicts_key, number - MAX_RUNS))
        return numbered

    def find(self, run: int) -> Document | None:
        found = self._connection.ask(lambda client: client.hget(self._verdicts_key, run))
        verdict: Document | None = json.decode(found) if found else None
        return verdict
