"""Files for containers, CI and pre-commit name commands and options that exist."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

import mockserver
from mockserver.codec import json, yaml
from mockserver.scenario.parser import parse_text
from tests.packaging.command_lines import code_blocks, command_lines, environment_names, unknown_parts

ROOT = Path(mockserver.__file__).parents[1]
PAGES = ("containers.md", "ci.md", "install.md")
YAML_FILES = ("compose.yaml", "action.yml", ".pre-commit-hooks.yaml")
_SHELL = ("console", "bash", "powershell")


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _instructions(keyword: str) -> list[str]:
    text = _text("Dockerfile").replace("\\\n", " ")
    return [line.partition(" ")[2].strip() for line in text.splitlines() if line.startswith(f"{keyword} ")]


def _load(name: str) -> Any:
    return yaml.load(_text(name))


@pytest.mark.parametrize("name", YAML_FILES)
def test_a_file_is_yaml(name: str) -> None:
    assert _load(name)


def test_the_image_starts_a_command_that_exists() -> None:
    (entry,) = _instructions("ENTRYPOINT")
    (arguments,) = _instructions("CMD")

    assert json.decode(entry.encode()) == ["mockserver"]
    assert unknown_parts(json.decode(arguments.encode())) == []


def test_the_health_check_of_the_image_is_a_command_that_exists() -> None:
    (check,) = _instructions("HEALTHCHECK")
    words = json.decode(check.partition("CMD ")[2].encode())

    assert words[0] == "mockserver"
    assert unknown_parts(words[1:]) == []


def test_the_image_runs_as_a_user_that_is_not_root() -> None:
    assert [user for user in _instructions("USER") if re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)] != []


def test_the_image_sets_options_by_environment_names_that_exist() -> None:
    named = re.findall(r"\b(MOCKSERVER_\w+)=", " ".join(_instructions("ENV")))

    assert named
    assert set(named) <= environment_names()


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    copied = [
        source for line in _instructions("COPY") if "--from" not in line for source in shlex.split(line)[:-1]
    ]
    allowed = re.findall(r"^!(.+)$", _text(".dockerignore"), re.MULTILINE)

    assert sorted(copied) == sorted(allowed)
    assert [source for source in copied if not (ROOT / source).exists()] == []


def test_the_services_use_options_that_exist() -> None:
    server = _load("compose.yaml")["services"]["mockserver"]

    assert unknown_parts(server["command"]) == []
    assert set(server["environment"]) <= environment_names()


def test_the_services_arm_no_scenario() -> None:
    assert _load("compose.yaml")["services"]["mockserver"]["command"] == ["run"]


def test_the_services_publish_ports_on_loopback_only() -> None:
    ports = [port for one in _load("compose.yaml")["services"].values() for port in one.get("ports", [])]

    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_the_services_mount_folders_that_are_there_read_only() -> None:
    server = _load("compose.yaml")["services"]["mockserver"]
    mounts = [mount.split(":") for mount in server["volumes"]]
    (command,) = re.findall(r"^    # command: (.+)$", _text("compose.yaml"), re.MULTILINE)
    (scenario,) = [word for word in yaml.load(command) if word.startswith("/")]

    assert unknown_parts(yaml.load(command)) == []
    assert [mode for _, _, mode in mounts] == ["ro"]
    assert [
        folder for folder, target, _ in mounts if (ROOT / scenario.replace(target, folder)).is_file()
    ] != []


@pytest.mark.parametrize(
    "file", sorted((ROOT / "examples" / "scenarios").glob("*.yaml")), ids=lambda file: file.stem
)
def test_an_example_scenario_can_be_armed(file: Path) -> None:
    assert parse_text(file.read_text(encoding="utf-8"), {}).name == file.stem


def test_the_action_calls_commands_that_exist() -> None:
    scripts = [step["run"] for step in _load("action.yml")["runs"]["steps"]]
    calls = [call for script in scripts for call in command_lines(script)]

    assert calls
    assert [unknown for call in calls if (unknown := unknown_parts(call))] == []


def _step(name: str) -> str:
    (script,) = [step["run"] for step in _load("action.yml")["runs"]["steps"] if step["name"] == name]
    return str(script)


def _program(file: Path, script: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o700)


def _run_step(name: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a step of the action as a runner does, with the programs in `folder`/bin first."""
    known = {"RUNNER_TEMP": str(folder), "GITHUB_PATH": str(folder / "p"), "GITHUB_OUTPUT": str(folder / "o")}
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(  # noqa: S603 - a script of our own file
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", _step(name)],  # noqa: S607 - as runners call it
        env={"PATH": path, **known, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("extras", "lock"), [("", "-server"), ("contract", ""), ("redis,tls", "")])
def test_the_action_installs_by_the_lock_that_has_the_extras(extras: str, lock: str, tmp_path: Path) -> None:
    _program(tmp_path / "bin" / "python3", "")
    _program(tmp_path / "mockserver" / "bin" / "pip", 'echo "$HATCH_BUILD_NO_HOOKS $@"')

    done = _run_step("Install", tmp_path, SOURCE="src", EXTRAS=extras)

    assert [line.partition("install ")[2] for line in done.stdout.splitlines()] == [
        f"--require-hashes -r src/locks/requirements{lock}.lock",
        "--no-deps --no-build-isolation src",
    ], done.stderr
    assert done.stdout.splitlines()[1].startswith("true ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("", []),
        ("--seed 7 --log json", ["--seed", "7", "--log", "json"]),
        ("--seed 7\n--auth strict\n\n--log json\n", ["--seed", "7", "--auth", "strict", "--log", "json"]),
        ("--seed 7 \\\n  --log json", ["--seed", "7", "--log", "json"]),
        ("--scenario 'my file.yaml' \"it's.yaml\"", ["--scenario", "my file.yaml", "it's.yaml"]),
        ("--seed $HOME *", ["--seed", "$HOME", "*"]),
    ],
)
def test_the_action_passes_every_argument_on(arguments: str, words: list[str], tmp_path: Path) -> None:
    said = tmp_path / "said"
    _program(
        tmp_path / "bin" / "mockserver",
        f'[ "$1" = run ] || exit 0\nprintf "%s\\n" "$@" > {said}\necho http://127.0.0.1:9/',
    )

    done = _run_step("Start", tmp_path, PORT="0", ARGUMENTS=arguments)

    assert (done.returncode, done.stderr) == (0, "")
    assert said.read_text().splitlines() == ["run", "--port", "0", "--print-url", *words]
    assert (tmp_path / "o").read_text().splitlines()[0] == "url=http://127.0.0.1:9"


