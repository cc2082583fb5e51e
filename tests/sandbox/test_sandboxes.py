from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from mockserver.errors import TooManySandboxesError, UnknownSandboxError
from mockserver.sandbox import scenarios, snapshots
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.sandboxes import IdleTracker, Sandboxes, Settings, is_sandbox_name
from mockserver.sandbox.store import SANDBOX_SCOPE, SandboxState, State
from tests.support.engine_samples import NOW

BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)


@dataclass
class Machine:
    """A clock that is moved by hand."""

    now: datetime = field(default=BEGAN)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_a_sandbox_is_taken_in_once() -> None:
    presence = IdleTracker()

    assert (presence.add("one"), presence.add("one")) == (True, False)


def test_as_many_are_taken_in_as_there_may_be() -> None:
    presence = IdleTracker(max_sandboxes=2)
    presence.add("one")
    presence.add("two")

    with pytest.raises(TooManySandboxesError, match="there are 2 sandboxes"):
        presence.add("three")


def test_one_that_is_here_is_let_in_when_there_are_as_many_as_may_be() -> None:
    presence = IdleTracker(max_sandboxes=1)
    presence.add("one")

    assert not presence.add("one")


def test_one_that_goes_makes_room() -> None:
    presence = IdleTracker(max_sandboxes=1)
    presence.add("one")

    presence.forget("one")

    assert presence.add("two")


def test_it_tells_how_long_a_sandbox_was_not_used(machine: Machine) -> None:
    presence = IdleTracker(machine)
    presence.add("one")
    machine.wait(61)

    assert presence.idle_seconds("one") == 61


def test_a_sandbox_that_is_used_is_not_idle(machine: Machine) -> None:
    presence = IdleTracker(machine)
    presence.add("one")
    machine.wait(61)

    presence.touch("one")

    assert presence.idle_seconds("one") == 0


def test_to_use_one_that_is_not_here_leaves_nothing_behind(machine: Machine) -> None:
    presence = IdleTracker(machine, max_sandboxes=1)

    presence.touch("stranger")

    assert (presence.idle_seconds("stranger"), presence.add("one")) == (0, True)


def test_a_machine_whose_clock_goes_back_makes_no_sandbox_idle(machine: Machine) -> None:
    presence = IdleTracker(machine, idle_seconds=60)
    presence.add("one")
    machine.wait(-3600)

    assert (presence.idle_seconds("one"), presence.expired()) == (0, [])


@pytest.mark.parametrize(("seconds", "over"), [(59, []), (60, ["one"])])
def test_one_that_was_idle_for_long_enough_is_over(machine: Machine, seconds: int, over: list[str]) -> None:
    presence = IdleTracker(machine, idle_seconds=60)
    presence.add("one")
    machine.wait(seconds)

    assert presence.expired() == over


def test_the_default_sandbox_is_never_over(machine: Machine) -> None:
    presence = IdleTracker(machine, idle_seconds=60)
    presence.add("default")
    machine.wait(1_000_000)

    assert presence.expired() == []


def test_none_is_over_unless_that_was_asked_for(machine: Machine) -> None:
    presence = IdleTracker(machine)
    presence.add("one")
    machine.wait(1_000_000)

    assert presence.expired() == []


FIXTURES = {"acme/": {"orders": {"A": {"id": "A"}}}, "acme/one": {"orders": {"B": {"id": "B"}}}}
FROZEN = "2020-02-29T12:00:00Z"


@pytest.fixture
def sandboxes() -> Sandboxes:
    return Sandboxes(MemoryStore(clock=lambda: NOW), FIXTURES, {})


def keys(state: State) -> list[str]:
    return list(state.collection("orders"))


def add(state: State) -> None:
    state.collection("orders")["C"] = {"id": "C", "number": state.next("order")}


def add_and_list(state: State) -> list[str]:
    add(state)
    return keys(state)


def test_a_call_makes_the_sandbox_that_it_names(sandboxes: Sandboxes) -> None:
    assert (sandboxes.transact("new", "acme/", keys), sandboxes.store.names()) == (["A"], ["new"])


