"""Check a configuration file against the commands, and hand its values to click as defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from mockserver.cli.failure.places import flag_of
from mockserver.cli.failure.suggestions import choices, nearest, shown
from mockserver.cli.settings.config_file import ConfigFile, InvalidConfigError

GLOBAL_KEYS = ("url", "sandbox", "control-token", "color")
"""Keys of the top level; each is for every command that has the option of that name."""


def defaults_from(config: ConfigFile, group: click.Group, context: click.Context) -> dict[str, Any]:
    """Return click's `default_map`: values by command and parameter.

    Raises:
        InvalidConfigError: a key is unknown, or a value has the wrong type.
    """
    commands = commands_of(group, context)
    for key, value in config.document.items():
        if isinstance(value, Mapping) and key not in commands:
            _refuse_key(config, (), key, commands)
        if not isinstance(value, Mapping) and key not in GLOBAL_KEYS:
            if key in commands:
                what = f"{key}: expected a table, found {shown(value)}, {_kind(value)}"
                raise InvalidConfigError(what, config.place(key), f"[{key}]")
            _refuse_key(config, (), key, (*GLOBAL_KEYS, *commands))
    # `sandbox` may be a name, for every command, or the table of the command `sandbox`.
    tables = {key: value for key, value in config.document.items() if isinstance(value, Mapping)}
    return {
        name: _command_defaults(config, command, context, (name,), tables.get(name, {}))
        for name, command in commands.items()
    }


def commands_of(group: click.Group, context: click.Context) -> dict[str, click.Command]:
    """Return the commands of a group by name, in the order of its help."""
    found = ((name, group.get_command(context, name)) for name in group.list_commands(context))
    return {name: command for name, command in found if command is not None}


def options_of(command: click.Command) -> dict[str, click.Option]:
    """Return the options that a file may set, by key: the long flag without its dashes."""
    return {
        flag_of(param).removeprefix("--"): param
        for param in command.params
        if isinstance(param, click.Option) and param.expose_value
    }


def _command_defaults(
    config: ConfigFile,
    command: click.Command,
    context: click.Context,
    path: tuple[str, ...],
    table: Mapping[str, Any],
) -> dict[str, Any]:
    if isinstance(command, click.Group):
        inner = commands_of(command, context)
        for key in table:
            if key not in inner:
                _refuse_key(config, path, key, inner)
        return {
            name: _command_defaults(config, one, context, (*path, name), table.get(name, {}))
            for name, one in inner.items()
        }
    return dict(_option_defaults(config, command, path, table))


def _option_defaults(
    config: ConfigFile, command: click.Command, path: tuple[str, ...], table: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    known = options_of(command)
    for key in GLOBAL_KEYS:
        value = config.document.get(key)
        if key in known and key not in table and value is not None and not isinstance(value, Mapping):
            yield str(known[key].name), _value(config, known[key], (key,), value)
    for key, value in table.items():
        if key not in known:
            _refuse_key(config, path, key, known)
        yield str(known[key].name), _value(config, known[key], (*path, key), value)


def _value(config: ConfigFile, param: click.Option, keys: tuple[str, ...], value: Any) -> Any:
    """Return the value as click takes it; relative paths are relative to the file's folder."""
    if param.multiple:
        values = value if isinstance(value, list) else [value]
        return [_single_value(config, param, keys, one) for one in values]
    return _single_value(config, param, keys, value)


def _single_value(config: ConfigFile, param: click.Option, keys: tuple[str, ...], value: Any) -> Any:
    wanted, example, fits = _expected(param, value)
    if not fits:
        line = f"{keys[-1]} = {f'[{example}]' if param.multiple else example}"
        found = f"found {shown(value)}, {_kind(value)}"
        raise InvalidConfigError(f"{'.'.join(keys)}: expected {wanted}, {found}", config.place(*keys), line)
    return str(config.path.parent / value) if isinstance(param.type, click.Path) else value


def _expected(param: click.Option, value: Any) -> tuple[str, str, bool]:
    """Return the expected type in words, an example as TOML, and whether the value has that type."""
    if param.is_flag:
        return "true or false", "true", isinstance(value, bool)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(param.type, click.types.IntParamType):
        default = param.default if isinstance(param.default, int) else 1
        return "a whole number", str(default), is_number
    if isinstance(param.type, click.types.FloatParamType):
        return "a number", "1.5", is_number or isinstance(value, float)
    choice = next(iter(param.type.choices)) if isinstance(param.type, click.Choice) else "text"
    return "text in quotes", f'"{choice}"', isinstance(value, str)


def _kind(value: Any) -> str:
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list"}
    return kinds.get(type(value), "a table" if isinstance(value, Mapping) else "a date or time")


def _refuse_key(config: ConfigFile, path: tuple[str, ...], key: str, known: Mapping[str, Any] | Any) -> None:
    where, near = config.place(*path, key), nearest(key, known)
    table = f"[{'.'.join(path)}]" if path else "the top level"
    cure = f"{near} instead of {key}" if near else f"remove it; {table} may have {choices(known)}"
    raise InvalidConfigError(f"unknown key {shown(key)} in {table}", where, cure)
