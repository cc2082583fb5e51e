from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.errors import StoreUnavailableError, UnknownSandboxError
from mockserver.redis_store.connection import RedisConnection
from mockserver.redis_store.keys import sandbox_keys
from mockserver.redis_store.store import RedisStore
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.store import SANDBOX_SCOPE, CallState, SandboxState, Store
from tests.support.engine_samples import NOW

SCOPE = "acme/t"
PLACE = (SCOPE, "orders")
Worker = Callable[[], RedisStore]


class BrokenError(Exception):
    """What a vendor may raise."""


def fill(whole: SandboxState) -> None:
    whole.load({SANDBOX_SCOPE: {"settings": {"seed": {"value": 7}}}, SCOPE: {"orders": {"old": {"n": 0}}}})


def write(store: Store, key: str, number: int = 1, sandbox: str = "s") -> None:
    def work(state: CallState) -> None:
        state.collection("orders")[key] = {"n": number}

    store.transact(sandbox, SCOPE, work)


def add_one(state: CallState) -> int:
    orders = state.collection("orders")
    number: int = (orders.get("sum") or {"n": 0})["n"] + 1
    orders["sum"] = {"n": number}
    return number


def put_unless_b(state: CallState, key: str) -> None:
    state.collection("orders")[key] = {"n": 1}
    if key == "b":
        raise BrokenError


def orders(store: Store, sandbox: str = "s") -> dict[str, Any]:
    return store.control(sandbox, lambda whole: dict(whole.tables()[SCOPE]["orders"]))


@pytest.fixture
def two(worker: Worker) -> tuple[RedisStore, RedisStore]:
    """Two workers, and a sandbox `s` that the first made."""
    first, second = worker(), worker()
    assert first.create("s", fill)
    return first, second


def test_what_one_worker_writes_another_reads(two: tuple[RedisStore, RedisStore]) -> None:
    write(two[0], "new")

    assert orders(two[1]) == {"old": {"n": 0}, "new": {"n": 1}}


def test_a_worker_that_has_a_copy_sees_what_another_changed_since(two: tuple[RedisStore, RedisStore]) -> None:
    assert orders(two[1]) == {"old": {"n": 0}}

    write(two[0], "old", 5)
    two[0].transact("s", SCOPE, lambda state: state.collection("orders").__delitem__("old"))
    write(two[0], "new")

    assert orders(two[1]) == {"new": {"n": 1}}


def test_work_on_an_old_copy_is_run_again_on_the_current_state(two: tuple[RedisStore, RedisStore]) -> None:
    assert two[1].transact("s", SCOPE, add_one) == 1
    assert two[0].transact("s", SCOPE, add_one) == 2

    assert two[1].transact("s", SCOPE, add_one) == 3
    assert two[1].take_counts().conflicts == 1


def test_work_that_fails_on_an_old_copy_is_run_again(two: tuple[RedisStore, RedisStore]) -> None:
    orders(two[1])
    write(two[0], "new")

    def needs_new(state: CallState) -> str:
        return str(state.collection("orders")["new"]["n"])

    assert two[1].transact("s", SCOPE, needs_new) == "1"


def test_an_error_of_the_work_passes_on_and_leaves_nothing(two: tuple[RedisStore, RedisStore]) -> None:
    def breaks(state: CallState) -> None:
        state.collection("orders")["new"] = {"n": 1}
        raise BrokenError

    with pytest.raises(BrokenError):
        two[0].transact("s", SCOPE, breaks)

    assert orders(two[0]) == orders(two[1]) == {"old": {"n": 0}}


def test_an_item_that_breaks_leaves_nothing_and_the_others_stay(two: tuple[RedisStore, RedisStore]) -> None:
    def work(state: CallState) -> None:
        for key in "abc":
            try:
                with state.item():
                    put_unless_b(state, key)
            except BrokenError:
                continue

    two[0].transact("s", SCOPE, work)

    assert sorted(orders(two[1])) == ["a", "c", "old"]


def test_numbers_and_ids_are_drawn_once_by_all_workers(two: tuple[RedisStore, RedisStore]) -> None:
    drawn = [
        two[turn % 2].transact("s", SCOPE, lambda state: (state.next("x"), state.uuid())) for turn in range(6)
    ]

    assert [number for number, _ in drawn] == [1, 2, 3, 4, 5, 6]
    assert len({uuid for _, uuid in drawn}) == 6


