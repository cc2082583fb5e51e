"""Where the value of a setting comes from: a flag, the environment, the configuration file, a default."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from mockserver.cli.failure.suggestions import shown
from mockserver.cli.settings.config_file import ConfigFile, current_config


def flag_of(param: click.Parameter) -> str:
    """Return the option's long flag, or the argument's name as help shows it."""
    if isinstance(param, click.Argument):
        return param.human_readable_name
    return next((text for text in param.opts if text.startswith("--")), param.opts[0])


def place_of(context: click.Context, param: click.Parameter, value: Any) -> str:
    """Return the place of a value: `--port 70000`, `MOCKSERVER_PORT=abc` or `mockserver.toml:3`."""
    source = context.get_parameter_source(param.name or "")
    text = shown(" ".join(map(str, value)) if isinstance(value, list | tuple) else value)
    if source is ParameterSource.ENVIRONMENT and isinstance(param.envvar, str):
        return f"{param.envvar}={text}"
    config = current_config(context)
    if source is ParameterSource.DEFAULT_MAP and config:
        return config_place(config, context, param)
    if isinstance(param, click.Argument):
        return f"{command_words(context)} {text}"
    given = flag_of(param) if getattr(param, "is_flag", False) else f"{flag_of(param)} {text}"
    return f"{given} (default)" if source is ParameterSource.DEFAULT else given


def place_of_option(context: click.Context, name: str, value: Any) -> str:
    """Return the place of the value of the option whose parameter is called `name`."""
    return place_of(context, next(one for one in context.command.params if one.name == name), value)


def config_place(config: ConfigFile, context: click.Context, param: click.Parameter) -> str:
    """Return the line of the configuration file that sets an option of this command."""
    key = flag_of(param).removeprefix("--")
    own = (*command_words(context).split()[1:], key)
    return config.place(*(own if config.has(*own) else (key,)))


def command_words(context: click.Context) -> str:
    """Return the command as it is typed, without arguments: `mockserver spec check`."""
    return " ".join(["mockserver", *context.command_path.split()[_words_of_program(context) :]])


def _words_of_program(context: click.Context) -> int:
    return len((context.find_root().info_name or "").split())
