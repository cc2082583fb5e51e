"""The settings that a command runs with, and where each comes from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import click
from click.core import ParameterSource

from mockserver.cli.failure.places import command_words, flag_of
from mockserver.cli.settings.config_show import SECRETS, Setting, settings_of
from mockserver.control.effective_settings import EffectiveSetting

_COMMAND_LINE = "command line"
_HIDDEN = "(set, not shown)"
_NONE = "-"


def effective_settings(context: click.Context) -> Iterator[EffectiveSetting]:
    """Yield the settings of the context's command in the order of its help."""
    command = " ".join(command_words(context).split()[1:])
    known = {one.name: one for one in settings_of(context, os.environ) if one.command == command}
    for param in context.command.params:
        key = flag_of(param).removeprefix("--")
        if key in known:
            yield _effective(context, param, known[key])


def _effective(context: click.Context, param: click.Parameter, known: Setting) -> EffectiveSetting:
    name = param.name or ""
    if context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
        return EffectiveSetting(known.name, _written(known.value), known.source)
    value = context.params[name]
    if known.name in SECRETS:
        return EffectiveSetting(known.name, _HIDDEN, _COMMAND_LINE)
    if isinstance(param.type, click.Choice) and isinstance(value, bool):
        # Of two choices, the command is handed whether it is the second.
        value = list(param.type.choices)[value]
    return EffectiveSetting(known.name, _written(value), _COMMAND_LINE)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        value = [f"{key}={text}" for key, text in value.items()]
    if isinstance(value, list | tuple):
        value = " ".join(map(str, value))
    return _NONE if value in (None, "") else str(value)
