from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

import mockserver
from mockserver.cli import options
from mockserver.cli.main import main
from mockserver.installation import extra_command

PROJECT = Path(mockserver.__file__).parents[1] / "pyproject.toml"


@pytest.fixture
def without_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a plain installation."""
    monkeypatch.setattr(options, "find_spec", lambda _name: None)


@pytest.mark.usefixtures("without_extras")
@pytest.mark.parametrize("words", ["contract", "verify {archive} --vendor vba"])
def test_a_command_without_its_extra_says_what_to_install(words: str, tmp_path: Path) -> None:
    archive = tmp_path / "traffic.har"
    archive.write_text("{}")

    result = CliRunner().invoke(main, words.format(archive=archive).split())

    command = words.partition(" {")[0]
    assert result.exit_code == 2
    assert f'error: mockserver {command} needs the extra "contract": ' in result.output
    assert f"  try: {extra_command('contract')}\n" in result.output


@pytest.mark.usefixtures("without_extras")
def test_help_needs_no_extra() -> None:
    assert CliRunner().invoke(main, ["contract", "--help"]).exit_code == 0


@pytest.mark.parametrize("extra", options.EXTRAS)
def test_the_packages_that_are_looked_for_are_those_of_the_extra(extra: str) -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    lines = project["optional-dependencies"][extra]
    required = [re.split("[>=]", line)[0].replace("-", "_") for line in lines]

    assert sorted(options._PACKAGES[extra]) == sorted(required)  # noqa: SLF001 - the other copy of one list


def test_every_extra_is_known() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]

    assert project["optional-dependencies"].keys() == set(options.EXTRAS)
