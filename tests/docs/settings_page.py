"""The generated part of the page of settings: every option of `run` as flag, variable, key, default."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from mockserver.cli.main import main
from mockserver.cli.settings import options_of
from tests.docs.markdown import code, table
from tests.support.commands_page import default_of, meaning_of

HEAD = ("flag", "variable", "key", "default", "what it does")


def run_options() -> dict[str, click.Option]:
    """Return the options of `run`, by their key in the file."""
    command = main.get_command(click.Context(main), "run")
    if command is None:
        raise LookupError("there is no command run")
    return options_of(command)


def global_options() -> dict[str, click.Option]:
    """Return the options that stand before any command, by name."""
    return {(one.name or ""): one for one in main.params if isinstance(one, click.Option) and one.envvar}


def describe() -> str:
    """Return the generated part of the page."""
    run = table(HEAD, (_row(key, option) for key, option in run_options().items()))
    every = table(HEAD[:2] + HEAD[4:], _global_rows())
    says = "Keys are those of the table `[run]`."
    return f"## Settings of the server\n\n{says}\n\n{run}\n\n## For every command\n\n{every}"


def _row(key: str, option: click.Option) -> Sequence[str]:
    flags = ", ".join(code(flag) for flag in (*option.opts, *option.secondary_opts))
    return (
        flags,
        code(str(option.envvar)),
        code(f"{key} = {_example(option)}"),
        default_of(option),
        meaning_of(option),
    )


def _example(option: click.Option) -> str:
    if option.is_flag:
        return "false" if option.default is True else "true"
    if isinstance(option.type, click.types.IntParamType):
        return str(option.default if isinstance(option.default, int) else 1)
    choice = option.type.choices[0] if isinstance(option.type, click.Choice) else option.metavar or "TEXT"
    return f'["{choice}"]' if option.multiple else f'"{choice}"'


def _global_rows() -> Iterator[Sequence[str]]:
    for option in global_options().values():
        yield ", ".join(map(code, option.opts)), code(str(option.envvar)), meaning_of(option)