def test_ids_are_those_of_the_store_in_memory(two: tuple[RedisStore, RedisStore]) -> None:
    memory = MemoryStore(lambda: NOW)
    memory.create("s", fill)

    drawn = [store.transact("s", SCOPE, lambda state: state.uuid()) for store in (two[0], memory)]

    assert drawn[0] == drawn[1]


def test_a_sandbox_is_made_once(two: tuple[RedisStore, RedisStore]) -> None:
    write(two[0], "new")

    assert not two[1].create("s", fill)
    assert "new" in orders(two[1])


def test_a_sandbox_that_was_made_anew_has_nothing_of_the_old_one(two: tuple[RedisStore, RedisStore]) -> None:
    write(two[1], "new")
    two[0].delete("s")
    two[0].create("s", fill)

    assert orders(two[1]) == {"old": {"n": 0}}


def test_a_sandbox_that_another_worker_deleted_is_unknown(two: tuple[RedisStore, RedisStore]) -> None:
    orders(two[1])
    two[0].delete("s")

    with pytest.raises(UnknownSandboxError):
        write(two[1], "new")
    with pytest.raises(UnknownSandboxError):
        two[1].delete("s")
    assert two[1].names() == []


def test_all_workers_read_the_same_kinds_of_values(two: tuple[RedisStore, RedisStore]) -> None:
    def work(state: CallState) -> None:
        state.collection("orders")["new"] = {"n": Decimal(0), "lines": (), "price": Decimal("1.50")}

    two[0].transact("s", SCOPE, work)

    seen = [repr(orders(store)["new"]) for store in two]
    assert seen == ["{'n': 0, 'lines': [], 'price': Decimal('1.50')}"] * 2


def test_sandboxes_are_apart(two: tuple[RedisStore, RedisStore]) -> None:
    two[0].create("other", fill)
    write(two[0], "new", sandbox="other")

    assert orders(two[1]) == {"old": {"n": 0}}
    assert two[1].names() == ["other", "s"]


