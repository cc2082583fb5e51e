from __future__ import annotations

import json
from pathlib import Path

import pytest

from mockserver.cli.scenario import GROUPS
from mockserver.engine.registry import vendor_packages
from tests.support import sample_vendor
from tests.support.commands import Commands

FLAKY = """\
version: 1
name: flaky
rules:
  - id: r1
    items: [{select: {key: "3"}, effect: {fail: {code: internal}, failTimes: 2}}]
"""
MISSPELT = FLAKY.replace("fail:", "failx:").replace("version: 1", "version: 2")


@pytest.fixture
def flaky(tmp_path: Path) -> Path:
    file = tmp_path / "flaky.yaml"
    file.write_text(FLAKY)
    return file


@pytest.fixture
def misspelt(tmp_path: Path) -> Path:
    file = tmp_path / "misspelt.yaml"
    file.write_text(MISSPELT)
    return file


def test_a_file_is_applied(commands: Commands, flaky: Path) -> None:
    result = commands.run("scenario", "apply", str(flaky))

    assert (result.exit_code, result.stdout) == (0, "flaky  armed  1 rule  0 hits\n")
    assert [one["name"] for one in commands.control("GET", "/scenarios")] == ["flaky"]


def test_a_scenario_is_applied_from_standard_input(commands: Commands) -> None:
    assert commands.run("scenario", "apply", "-", stdin=FLAKY).stdout.startswith("flaky  armed")


def test_a_packaged_scenario_is_applied_by_its_name(commands: Commands) -> None:
    assert commands.run("scenario", "apply", "reset").stdout.startswith("reset  armed")


def test_a_scenario_that_is_applied_once_disarms_after_a_hit(commands: Commands, flaky: Path) -> None:
    found = commands.document("scenario", "apply", str(flaky), "--once")

    assert [one["left"] for one in found["counts"]] == [1]


def test_a_scenario_is_applied_to_one_vendor(commands: Commands, flaky: Path) -> None:
    vendor = vendor_packages()[0]

    found = commands.document("scenario", "apply", str(flaky), "--vendor", vendor)

    assert found["document"]["rules"][0]["match"] == {"vendor": vendor}


def test_a_scenario_is_applied_to_one_operation(commands: Commands, flaky: Path) -> None:
    vendor = vendor_packages()[0]
    served = next(one for one in commands.server("GET", "/vendors") if one["name"] == vendor)
    operation = max(served["operations"], key=len)

    found = commands.document("scenario", "apply", str(flaky), "--operation", operation)

    assert found["document"]["rules"][0]["match"] == {"operation": operation}


def test_a_sandbox_that_does_not_exist_is_made_and_named(commands: Commands, flaky: Path) -> None:
    name = f"{commands.sandbox}-new"
    result = commands.run_bare("scenario", "apply", str(flaky), "--url", commands.url, "-s", name)

    Commands(commands.url, name).control("DELETE", "")
    assert (result.exit_code, result.stderr) == (0, f"sandbox {name} created\n")
    assert result.stdout.startswith("flaky  armed")


def test_an_invalid_file_makes_no_sandbox(commands: Commands, misspelt: Path) -> None:
    name = f"{commands.sandbox}-new"
    result = commands.run_bare("scenario", "apply", str(misspelt), "--url", commands.url, "-s", name)

    assert result.exit_code == 1
    assert name not in {one["name"] for one in commands.server("GET", "/sandboxes")}


def test_a_misspelt_name_is_told_with_the_nearest(commands: Commands) -> None:
    result = commands.run("scenario", "apply", "commit-then-rest")

    cure = f"mockserver scenario apply commit-then-reset -s {commands.sandbox}"
    assert result.stderr.splitlines()[1:] == [
        "   at: mockserver scenario … commit-then-rest",
        f"  try: {cure}",
    ]


def test_an_invalid_file_is_not_applied_and_exit_1(commands: Commands, misspelt: Path) -> None:
    result = commands.run("scenario", "apply", str(misspelt))

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: the scenario is not applied: ")
    assert f"   at: {misspelt}:1:" in result.stderr
    assert f"mockserver scenario validate {misspelt}" in result.stderr
    assert commands.control("GET", "/scenarios") == []


def test_an_invalid_file_has_problem_details_with_json(commands: Commands, misspelt: Path) -> None:
    result = commands.run("scenario", "apply", str(misspelt), "--json")

    problem = json.loads(result.stderr)
    assert (problem["code"], problem["file"]) == ("invalid-scenario", str(misspelt))
    assert {"line", "column", "pointer", "detail", "try"} <= problem["errors"][0].keys()


def test_the_list_says_hits_and_what_is_left(commands: Commands) -> None:
    commands.run("scenario", "apply", "-", "--once", stdin=FLAKY)

    assert commands.run("scenario", "list").stdout == "flaky  armed  1 rule  0 hits  left 1\n"


def test_a_scenario_without_hits_left_is_used_up(commands: Commands) -> None:
    commands.run("scenario", "apply", "reset", "--once")
    commands.run("send", vendor_packages()[0])

    assert commands.run("scenario", "list").stdout == "reset  used up  1 rule  1 hit  left 0\n"


def test_packaged_scenarios_are_listed_by_group(commands: Commands) -> None:
    lines = commands.run("scenario", "list", "--packaged").stdout.splitlines()

    assert tuple(dict.fromkeys(line.split()[0] for line in lines)) == GROUPS
    assert [line.split()[0] for line in lines if " flaky-third " in line] == ["items"]


def test_one_group_of_packaged_scenarios_is_listed(commands: Commands) -> None:
    found = commands.document("scenario", "list", "--group", "quotas")

    assert "two-a-minute" in [one["name"] for one in found]
    assert {one["group"] for one in found} == {"quotas"}