class _EndingStore(MemoryStore):
    """A store in which somebody else ends each sandbox as soon as it is made, a few times."""

    left = 3

    def create(self, sandbox: str, fill: Callable[[SandboxState], None]) -> bool:
        is_new = super().create(sandbox, fill)
        if self.left:
            self.left -= 1
            self.delete(sandbox)
        return is_new


def test_a_call_whose_sandbox_ends_under_it_works_in_the_one_that_is_made_anew() -> None:
    sandboxes = Sandboxes(_EndingStore(), FIXTURES, {})

    assert (sandboxes.transact("new", "acme/", keys), sandboxes.store.names()) == (["A"], ["new"])


@pytest.mark.parametrize("ask", ["reset", "show", "dump", "delete"])
def test_a_control_call_makes_none(sandboxes: Sandboxes, ask: str) -> None:
    with pytest.raises(UnknownSandboxError):
        getattr(sandboxes, ask)("new")

    assert sandboxes.store.names() == []


def test_a_sandbox_begins_with_the_fixtures_of_every_scope(sandboxes: Sandboxes) -> None:
    sandboxes.create(Settings("new"))

    assert sandboxes.transact("new", "acme/one", keys) == ["B"]


def test_an_empty_sandbox_begins_with_nothing(sandboxes: Sandboxes) -> None:
    sandboxes.create(Settings("new", empty=True))

    assert sandboxes.transact("new", "acme/", keys) == []


def test_an_empty_sandbox_begins_with_what_is_standing() -> None:
    standing = {"acme/": {"orders": {"S": {"id": "S"}}}}
    sandboxes = Sandboxes(MemoryStore(), FIXTURES, standing)

    sandboxes.create(Settings("new", empty=True))

    assert sandboxes.transact("new", "acme/", keys) == ["S"]


def test_a_tenant_that_was_only_looked_at_leaves_nothing_behind(sandboxes: Sandboxes) -> None:
    sandboxes.create(Settings("new"))
    before = sandboxes.dump("new")

    sandboxes.transact("new", "acme/nobody", keys)

    assert sandboxes.dump("new") == before


def test_a_sandbox_has_the_clock_and_the_settings_it_was_made_with(sandboxes: Sandboxes) -> None:
    settings = Settings("new", seed=7, frozen=FROZEN, empty=True)

    sandboxes.create(settings)

    shown = sandboxes.show("new")
    assert (shown.settings, shown.records) == (settings, 0)
    assert sandboxes.transact("new", "acme/", lambda state: state.now.year) == 2020


def test_the_name_of_a_sandbox_does_not_change_its_ids(sandboxes: Sandboxes) -> None:
    sandboxes.create(Settings("one", seed=7))
    sandboxes.create(Settings("two", seed=7))

    drawn = [sandboxes.transact(name, "acme/", lambda state: state.uuid()) for name in ("one", "two")]

    assert drawn[0] == drawn[1]


def test_show_counts_documents_but_no_numbers_of_ours(sandboxes: Sandboxes) -> None:
    sandboxes.transact("new", "acme/", add)

    assert sandboxes.show("new").records == 3


def test_reset_brings_the_beginning_back(sandboxes: Sandboxes) -> None:
    settings = Settings("new", seed=7, frozen=FROZEN)
    sandboxes.create(settings)
    before = sandboxes.dump("new")
    sandboxes.transact("new", "acme/", add)

    assert (sandboxes.reset("new"), sandboxes.dump("new")) == (settings, before)


def test_reset_gives_the_same_ids_again(sandboxes: Sandboxes) -> None:
    first = sandboxes.transact("new", "acme/", lambda state: state.uuid())

    sandboxes.reset("new")

    assert sandboxes.transact("new", "acme/", lambda state: state.uuid()) == first


def test_a_second_sandbox_is_untouched(sandboxes: Sandboxes) -> None:
    sandboxes.transact("one", "acme/", add)

    assert sandboxes.transact("two", "acme/", keys) == ["A"]


def test_a_deleted_sandbox_begins_anew(sandboxes: Sandboxes) -> None:
    sandboxes.transact("new", "acme/", add)

    sandboxes.delete("new")

    assert sandboxes.transact("new", "acme/", keys) == ["A"]


