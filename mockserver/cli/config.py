"""The command `mockserver config`: settings and their sources."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource
from msgspec.structs import asdict

from mockserver.cli.options import CONTEXT_SETTINGS, option
from mockserver.cli.output import table_lines, write_json, write_lines
from mockserver.cli.settings import (
    ConfigFile,
    command_path,
    commands_below,
    current_config,
    key_of,
    options_of,
)
from mockserver.model import Value

if TYPE_CHECKING:
    from mockserver.control.status import EffectiveSetting

_DEFAULT = "default"
_COMMAND_LINE = "command line"
_NONE = "-"
_SECRETS = ("control-token", "header", "credential", "store")
"""Settings whose values are hidden. (The address of a store may contain a password.)"""

_HIDDEN = "(set, not shown)"


@click.group(context_settings=CONTEXT_SETTINGS)
def config() -> None:
    """Show the settings, and where each value comes from.

    \b
    mockserver config show
    """


@config.command(context_settings=CONTEXT_SETTINGS)
@option("--json", "as_json", is_flag=True, help="Print JSON, one list.")
@option("--all", "everything", is_flag=True, help="Also show settings that have their default.")
@click.pass_context
def show(context: click.Context, *, as_json: bool, everything: bool) -> None:
    """Print settings, their values, and where each value comes from: file, environment or default.

    Without --all or --json, leave out settings that have their default. Precedence: flag, environment, file,
    default.

    \b
    mockserver config show
    mockserver config show --all --json
    """
    settings = [
        setting
        for setting in settings_of(context, os.environ)
        if everything or as_json or setting.source != _DEFAULT
    ]
    if as_json:
        write_json([asdict(setting) for setting in settings])
    else:
        write_lines(table_of(settings, current_config(context)))


class Setting(Value, frozen=True):
    """A setting and the source of its value."""

    command: str
    """Command that has the setting; "" means a global setting."""
    setting: str
    value: Any
    source: str
    """`default`, `file:line`, or the name of an environment variable."""
    variable: str | None
    """Environment variable of the setting, or None if the setting has no variable."""


def settings_of(context: click.Context, environment: Mapping[str, str]) -> Iterator[Setting]:
    root = context.find_root()
    for path, command in commands_below(root.command, root):
        for param in options_of(command).values():
            yield _setting(root, path, param, environment)


def table_of(settings: Sequence[Setting], config: ConfigFile | None) -> Iterator[str]:
    yield f"file: {config.path}" if config else "file: none (mockserver.toml is searched from here upwards)"
    rows = [(f"{one.command} {one.setting}".strip(), _value_text(one.value), one.source) for one in settings]
    if not rows:
        yield "every setting has its default (mockserver config show --all)"
        return
    yield from table_lines(rows)


def _setting(
    root: click.Context, path: tuple[str, ...], param: click.Option, environment: Mapping[str, str]
) -> Setting:
    key, config, defaults = key_of(param), current_config(root), _defaults(root, path)
    variable = param.envvar if isinstance(param.envvar, str) else None
    if variable and environment.get(variable):
        value, source = environment[variable], variable
    elif config and param.name in defaults:
        value, source = defaults[param.name], config.place_of_setting(path, key)
    else:
        value, source = _default(param), _DEFAULT
    if key in _SECRETS and value:
        value = _HIDDEN
    return Setting(" ".join(path), key, value, source, variable)


def _default(param: click.Option) -> Any:
    value = param.default is True if param.is_flag else param.default
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    is_plain = isinstance(value, bool | int | float | str) or value is None
    return value if is_plain else None if "UNSET" in repr(value).upper() else str(value)


def _defaults(root: click.Context, path: tuple[str, ...]) -> Mapping[str, Any]:
    found: Any = root.default_map or {}
    for name in path:
        found = found.get(name) or {}
    return found if isinstance(found, Mapping) else {}


def effective_settings(context: click.Context) -> Iterator[EffectiveSetting]:
    root, path = context.find_root(), command_path(context)
    for param in options_of(context.command).values():
        yield _effective(context, param, _setting(root, path, param, os.environ))


def _effective(context: click.Context, param: click.Parameter, known: Setting) -> EffectiveSetting:
    from mockserver.control.status import EffectiveSetting

    name = param.name or ""
    if context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
        return EffectiveSetting(known.setting, _value_text(known.value), known.source)
    value = context.params[name]
    if known.setting in _SECRETS:
        return EffectiveSetting(known.setting, _HIDDEN, _COMMAND_LINE)
    if isinstance(param.type, click.Choice) and isinstance(value, bool):
        # The command gets such a choice as a boolean: whether the second value was chosen.
        value = list(param.type.choices)[value]
    return EffectiveSetting(known.setting, _value_text(value), _COMMAND_LINE)


def _value_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        value = [f"{key}={text}" for key, text in value.items()]
    if isinstance(value, list | tuple):
        value = " ".join(map(str, value))
    return _NONE if value in (None, "") else str(value)
