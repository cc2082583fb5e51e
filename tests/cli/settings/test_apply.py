"""A flag is stronger than the environment, the environment than the file, the file than the default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.server import serving
from mockserver.server.application import Options
from mockserver.server.serving import Serving


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env=environment)


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """The ports that `run` would have listened on, from a folder with a file that says 9001."""
    found: list[int] = []

    def serve(_options: Options, serving: Serving, *_more: Any) -> None:
        found.append(serving.port)

    monkeypatch.setattr(serving, "serve", serve)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mockserver.toml").write_text("[run]\nport = 9001\n", encoding="utf-8")
    return found


@pytest.mark.parametrize(
    ("flags", "environment", "port"),
    [
        ((), {}, 9001),
        ((), {"MOCKSERVER_PORT": "9002"}, 9002),
        (("--port", "9003"), {"MOCKSERVER_PORT": "9002"}, 9003),
    ],
)
def test_a_flag_comes_before_the_environment_and_that_before_the_file(
    ports: list[int], flags: tuple[str, ...], environment: dict[str, str], port: int
) -> None:
    run("run", *flags, **environment)

    assert ports == [port]


@pytest.mark.parametrize("behind", [True, False])
def test_a_named_file_takes_the_place_of_the_nearest(ports: list[int], tmp_path: Path, behind: bool) -> None:  # noqa: FBT001
    other = tmp_path / "other.toml"
    other.write_text("[run]\nport = 9004\n", encoding="utf-8")
    named = ["--config", str(other)]

    run(*(["run", *named] if behind else [*named, "run"]))

    assert ports == [9004]


def test_a_file_may_be_named_by_the_environment(ports: list[int], tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("", encoding="utf-8")

    run("run", MOCKSERVER_CONFIG=str(other))

    assert ports == [8080]


def test_a_wrong_file_is_exit_2_and_starts_nothing(ports: list[int], tmp_path: Path) -> None:
    (tmp_path / "mockserver.toml").write_text("[run]\nprot = 9001\n", encoding="utf-8")

    result = run("run")

    assert (result.exit_code, result.stderr, ports) == (
        2,
        "error: unknown key prot in [run]\n   at: mockserver.toml:2\n  try: port instead of prot\n",
        [],
    )


def test_a_wrong_color_in_the_file_is_exit_2(ports: list[int], tmp_path: Path) -> None:
    (tmp_path / "mockserver.toml").write_text('color = "red"\n', encoding="utf-8")

    assert (run("run").exit_code, ports) == (2, [])


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"MOCKSERVER_COLOR": "always"}, True),
        ((), {}, False),
    ],
)
def test_color_is_as_asked_for(
    arguments: tuple[str, ...], environment: dict[str, str], *, expected: bool, tmp_path: Path
) -> None:
    clean: dict[str, str | None] = dict.fromkeys(("NO_COLOR", "FORCE_COLOR", "MOCKSERVER_COLOR"))
    named = ["--config", str(tmp_path / "wrong.toml"), *arguments, "doctor"]
    (tmp_path / "wrong.toml").write_text("no toml", encoding="utf-8")

    result = CliRunner(env=clean).invoke(main, named, env=environment)

    assert ("\x1b[" in result.output) is expected
