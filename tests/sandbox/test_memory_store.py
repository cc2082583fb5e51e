from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.errors import UnknownSandboxError
from mockserver.sandbox import memory_store
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.memory_table import MemoryTable
from mockserver.sandbox.sandboxes import Sandboxes, Settings
from mockserver.sandbox.store import SANDBOX_SCOPE, CallState, SandboxState, State, Tables
from tests.support.engine_samples import NOW, store, stored, transact

SCOPE = "acme/"


@pytest.fixture
def sandboxes() -> Sandboxes:
    made = Sandboxes(MemoryStore(), {SCOPE: {"orders": {"old": {"id": "old"}}}}, {})
    made.create(Settings("qa"))
    return made


def call(sandboxes: Sandboxes, number: int, *keys: str, gone: str = "") -> None:
    """A call that stores orders in two transactions, and deletes one."""

    def work(key: str, state: State) -> None:
        state.collection("orders", "")[key] = {"id": key, "call": number}
        if gone:
            del state.collection("orders", "")[gone]

    for key in keys:
        sandboxes.transact("qa", SCOPE, lambda state, key=key: work(key, state))  # type: ignore[misc]
    sandboxes.store.end_call("qa", number)


def orders(tables: Tables) -> list[str]:
    return sorted(tables.get(SCOPE, {}).get("orders", {}))


def around(sandboxes: Sandboxes, number: int) -> tuple[list[str], list[str]] | None:
    found = sandboxes.store.call_states("qa", [number]).get(number)
    return (orders(found.before), orders(found.after)) if found else None


def test_the_state_before_and_after_a_call_is_known_when_others_followed(sandboxes: Sandboxes) -> None:
    call(sandboxes, 1, "a", "b")
    call(sandboxes, 2, "c", gone="old")
    call(sandboxes, 3, "d")

    assert around(sandboxes, 1) == (["old"], ["a", "b", "old"])
    assert around(sandboxes, 2) == (["a", "b", "old"], ["a", "b", "c"])


def test_a_call_that_changed_nothing_has_a_state_too(sandboxes: Sandboxes) -> None:
    call(sandboxes, 1)

    assert around(sandboxes, 1) == (["old"], ["old"])


def test_the_last_call_that_wrote_a_document_is_known(sandboxes: Sandboxes) -> None:
    call(sandboxes, 1, "a", "b")
    call(sandboxes, 2, "b")

    found = sandboxes.store.last_writers("qa", (SCOPE, "orders"), {"a", "b", "old"})

    assert found == {"a": 1, "b": 2}


def test_a_document_that_the_control_plane_wrote_last_has_no_call(sandboxes: Sandboxes) -> None:
    call(sandboxes, 1, "a")
    sandboxes.store.control("qa", lambda whole: whole.load({SCOPE: {"orders": {"a": {"id": "new"}}}}))

    assert sandboxes.store.last_writers("qa", (SCOPE, "orders"), {"a"}) == {"a": 0}


def test_nobody_wrote_a_document_of_an_unknown_sandbox(sandboxes: Sandboxes) -> None:
    with pytest.raises(UnknownSandboxError):
        sandboxes.store.last_writers("nobody", (SCOPE, "orders"), {"a"})


def test_changes_of_the_control_plane_belong_to_no_call(sandboxes: Sandboxes) -> None:
    call(sandboxes, 1, "a")
    sandboxes.assume("qa", {"acme.strict": "on"})
    sandboxes.control(
        "qa", lambda whole: whole.load({**whole.tables(), SCOPE: {"orders": {"b": {"id": "b"}}}})
    )
    call(sandboxes, 2, "c")

    assert around(sandboxes, 1) == (["old"], ["a", "old"])
    assert around(sandboxes, 2) == (["b"], ["b", "c"])


def test_an_assumption_that_was_set_before_a_call_is_in_the_state_before_it(sandboxes: Sandboxes) -> None:
    sandboxes.assume("qa", {"acme.strict": "on"})
    call(sandboxes, 1, "a")

    before = sandboxes.store.call_states("qa", [1])[1].before

    assert before[SCOPE]["assumptions"]["strict"]["value"] == "on"


def test_a_state_is_the_same_documents_as_a_dump_would_have(sandboxes: Sandboxes) -> None:
    call(sandboxes, 1, "a")
    dumped = sandboxes.dump("qa")
    call(sandboxes, 2, "b", gone="a")

    assert sandboxes.store.call_states("qa", [1, 2])[1].after == dumped
    assert sandboxes.store.call_states("qa", [1, 2])[2].before == dumped


