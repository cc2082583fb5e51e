from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.engine.registry import vendor_packages
from tests.support.commands import UNUSED_URL, Commands

VENDOR = vendor_packages()[0]


def run(*arguments: str, columns: int = 100) -> Result:
    return CliRunner().invoke(main, ["assumptions", *arguments], env={"COLUMNS": str(columns)})


def test_a_table_has_id_default_and_other_values() -> None:
    line = next(
        one for one in run("--vendor", VENDOR, columns=150).output.splitlines() if ".magic_tokens" in one
    )

    assert line.split()[:3] == [f"{VENDOR}.magic_tokens", "on", "off"]


@pytest.mark.parametrize("columns", [60, 100, 160])
def test_the_table_is_as_wide_as_the_terminal(columns: int) -> None:
    widest = max(map(len, run("--vendor", VENDOR, columns=columns).output.splitlines()))

    assert widest <= columns


def test_a_search_looks_at_ids_values_meanings_and_sources() -> None:
    found = json.loads(run("--search", "FAILING_AFTER_COMMIT", "--json").output)

    assert {one["id"].partition(".")[2] for one in found} == {"availability"}


def test_a_search_that_finds_nothing_is_exit_2_with_a_near_word() -> None:
    result = run("--search", "availabilities")

    assert (result.exit_code, result.stderr) == (
        2,
        """error: no assumption has the text availabilities
   at: --search availabilities
  try: mockserver assumptions --search availability
""",
    )


def test_json_has_the_contract_of_the_control_plane() -> None:
    listed = json.loads(run("--vendor", VENDOR, "--json").output)

    assert set(listed[0]) == {"id", "value", "default", "alternatives", "pattern", "meaning", "source"}


def test_verbose_adds_the_source() -> None:
    lines = run("--search", f"{VENDOR}.duplicate_members", "-v").output.splitlines()

    assert lines[0] == f"{VENDOR}.duplicate_members  default last_wins  or refused"
    assert any(line.startswith("    source: ") for line in lines)


def test_an_unknown_vendor_is_exit_2_with_the_nearest() -> None:
    result = run("--vendor", VENDOR.upper())

    assert (result.exit_code, f"  try: mockserver assumptions --vendor {VENDOR}\n" in result.stderr) == (
        2,
        True,
    )


def test_a_running_server_shows_what_is_set_with_a_mark(commands: Commands) -> None:
    commands.control("PATCH", "/assumptions", {f"{VENDOR}.duplicate_members": "refused"})

    listed = run("--url", commands.url, "--sandbox", commands.sandbox, "--vendor", VENDOR, columns=150)
    lines = listed.output.splitlines()
    by_id = {line.split()[0]: line.split()[1:3] for line in lines if line.startswith(VENDOR)}

    assert by_id[f"{VENDOR}.duplicate_members"] == ["refused*", "last_wins"]
    assert by_id[f"{VENDOR}.magic_tokens"] == ["on", "on"]


def test_no_server_is_exit_3() -> None:
    assert run("--url", UNUSED_URL).exit_code == 3


ASSUMPTION = f"{VENDOR}.duplicate_members"


def test_an_assumption_is_set_in_a_sandbox_and_has_its_default_again(commands: Commands) -> None:
    made = commands.run("assumptions", "set", ASSUMPTION, "refused")
    restored = commands.run("assumptions", "set", ASSUMPTION)

    assert made.stdout == f"{ASSUMPTION}  refused*  default last_wins  or refused\n"
    assert restored.stdout == f"{ASSUMPTION}  last_wins  default last_wins  or refused\n"


def test_setting_an_assumption_makes_a_sandbox_that_does_not_exist(commands: Commands) -> None:
    name = f"{commands.sandbox}-new"

    result = run("set", ASSUMPTION, "refused", "--url", commands.url, "-s", name)

    Commands(commands.url, name).control("DELETE", "")
    assert (result.exit_code, result.stderr) == (0, f"sandbox {name} created\n")


def test_an_option_before_set_is_refused_and_not_ignored() -> None:
    result = run("--sandbox", "acme", "set", ASSUMPTION, "refused")

    assert (result.exit_code, result.stderr) == (
        2,
        """error: --sandbox stands before set
   at: --sandbox
  try: mockserver assumptions set NAME VALUE, and options after it
""",
    )
