from __future__ import annotations

import pytest
from click.shell_completion import ShellComplete

from mockserver.cli.main import main
from mockserver.engine.registry import vendor_packages
from tests.support.commands import UNUSED_URL, Commands

VENDOR = vendor_packages()[0]


def complete(commands: Commands, *words: str, url: str = "") -> list[str]:
    """Return what TAB offers for the last word."""
    *before, begun = words
    options = ["--url", url or commands.url, "--sandbox", commands.sandbox]
    completion = ShellComplete(main, {}, "mockserver", "_MOCKSERVER_COMPLETE")
    at = 1 if before[0] == "send" else 2
    arguments = [*before[:at], *options, *before[at:]]
    return [item.value for item in completion.get_completions(arguments, begun)]


def test_a_vendor_is_completed(commands: Commands) -> None:
    assert complete(commands, "send", VENDOR[:2]) == [VENDOR]
    assert VENDOR in complete(commands, "journal", "list", "--vendor", "")


def test_a_batch_operation_of_the_vendor_is_completed(commands: Commands) -> None:
    operation = commands.document("send", VENDOR)["operation"]

    assert operation in complete(commands, "send", VENDOR, "--operation", operation[:3])
    assert operation in complete(commands, "journal", "list", "--operation", operation[:3])


def test_a_sandbox_is_completed(commands: Commands) -> None:
    assert commands.sandbox in complete(commands, "sandbox", "delete", commands.sandbox[:3])


def test_a_snapshot_is_completed(commands: Commands) -> None:
    commands.run("sandbox", "snapshot")

    assert complete(commands, "sandbox", "restore", "") == ["s1"]


def test_a_scenario_is_completed(commands: Commands) -> None:
    commands.run("scenario", "apply", "reset")

    assert complete(commands, "scenario", "clear", "") == ["reset"]
    assert "flaky-third" in complete(commands, "scenario", "apply", "fl")


def test_a_number_is_completed_newest_first(commands: Commands) -> None:
    numbers = [commands.call_vendor(), commands.call_vendor()]

    assert complete(commands, "journal", "show", "") == [str(one) for one in reversed(numbers)]


def test_a_case_is_completed(commands: Commands) -> None:
    case = commands.server("GET", "/cases")[0]["id"]

    assert complete(commands, "send", VENDOR, case) == [case]


@pytest.mark.parametrize("url", [UNUSED_URL, "nowhere"])
def test_without_a_server_nothing_is_completed(commands: Commands, url: str) -> None:
    assert complete(commands, "send", "", url=url) == []
