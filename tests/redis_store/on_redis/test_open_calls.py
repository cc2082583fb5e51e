from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event, Thread
from typing import Any

import pytest

from mockserver.errors import StoreUnavailableError
from mockserver.redis_store import sandbox_use
from mockserver.redis_store.connection import RedisConnection
from mockserver.redis_store.keys import sandbox_keys
from mockserver.redis_store.sandbox_use import LEASE_MS, OpenCalls
from mockserver.redis_store.store import RedisStore

VENDOR, TENANT, KEY = ("acme",), ("s", "acme", "one"), ("s", "acme", "one", "k")
GROUPS = [VENDOR, TENANT, KEY]
FOR_EVER = 1_000_000


@pytest.fixture
def store(worker: Callable[[], RedisStore]) -> RedisStore:
    """A store with a sandbox `s`."""
    made = worker()
    made.create("s", lambda _whole: None)
    return made


@pytest.fixture
def worker_calls(
    connect: Callable[[], RedisConnection], store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], OpenCalls]:
    """A function that returns the open calls as one more worker has them; it renews when it is told to."""
    monkeypatch.setattr(sandbox_use, "RENEW_S", FOR_EVER)
    return lambda: OpenCalls(connect(), store.names)


@pytest.fixture
def let_pass(connect: Callable[[], RedisConnection]) -> Callable[[int], None]:
    """A function that lets so many milliseconds of all leases pass."""

    def pass_(milliseconds: int) -> None:
        connection = connect()
        key = sandbox_keys(connection.address.prefix, "s").open

        def work(client: Any) -> None:
            for call in client.zrange(key, 0, -1):
                client.zincrby(key, -milliseconds, call)

        connection.ask(work)

    return pass_


def test_calls_of_all_workers_are_counted_by_group(worker_calls: Callable[[], OpenCalls]) -> None:
    one, other = worker_calls(), worker_calls()

    first, alone = one.enter("s", GROUPS)
    _, met = other.enter("s", [VENDOR, TENANT, (*KEY, "another")])
    _, elsewhere = other.enter("t", GROUPS)
    one.leave(first)

    assert (alone, met, elsewhere) == ([1, 1, 1], [2, 2, 1], [1, 1, 1])
    assert one.count(VENDOR) == 1
    assert [one.count(VENDOR, sandbox) for sandbox in ("s", "another")] == [1, 0]


def test_a_call_ends_with_its_lease_unless_its_worker_renews_it(
    worker_calls: Callable[[], OpenCalls], let_pass: Callable[[int], None]
) -> None:
    dead, living = worker_calls(), worker_calls()
    dead.enter("s", [VENDOR, KEY])
    living.enter("s", [VENDOR, TENANT])

    let_pass(LEASE_MS // 2)
    living.renew()
    let_pass(LEASE_MS // 2)

    _, counts = living.enter("s", GROUPS)
    assert counts == [2, 2, 1]


def test_a_worker_renews_again_and_again_also_after_redis_was_away(
    worker_calls: Callable[[], OpenCalls], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, enough = [], Event()

    def renew(_calls: OpenCalls) -> None:
        begun.append(1)
        if len(begun) == 3:
            enough.set()
        raise StoreUnavailableError

    monkeypatch.setattr(OpenCalls, "renew", renew)
    calls = worker_calls()
    monkeypatch.setattr(sandbox_use, "RENEW_S", 0.001)

    calls.enter("s", GROUPS)

    assert enough.wait(20)


def test_a_worker_renews_only_while_a_call_is_open(
    worker_calls: Callable[[], OpenCalls], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Thread] = []

    class Renewing(Thread):
        def start(self) -> None:
            made.append(self)
            super().start()

    calls = worker_calls()
    monkeypatch.setattr(sandbox_use, "RENEW_S", 0.001)
    monkeypatch.setattr(sandbox_use, "Thread", Renewing)
    for number in (1, 2):
        call, _ = calls.enter("s", GROUPS)
        calls.leave(call)
        made[-1].join(20)

        assert [one.is_alive() for one in made] == [False] * number


def test_an_end_that_redis_did_not_hear_of_is_told_again(
    worker_calls: Callable[[], OpenCalls], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = worker_calls()
    call, _ = calls.enter("s", GROUPS)
    with monkeypatch.context() as away:
        away.setattr(RedisConnection, "once", partial(_refuse))
        calls.leave(call)
    assert calls.count(KEY) == 1

    calls.renew()

    assert calls.count(KEY) == 0


def _refuse(*_arguments: object) -> None:
    raise StoreUnavailableError


@pytest.mark.parametrize("end", [RedisStore.delete, RedisStore.forget_calls], ids=["deleted", "reset"])
def test_calls_are_dropped_with_their_sandbox_and_not_brought_back(
    worker_calls: Callable[[], OpenCalls], store: RedisStore, end: Callable[[RedisStore, str], None]
) -> None:
    calls = worker_calls()
    calls.enter("s", GROUPS)

    end(store, "s")
    calls.renew()

    _, counts = calls.enter("s", GROUPS)
    assert counts == [1, 1, 1]
