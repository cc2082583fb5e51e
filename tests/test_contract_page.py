"""The pages about the contract suite agree with the command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from mockserver.cli.contract import REPORTS
from mockserver.cli.main import main
from mockserver.contract import exchange
from mockserver.contract.loading import load_vendor_api

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs" / "contract-reference.md").read_text(encoding="utf-8")


def test_every_check_is_explained_as_it_explains_itself() -> None:
    checks = exchange.all_checks().values()
    expected = [f"| `{one.id}` | {one.says} | {one.reason} |" for one in checks]
    table = REFERENCE.partition("\n## The checks\n")[2].partition("\n## ")[0]

    assert [line for line in table.splitlines() if line.startswith("| `")] == expected


def test_every_option_that_is_named_is_there() -> None:
    known = CliRunner().invoke(main, ["contract", "--help"], terminal_width=200).output
    own = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", re.sub("- pip .*", "", PAGE + REFERENCE))) - {"--auth"}

    assert sorted(option for option in own if option not in known) == []


def test_the_facts_of_the_example_are_facts() -> None:
    named = set(re.findall(r"--fact (\w+)=\w", PAGE)) - {"name"}

    assert named <= set(load_vendor_api("payt").facts)


JOBS = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(# Git.*?)```", PAGE, re.DOTALL)]
GITHUB_STEPS = JOBS[0]["jobs"]["contract"]["steps"]
GITHUB_LINES = [step.get("run", "") for step in GITHUB_STEPS]
GITLAB_LINES = JOBS[1]["contract"]["script"]


@pytest.mark.parametrize("lines", [GITHUB_LINES, GITLAB_LINES], ids=["github", "gitlab"])
def test_a_job_of_the_page_tests_a_server_that_the_reader_names(lines: list[str]) -> None:
    (command,) = [line for line in lines if line.startswith("mockserver contract ")]

    assert " --target " in command
    assert " --baseline " not in command, "a first run has no such file"


def test_the_github_job_has_an_event_that_starts_it() -> None:
    event = JOBS[0].get(True, JOBS[0].get("on"))  # YAML 1.1 reads the key `on` as true

    assert event == ["push"]


def test_the_github_job_installs_the_suite_by_the_action_that_it_checks_out() -> None:
    (source,) = [step["with"]["path"] for step in GITHUB_STEPS if "repository" in step.get("with", {})]
    (action,) = [step for step in GITHUB_STEPS if step.get("uses") == f"./{source}"]
    inputs = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]

    assert action["with"] == {"extras": "contract"}
    assert set(action["with"]) <= set(inputs)


def test_the_gitlab_job_installs_the_suite_from_its_submodule() -> None:
    assert GITLAB_LINES[:2] == [
        "pip install --require-hashes -r mockserver-src/locks/requirements.lock",
        "pip install --no-deps --no-build-isolation ./mockserver-src",
    ]
    assert JOBS[1]["contract"]["variables"] == {
        "GIT_SUBMODULE_STRATEGY": "recursive",
        "HATCH_BUILD_NO_HOOKS": "true",
    }


def test_every_report_is_explained() -> None:
    named = re.findall(r"^\| `(\w+)` \| `[^`]+` \|", PAGE, re.MULTILINE)

    assert set(named) >= set(REPORTS)