@pytest.mark.parametrize("create", [True, False])
def test_a_visit_makes_the_sandbox_where_it_may(sandboxes: Sandboxes, create: bool) -> None:  # noqa: FBT001
    sandboxes.transact_or_discard("new", "acme/", add, create=create)

    assert sandboxes.transact("new", "acme/", keys) == ["A", "C"]


def test_a_visit_to_one_sandbox_too_many_leaves_none_behind(sandboxes: Sandboxes) -> None:
    full = replace(sandboxes, idle_tracker=IdleTracker(max_sandboxes=0))

    seen = full.transact_or_discard("new", "acme/", add_and_list, create=False)

    assert (seen, full.store.names()) == (["A", "C"], [])


def test_a_visit_that_needs_its_sandbox_is_refused_if_it_is_one_too_many(sandboxes: Sandboxes) -> None:
    full = replace(sandboxes, idle_tracker=IdleTracker(max_sandboxes=0))

    with pytest.raises(TooManySandboxesError):
        full.transact_or_discard("new", "acme/", add, create=True)


def test_a_visit_to_a_sandbox_that_is_there_stays(sandboxes: Sandboxes) -> None:
    sandboxes.create(Settings("new"))

    sandboxes.transact_or_discard("new", "acme/", add, create=False)

    assert sandboxes.transact("new", "acme/", keys) == ["A", "C"]


def test_a_sandbox_begins_with_its_scenarios_armed_the_last_of_them_newest(sandboxes: Sandboxes) -> None:
    sandboxes.create(Settings("new", scenarios=({"name": "b"}, {"name": "a"})))

    kept = sandboxes.dump("new")[SANDBOX_SCOPE]["scenarios"]

    assert {name: (one["armed"], one["order"]) for name, one in kept.items()} == {
        "b": (True, 1),
        "a": (True, 2),
    }


def test_a_scenario_that_is_stored_later_is_newer_than_those_of_the_beginning(sandboxes: Sandboxes) -> None:
    sandboxes.create(Settings("new", scenarios=({"name": "b"},)))

    sandboxes.control("new", lambda whole: scenarios.store_scenario(whole, {"name": "a"}, armed=True))

    assert sandboxes.dump("new")[SANDBOX_SCOPE]["scenarios"]["a"]["order"] == 2


def test_a_sandbox_that_cannot_begin_leaves_its_place_to_another(sandboxes: Sandboxes) -> None:
    broken = Settings("new", scenarios=({},))
    with pytest.raises(KeyError):
        sandboxes.create(broken)

    assert (sandboxes.create(Settings("new")), sandboxes.idle_tracker.is_present("new")) == (True, True)


def test_whoever_wants_to_know_hears_that_a_sandbox_ends() -> None:
    heard: list[str] = []
    sandboxes = Sandboxes(MemoryStore(), FIXTURES, {}, on_end=heard.append)
    sandboxes.create(Settings("new"))

    sandboxes.delete("new")

    assert heard == ["new"]


def test_the_default_sandbox_begins_anew_when_it_is_deleted_and_loses_its_snapshots(
    sandboxes: Sandboxes,
) -> None:
    sandboxes.create(Settings("default", seed=7))
    before = sandboxes.dump("default")
    sandboxes.transact("default", "acme/", add)
    sandboxes.control("default", lambda whole: snapshots.take_snapshot(whole, "", 0))

    sandboxes.delete("default")

    assert sandboxes.dump("default") == before
    assert sandboxes.control("default", snapshots.list_snapshots) == []


@pytest.mark.parametrize("name", ["a", "default", "team-7", "0", "-", "a" * 64])
def test_a_sandbox_may_be_named_so(name: str) -> None:
    assert is_sandbox_name(name)


@pytest.mark.parametrize("name", ["", "A", "a_b", "a b", "a\n", "é", "a" * 65, "a/b", "a.b", "\u0661"])
def test_a_sandbox_may_not_be_named_so(name: str) -> None:
    assert not is_sandbox_name(name)
