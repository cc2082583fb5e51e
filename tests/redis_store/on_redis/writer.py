"""A worker of the tests in a process of its own.

`python -m tests.redis_store.on_redis.writer ADDRESS NAME WORK NUMBER`. WORK is `registers`, which changes and
reads so many registers and prints what it saw, or `batches`, which writes batches for ever and prints the
number of each as soon as it is stored.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from itertools import count
from time import monotonic  # noqa: TID251 - one clock for all processes of the machine

from mockserver.redis_store.addresses import parse_address
from mockserver.redis_store.connection import RedisConnection
from mockserver.redis_store.store import RedisStore
from mockserver.sandbox.store import CallState

SANDBOX, SCOPE = "s", "acme/t"
ITEMS, TURNS = 50, 5


def main(address: str, name: str, work: str, number: str) -> None:
    """Do the work, and print what it shows."""
    store = RedisStore(RedisConnection(parse_address(address)))
    if work == "registers":
        print(json.dumps([_use_register(store, key, name) for key in range(int(number))]))  # noqa: T201
    else:
        for batch in count(1):
            store.transact(SANDBOX, SCOPE, partial(_write_batch, name, batch))
            print(batch, flush=True)  # noqa: T201


def _use_register(store: RedisStore, key: int, name: str) -> list[list[float]]:
    """Change a register, read it, and so on; the operations as began, ended, old, new."""
    seen = []
    for turn in range(TURNS):
        new = None if turn % 2 else key * 1000 + int(name) * 100 + turn + 1
        began = monotonic()
        old, left = store.transact(SANDBOX, SCOPE, partial(_exchange, f"r{key}", new))
        seen.append([began, monotonic(), old, left])
    return seen


def _exchange(key: str, new: int | None, state: CallState) -> tuple[int, int]:
    """Put a value into a register; the value that was there, and the one that is."""
    registers = state.collection("registers")
    held = registers.get(key)
    old: int = held["value"] if held else 0
    if new is None:
        return old, old
    registers[key] = {"value": new}
    return old, new


def _write_batch(name: str, batch: int, state: CallState) -> None:
    """Store so many items and as many lines, and count the batch."""
    items, lines = state.collection("items"), state.collection("lines")
    for at in range(ITEMS):
        with state.item():
            items[f"{name}-{batch}-{at}"] = {"batch": batch}
            lines[f"{name}-{batch}-{at}"] = {"batch": batch}
    state.collection("sums")[name] = {"batches": batch}


if __name__ == "__main__":
    main(*sys.argv[1:])
