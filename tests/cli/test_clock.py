from __future__ import annotations

import httpx
import pytest

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


@pytest.mark.parametrize("change", [["freeze", "2030-02-03T04:05:06Z"], ["advance", "6m"], ["thaw"]])
def test_a_sandbox_that_is_not_there_is_made_to_set_its_clock(commands: Commands, change: list[str]) -> None:
    name = f"{commands.sandbox}-new"

    result = commands.run_bare("clock", *change, "--url", commands.url, "--sandbox", name)
    httpx.delete(f"{commands.url}/_mock/sandboxes/{name}", trust_env=False)

    assert (result.exit_code, result.stderr) == (0, f"sandbox {name} created\n")


def test_the_clock_of_a_sandbox_that_is_not_there_is_not_shown(commands: Commands) -> None:
    result = commands.run_bare("clock", "show", "--url", commands.url, "--sandbox", "none-such")

    assert "there is no sandbox none-such" in result.stderr
