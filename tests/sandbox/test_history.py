from __future__ import annotations

import pytest

from mockserver.errors import UnknownSandboxError
from mockserver.sandbox import memory_store
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.memory_table import MemoryTable
from mockserver.sandbox.sandboxes import Sandboxes, Settings
from mockserver.sandbox.store import State, Tables

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
        one.add([(table, key, None)], is_control=True)

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
            one.add([(table, "a", None)], is_control=False)
            one.end_call(number)

    assert [len(one.steps) for one in all_of_them] == [0, 0, 0, 0, 0, 1, 1, 1]
    assert (kept.changes, len(kept.arrivals)) == (3, 3)


def test_a_history_that_was_forgotten_counts_for_no_limit_any_more() -> None:
    kept = memory_store.KeptSteps()
    one, other = memory_store.History(kept), memory_store.History(kept)
    for each in (one, other):
        each.add([(MemoryTable(("acme/", "orders"), []), "a", None)], is_control=False)
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
    one.add([(MemoryTable(("acme/", "orders"), []), "a", None)], is_control=False)

    one.end()
    one.end_call(1)

    assert (len(kept.arrivals), kept.changes) == (0, 0)
