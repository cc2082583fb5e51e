from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mockserver.model import Document
from mockserver.sandbox import scenarios, snapshots
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.sandboxes import Sandboxes, Settings
from mockserver.sandbox.scenarios import SCENARIO_COUNTERS
from mockserver.sandbox.snapshots import (
    DocumentPlace,
    TooManySnapshotsError,
    UnknownSnapshotError,
    ValueChange,
    diff_tables,
)
from mockserver.sandbox.store import SandboxState, State
from tests.support.engine_samples import NOW
from tests.support.frozen_documents import freeze_document

FIXTURES = {"acme/": {"orders": {"A": {"id": "A"}}}, "acme/one": {"orders": {"B": {"id": "B"}}}}
SCENARIO = {"version": 1, "name": "flaky", "rules": [{"id": "r1"}]}

Step = Callable[[Sandboxes, str], Any]


def write(key: str, number: int) -> Step:
    def work(state: State) -> None:
        state.collection("orders")[key] = {"id": key, "number": number, "made": state.uuid()}

    return lambda sandboxes, name: sandboxes.transact(name, "acme/one", work)


def drop(key: str) -> Step:
    def work(state: State) -> None:
        if key in state.collection("orders"):
            del state.collection("orders")[key]

    return lambda sandboxes, name: sandboxes.transact(name, "acme/", work)


def count(key: str) -> Step:
    def work(whole: SandboxState) -> None:
        whole.collection(SCENARIO_COUNTERS)[key] = {"calls": whole.next("counted"), "hits": 1}

    return lambda sandboxes, name: sandboxes.control(name, work)


def freeze(at: str) -> Step:
    return lambda sandboxes, name: sandboxes.set_clock(name, lambda _now, clock: replace(clock, frozen=at))


STEPS = st.lists(
    st.one_of(
        st.builds(write, st.sampled_from("ABC"), st.integers(0, 3)),
        st.builds(drop, st.sampled_from("AB")),
        st.builds(count, st.sampled_from(["flaky/r1", "flaky/r2"])),
        st.just(freeze("2020-02-29T12:00:00Z")),
        st.just(lambda sandboxes, name: sandboxes.assume(name, {"acme.quotas": "on"})),
        st.just(
            lambda sandboxes, name: sandboxes.control(
                name, lambda whole: scenarios.store_scenario(whole, SCENARIO, armed=True)
            )
        ),
        st.just(lambda sandboxes, name: sandboxes.reset(name)),
    ),
    max_size=8,
)


def fresh(*names: str) -> Sandboxes:
    sandboxes = Sandboxes(MemoryStore(clock=lambda: NOW, keep=freeze_document), FIXTURES, {})
    for name in names or ("new",):
        sandboxes.create(Settings(name, seed=7))
    return sandboxes


def take(sandboxes: Sandboxes, label: str = "") -> Document:
    return sandboxes.control("new", lambda whole: snapshots.take_snapshot(whole, label, 2))


def restore(sandboxes: Sandboxes, name: str) -> Document:
    return sandboxes.control("new", lambda whole: snapshots.restore_snapshot(whole, name))


def listed(sandboxes: Sandboxes) -> list[str]:
    return [str(one["id"]) for one in sandboxes.control("new", snapshots.list_snapshots)]


def walk(sandboxes: Sandboxes, steps: list[Step], name: str = "new") -> None:
    for step in steps:
        step(sandboxes, name)


def drawn(state: State) -> tuple[str, int, str]:
    return state.uuid(), state.next("order"), str(state.now)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # other work loads the machine
@given(STEPS, STEPS)
def test_invariant_19_what_follows_a_restored_snapshot_is_what_followed_it_before(
    before: list[Step], after: list[Step]
) -> None:
    sandboxes = fresh()
    walk(sandboxes, before)
    kept = take(sandboxes)
    held = sandboxes.dump("new")
    first = sandboxes.transact("new", "acme/", drawn)
    walk(sandboxes, after)

    restore(sandboxes, kept["id"])

    assert sandboxes.dump("new") == held
    assert sandboxes.transact("new", "acme/", drawn) == first


