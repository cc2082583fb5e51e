"""The help of every command, in two widths."""

from __future__ import annotations

from collections.abc import Iterator

import click

from mockserver.cli.main import main
from tests.tools.goldens.door import Recording, run_command


def record(recording: Recording) -> None:
    """Write the help of each command in both widths."""
    for path in ((), *_commands(main)):
        shown = [run_command(*path, "--help", COLUMNS=width) for width in ("80", "120")]
        recording.write(f"{' '.join(('mockserver', *path))}.txt", "\n".join(shown))


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
