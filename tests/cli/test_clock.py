from __future__ import annotations

from tests.support.commands import Commands


def test_the_time_is_shown(commands: Commands) -> None:
    assert commands.run("clock", "show").stdout == f"{commands.sandbox}  frozen  2026-01-05T09:00:00Z\n"


def test_a_frozen_clock_is_advanced(commands: Commands) -> None:
    result = commands.run("clock", "advance", "1h6m")

    assert result.stdout == f"{commands.sandbox}  frozen  2026-01-05T10:06:00Z\n"


def test_a_clock_is_frozen_at_an_instant(commands: Commands) -> None:
    found = commands.document("clock", "freeze", "2030-02-03T04:05:06Z")

    assert (found["mode"], found["now"]) == ("frozen", "2030-02-03T04:05:06Z")


def test_a_clock_is_frozen_where_it_stands(commands: Commands) -> None:
    assert commands.document("clock", "freeze")["at"] == "2026-01-05T09:00:00Z"


def test_a_running_clock_says_how_far_it_is_ahead(commands: Commands) -> None:
    commands.run("clock", "thaw")

    result = commands.run("clock", "advance", "6m")

    assert result.stdout.startswith(f"{commands.sandbox}  system  ")
    assert result.stdout.endswith("  (+360 s)\n")