@given(STEPS)
def test_invariant_20_a_reset_sandbox_is_a_fresh_one(steps: list[Step]) -> None:
    sandboxes = fresh("new", "other")
    walk(sandboxes, steps)

    sandboxes.reset("new")

    assert sandboxes.dump("new") == sandboxes.dump("other")


@given(STEPS)
def test_invariant_14_what_is_done_in_one_sandbox_leaves_another_as_it_was(steps: list[Step]) -> None:
    sandboxes = fresh("new", "other")
    before = sandboxes.dump("other")

    walk(sandboxes, steps)
    take(sandboxes)

    assert sandboxes.dump("other") == before


def test_a_snapshot_is_shown_with_its_time_its_label_and_its_records() -> None:
    assert take(fresh(), "before the retry") == {
        "id": "s1",
        "at": "2026-01-05T09:00:00Z",
        "label": "before the retry",
        "records": 2,
    }


def test_snapshots_are_listed_in_the_order_in_which_they_were_taken() -> None:
    sandboxes = fresh()
    for _ in range(11):
        take(sandboxes)

    assert listed(sandboxes) == [f"s{number}" for number in range(1, 12)]


def test_a_snapshot_is_no_part_of_a_dump_nor_of_the_next_snapshot() -> None:
    sandboxes = fresh()
    before = sandboxes.dump("new")
    take(sandboxes)
    second = take(sandboxes)

    held = sandboxes.control("new", lambda whole: snapshots.snapshot_tables(whole, second["id"]))

    assert (sandboxes.dump("new"), held) == (before, before)


def test_snapshots_stay_when_one_is_restored_and_when_the_sandbox_is_reset() -> None:
    sandboxes = fresh()
    take(sandboxes)
    take(sandboxes)

    restore(sandboxes, "s1")
    sandboxes.reset("new")

    assert listed(sandboxes) == ["s1", "s2"]


def test_the_id_of_a_snapshot_that_was_dropped_is_not_given_again() -> None:
    sandboxes = fresh()
    take(sandboxes)
    take(sandboxes)

    sandboxes.control("new", lambda whole: snapshots.delete_snapshot(whole, "s2"))
    take(sandboxes)

    assert listed(sandboxes) == ["s1", "s3"]


@pytest.mark.parametrize(
    "ask", [snapshots.restore_snapshot, snapshots.delete_snapshot, snapshots.snapshot_tables]
)
def test_a_snapshot_that_is_not_there_is_unknown(ask: Callable[[SandboxState, str], Any]) -> None:
    sandboxes = fresh()

    with pytest.raises(UnknownSnapshotError, match="no snapshot s9"):
        sandboxes.control("new", lambda whole: ask(whole, "s9"))


def test_a_sandbox_has_so_many_snapshots_and_no_more() -> None:
    sandboxes = fresh()
    for _ in range(snapshots.MAX_SNAPSHOTS):
        take(sandboxes)

    with pytest.raises(TooManySnapshotsError):
        take(sandboxes)

    assert len(listed(sandboxes)) == snapshots.MAX_SNAPSHOTS


def test_a_snapshot_shares_its_documents_with_the_sandbox() -> None:
    sandboxes = Sandboxes(MemoryStore(clock=lambda: NOW), FIXTURES, {})
    sandboxes.create(Settings("new"))

    kept = take(sandboxes)

    held = sandboxes.control("new", lambda whole: snapshots.snapshot_tables(whole, kept["id"]))
    assert held["acme/"]["orders"]["A"] is sandboxes.dump("new")["acme/"]["orders"]["A"]


def test_dumped_snapshots_are_the_same_in_another_sandbox() -> None:
    sandboxes = fresh("new", "other")
    take(sandboxes, "first")
    dumped = sandboxes.control("new", snapshots.dump_snapshots)

    sandboxes.control("other", lambda whole: snapshots.load_snapshots(whole, dumped))

    assert sandboxes.control("other", snapshots.dump_snapshots) == dumped
    assert sandboxes.control("other", snapshots.list_snapshots)[0]["label"] == "first"


