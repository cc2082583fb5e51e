from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from mockserver.redis_store.addresses import parse_address
from mockserver.redis_store.connection import RedisConnection
from mockserver.redis_store.store import RedisStore
from tests.support.engine_samples import NOW
from tests.support.redis_server import RedisServer, redis_server

_prefixes = count(1)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis for all tests that leave it as it is."""
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def new_address(running: RedisServer) -> Callable[[], str]:
    """A function that returns an address with a prefix that nobody else has."""
    return lambda: f"{running.url}?prefix=t{next(_prefixes)}"


@pytest.fixture
def address(new_address: Callable[[], str]) -> str:
    """An address of the test's own."""
    return new_address()


@pytest.fixture
def connect(address: str) -> Iterator[Callable[[], RedisConnection]]:
    """A function that opens one more connection."""
    made: list[RedisConnection] = []

    def opened() -> RedisConnection:
        made.append(RedisConnection(parse_address(address)))
        return made[-1]

    yield opened
    for connection in made:
        connection.close()


@pytest.fixture
def worker(connect: Callable[[], RedisConnection]) -> Callable[[], RedisStore]:
    """A function that returns the store as one more worker has it."""
    return lambda: RedisStore(connect(), lambda: NOW)
