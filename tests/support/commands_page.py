"""The made part of docs/commands.md; `python -m tests.support.commands_page` writes it from the commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

import mockserver
from mockserver.cli.main import main
from mockserver.cli.options import examples_of
from mockserver.cli.settings import commands_of

PAGE = Path(mockserver.__file__).parents[1] / "docs" / "commands.md"
_DEFAULT_IN_HELP = re.compile(r"\s*\[default: (.*)\]")
MARK = "<!-- From here on the page is made from the commands: python -m tests.support.commands_page -->\n"


def reference() -> str:
    """Return a section for each command."""
    return "\n".join(line for path, command in commands_below(main) for line in _section(path, command))


def commands_below(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command of the group, and of its groups, with its path."""
    for name, command in commands_of(group, click.Context(group)).items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands_below(command, (*path, name))


def _section(path: tuple[str, ...], command: click.Command) -> Iterator[str]:
    context = click.Context(command)
    pieces = [piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]"]
    yield f"{'#' * (len(path) + 1)} {' '.join(path)}"
    yield ""
    yield f"`{' '.join(['mockserver', *path, *pieces])}`"
    yield ""
    text = (command.help or "").split("\b")[0].strip()
    yield from (" ".join(paragraph.split()).replace("<", "&lt;") + "\n" for paragraph in text.split("\n\n"))
    if examples := examples_of(command):
        yield from ("```console", *(f"$ {one}" for one in examples), "```", "")
    options = [one for one in command.params if isinstance(one, click.Option)]
    if options:
        yield from ("| option | default | environment | what it does |", "|---|---|---|---|")
        yield from (_row(one, context) for one in options)
        yield ""


def _row(option: click.Option, context: click.Context) -> str:
    flags = ", ".join(f"`{flag}`" for flag in (*option.opts, *option.secondary_opts))
    value = "" if option.is_flag else f" {option.make_metavar(context)}"
    variable = f"`{option.envvar}`" if option.envvar else ""
    cells = (flags + _escaped(value), _escaped(default_of(option)), variable, _escaped(meaning_of(option)))
    return f"| {' | '.join(cells)} |"


def default_of(option: click.Option) -> str:
    """Return the default of an option as people read it, "" for none."""
    if found := _DEFAULT_IN_HELP.search(option.help or ""):
        return found[1]
    if option.secondary_opts:
        return (option.opts if option.default else option.secondary_opts)[0]
    return "" if option.is_flag or not option.show_default else str(option.default)


def meaning_of(option: click.Option) -> str:
    """Return what an option is for, without its default."""
    return _DEFAULT_IN_HELP.sub("", option.help or "")


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    before, mark, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    PAGE.write_text(before + (mark or MARK) + "\n" + reference(), encoding="utf-8")
