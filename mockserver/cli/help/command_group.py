"""The root command: commands that are imported when asked for, help by theme, global options anywhere."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from mockserver.cli.failure.failures import DEBUG_FLAG, exit_with, pipe_watched
from mockserver.cli.help.examples import with_examples

THEMES = {
    "Serve": ("run", "health", "vendors", "doctor"),
    "Call and change a running server": ("send", "scenario", "journal", "sandbox", "clock"),
    "Test": ("contract", "verify", "cases"),
    "Specs and settings": ("spec", "assumptions", "config", "completion"),
}
_OTHER = "More"
_LONGEST_SUMMARY = 200
_DOCSTRING = r'^def NAME\([^)]*\)[^\n]*:\n    """(.*?)(?:\n\n|""")'
_ANYWHERE = {"--config": True, "--color": True, "--debug": False}
"""Global options that may also follow the command, and whether they take a value."""


class CommandGroup(click.Group):
    """A group whose larger commands are modules of `mockserver.cli`, under their own names."""

    def __init__(self, *args: Any, lazy: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in alphabetical order."""
        return sorted({*super().list_commands(ctx), *self._lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported if it is a module."""
        found = super().get_command(ctx, cmd_name)
        if found is None and cmd_name in self._lazy:
            found = getattr(import_module(f"mockserver.cli.{cmd_name}"), cmd_name)
        return with_examples(found) if found else None

    def get_help(self, ctx: click.Context) -> str:
        """Return the help, its examples with a vendor that is there."""
        with_examples(self)
        return super().get_help(ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; the global options may stand behind the command as well."""
        return super().parse_args(ctx, _globals_first(args))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by theme, with whole summaries."""
        rest = set(self.list_commands(ctx))
        for title, names in {**THEMES, _OTHER: tuple(sorted(rest.difference(*THEMES.values())))}.items():
            if rows := [(name, self.summary(ctx, name)) for name in names if name in rest]:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options that begin so; no command is imported for it."""
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        commands = [CompletionItem(name, help=self.summary(ctx, name)) for name in names]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def summary(self, ctx: click.Context, name: str) -> str:
        """Return the first sentence of a command's help, read from its source, which takes no import."""
        if name in self._lazy and (found := summary_in_source(name)):
            return click.Command(name, help=found).get_short_help_str(_LONGEST_SUMMARY)
        command = self.get_command(ctx, name)
        return command.get_short_help_str(_LONGEST_SUMMARY) if command else ""

    def main(self, args: Sequence[str] | None = None, *more: Any, **extra: Any) -> Any:
        """Run the command line; a failure of whatever kind ends in one of our exit codes."""
        words = sys.argv[1:] if args is None else list(args)
        standalone = extra.pop("standalone_mode", True)
        run = partial(self._run, words, args, *more, **{**extra, "standalone_mode": False})
        if not standalone:
            return run()
        return exit_with(run, debug=DEBUG_FLAG in words or bool(os.environ.get("MOCKSERVER_DEBUG")))

    def _run(self, words: Sequence[str], *args: Any, **extra: Any) -> Any:
        """Run the command line; an error of Click's that names no command gets the one of these words."""
        try:
            return super().main(*args, **extra)
        except click.UsageError as error:
            if error.ctx is None:
                error.ctx = _context_of(self, words)
            raise

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Make the context; a closed pipe is not Click's to report."""
        with pipe_watched():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a closed pipe is not Click's to report."""
        with pipe_watched():
            return super().invoke(ctx)


def summary_in_source(name: str) -> str:
    """Return the first paragraph of the docstring of the command in its module; "" if it is not found."""
    file = Path(__file__).parents[1] / f"{name}.py"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    found = re.search(_DOCSTRING.replace("NAME", name), text, re.DOTALL | re.MULTILINE)
    return " ".join(found[1].split()) if found else ""


def _context_of(root: click.Group, words: Sequence[str]) -> click.Context:
    context = click.Context(root, info_name=root.name)
    for word in words:
        command = context.command
        found = command.get_command(context, word) if isinstance(command, click.Group) else None
        if found is not None:
            context = click.Context(found, parent=context, info_name=word)
    return context


def _globals_first(args: list[str]) -> list[str]:
    first: list[str] = []
    rest: list[str] = []
    waiting = iter(args)
    for word in waiting:
        if word == "--":
            return [*first, *rest, word, *waiting]
        name, equals, _ = word.partition("=")
        if name not in _ANYWHERE:
            rest.append(word)
        elif equals or not _ANYWHERE[name]:
            first.append(word)
        else:
            first += [word, *[value for value in [next(waiting, None)] if value is not None]]
    return [*first, *rest]
