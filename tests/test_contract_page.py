"""The page about the contract suite agrees with the command."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from click.testing import CliRunner

from mockserver.cli.contract import REPORTS
from mockserver.cli.main import main
from mockserver.contract import catalogue
from mockserver.contract.loading import load_vendor_api

PAGE = (Path(__file__).parents[1] / "docs" / "contract.md").read_text(encoding="utf-8")


def test_every_check_is_explained_as_it_explains_itself() -> None:
    checks = catalogue.all_checks().values()
    expected = [f"| `{one.id}` | {one.says} | {one.reason} |" for one in checks]
    table = PAGE.partition("\n## The checks\n")[2].partition("\n## ")[0]

    assert [line for line in table.splitlines() if line.startswith("| `")] == expected


def test_every_option_that_is_named_is_there() -> None:
    known = CliRunner().invoke(main, ["contract", "--help"], terminal_width=200).output
    own = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) - {"--auth"}

    assert sorted(option for option in own if option not in known) == []


def test_the_facts_of_the_example_are_facts() -> None:
    named = set(re.findall(r"--fact (\w+)=\w", PAGE)) - {"name"}

    assert named <= set(load_vendor_api("payt").facts)


def test_the_jobs_of_the_page_are_yaml_that_runs_this_command() -> None:
    blocks = re.findall(r"```yaml\n(# Git.*?)```", PAGE, re.DOTALL)
    jobs = [yaml.safe_load(block) for block in blocks]

    github = [step.get("run", "") for step in jobs[0]["jobs"]["contract"]["steps"]]
    gitlab = jobs[1]["contract"]["script"]
    for lines in (github, gitlab):
        assert any(line.startswith("mockserver contract ") for line in lines)
        assert any("pip install '.[contract]'" in line for line in lines)


def test_every_report_is_explained() -> None:
    named = re.findall(r"^\| `(\w+)` \| `[^`]+` \|", PAGE, re.MULTILINE)

    assert set(named) >= set(REPORTS)
