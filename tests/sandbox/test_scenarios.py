from __future__ import annotations

from typing import Any

from mockserver.sandbox import scenarios
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.scenarios import SCENARIO_COUNTERS, SCENARIO_STATES, SCENARIOS
from mockserver.sandbox.store import SANDBOX_SCOPE, SandboxState
from tests.support.engine_samples import store


def put(made: MemoryStore, name: str, *, armed: bool = True) -> None:
    made.control("default", lambda whole: scenarios.store_scenario(whole, {"name": name}, armed=armed))


def count(made: MemoryStore, *keys: str) -> None:
    def work(whole: SandboxState) -> None:
        for key in keys:
            whole.collection(SCENARIO_COUNTERS)[key] = {"calls": 1, "hits": 1}
            whole.collection(SCENARIO_STATES)[key] = {"value": "calm"}

    made.control("default", work)


def kept(made: MemoryStore, collection: str) -> Any:
    return made.control("default", lambda whole: whole.tables().get(SANDBOX_SCOPE, {}).get(collection, {}))


def test_a_scenario_is_kept_with_its_place_in_the_order() -> None:
    made = store()
    put(made, "b")
    put(made, "a", armed=False)

    assert kept(made, SCENARIOS) == {
        "a": {"name": "a", "armed": False, "order": 2, "document": {"name": "a"}},
        "b": {"name": "b", "armed": True, "order": 1, "document": {"name": "b"}},
    }


def test_one_that_is_put_again_is_the_newest() -> None:
    made = store()
    put(made, "a")
    put(made, "b")
    put(made, "a")

    assert {name: one["order"] for name, one in kept(made, SCENARIOS).items()} == {"a": 3, "b": 2}


def test_one_that_is_put_again_has_counted_nothing_and_the_others_all_they_did() -> None:
    made = store()
    put(made, "a")
    count(made, "a/r1", "a/r1/7", "ab/r1", "b/a/r1")
    put(made, "a")

    assert list(kept(made, SCENARIO_COUNTERS)) == ["ab/r1", "b/a/r1"]
    assert list(kept(made, SCENARIO_STATES)) == ["ab/r1", "b/a/r1"]


def test_one_that_is_taken_away_leaves_nothing() -> None:
    made = store()
    put(made, "a")
    count(made, "a/r1", "b/r1")

    taken = made.control("default", lambda whole: scenarios.delete_scenario(whole, "a"))

    assert (taken, kept(made, SCENARIOS), list(kept(made, SCENARIO_COUNTERS))) == (True, {}, ["b/r1"])


def test_one_that_is_not_there_cannot_be_taken_away() -> None:
    assert not store().control("default", lambda whole: scenarios.delete_scenario(whole, "a"))


def test_when_all_are_taken_away_nothing_was_ever_counted() -> None:
    made = store()
    put(made, "a")
    count(made, "a/r1", "named-by-header/r1")

    made.control("default", scenarios.delete_all_scenarios)

    assert [kept(made, name) for name in (SCENARIOS, SCENARIO_COUNTERS, SCENARIO_STATES)] == [{}, {}, {}]


# Scenarios of the server's files


def change(made: MemoryStore, before: list[Any], after: list[Any]) -> None:
    changes = scenarios.changed_scenarios(before, after)
    made.control("default", lambda whole: scenarios.replace_scenarios(whole, changes))


def test_what_differs_is_told_by_name() -> None:
    same, old, gone, new = {"name": "same"}, {"name": "a", "v": 1}, {"name": "gone"}, {"name": "new"}

    assert scenarios.changed_scenarios([same, old, gone], [{"name": "a", "v": 2}, same, new]) == {
        "a": {"name": "a", "v": 2},
        "gone": None,
        "new": new,
    }


def test_a_changed_scenario_keeps_its_place_and_loses_what_it_counted() -> None:
    made = store()
    put(made, "a", armed=False)
    put(made, "b")
    count(made, "a/r1", "b/r1")

    change(made, [{"name": "a"}], [{"name": "a", "version": 2}])

    assert kept(made, SCENARIOS)["a"] == {
        "name": "a",
        "armed": False,
        "order": 1,
        "document": {"name": "a", "version": 2},
    }
    assert list(kept(made, SCENARIO_COUNTERS)) == ["b/r1"]


def test_a_scenario_that_is_renamed_is_armed_under_its_new_name_alone() -> None:
    made = store()
    put(made, "a")

    change(made, [{"name": "a"}], [{"name": "b"}])

    assert {name: one["armed"] for name, one in kept(made, SCENARIOS).items()} == {"b": True}


def test_a_scenario_that_the_sandbox_has_taken_away_is_armed_again_when_it_changes() -> None:
    made = store()

    change(made, [{"name": "a"}], [{"name": "a", "version": 2}])

    assert list(kept(made, SCENARIOS)) == ["a"]
