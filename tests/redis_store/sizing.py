"""What a call costs a worker, Redis and the memory of both: `python -m tests.redis_store.sizing`.

Batches of VBA invoices that update records go to a server over one connection. Counted is the time that a
core was busy, not the time that passed, so that a client on the same machine takes nothing from it. Prints
the tables of docs/many-workers.md; `make bench-redis` starts it after the speed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from redis import Redis

from tests.support.redis_server import redis_server
from tests.tools.bench.batches import VBA
from tests.tools.bench.proof import control
from tests.tools.bench.servers import OURS, Server, serving
from tests.tools.bench.wire import connected, timed

SIZES = (1, 10, 100, 1_000, 10_000)
BUSY_S = 2.0
"""For how long the server works at each size; the kernel counts in hundredths of a second."""

MANY = 20_000
"""How many records the memory is measured by, and half of it the items of calls in the journal."""

_STATUS = 207
_DEFAULT = "/default"
_TICKS = os.sysconf("SC_CLK_TCK")
_KIB, _MIB = 1 << 10, 1 << 20


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of a core that a call takes."""

    worker: float
    redis: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """The straight line through the costs of the smallest and of the second largest batch."""

    call: float
    item: float

    def at(self, items: int) -> float:
        """Return the milliseconds of a call of so many items."""
        return self.call + self.item * items


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of a worker at first; of Redis and of a worker for a record; of Redis for what calls leave.

    Those are changed records, which are kept as they were, and items of calls in the journal.
    """

    worker_first: float
    redis_record: float
    worker_record: float
    changed_record: float
    journal_item: float


def main() -> None:
    """Measure and print."""
    with serving(OURS) as alone:
        in_memory = [_cost(alone, None, items) for items in SIZES]
    with _on_redis() as (server, client):
        shared = [_cost(server, client, items) for items in SIZES]
    with _on_redis() as (server, client):
        memory = _memory(server, client)
    for line in (*_costs(in_memory, shared), "", *_sizes(memory)):
        print(line)  # noqa: T201


@contextmanager
def _on_redis() -> Iterator[tuple[Server, Redis]]:
    """Yield a server with one worker, and a client of the Redis that nobody else uses."""
    with (
        TemporaryDirectory(prefix="redis-") as folder,
        redis_server(Path(folder)) as redis,
        serving((*OURS, "--store", redis.url)) as server,
    ):
        yield server, redis.client()


def _cost(server: Server, client: Redis | None, items: int) -> Cost:
    call = VBA.call(items, 0)
    with connected(server.port) as connection:
        timed(connection, call, _STATUS)  # makes the records that the others update
        calls, worker, redis = 0, _busy_ms(server.process), _redis_busy_ms(client)
        while _busy_ms(server.process) - worker < BUSY_S * 1000:
            timed(connection, call, _STATUS)
            calls += 1
        return Cost((_busy_ms(server.process) - worker) / calls, (_redis_busy_ms(client) - redis) / calls)


def _busy_ms(process: int) -> float:
    """Return the time for which cores have worked for a process, from /proc."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / _TICKS


def _redis_busy_ms(client: Redis | None) -> float:
    if client is None:
        return 0.0
    used = client.info("cpu")
    return float(used["used_cpu_user"] + used["used_cpu_sys"]) * 1000


def _memory(server: Server, client: Redis) -> Memory:
    with connected(server.port) as connection:
        timed(connection, VBA.call(1, MANY * 2), _STATUS)
        redis, worker = _used(client), server.resident_mib()
        for first in range(0, MANY, 1000):
            timed(connection, VBA.call(1000, first), _STATUS)
        control(server.port, "DELETE", f"{_DEFAULT}/journal")
        records, worker_records = _used(client) - redis, server.resident_mib() - worker
        before = _used(client)
        for _ in range(MANY // 200):
            timed(connection, VBA.call(100, 0), _STATUS)
        both = _used(client) - before
        control(server.port, "DELETE", f"{_DEFAULT}/journal")
        changes = _used(client) - before
    updated = MANY // 2
    return Memory(
        worker * _MIB,
        records / MANY,
        worker_records * _MIB / MANY,
        changes / updated,
        (both - changes) / updated,
    )


def _used(client: Redis) -> int:
    return int(client.info("memory")["used_memory"])


def _line(costs: Sequence[float]) -> Line:
    item = (costs[3] - costs[0]) / (SIZES[3] - SIZES[0])
    return Line(costs[0] - item, item)


def _costs(in_memory: Sequence[Cost], shared: Sequence[Cost]) -> Iterator[str]:
    worker, redis = _line([one.worker for one in shared]), _line([one.redis for one in shared])
    yield "| items of a call | worker, in memory | worker, with Redis | by the model | Redis | by the model |"
    yield "|---|---|---|---|---|---|"
    for items, alone, both in zip(SIZES, in_memory, shared, strict=True):
        yield (
            f"| {items:,} | {alone.worker:.2f} ms | {both.worker:.2f} ms | {worker.at(items):.2f} ms "
            f"| {both.redis:.2f} ms | {redis.at(items):.2f} ms |"
        )
    yield ""
    yield f"worker: {worker.call:.2f} ms a call and {worker.item:.4f} ms an item"
    yield f"Redis: {redis.call:.2f} ms a call and {redis.item:.4f} ms an item"


def _sizes(memory: Memory) -> Iterator[str]:
    yield "| what | in Redis | in each worker that uses the sandbox |"
    yield "|---|---|---|"
    yield f"| one record in one sandbox | — | {memory.worker_first / _MIB:.0f} MiB |"
    yield (
        f"| 1,000 records | {memory.redis_record * 1000 / _MIB:.1f} MiB "
        f"| {memory.worker_record * 1000 / _MIB:.1f} MiB |"
    )
    yield f"| 1,000 records that were changed | {memory.changed_record * 1000 / _MIB:.1f} MiB | — |"
    yield f"| a call of 100 items in the journal | {memory.journal_item * 100 / _KIB:.0f} KiB | — |"


if __name__ == "__main__":
    main()