def test_a_reset_forgets_the_calls_before_it(sandboxes: Sandboxes) -> None:
    call(sandboxes, 1, "a")

    sandboxes.reset("qa")

    assert around(sandboxes, 1) is None


def test_calls_that_changed_too_much_since_are_no_longer_known(
    sandboxes: Sandboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_store, "MAX_CHANGES", 3)
    call(sandboxes, 1, "a")
    call(sandboxes, 2, "b", "c", "d")
    call(sandboxes, 3, "e")

    assert (around(sandboxes, 1), around(sandboxes, 2)) == (None, None)
    assert around(sandboxes, 3) == (["a", "b", "c", "d", "old"], ["a", "b", "c", "d", "e", "old"])


def test_looking_at_a_sandbox_pushes_no_call_out_of_its_history(
    sandboxes: Sandboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_store, "MAX_CHANGES", 2)
    call(sandboxes, 1, "a")

    for _ in range(9):
        sandboxes.dump("qa")

    assert around(sandboxes, 1) == (["old"], ["a", "old"])


def test_calls_that_the_journal_has_dropped_are_no_longer_known(sandboxes: Sandboxes) -> None:
    for number, key in enumerate("abc", 1):
        call(sandboxes, number, key)

    sandboxes.store.forget_calls_before("qa", 3)

    assert (around(sandboxes, 1), around(sandboxes, 2)) == (None, None)
    assert around(sandboxes, 3) == (["a", "b", "old"], ["a", "b", "c", "old"])


def test_what_the_control_plane_changed_before_the_first_call_that_is_kept_is_forgotten() -> None:
    kept = memory_store.KeptSteps()
    one = memory_store.History(kept)
    table = MemoryTable(("acme/", "orders"), [])
    one.end_call(1)
    for key in "abc":
        table.put(key, {})
        one.add([(table, (key,), (None,))], is_control=True)

    one.forget_before(2)

    assert (len(one.steps), one.changes, len(kept.arrivals), kept.changes) == (0, 0, 0, 0)


def test_calls_that_changed_nothing_are_limited_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_store, "MAX_CHANGES", 3)
    one = memory_store.History()

    for number in range(1, 11):
        one.end_call(number)

    assert [step.number for step in one.steps] == [8, 9, 10]


def test_all_sandboxes_together_remember_no_more_changes_than_the_limit_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory_store, "MAX_CHANGES_OF_ALL", 3)
    kept = memory_store.KeptSteps()
    all_of_them = [memory_store.History(kept) for _ in range(8)]
    table = MemoryTable(("acme/", "orders"), [])

    for number in range(1, 6):
        for one in all_of_them:
            one.add([(table, ("a",), (None,))], is_control=False)
            one.end_call(number)

    assert [len(one.steps) for one in all_of_them] == [0, 0, 0, 0, 0, 1, 1, 1]
    assert (kept.changes, len(kept.arrivals)) == (3, 3)


def test_a_history_that_was_forgotten_counts_for_no_limit_any_more() -> None:
    kept = memory_store.KeptSteps()
    one, other = memory_store.History(kept), memory_store.History(kept)
    for each in (one, other):
        each.add([(MemoryTable(("acme/", "orders"), []), ("a",), (None,))], is_control=False)
        each.end_call(1)

    one.begin()

    assert (kept.changes, list(kept.arrivals.values())) == (1, [other])


def test_a_sandbox_that_is_deleted_leaves_no_step_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = memory_store.KeptSteps()
    monkeypatch.setattr(memory_store, "KeptSteps", lambda: kept)
    made = Sandboxes(MemoryStore(), {}, {})
    made.create(Settings("qa"))
    call(made, 1, "a")

    made.delete("qa")

    assert (len(kept.arrivals), kept.changes) == (0, 0)


def test_a_call_that_ends_after_its_sandbox_was_deleted_counts_for_no_limit() -> None:
    kept = memory_store.KeptSteps()
    one = memory_store.History(kept)
    one.add([(MemoryTable(("acme/", "orders"), []), ("a",), (None,))], is_control=False)

    one.end()
    one.end_call(1)

    assert (len(kept.arrivals), kept.changes) == (0, 0)


WRITES = st.lists(st.tuples(st.sampled_from("abcd"), st.none() | st.integers(0, 3)), max_size=12)


class BrokenError(Exception):
    """What a vendor may raise."""


def write(state: State, *keys: str) -> None:
    for key in keys:
        state.collection("orders")[key] = {"id": key}


