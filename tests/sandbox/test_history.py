from __future__ import annotations

import pytest

from mockserver.sandbox import history
from mockserver.sandbox.memory_store import MemoryStore
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
    monkeypatch.setattr(history, "MAX_CHANGES", 3)
    call(sandboxes, 1, "a")
    call(sandboxes, 2, "b", "c", "d")
    call(sandboxes, 3, "e")

    assert (around(sandboxes, 1), around(sandboxes, 2)) == (None, None)
    assert around(sandboxes, 3) == (["a", "b", "c", "d", "old"], ["a", "b", "c", "d", "e", "old"])


def test_looking_at_a_sandbox_pushes_no_call_out_of_its_history(
    sandboxes: Sandboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MAX_STEPS", 5)
    call(sandboxes, 1, "a")

    for _ in range(9):
        sandboxes.dump("qa")

    assert around(sandboxes, 1) == (["old"], ["a", "old"])
