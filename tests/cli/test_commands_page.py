"""docs/commands.md has every command with every option."""

from __future__ import annotations

import re
import tomllib

import click
import pytest

from mockserver.cli import options
from mockserver.cli.main import main
from mockserver.cli.settings import ConfigFile, defaults_from
from tests.support.commands_page import PAGE, commands_below
from tests.tools.people.terminal import COMMANDS as PEOPLE_COMMANDS

TEXT = PAGE.read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^##+ ([a-z ]+)\n(.*?)(?=^##+ |\Z)", TEXT, re.MULTILINE | re.DOTALL))
COMMANDS = {" ".join(path): command for path, command in commands_below(main)}
HOW = "write the page anew: python -m tests.support.commands_page"


@pytest.mark.parametrize("path", COMMANDS)
def test_the_page_has_every_option_of_every_command(path: str) -> None:
    flags = {
        flag
        for param in COMMANDS[path].params
        if isinstance(param, click.Option)
        for flag in (*param.opts, *param.secondary_opts)
    }

    assert flags - set(re.findall(r"`(--?[a-z-]+)`", SECTIONS.get(path, ""))) == set(), HOW


def test_the_page_has_no_command_that_is_gone() -> None:
    made = TEXT.partition("<!-- From here")[2]

    assert set(re.findall(r"^##+ ([a-z ]+)$", made, re.MULTILINE)) == set(COMMANDS), HOW


def test_the_page_has_every_exit_code() -> None:
    codes = {value for name, value in vars(options).items() if name.startswith("EXIT_")}

    assert {int(code) for code in re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)} == codes


def test_the_settings_on_the_page_can_be_used() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    config = ConfigFile(PAGE, text, tomllib.loads(text))

    assert defaults_from(config, main, click.Context(main))["run"]["port"] == 9000


def test_each_command_is_called_by_make_people() -> None:
    called = tuple(f"{line} " for line in PEOPLE_COMMANDS.splitlines())
    commands = {path for path, command in COMMANDS.items() if not isinstance(command, click.Group)}
    left = {path for path in commands if not any(line.startswith(f"{path} ") for line in called)}

    assert left == {"drill", "journal differences", "listen", "record", "run"}  # they need more than a server
