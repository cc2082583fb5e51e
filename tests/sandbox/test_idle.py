from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from mockserver.errors import TooManySandboxesError
from mockserver.sandbox.sandboxes import IdleTracker

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

    assert (presence.idle_seconds("one"), presence.over()) == (0, [])


@pytest.mark.parametrize(("seconds", "over"), [(59, []), (60, ["one"])])
def test_one_that_was_idle_for_long_enough_is_over(machine: Machine, seconds: int, over: list[str]) -> None:
    presence = IdleTracker(machine, idle_seconds=60)
    presence.add("one")
    machine.wait(seconds)

    assert presence.over() == over


def test_the_default_sandbox_is_never_over(machine: Machine) -> None:
    presence = IdleTracker(machine, idle_seconds=60)
    presence.add("default")
    machine.wait(1_000_000)

    assert presence.over() == []


def test_none_is_over_unless_that_was_asked_for(machine: Machine) -> None:
    presence = IdleTracker(machine)
    presence.add("one")
    machine.wait(1_000_000)

    assert presence.over() == []