def test_the_action_refuses_arguments_with_an_open_quote(tmp_path: Path) -> None:
    _program(tmp_path / "bin" / "mockserver", "exit 0")

    done = _run_step("Start", tmp_path, PORT="0", ARGUMENTS="--seed '7")

    assert (done.returncode, done.stderr) == (1, "arguments: No closing quotation\n")


def test_every_output_of_the_action_is_written_by_a_step() -> None:
    action = _load("action.yml")
    written = {
        f"steps.{step['id']}.outputs.{name}"
        for step in action["runs"]["steps"]
        if "id" in step
        for name in re.findall(r'echo "(\w+)=', step["run"])
    }

    assert {output["value"].strip("${} ") for output in action["outputs"].values()} == written


def test_the_pre_commit_hooks_are_commands_that_exist() -> None:
    entries = [hook["entry"].split() for hook in _load(".pre-commit-hooks.yaml")]

    assert [unknown for _, *words in entries if (unknown := unknown_parts(words))] == []


@pytest.mark.parametrize(("pip", "calls"), [("exit 0", 2), ("exit 1", 1)])
def test_the_hooks_install_by_the_lock_until_that_is_done(pip: str, calls: int, tmp_path: Path) -> None:
    """A first run that fails, as without network, leaves nothing that a second run would take for whole."""
    programs, said = tmp_path / ".venv-hook" / "bin", tmp_path / "said"
    for name, script in (
        ("pip", f'echo "$HATCH_BUILD_NO_HOOKS $*" >> {said}\n{pip}'),
        ("mockserver", 'echo "$@"'),
    ):
        _program(programs / name, script)
    _program(tmp_path / "bin" / "python3", "")
    _program(tmp_path / "locks" / "hook", _text("locks/hook"))
    command = [str(tmp_path / "locks" / "hook"), "spec", "check", "a b.json"]
    environment = {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}

    done = [
        subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own
        for _ in range(2)
    ]

    expected = "spec check a b.json\n" if calls == 2 else ""
    assert [one.stdout for one in done] == [expected, expected], done
    lines = said.read_text().splitlines()
    assert [len(lines), lines[0].partition("install ")[2]] == [
        2,
        f"--require-hashes -r {tmp_path}/locks/requirements-server.lock",
    ]