def test_a_history_that_was_wound_back_is_loaded_anew(
    two: tuple[RedisStore, RedisStore], connect: Callable[[], RedisConnection], worker: Worker
) -> None:
    connection = connect()
    keys = sandbox_keys(connection.address.prefix, "s")
    names = [keys.head, keys.documents, keys.log]
    kept = connection.ask(lambda client: [client.dump(name) for name in names])
    write(two[0], "lost")
    assert "lost" in orders(two[1])

    # As when a replica takes over that had not heard of the last write.
    connection.ask(
        lambda client: [
            client.restore(name, 0, value, replace=True) for name, value in zip(names, kept, strict=True)
        ]
    )
    write(worker(), "later")

    assert sorted(orders(two[0])) == sorted(orders(two[1])) == ["later", "old"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_redis_whose_clock_was_set_stores_all_the_same(
    connect: Callable[[], RedisConnection], hours: int
) -> None:
    connection = connect()
    store = RedisStore(connection, lambda: NOW)
    store.create("s", fill)

    [(node, (ahead_s, read))] = connection._clocks.items()  # noqa: SLF001 - the clock of a real Redis is not ours
    connection._clocks[node] = ahead_s + hours * 3600, read  # noqa: SLF001
    write(store, "new")

    assert "new" in orders(store)


def test_a_worker_that_missed_more_than_the_log_holds_loads_everything(
    two: tuple[RedisStore, RedisStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mockserver.redis_store.store.MAX_CHANGES", 3)
    orders(two[1])
    for number in range(10):
        write(two[0], f"k{number}")

    assert len(orders(two[1])) == 11


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    calls=st.lists(
        st.tuples(
            st.integers(0, 1),
            st.lists(st.tuples(st.sampled_from("abcd"), st.none() | st.integers(0, 3)), max_size=6),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_two_workers_together_are_one_store_in_memory(worker: Worker, calls: list[Any]) -> None:
    workers, memory = (worker(), worker()), MemoryStore(lambda: NOW)
    for store in (workers[0], memory):
        store.create("s", fill)
    for at, writes, breaks in calls:

        def work(state: CallState, writes: Any = writes, *, breaks: bool = breaks) -> list[Any]:
            table = state.collection("orders")
            for key, number in writes:
                if number is not None:
                    table[key] = {"n": number}
                elif key in table:
                    del table[key]
            if breaks:
                raise BrokenError
            return [state.uuid(), table.find("n", 1)]

        said = [_outcome(store, work) for store in (workers[at], memory)]
        assert said[0] == said[1]

    tables = [store.control("s", lambda whole: whole.tables()) for store in (*workers, memory)]
    workers[0].delete("s")
    assert tables[0] == tables[1] == tables[2]


def _outcome(store: Store, work: Callable[[CallState], Any]) -> Any:
    try:
        return store.transact("s", SCOPE, work)
    except BrokenError:
        return "broken"


def test_a_turn_that_redis_was_lost_in_goes_on_when_it_is_back(
    two: tuple[RedisStore, RedisStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    orders(two[1])
    write(two[0], "new")
    script, asked = RedisConnection.script, []

    def lose_second_commit(connection: RedisConnection, name: str, keys: Any, *arguments: Any) -> Any:
        asked.append(arguments[0])
        if arguments[0] == "commit" and asked.count("commit") == 2:
            raise StoreUnavailableError
        return script(connection, name, keys, *arguments)

    monkeypatch.setattr(RedisConnection, "script", lose_second_commit)
    with pytest.raises(StoreUnavailableError):
        write(two[1], "lost")
    write(two[1], "later")

    assert asked == ["commit", "acquire", "turn", "commit", "load", "commit"]
    assert sorted(orders(two[0])) == ["later", "new", "old"]


def test_nothing_is_lost_when_many_write_the_same(worker: Worker) -> None:
    workers = [worker() for _ in range(4)]
    workers[0].create("s", fill)
    begin = Barrier(len(workers))

    def write_often(store: RedisStore) -> list[int]:
        begin.wait()
        return [store.transact("s", SCOPE, add_one) for _ in range(50)]

    with ThreadPoolExecutor(len(workers)) as pool:
        drawn = [number for numbers in pool.map(write_often, workers) for number in numbers]

    assert sorted(drawn) == list(range(1, 201))


def test_the_states_around_a_call_are_known_at_every_worker(two: tuple[RedisStore, RedisStore]) -> None:
    write(two[0], "first")
    two[0].end_call("s", 1)
    write(two[1], "second")
    two[1].end_call("s", 2)
    two[0].transact("s", SCOPE, lambda _state: None)
    two[0].end_call("s", 3)
    write(two[1], "first", 9)

    states = two[1].call_states("s", [1, 2, 3, 4])

    seen = {
        number: [sorted(tables[SCOPE]["orders"]) for tables in (found.before, found.after)]
        for number, found in states.items()
    }
    assert seen == {
        1: [["old"], ["first", "old"]],
        2: [["first", "old"], ["first", "old", "second"]],
        3: [["first", "old", "second"], ["first", "old", "second"]],
    }
    assert states[2].after[SCOPE]["orders"]["first"] == {"n": 1}


def test_the_last_call_that_wrote_a_document_is_known(two: tuple[RedisStore, RedisStore]) -> None:
    write(two[0], "first")
    two[0].end_call("s", 1)
    write(two[1], "second")
    two[1].end_call("s", 2)
    two[1].control("s", lambda whole: whole.load({SCOPE: {"orders": {"first": {"n": 1}, "third": {"n": 3}}}}))

    assert two[0].last_writers("s", PLACE, ["first", "second", "third", "old"]) == {
        "first": 1,
        "second": 0,
        "third": 0,
        "old": 0,
    }


def test_calls_that_the_journal_dropped_are_forgotten(two: tuple[RedisStore, RedisStore]) -> None:
    for number in (1, 2):
        write(two[0], f"k{number}")
        two[0].end_call("s", number)

    two[1].forget_calls_before("s", 2)
    assert list(two[0].call_states("s", [1, 2])) == [2]

    two[1].forget_calls("s")
    assert two[0].call_states("s", [1, 2]) == {}
