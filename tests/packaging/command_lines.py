"""Command lines as files and pages show them, held against the commands that there are."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

import click

from mockserver.cli.main import main

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PROGRAM = re.compile(r"(?:^|[ /\\])mockserver (?=[a-z-])(?!(?:python|pip)\b)")
_END_OF_COMMAND = re.compile(r" (?:2?>|&|\||;|&&)(?: |$)")


def unknown_parts(words: Sequence[str]) -> list[str]:
    """Return the commands and options in the words after `mockserver` that do not exist."""
    command: click.Command = main
    context = click.Context(command)
    for place, word in enumerate(words):
        if not isinstance(command, click.Group) or word.startswith("-"):
            return _unknown_options(command, words[place:])
        found = command.get_command(context, word)
        if found is None:
            return [word]
        command, context = found, click.Context(found, parent=context)
    return []


def _unknown_options(command: click.Command, words: Sequence[str]) -> list[str]:
    known = {"-h", "--help", "--version"}
    for parameter in command.params:
        known.update(parameter.opts, parameter.secondary_opts)
    own = words[: words.index("--")] if "--" in words else words  # what follows is another program's
    return [word for word in own if word.startswith("-") and word.partition("=")[0] not in known]


def environment_names() -> set[str]:
    """Return the environment names of all options of all commands."""
    return set(_environment_of(main, click.Context(main)))


def _environment_of(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.params:
        names = parameter.envvar or ()
        yield from [names] if isinstance(names, str) else names
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _environment_of(child, click.Context(child, parent=context))


def code_blocks(page: str, language: str) -> list[str]:
    """Return the page's blocks of code in the language."""
    return [code for found, code in _FENCE.findall(page) if found == language]


def command_lines(text: str) -> Iterator[list[str]]:
    """Yield the words after `mockserver`, for each call of it in lines of shell."""
    for line in text.replace("\\\n", " ").splitlines():
        for call in _PROGRAM.split(f" {line}")[1:]:
            yield shlex.split(_END_OF_COMMAND.split(call)[0].replace('"${words[@]}"', ""))
