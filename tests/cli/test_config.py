from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main

FILE = 'url = "http://127.0.0.1:9"\ncontrol-token = "sesame"\n[run]\nport = 9001\nspecs = ["more"]\n'


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mockserver.toml").write_text(FILE, encoding="utf-8")


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, ["config", "show", *arguments], env=environment)


def setting(command: str, name: str, **environment: str) -> tuple[Any, str]:
    listed = json.loads(run("--json", **environment).output)
    [found] = [one for one in listed if (one["command"], one["setting"]) == (command, name)]
    return found["value"], found["source"]


@pytest.mark.parametrize(
    ("command", "name", "value", "source"),
    [
        ("run", "port", 9001, "mockserver.toml:4"),
        ("run", "host", "127.0.0.1", "default"),
        ("run", "freeze", None, "default"),
        ("run", "empty", False, "default"),
        ("assumptions", "url", "http://127.0.0.1:9", "mockserver.toml:1"),
    ],
)
def test_each_setting_has_its_value_and_place(command: str, name: str, value: Any, source: str) -> None:
    assert setting(command, name) == (value, source)


def test_the_environment_is_a_place() -> None:
    assert setting("run", "port", MOCKSERVER_PORT="9002") == ("9002", "MOCKSERVER_PORT")


def test_a_path_is_the_one_that_is_used(tmp_path: Path) -> None:
    assert setting("run", "specs") == ([str(tmp_path / "more")], "mockserver.toml:5")


def test_a_token_is_not_shown() -> None:
    assert "sesame" not in run("--all").output
    assert setting("run", "control-token") == ("(set, not shown)", "mockserver.toml:2")


def test_the_list_has_what_is_not_at_its_default() -> None:
    lines = run().output.splitlines()

    assert lines[0].startswith("file: ")
    assert ["run", "port", "9001", "mockserver.toml:4"] in [line.split() for line in lines]
    assert not any(line.startswith("run host ") for line in lines)


def test_the_whole_list_has_the_defaults() -> None:
    assert any(line.split()[:2] == ["run", "host"] for line in run("--all").output.splitlines())


def test_without_a_file_the_list_says_so(tmp_path: Path) -> None:
    (tmp_path / "mockserver.toml").unlink()

    assert run().output == (
        "file: none (mockserver.toml is searched from here upwards)\n"
        "every setting has its default (mockserver config show --all)\n"
    )
