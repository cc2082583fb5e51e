from __future__ import annotations

from collections.abc import Callable

import pytest
from redis.exceptions import ConnectionError as LostConnectionError
from redis.exceptions import TimeoutError as NoAnswerError

from mockserver.errors import StoreUnavailableError
from mockserver.redis_store.addresses import parse_address
from mockserver.redis_store.connection import BREAK_S, CALL_S, PATIENCE_S, RedisConnection

Work = Callable[[object], int]


class Time:
    """What the connection takes for the time; it passes only where a test lets it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def taken(self, seconds: float, error: Exception | None = None) -> Work:
        """Return what takes so long to be answered, or to be refused."""

        def work(_client: object) -> int:
            self.now += seconds
            if error:
                raise error
            return 1

        return work


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr("mockserver.redis_store.connection.monotonic", time)
    monkeypatch.setattr("mockserver.redis_store.connection.sleep", time.sleep)
    return time


@pytest.fixture
def connection() -> RedisConnection:
    return RedisConnection(parse_address("redis://127.0.0.1:1/0"))


def test_an_answer_may_take_longer_than_a_second(connection: RedisConnection, time: Time) -> None:
    assert connection._client.connection_pool.connection_kwargs["socket_timeout"] == CALL_S  # noqa: SLF001
    assert connection.ask(time.taken(2.9)) == 1


def test_waits_of_one_call_share_its_time(connection: RedisConnection, time: Time) -> None:
    with connection.waits(shared=True):
        for _ in range(3):
            connection.ask(time.taken(1.1))
        with pytest.raises(StoreUnavailableError, match="3 s to answer one call"):
            connection.ask(time.taken(0))

    assert connection.ask(time.taken(0)) == 1


def test_waits_apart_have_the_whole_time_each(connection: RedisConnection, time: Time) -> None:
    with connection.waits(shared=True):
        with connection.waits(shared=False):
            assert [connection.ask(time.taken(2)) for _ in range(3)] == [1, 1, 1]
        assert connection.ask(time.taken(2)) == 1


def test_time_between_the_waits_is_not_the_store_s(connection: RedisConnection, time: Time) -> None:
    with connection.waits(shared=True):
        for _ in range(3):
            time.now += 10
            assert connection.ask(time.taken(0.5)) == 1


@pytest.mark.parametrize(
    ("error", "each_s", "in_all_s"),
    [(LostConnectionError("refused"), 0, PATIENCE_S), (NoAnswerError("silent"), CALL_S, CALL_S)],
    ids=["dead", "silent"],
)
def test_a_store_is_given_up_after_a_bounded_time_and_then_at_once(
    connection: RedisConnection, time: Time, error: Exception, each_s: float, in_all_s: float
) -> None:
    began = time.now
    with pytest.raises(StoreUnavailableError, match=str(error)):
        connection.ask(time.taken(each_s, error))
    assert time.now - began == pytest.approx(in_all_s, abs=0.05)

    given_up = time.now
    with pytest.raises(StoreUnavailableError, match=str(error)):
        connection.ask(time.taken(each_s, error))
    assert time.now == given_up

    time.now += BREAK_S
    assert connection.ask(time.taken(0)) == 1


@pytest.mark.parametrize(
    "use",
    [
        lambda connection: connection.ask(lambda client: client.ping()),
        lambda connection: connection.once(lambda pipeline: pipeline.ping()),
        lambda connection: connection.script("case_run", ["k"], "claim", "t", 1),
    ],
    ids=["ask", "once", "script"],
)
@pytest.mark.parametrize(
    "address",
    ["redis://127.0.0.1:1/0", "redis+cluster://127.0.0.1:1", "redis+sentinel://127.0.0.1:1/world"],
    ids=["alone", "cluster", "sentinel"],
)
def test_a_store_that_is_away_from_the_beginning_is_given_up_likewise(
    time: Time, address: str, use: Callable[[RedisConnection], object]
) -> None:
    connection = RedisConnection(parse_address(address))

    with pytest.raises(StoreUnavailableError, match="does not answer"):
        use(connection)

    assert time.now <= 1000 + CALL_S
