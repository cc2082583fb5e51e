"""Apply what holds for every command: the configuration file, colors, warnings about the environment."""

from __future__ import annotations

import os
from pathlib import Path

import click
from click.core import ParameterSource

from mockserver.cli.colors import color_for
from mockserver.cli.options import EXIT_USAGE, fail
from mockserver.cli.settings.config_file import (
    ConfigFile,
    InvalidConfigError,
    find_config,
    read_config,
    use_config,
)
from mockserver.cli.settings.config_settings import defaults_from
from mockserver.cli.settings.environment import warn_of_unknown_names

_REPORTS_ITSELF = "doctor"
"""The command that reports on the file and the environment, so that nothing may stop it before."""


def apply_settings(context: click.Context, file: Path | None, color: str) -> None:
    """Read the configuration file, hand its values to the commands, and set colors.

    Exits with status 2 if the file cannot be used.
    """
    group = context.command
    if isinstance(group, click.Group) and context.invoked_subcommand != _REPORTS_ITSELF:
        warn_of_unknown_names(os.environ, group, context)
        try:
            config = read_config(file) if file else find_config(Path.cwd())
            if config:
                use_config(context, config)
                context.default_map = defaults_from(config, group, context)
                color = _color(context, config, color)
        except InvalidConfigError as error:
            fail(str(error), error.where, error.cure, EXIT_USAGE)
    context.color = color_for(color, os.environ)


def _color(context: click.Context, config: ConfigFile, color: str) -> str:
    """Return the color setting: the file's where neither flag nor environment say anything."""
    if context.get_parameter_source("color") is not ParameterSource.DEFAULT or not config.has("color"):
        return color
    choices = ("auto", "always", "never")
    if config.document["color"] not in choices:
        raise InvalidConfigError(
            "color: expected auto, always or never", config.place("color"), 'color = "never"'
        )
    return str(config.document["color"])
