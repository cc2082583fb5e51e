"""Errors of the command line, Click's own included, have three parts and something to type."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.engine.registry import vendor_packages

VENDOR = vendor_packages()[0]


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env=environment)


def message(what: str, where: str, cure: str) -> str:
    return f"error: {what}\n   at: {where}\n  try: {cure}\n"


@pytest.mark.parametrize(
    ("arguments", "what", "where", "cure"),
    [
        ("contarct", "no command named contarct", "mockserver contarct", "mockserver contract"),
        ("sandbox lst", "no command named lst", "mockserver sandbox lst", "mockserver sandbox list"),
        (
            "run --prot 9",
            "mockserver run has no option --prot",
            "mockserver run --prot",
            "mockserver run --port 8080",
        ),
        (
            "run --emtpy",
            "mockserver run has no option --emtpy",
            "mockserver run --emtpy",
            "mockserver run --empty",
        ),
        (
            "run --port nine",
            "--port: expected a whole number from 0 to 65535, found nine",
            "--port nine",
            "mockserver run --port 8080",
        ),
        (
            "run --seed x",
            "--seed: expected a whole number, found x",
            "--seed x",
            "mockserver run --seed 0",
        ),
        (
            "run --max-sandboxes 0",
            "--max-sandboxes: expected a whole number of at least 1, found 0",
            "--max-sandboxes 0",
            "mockserver run --max-sandboxes 1000",
        ),
        (
            "run --log jsn",
            "--log: expected text, json or off, found jsn",
            "--log jsn",
            "mockserver run --log json",
        ),
        ("run --port", "--port needs a value", "mockserver run --port", "mockserver run --port 8080"),
        (
            "completion bsh",
            "SHELL: expected bash, zsh or fish, found bsh",
            "mockserver completion bsh",
            "mockserver completion bash",
        ),
        (
            "run --freeze yesterday",
            "expected a time such as 2026-01-05T09:00:00Z, found yesterday",
            "--freeze yesterday",
            "mockserver run --freeze 2026-01-05T09:00:00Z",
        ),
        (
            "contract --report junti",
            "no report is called junti; there are junit, html, har, pytest, json",
            "--report junti",
            "mockserver contract --report junit",
        ),
        (
            "contract --phase stateful --phase fuzz",
            "--phase: expected fuzzing, stateful or sizes, found fuzz",
            "--phase fuzz",
            "mockserver contract --phase fuzzing",
        ),
    ],
)
def test_wrong_usage_is_told_in_three_parts(arguments: str, what: str, where: str, cure: str) -> None:
    result = run(*arguments.split())

    assert (result.exit_code, result.stderr, result.stdout) == (2, message(what, where, cure), "")


COMMANDS_THAT_CALL = ("run", "contract payt", "record payt", "drill payt", "cases run")


@pytest.mark.parametrize("command", COMMANDS_THAT_CALL)
@pytest.mark.parametrize(
    ("given", "cure"),
    [
        ("api.example:8080", "api.example"),
        ("https://API.example", "api.example"),
        ("https://me@api.example:8080/v1?x", "api.example"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("*.api.example", "api.example"),
        ("api.example/v1", "api.example"),
        ("?", "sandbox.example"),
    ],
)
def test_an_allowed_host_is_a_host_alone(command: str, given: str, cure: str) -> None:
    result = run(*command.split(), "--allow-remote", given)

    told = message(
        f"expected a host without http://, port and path, found {given}",
        f"--allow-remote {given}",
        f"mockserver {command.removesuffix(' payt')} --allow-remote {cure}",
    )
    assert (result.exit_code, result.stderr) == (2, told)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ("verify", "the argument FILE.har is missing"),
        ("vendors more", "mockserver vendors takes no further argument, found more"),
        ("verify {folder} --vendor x", "{folder} is a folder; expected a file"),
        ("verify {folder}/nothing --vendor x", "there is no file {folder}/nothing"),
    ],
)
def test_where_nothing_is_near_an_example_can_be_typed(
    arguments: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "traffic.har").touch()
    monkeypatch.chdir(tmp_path.parent)

    result = run(*arguments.format(folder=tmp_path.name).split())

    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {what.format(folder=tmp_path.name)}\n   at: mockserver ")
    assert "\n  try: mockserver " in result.stderr
    assert "--help" not in result.stderr


def test_an_unknown_command_that_is_near_none_gets_all_of_them() -> None:
    assert run("zzz").stderr.startswith("error: no command named zzz; there are assumptions, ")


def test_an_unknown_option_that_is_near_none_gets_a_cut_list() -> None:
    first, *_ = run("run", "--zzz").stderr.splitlines()

    assert first.startswith("error: mockserver run has no option --zzz; it has --host, --port, ")
    assert first.endswith(" more")


def test_a_file_gets_the_name_of_one_beside_it(tmp_path: Path) -> None:
    (tmp_path / "traffic.har").touch()

    result = run("verify", str(tmp_path / "traffics.har"), "--vendor", VENDOR)

    assert f"  try: mockserver verify {tmp_path / 'traffic.har'}\n" in result.stderr


def test_a_file_where_a_folder_is_expected_gets_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine").mkdir()
    Path("mine/acme.yaml").touch()

    result = run("run", "--specs", "mine/acme.yaml")

    assert result.stderr == message(
        "mine/acme.yaml is a file; expected a folder",
        "--specs mine/acme.yaml",
        "mockserver run --specs mine",
    )


def test_the_place_of_a_bad_value_is_its_variable() -> None:
    result = run("run", MOCKSERVER_PORT="abc")

    assert result.stderr == message(
        "--port: expected a whole number from 0 to 65535, found abc",
        "MOCKSERVER_PORT=abc",
        "mockserver run --port 8080",
    )


def test_an_empty_value_is_named() -> None:
    result = run("run", "--port", "")

    assert "--port: expected a whole number from 0 to 65535, found an empty text\n" in result.stderr


def test_the_place_of_a_bad_value_is_its_line_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mockserver.toml"
    file.write_text('[run]\nport = 9000\nlog = "loud"\n', encoding="utf-8")

    result = run("--config", str(file), "run")

    assert f"   at: {file}:3\n" in result.stderr


def test_a_long_value_is_cut() -> None:
    assert f"found {'x' * 79}…\n" in run("run", "--log", "x" * 200).stderr


def test_no_command_prints_the_help_and_is_wrong_usage() -> None:
    result = run()

    assert (result.exit_code, "Commands" in result.output or "Serve:" in result.output) == (2, True)


@pytest.mark.parametrize(
    ("given", "what", "cure"),
    [
        ("nowhere.yaml", "there is no file nowhere.yaml", "mockserver run openapi.yaml"),
        (
            "https://api.example/shop.yaml",
            "files are read from the disk, not from other hosts",
            "curl -o shop.yaml https://api.example/shop.yaml && mockserver run shop.yaml",
        ),
    ],
)
def test_a_file_that_run_cannot_read_gets_the_line_to_type(given: str, what: str, cure: str) -> None:
    result = run("run", given)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {what}\n")
    assert cure in result.stderr
