"""Examples in help texts: lines that begin with `mockserver`, with a vendor that is there."""

from __future__ import annotations

import re

import click

from mockserver.cli.help.known_names import vendor_names

_EXAMPLE = re.compile(r"^\s*((?:\w+=\S+ )*mockserver [^\n]*)$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\b(?:NAME|VENDOR)\b")


def examples_of(command: click.Command) -> list[str]:
    """Return the example lines of a command's help."""
    return [line.strip() for line in _EXAMPLE.findall(command.help or "")]


def with_examples(command: click.Command) -> click.Command:
    """Write the first vendor's name where the examples of a command, and of those below it, have VENDOR."""
    if command.help and _PLACEHOLDER.search(command.help):
        vendor = next(iter(vendor_names()), "VENDOR")
        command.help = _EXAMPLE.sub(lambda line: _PLACEHOLDER.sub(vendor, line[0]), command.help)
    if isinstance(command, click.Group):
        for one in command.commands.values():
            with_examples(one)
    return command
