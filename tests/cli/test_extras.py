from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

import mockserver
from mockserver.cli import extras
from mockserver.cli.main import main

PROJECT = Path(mockserver.__file__).parents[1] / "pyproject.toml"


@pytest.fixture
def without_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a plain installation."""
    monkeypatch.setattr(extras, "find_spec", lambda _name: None)


@pytest.mark.usefixtures("without_extras")
@pytest.mark.parametrize("command", ["contract", "verify"])
def test_a_command_without_its_extra_says_what_to_install(command: str, tmp_path: Path) -> None:
    archive = tmp_path / "traffic.har"
    archive.write_text("{}")
    arguments = {"contract": [], "verify": [str(archive), "--vendor", "vba"]}[command]

    result = CliRunner().invoke(main, [command, *arguments])

    assert result.exit_code == 2
    assert f'error: mockserver {command} needs the extra "contract": ' in result.output
    assert "  try: pip install 'mockserver[contract]'" in result.output


@pytest.mark.usefixtures("without_extras")
def test_help_needs_no_extra() -> None:
    assert CliRunner().invoke(main, ["contract", "--help"]).exit_code == 0


def test_the_packages_that_are_looked_for_are_those_of_the_extra() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    required = {
        line.partition(">")[0].replace("-", "_") for line in project["optional-dependencies"]["contract"]
    }

    assert set(extras._PACKAGES["contract"]) == required  # noqa: SLF001 - the other copy of one list
