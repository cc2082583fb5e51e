from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import THEMES, CommandGroup, main
from mockserver.cli.options import examples_of
from mockserver.cli.settings import commands_of
from mockserver.engine.registry import vendor_packages

HEAVY = {
    "connexion",
    "ctypes",
    "faker",
    "flask",
    "httpx",
    "hypothesis",
    "jsonschema",
    "jsonschema_rs",
    "msgspec",
    "openapi_spec_validator",
    "schemathesis",
    "starlette",
    "uvicorn",
    "yaml",
}
"""What help and TAB must not wait for."""


assert isinstance(main, CommandGroup)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def every_command(command: click.Command = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        for name, one in commands_of(command, click.Context(command)).items():
            yield from every_command(one, (*path, name))


COMMANDS = [" ".join(path) for path in every_command()]


@pytest.mark.parametrize("path", COMMANDS)
def test_help_has_an_example_with_a_vendor_that_is_there(path: str) -> None:
    result = run(*path.split(), "--help")
    examples = [line.strip() for line in result.output.splitlines() if line.strip().startswith("mockserver ")]

    assert result.exit_code == 0
    assert any(line.startswith(f"mockserver {path}") for line in examples)
    assert not any({"NAME", "VENDOR"} & set(line.split()) for line in examples)


@pytest.mark.parametrize("path", COMMANDS)
def test_help_has_no_empty_default(path: str) -> None:
    result = run(*path.split(), "--help")

    assert 'default: ""' not in result.output
    assert "default: []" not in result.output


def test_the_root_help_has_whole_summaries() -> None:
    assert "..." not in run("--help").output.partition("\n")[2]


def test_the_root_help_has_every_command_once_under_a_theme() -> None:
    lines = run("--help").output.splitlines()
    listed = [line.split()[0] for line in lines if line.startswith("  ") and line[2:3].isalpha()]

    assert sorted(one for one in listed if one in set(COMMANDS)) == sorted(
        commands_of(main, click.Context(main))
    )


@pytest.mark.parametrize("name", commands_of(main, click.Context(main)))
def test_a_summary_is_the_first_sentence_of_the_help(name: str) -> None:
    command = main.get_command(click.Context(main), name)

    summaries = {one: text for theme in THEMES.values() for one, text in theme.items()}

    assert command
    assert summaries[name] == command.get_short_help_str(200)


def test_themes_name_commands_once() -> None:
    names = [name for theme in THEMES.values() for name in theme]

    assert len(names) == len(set(names))


def test_examples_have_the_first_vendor() -> None:
    command = main.get_command(click.Context(main), "verify")

    assert command
    assert vendor_packages()[0] in examples_of(command)[0].split()


def tab(line: str) -> str:
    """Return a program that asks for the words that end the line."""
    asked = {"_MOCKSERVER_COMPLETE": "bash_complete", "COMP_CWORD": str(line.count(" ")), "COMP_WORDS": line}
    return f"import os; os.environ.update({asked!r})"


@pytest.mark.parametrize(
    "line",
    [
        "import sys; sys.argv = ['mockserver', '--help']",
        "import sys; sys.argv = ['mockserver', 'run', '--help']",
        tab("mockserver "),
        tab("mockserver run --vendor "),
        tab("mockserver contract --operation "),
        tab("mockserver contract --checks "),
    ],
    ids=["help", "help of run", "TAB command", "TAB vendor", "TAB operation", "TAB check"],
)
def test_help_and_tab_import_nothing_heavy(line: str) -> None:
    program = (
        f"{line}\n"
        "import sys\n"
        "from mockserver.cli.main import main\n"
        "try: main(prog_name='mockserver')\n"
        f"finally: print(*sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)  # noqa: S603 - our own program

    assert (done.returncode, done.stderr.strip(), done.stdout != "") == (0, "", True)


def test_every_command_that_ends_can_print_json() -> None:
    assert list(without_json(main)) == ["record", "run"]


def without_json(group: click.Group) -> Iterator[str]:
    """Yield the commands below the group that have no --json."""
    for name, command in commands_of(group, click.Context(group)).items():
        if isinstance(command, click.Group):
            yield from without_json(command)
        elif "--json" not in {flag for parameter in command.params for flag in parameter.opts}:
            yield name
