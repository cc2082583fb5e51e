from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mockserver.cli.main import main
from mockserver.server import serving
from mockserver.server.application import Options


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Options]:
    """What `run` would serve; nothing is."""
    calls: list[Options] = []

    def serve(options: Options, _serving: Any, _report: Any) -> None:
        calls.append(options)

    monkeypatch.setattr(serving, "serve", serve)
    return calls


def settings(served: list[Options], *options: str, **variables: str) -> dict[str, tuple[str, str]]:
    result = CliRunner().invoke(main, ["run", *options], env=variables)
    assert result.exit_code == 0, result.output
    return {one.name: (one.value, one.source) for one in served[0].settings}


def test_every_option_of_the_command_is_a_setting(served: list[Options]) -> None:
    found = settings(served)

    assert list(found)[:3] == ["host", "port", "vendor"]
    assert (found["port"], found["vendor"], found["empty"]) == (
        ("8080", "default"),
        ("-", "default"),
        ("no", "default"),
    )


@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        (("--port", "9000"), "port", "9000"),
        (("--auth", "strict"), "auth", "strict"),
        (("--auth", "lenient"), "auth", "lenient"),
        (("--empty",), "empty", "yes"),
        (("--allow-host", "a", "--allow-host", "b"), "allow-host", "a b"),
        (("--assume", "pvex.null_body=400"), "assume", "pvex.null_body=400"),
        (("--control-token", "sesame"), "control-token", "(set, not shown)"),
    ],
)
def test_what_is_typed_comes_from_the_command_line(
    served: list[Options], options: tuple[str, ...], name: str, value: str
) -> None:
    assert settings(served, *options)[name] == (value, "command line")


def test_a_variable_is_named(served: list[Options]) -> None:
    assert settings(served, MOCKSERVER_PORT="9000")["port"] == ("9000", "MOCKSERVER_PORT")


def test_a_secret_of_a_variable_is_not_shown(served: list[Options]) -> None:
    found = settings(served, MOCKSERVER_CONTROL_TOKEN="sesame")

    assert found["control-token"] == ("(set, not shown)", "MOCKSERVER_CONTROL_TOKEN")


def test_a_line_of_the_configuration_file_is_named(
    served: list[Options], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mockserver.toml").write_text("[run]\nport = 9000\n")
    monkeypatch.chdir(tmp_path)

    assert settings(served)["port"] == ("9000", "mockserver.toml:2")
