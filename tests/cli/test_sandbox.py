from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.commands import Commands


@pytest.fixture
def other(commands: Commands) -> Iterator[str]:
    """The name of a sandbox that does not exist yet; it is gone afterwards."""
    name = f"{commands.sandbox}-other"
    yield name
    httpx.delete(f"{commands.url}/_mock/sandboxes/{name}", trust_env=False)


def test_the_list_has_a_line_for_each_sandbox(commands: Commands) -> None:
    lines = commands.run("sandbox", "list").stdout.splitlines()

    (line,) = [one for one in lines if one.startswith(f"{commands.sandbox} ")]
    assert "  0 calls" in line
    assert "clock frozen 2026-01-05T09:00:00Z" in line


def test_a_sandbox_is_created_as_asked(commands: Commands, other: str) -> None:
    found = commands.document(
        *("sandbox", "create", other, "--seed", "7", "--freeze", "2026-01-05T09:00:00Z", "--empty"),
        *("--scenario", "reset"),
    )

    assert (found["name"], found["seed"], found["empty"]) == (other, 7, True)
    armed = httpx.get(f"{commands.url}/_mock/sandboxes/{other}/scenarios", trust_env=False).json()
    assert [one["name"] for one in armed] == ["reset"]


def test_a_sandbox_begins_with_the_state_of_another(commands: Commands, other: str) -> None:
    commands.control("PUT", "/state", {})

    found = commands.document("sandbox", "create", other, "--from", commands.sandbox)

    assert found["records"] == 0


def test_a_sandbox_begins_with_a_dump(commands: Commands, other: str, tmp_path: Path) -> None:
    dump = tmp_path / "state.json"
    dump.write_text("{}")

    assert commands.document("sandbox", "create", other, "--from", str(dump))["records"] == 0


def test_a_dump_that_cannot_be_read_is_wrong_usage_and_creates_nothing(
    commands: Commands, other: str, tmp_path: Path
) -> None:
    dump = tmp_path / "state.json"
    dump.write_text("{")

    result = commands.run("sandbox", "create", other, "--from", str(dump))

    assert (result.exit_code, "is not a dump" in result.stderr) == (2, True)
    assert httpx.get(f"{commands.url}/_mock/sandboxes/{other}", trust_env=False).status_code == 404


def test_a_sandbox_is_deleted(commands: Commands, other: str) -> None:
    commands.run("sandbox", "create", other)

    result = commands.run("sandbox", "delete", other, "--yes")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"{other} deleted\n")
    assert httpx.get(f"{commands.url}/_mock/sandboxes/{other}", trust_env=False).status_code == 404


def test_a_reset_sandbox_is_as_at_its_creation(commands: Commands) -> None:
    commands.control("PUT", "/state", {})

    commands.run("sandbox", "reset", "--yes")

    assert commands.control("GET", "")["records"] > 0


def test_a_snapshot_is_taken_listed_and_restored(commands: Commands) -> None:
    taken = commands.document("sandbox", "snapshot", "--label", "before")
    commands.control("PUT", "/state", {})

    restored = commands.run("sandbox", "restore", taken["id"])

    assert commands.run("sandbox", "snapshot", "--list").stdout == restored.stdout
    assert restored.stdout.startswith("s1  2026-01-05T09:00:00Z  ")
    assert restored.stdout.endswith("  before\n")
    assert commands.control("GET", "")["records"] > 0


def test_what_differs_from_a_snapshot_is_said(commands: Commands) -> None:
    commands.run("sandbox", "snapshot")
    commands.control("PUT", "/state", {})

    lines = commands.run("sandbox", "diff", "s1").stdout.splitlines()

    assert lines[0].startswith("- ")
    assert lines[-1].endswith(" removed  against s1")


def test_a_new_sandbox_does_not_differ_from_its_fixtures(commands: Commands) -> None:
    assert commands.run("sandbox", "diff").stdout == "no difference  against fixtures\n"


def test_two_sandboxes_are_compared_from_left_to_right(commands: Commands, other: str) -> None:
    commands.run("sandbox", "create", other, "--empty")

    found = commands.document("sandbox", "diff", other, commands.sandbox)

    assert found["against"] == f"sandbox:{other}"
    assert found["added"]


def test_a_dump_can_be_loaded_again(commands: Commands, tmp_path: Path) -> None:
    dump = tmp_path / "state.json"
    before = commands.control("GET", "/dump")
    commands.run("sandbox", "dump", "-o", str(dump))
    commands.control("PUT", "/state", {})

    result = commands.run("sandbox", "load", str(dump))

    assert (result.exit_code, commands.control("GET", "/dump")) == (0, before)


def test_a_dump_is_printed_and_read_from_standard_input(commands: Commands) -> None:
    printed = commands.run("sandbox", "dump").stdout

    result = commands.run("sandbox", "load", "-", stdin=printed)

    assert (result.exit_code, json.loads(printed)) == (0, commands.control("GET", "/dump"))


def test_a_broken_dump_is_refused_with_its_reason(commands: Commands) -> None:
    result = commands.run("sandbox", "load", "-", stdin="{")

    assert result.exit_code in (2, 4)
    assert result.stderr.startswith("error: ")


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("create", "own"), "-s acme"),
        (("delete", "own", "--yes"), "-s acme"),
        (("reset", "own", "--yes"), "-s acme"),
        (("diff", "default", "own"), "-s acme"),
    ],
)
def test_another_sandbox_than_that_of_the_command_is_wrong_usage(
    commands: Commands, words: tuple[str, ...], where: str
) -> None:
    result = commands.run("sandbox", *words, *where.split())

    assert result.exit_code == 2
    assert "own and acme are two sandboxes" in result.stderr
    assert where in result.stderr
    assert httpx.get(f"{commands.url}/_mock/sandboxes/own", trust_env=False).status_code == 404


def test_the_sandbox_of_the_command_may_be_named_twice(commands: Commands, other: str) -> None:
    assert commands.run("sandbox", "create", other, "-s", other).exit_code == 0