def test_snapshots_of_none_are_dumped_as_none() -> None:
    assert fresh("new").control("new", snapshots.dump_snapshots) == {"last": 0, "kept": {}}


SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "1"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)
TABLES = st.dictionaries(
    st.sampled_from(["acme/", "acme/one"]),
    st.dictionaries(
        st.sampled_from(["orders", "payees"]),
        st.dictionaries(st.sampled_from("12"), DOCUMENTS, max_size=2),
        max_size=2,
    ),
    max_size=2,
)


def of(**documents: Any) -> Any:
    return {"acme/": {"orders": documents}}


def at(key: str) -> DocumentPlace:
    return DocumentPlace("acme/", "orders", key)


def changes(old: Any, new: Any) -> dict[str, Any]:
    """What is said to have changed inside one document, by pointer."""
    found = diff_tables(of(A=old), of(A=new)).changed
    return {change.pointer: change.values for _place, inside in found for change in inside}


def test_what_was_added_removed_and_changed_is_told_apart() -> None:
    found = diff_tables(of(A={"n": 1}, B={}, C={"n": 1}), of(B={}, C={"n": 2}, D={"n": 3}))

    assert found.added == ((at("D"), {"n": 3}),)
    assert found.removed == ((at("A"), {"n": 1}),)
    assert found.changed == ((at("C"), (ValueChange("/n", {"old": 1, "new": 2}),)),)


def test_a_scope_and_a_collection_that_one_has_alone_are_told_by_their_documents() -> None:
    found = diff_tables({}, {"b/": {"x": {"1": {}}}, "a/": {"y": {"1": {}}, "empty": {}}})

    assert [place for place, _ in found.added] == [
        DocumentPlace("a/", "y", "1"),
        DocumentPlace("b/", "x", "1"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "pointer", "values"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "/a/b", {"old": 1, "new": 2}),
        ({"a": [1, 2]}, {"a": [1, 3]}, "/a/1", {"old": 2, "new": 3}),
        ({"a": [1]}, {"a": [1, 3]}, "/a/1", {"new": 3}),
        ({"a": [1, 3]}, {"a": [1]}, "/a/1", {"old": 3}),
        ({}, {"a": None}, "/a", {"new": None}),
        ({"a": None}, {}, "/a", {"old": None}),
        ({"a": {}}, {"a": []}, "/a", {"old": {}, "new": []}),
        ({"a": {"b": 1}}, {"a": 1}, "/a", {"old": {"b": 1}, "new": 1}),
        ({"a": True}, {"a": 1}, "/a", {"old": True, "new": 1}),
        ({"a": "1"}, {"a": 1}, "/a", {"old": "1", "new": 1}),
        (
            {"a": Decimal("1.0")},
            {"a": Decimal("1.00")},
            "/a",
            {"old": Decimal("1.0"), "new": Decimal("1.00")},
        ),
        ({"a/b~c": 1}, {"a/b~c": 2}, "/a~1b~0c", {"old": 1, "new": 2}),
    ],
)
def test_a_change_is_told_by_its_pointer(old: Any, new: Any, pointer: str, values: Any) -> None:
    assert changes(old, new) == {pointer: values}


def test_members_in_another_order_are_no_change() -> None:
    assert changes({"a": 1, "b": 2}, {"b": 2, "a": 1}) == {}


@given(TABLES)
def test_nothing_differs_from_itself(tables: Any) -> None:
    found = diff_tables(tables, tables)

    assert (found.added, found.removed, found.changed) == ((), (), ())


@given(TABLES, TABLES)
def test_the_way_back_is_the_same_the_other_way_round(before: Any, after: Any) -> None:
    there, back = diff_tables(before, after), diff_tables(after, before)

    assert (there.added, there.removed) == (back.removed, back.added)
    assert [place for place, _ in there.changed] == [place for place, _ in back.changed]
