from __future__ import annotations

import pytest

from tests.tools.bench.goals import NOISE, Goal, Judgement, shown

HELD = Goal("held", 1.5, 1.6)
MISSED = Goal("missed", 1.7, 1.6)
SWINGING = Goal("swinging", 1.7, 1.6, noise=NOISE + 0.01)
QUIET, LOUD = 0.05, NOISE + 0.01


def test_a_figure_at_its_limit_holds() -> None:
    assert Goal("one", 1.6, 1.6).verdict(QUIET) == "ok"


def test_a_figure_beyond_its_limit_is_missed_on_a_quiet_machine() -> None:
    assert MISSED.verdict(QUIET) == "MISSED"


def test_a_figure_that_must_be_reached_is_missed_below_it() -> None:
    goal = Goal("share", 0.5, 0.6, at_least=True)

    assert (goal.verdict(QUIET), Goal("share", 0.6, 0.6, at_least=True).verdict(QUIET)) == ("MISSED", "ok")


@pytest.mark.parametrize(("goal", "machine"), [(MISSED, LOUD), (SWINGING, QUIET)], ids=["loop", "rounds"])
def test_what_swings_is_too_noisy_to_be_missed(goal: Goal, machine: float) -> None:
    assert goal.verdict(machine) == "too noisy"


def test_a_figure_within_its_limit_holds_on_a_noisy_machine_too() -> None:
    assert HELD.verdict(LOUD) == "ok"


def test_a_missed_goal_ends_the_run_with_1() -> None:
    judgement = Judgement((HELD, MISSED, SWINGING), QUIET)

    assert judgement.exit_code == 1
    assert list(judgement.lines())[-1] == "1 of 3 goals missed, 1 too noisy to judge"


def test_a_run_that_is_too_noisy_says_so_and_ends_with_0() -> None:
    judgement = Judgement((HELD, MISSED), LOUD)

    assert judgement.exit_code == 0
    assert list(judgement.lines())[-1] == "too noisy to judge: 1 of 2 goals; run it again on a quiet machine"


def test_a_run_whose_goals_hold_ends_with_0() -> None:
    judgement = Judgement((HELD,), QUIET)

    assert judgement.exit_code == 0
    assert list(judgement.lines())[-1] == "all 1 goals hold"


def test_each_goal_is_printed_with_its_figure_and_its_limit() -> None:
    line = next(iter(Judgement((MISSED,), QUIET).lines()))

    assert line.split() == ["MISSED", "missed", "1.70x", "at", "most", "1.60x"]


@pytest.mark.parametrize(
    ("figure", "unit", "text"),
    [(1.234, "x", "1.23x"), (0.2, "%", "20.0 %"), (0.551, "s", "0.55 s"), (79.6, "MiB", "80 MiB")],
)
def test_a_figure_is_shown_with_its_unit(figure: float, unit: str, text: str) -> None:
    assert shown(figure, unit) == text