def undone(state: State, work: Callable[[], object]) -> None:
    """Do `work` inside a savepoint that breaks."""

    def broken() -> None:
        work()
        raise BrokenError

    with pytest.raises(BrokenError), state.item():
        broken()


def paint(state: State, **colours: str) -> None:
    for key, colour in colours.items():
        state.collection("orders")[key] = {"id": key, "colour": colour}


def seeded(seed: int) -> MemoryStore:
    made = MemoryStore(clock=lambda: NOW)
    made.create("default", lambda whole: whole.load({SANDBOX_SCOPE: {"settings": {"seed": {"value": seed}}}}))
    return made


def test_what_is_written_is_there_in_the_next_transaction() -> None:
    made = store()

    transact(made, lambda state: write(state, "b", "a"))

    assert stored(made) == ["a", "b"]


def test_an_exception_rolls_the_transaction_back_and_passes_on() -> None:
    made = store()

    def work(state: State) -> None:
        write(state, "a")
        raise BrokenError

    with pytest.raises(BrokenError):
        transact(made, work)

    assert stored(made) == []


def test_an_exception_brings_back_what_was_overwritten_and_deleted() -> None:
    made = store()
    transact(made, lambda state: write(state, "a", "b"))

    def work(state: State) -> None:
        state.collection("orders")["a"] = {"id": "other"}
        del state.collection("orders")["b"]
        raise BrokenError

    with pytest.raises(BrokenError):
        transact(made, work)

    assert transact(made, lambda state: list(state.collection("orders").values())) == [
        {"id": "a"},
        {"id": "b"},
    ]


def test_a_savepoint_undoes_its_own_part_alone() -> None:
    made = store()

    def work(state: State) -> None:
        write(state, "before")
        undone(state, lambda: write(state, "inside"))
        write(state, "later")

    transact(made, work)

    assert stored(made) == ["before", "later"]


def test_what_was_written_since_a_mark_can_be_undone() -> None:
    made = store()

    def work(state: State) -> None:
        write(state, "before")
        mark = state.mark()
        write(state, "since")
        write(state, "since too")
        state.undo_to(mark)
        write(state, "later")

    transact(made, work)

    assert stored(made) == ["before", "later"]


def test_a_savepoint_undoes_what_was_written_around_a_mark_inside() -> None:
    made = store()

    def inner(state: State) -> None:
        write(state, "before")
        state.undo_to(state.mark())
        write(state, "later")

    transact(made, lambda state: undone(state, lambda: inner(state)))

    assert stored(made) == []


def test_savepoints_nest() -> None:
    made = store()

    def work(state: State) -> None:
        with state.item():
            write(state, "outer")
            undone(state, lambda: write(state, "inner"))

    transact(made, work)

    assert stored(made) == ["outer"]


def test_an_outer_savepoint_undoes_inner_ones_that_went_well() -> None:
    made = store()

    def inner(state: State) -> None:
        with state.item():
            write(state, "inner")

    transact(made, lambda state: undone(state, lambda: inner(state)))

    assert stored(made) == []


def test_what_is_made_and_deleted_inside_a_savepoint_is_gone_after_undo() -> None:
    made = store()

    def fleeting(state: State) -> None:
        write(state, "a")
        del state.collection("orders")["a"]

    transact(made, lambda state: undone(state, lambda: fleeting(state)))

    assert stored(made) == []


def test_the_find_index_is_kept_under_undo() -> None:
    made = store()

    def work(state: State) -> list[Any]:
        orders = state.collection("orders")
        orders["a"] = {"id": "a", "colour": "red"}
        orders.find("colour", "red")
        undone(state, lambda: paint(state, a="blue", b="red"))
        return [orders.find("colour", "red"), orders.find("colour", "blue")]

    assert transact(made, work) == [[{"id": "a", "colour": "red"}], []]


@given(WRITES, WRITES)
def test_undo_leaves_everything_as_it_was(
    before: list[tuple[str, int | None]], undone: list[tuple[str, int | None]]
) -> None:
    made = store()

    def fill(state: State) -> None:
        scribble(state, undone)
        raise BrokenError

    transact(made, lambda state: scribble(state, before))
    then = seen(made)
    with pytest.raises(BrokenError):
        transact(made, fill)

    assert seen(made) == then


def scribble(state: State, writes: list[tuple[str, int | None]]) -> None:
    orders = state.collection("orders")
    for key, colour in writes:
        if colour is not None:
            orders[key] = {"id": key, "colour": colour}
        elif key in orders:
            del orders[key]