def test_the_hooks_check_yaml_and_json() -> None:
    scenarios, specs = [re.compile(hook["files"]) for hook in _load(".pre-commit-hooks.yaml")]
    names = ("a/specs/b.yaml", "specs/b.yml", "specs/b.json", "specs/b.md")

    assert [bool(specs.search(name)) for name in names] == [True, True, True, False]
    assert [bool(scenarios.search(name)) for name in ("scenarios/b.yaml", "a/b.yaml")] == [True, False]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_commands_and_options_that_exist(name: str) -> None:
    page = _text(f"docs/{name}")
    shown = [code for language in _SHELL for code in code_blocks(page, language)]
    calls = [call for code in [*shown, *_scripts(page)] for call in command_lines(code)]

    assert calls
    assert [unknown for call in calls if (unknown := unknown_parts(call))] == []


def _scripts(page: str) -> list[str]:
    """Return lines of shell in the page's YAML: those of a job's script, and arguments of a container."""
    found: list[str] = []
    for code in code_blocks(page, "yaml"):
        jobs = [job for part in code.split("\n---\n") for job in yaml.load(part).values()]
        found += [line for job in jobs if isinstance(job, dict) for line in job.get("script", [])]
        found += [f"mockserver {arguments}" for arguments in re.findall(r"args: \[(.*)\]", code)]
    return [line.replace(", ", " ") for line in found]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_environment_names_that_exist(name: str) -> None:
    assert set(re.findall(r"\bMOCKSERVER_\w+", _text(f"docs/{name}"))) <= environment_names()


def test_the_page_about_ci_uses_inputs_and_outputs_that_the_action_has() -> None:
    action, page = _load("action.yml"), _text("docs/ci.md")
    workflows = [yaml.load(code) for code in code_blocks(page, "yaml") if "uses: ./.mockserver" in code]
    jobs = [job for workflow in workflows for job in workflow["jobs"].values()]
    used = [step["with"] for job in jobs for step in job["steps"] if step.get("uses") == "./.mockserver"]

    assert {name for inputs in used for name in inputs} <= set(action["inputs"])
    assert set(re.findall(r"steps\.mock\.outputs\.(\w+)", page)) == set(action["outputs"])


def test_the_page_about_ci_uses_hooks_that_the_repository_has() -> None:
    hooks = {hook["id"] for hook in _load(".pre-commit-hooks.yaml")}

    assert set(re.findall(r"\{id: ([\w-]+)", _text("docs/ci.md"))) == hooks


def test_the_image_contains_the_assets_of_others_which_git_does_not() -> None:
    assert "/mockserver/console/assets/" in _text(".gitignore").splitlines()
    assert "python -m mockserver.console.vendoring" in _instructions("RUN")