def test_a_scenario_is_shown_as_yaml_that_can_be_applied_again(commands: Commands, flaky: Path) -> None:
    commands.run("scenario", "apply", str(flaky))

    shown = commands.run("scenario", "show", "flaky").stdout

    assert shown.startswith("# r1: all calls with such an item; never hit: no call had the item 3\n")
    assert commands.run("scenario", "apply", "-", stdin=shown).exit_code == 0


def test_a_call_without_an_item_of_the_rule_is_counted_by_other_rules_alone(commands: Commands) -> None:
    item = {"select": {"key": "nobody"}, "effect": {"fail": {"code": "internal"}}}
    rules = [{"id": "r1", "items": [item]}, {"id": "r2", "items": [item], "envelope": {"order": "reverse"}}]
    commands.control("PUT", "/scenarios/two", {"version": 1, "name": "two", "rules": rules})
    commands.run("send", vendor_packages()[0])

    shown = commands.run("scenario", "show", "two").stdout.splitlines()

    assert shown[:2] == [
        "# r1: all calls with such an item; never hit: no call had the item nobody",
        "# r2: all calls; 1 call matched, 1 hit",
    ]


def test_a_packaged_scenario_is_shown(commands: Commands) -> None:
    assert commands.document("scenario", "show", "flaky-third")["document"]["name"] == "flaky-third"


def test_a_packaged_scenario_says_which_calls_it_is_for(commands: Commands) -> None:
    shown = commands.run("scenario", "show", "commit-then-reset").stdout

    assert shown.startswith("# lost: calls that write, only the first such call\n")


def test_all_scenarios_are_cleared(commands: Commands) -> None:
    commands.run("scenario", "apply", "reset")

    result = commands.run("scenario", "clear")

    assert (result.exit_code, commands.control("GET", "/scenarios")) == (0, [])


def test_one_scenario_is_cleared(commands: Commands) -> None:
    commands.run("scenario", "apply", "reset")
    commands.run("scenario", "apply", "omitted")

    commands.run("scenario", "clear", "reset")

    assert [one["name"] for one in commands.control("GET", "/scenarios")] == ["omitted"]


def test_a_scenario_that_is_not_there_cannot_be_cleared(commands: Commands) -> None:
    commands.run("scenario", "apply", "reset")

    result = commands.run("scenario", "clear", "resets")

    assert (
        result.exit_code,
        f"  try: mockserver scenario clear reset -s {commands.sandbox}\n" in result.stderr,
    ) == (4, True)


@pytest.mark.parametrize("arguments", [(), ("--from", "flaky-third"), ("--vendor", vendor_packages()[0])])
def test_a_new_scenario_is_valid(commands: Commands, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    file = tmp_path / "mine.yaml"

    assert commands.run_bare("scenario", "new", "mine", *arguments, "-o", str(file)).exit_code == 0

    assert commands.run_bare("scenario", "validate", str(file)).exit_code == 0
    assert "name: mine\n" in file.read_text()


def test_a_new_scenario_is_printed(commands: Commands) -> None:
    assert commands.run_bare("scenario", "new", "mine").stdout.startswith("version: 1\nname: mine\n")


def test_a_new_scenario_is_printed_as_json(commands: Commands) -> None:
    printed = json.loads(commands.run_bare("scenario", "new", "mine", "--json").stdout)

    assert (printed["version"], printed["name"]) == (1, "mine")


def test_a_new_scenario_overwrites_no_file(commands: Commands, flaky: Path) -> None:
    result = commands.run_bare("scenario", "new", "mine", "-o", str(flaky))

    assert (result.exit_code, flaky.read_text()) == (2, FLAKY)


@pytest.mark.parametrize("arguments", [("Mine",), ("mine", "--from", "flaky-thrid")])
def test_a_wrong_name_is_wrong_usage(commands: Commands, arguments: tuple[str, ...]) -> None:
    assert commands.run_bare("scenario", "new", *arguments).exit_code == 2


def test_validation_of_valid_files_prints_nothing(commands: Commands, flaky: Path) -> None:
    result = commands.run_bare("scenario", "validate", str(flaky), str(flaky))

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "2 files, 0 problems\n")


def test_validation_prints_all_problems_with_their_places(commands: Commands, misspelt: Path) -> None:
    result = commands.run_bare("scenario", "validate", str(misspelt))

    version, effect = result.stdout.splitlines()
    assert result.exit_code == 1
    assert version.startswith(f"{misspelt}:1:10: /version: ")
    assert effect.startswith(f"{misspelt}:5:43: /rules/0/items/0/effect/failx: ")
    assert 'rename it to "fail"' in effect


def test_validation_prints_workflow_commands_for_github(commands: Commands, misspelt: Path) -> None:
    lines = commands.run_bare("scenario", "validate", str(misspelt), "--format", "github").stdout.splitlines()

    assert [line.startswith(f"::error file={misspelt},line=") for line in lines] == [True, True]


def test_validation_prints_json(commands: Commands, flaky: Path, misspelt: Path) -> None:
    result = commands.run_bare("scenario", "validate", str(flaky), str(misspelt), "--json")

    documents = json.loads(result.stdout)
    assert [(one["file"], len(one["errors"])) for one in documents] == [(str(flaky), 0), (str(misspelt), 2)]


def test_validation_knows_the_vendors_of_other_specs(commands: Commands, tmp_path: Path) -> None:
    specs = tmp_path / "specs"
    specs.mkdir()
    sample_vendor.write_spec(specs)
    file = tmp_path / "acme-only.yml"
    file.write_text(FLAKY.replace("- id: r1", "- id: r1\n    match: {vendor: acme, operation: putOrders}"))

    assert commands.run_bare("scenario", "validate", str(file), "--specs", str(specs)).exit_code == 0