def seen(made: MemoryStore) -> list[Any]:
    """Everything by each of the ways there are to look at it."""
    return transact(
        made,
        lambda state: [
            list(state.collection("orders")),
            list(state.collection("orders").values()),
            [state.collection("orders").find("colour", colour) for colour in range(4)],
            len(state.collection("orders")),
        ],
    )


def test_a_sequence_counts_from_one() -> None:
    assert transact(store(), lambda state: [state.next("order"), state.next("order")]) == [1, 2]


def test_sequences_are_apart_by_name() -> None:
    assert transact(store(), lambda state: [state.next("order"), state.next("line")]) == [1, 1]


def test_a_sequence_is_undone_with_the_rest() -> None:
    made = store()

    def work(state: State) -> list[int]:
        first = state.next("order")
        undone(state, lambda: state.next("order"))
        return [first, state.next("order")]

    assert transact(made, work) == [1, 2]


def test_a_sequence_is_shared_by_the_tenants_of_a_vendor() -> None:
    made = store()

    numbers = [
        made.transact("default", scope, lambda state: state.next("order"))
        for scope in ("acme/one", "acme/two", "other/one")
    ]

    assert numbers == [1, 2, 1]


def test_octets_that_are_undone_are_given_again() -> None:
    made = store()

    def work(state: State) -> list[bytes]:
        drawn: list[bytes] = []
        undone(state, lambda: drawn.append(state.octets(8)))
        return [*drawn, state.octets(8), state.octets(8)]

    first, second, third = transact(made, work)

    assert (first == second, second == third) == (True, False)


@given(st.integers(0, 2**53))
def test_the_same_seed_gives_the_same_ids(seed: int) -> None:
    drawn = [transact(seeded(seed), lambda state: [state.uuid(), state.octets(4)]) for _ in range(2)]

    assert drawn[0] == drawn[1]


def test_another_seed_gives_other_ids() -> None:
    assert transact(seeded(1), lambda state: state.uuid()) != transact(seeded(2), lambda state: state.uuid())


def test_a_uuid_is_of_version_4() -> None:
    assert transact(store(), lambda state: state.uuid())[14] == "4"


def test_the_clock_is_read_once_a_transaction() -> None:
    ticks = iter([datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC)])
    made = MemoryStore(clock=lambda: next(ticks))
    made.create("default", lambda _whole: None)

    assert transact(made, lambda state: [state.now.day, state.now.day]) == [5, 5]


def test_a_frozen_clock_stands() -> None:
    made = MemoryStore()
    clock = {"frozen": "2026-01-05T10:00:00+01:00"}
    made.create("default", lambda whole: whole.load({SANDBOX_SCOPE: {"settings": {"clock": clock}}}))

    assert transact(made, lambda state: state.now) == NOW


def test_tenants_do_not_see_each_other() -> None:
    made = store()

    made.transact("default", "acme/one", lambda state: write(state, "a"))

    assert made.transact("default", "acme/two", lambda state: list(state.collection("orders"))) == []


def test_another_tenant_of_the_same_vendor_can_be_named() -> None:
    made = store()

    made.transact("default", "acme/one", lambda state: write(state, "a"))

    assert made.transact("default", "acme/", lambda state: list(state.collection("orders", "one"))) == ["a"]


def test_documents_are_read_only_here() -> None:
    made = store()
    transact(made, lambda state: write(state, "a"))

    with pytest.raises(TypeError, match="read-only"):
        transact(made, lambda state: state.collection("orders")["a"].update(id="b"))  # type: ignore[attr-defined]


def test_a_document_is_kept_apart_from_the_one_that_was_given() -> None:
    made, given = store(), {"id": "a"}

    def work(state: State) -> None:
        state.collection("orders")["a"] = given

    transact(made, work)
    given["id"] = "b"

    assert transact(made, lambda state: state.collection("orders")["a"]["id"]) == "a"


def test_a_key_that_is_not_there_is_none() -> None:
    assert transact(store(), lambda state: state.collection("orders").get("a")) is None


@pytest.mark.parametrize("take", [lambda found: found["a"], lambda found: found.__delitem__("a")])
def test_a_key_that_has_to_be_there_is_a_key_error(take: Any) -> None:
    with pytest.raises(KeyError):
        transact(store(), lambda state: take(state.collection("orders")))


def test_a_collection_can_be_written_while_it_is_walked() -> None:
    made = store()
    transact(made, lambda state: write(state, "a", "b"))

    def work(state: State) -> None:
        for key in state.collection("orders"):
            write(state, key + "2")

    transact(made, work)

    assert stored(made) == ["a", "a2", "b", "b2"]


def test_sandboxes_are_worlds_of_their_own() -> None:
    made = store()
    made.create("other", lambda _whole: None)

    transact(made, lambda state: write(state, "a"))

    assert made.transact("other", "acme/", lambda state: list(state.collection("orders"))) == []


def test_a_sandbox_is_made_once() -> None:
    made = store()
    transact(made, lambda state: write(state, "a"))

    assert (made.create("default", lambda _whole: None), stored(made)) == (False, ["a"])


def test_a_sandbox_whose_beginning_breaks_is_not_made() -> None:
    made = store()

    def genesis(_whole: SandboxState) -> None:
        raise BrokenError

    with pytest.raises(BrokenError):
        made.create("other", genesis)

    assert made.names() == ["default"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda made: made.transact("nope", "acme/", lambda _state: None),
        lambda made: made.control("nope", lambda _whole: None),
        lambda made: made.delete("nope"),
    ],
    ids=["transact", "control", "delete"],
)
def test_a_sandbox_that_is_not_there_is_unknown(ask: Any) -> None:
    with pytest.raises(UnknownSandboxError):
        ask(store())


def test_a_deleted_sandbox_is_gone() -> None:
    made = store()

    made.delete("default")

    assert made.names() == []


def test_an_imagined_sandbox_is_filled_and_leaves_nothing_behind() -> None:
    made = MemoryStore(clock=lambda: NOW)

    def genesis(whole: SandboxState) -> None:
        whole.load({"acme/": {"orders": {"a": {"id": "a"}}}})

    def work(state: State) -> list[str]:
        write(state, "b")
        return list(state.collection("orders"))

    assert (made.run_discarded(genesis, "acme/", work), made.names()) == (["a", "b"], [])


def test_names_are_sorted() -> None:
    made = store()

    made.create("b", lambda _whole: None)
    made.create("a", lambda _whole: None)

    assert made.names() == ["a", "b", "default"]


def test_tables_hold_everything_by_scope_collection_and_key() -> None:
    made = store()
    transact(made, lambda state: write(state, "b", "a"))

    tables = made.control("default", lambda whole: whole.tables())

    assert tables == {"acme/": {"orders": {"a": {"id": "a"}, "b": {"id": "b"}}}}


def test_an_empty_table_is_left_out() -> None:
    made = store()

    transact(made, lambda state: len(state.collection("orders")))

    assert made.control("default", lambda whole: whole.tables()) == {}


def test_load_replaces_everything() -> None:
    made = store()
    transact(made, lambda state: write(state, "a"))

    made.control("default", lambda whole: whole.load({"acme/": {"orders": {"z": {"id": "z"}}}}))

    assert stored(made) == ["z"]


def test_two_threads_that_race_for_one_key_make_it_once() -> None:
    made, barrier = store(), Barrier(2)

    def work(state: State) -> str:
        known = "a" in state.collection("orders")
        write(state, "a")
        return "updated" if known else "created"

    def race(_: int) -> str:
        barrier.wait()
        return transact(made, work)

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(race, range(2))) == ["created", "updated"]


def test_threads_lose_no_number() -> None:
    made = store()

    with ThreadPoolExecutor(4) as threads:
        numbers = list(threads.map(lambda _: transact(made, lambda state: state.next("order")), range(200)))

    assert sorted(numbers) == list(range(1, 201))


def test_two_threads_make_a_sandbox_once() -> None:
    made, barrier = MemoryStore(), Barrier(2)

    def race(_: int) -> bool:
        barrier.wait()
        return made.create("default", lambda _whole: None)

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(race, range(2))) == [False, True]


def test_a_call_that_enters_a_tenant_sees_its_collections_from_then_on() -> None:
    made = store()

    def work(state: CallState) -> list[str]:
        write(state, "a")
        state.enter("one")
        write(state, "b")
        return list(state.collection("orders"))

    assert (made.transact("default", "acme/", work), stored(made)) == (["b"], ["a"])
    assert made.transact("default", "acme/one", lambda state: list(state.collection("orders"))) == ["b"]


def test_what_is_written_before_a_tenant_is_entered_is_undone_as_well() -> None:
    made = store()

    def work(state: CallState) -> None:
        write(state, "a")
        state.enter("one")
        write(state, "b")
        raise BrokenError

    with pytest.raises(BrokenError):
        made.transact("default", "acme/", work)

    assert stored(made) == []
