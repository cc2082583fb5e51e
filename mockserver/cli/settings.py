"""Settings from mockserver.toml, pyproject.toml and the environment, and the source of each value."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from mockserver.cli.options import VARIABLE_PREFIX, choices, fail_usage, nearest, show_error, shown

CONFIG_NAME = "mockserver.toml"
_PYPROJECT = "pyproject.toml"
_TABLE = ("tool", "mockserver")
_META_KEY = "mockserver.config"
_HEADER = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")

GLOBAL_KEYS = ("url", "sandbox", "control-token", "color")
"""Keys at the top level of the file. A key sets the option with its name in each command that has it."""

OTHER_NAMES = (
    "MOCKSERVER_COMMAND",  # the pytest plugin: how to start a server
    "MOCKSERVER_CONTROL_TOKEN",
    "MOCKSERVER_SANDBOX",
    "MOCKSERVER_TARGET",  # scripts and tests that `contract` writes
    "MOCKSERVER_URL",
)
"""Environment variables that are read by code other than the options of the command line."""

OTHER_PREFIXES = ("MOCKSERVER_CREDENTIAL_", "MOCKSERVER_HEADER_")
"""Prefixes of variables. A security scheme's name follows the first prefix, a header's name the second."""

_REPORTS_ITSELF = "doctor"
"""Command that runs despite invalid settings, because the command has to report invalid settings."""


class InvalidConfigError(Exception):
    def __init__(self, what: str, where: str, cure: str) -> None:
        super().__init__(what)
        self.where, self.cure = where, cure


@dataclass(frozen=True, slots=True)
class ConfigFile:
    path: Path
    text: str
    document: Mapping[str, Any]
    """The settings of mockserver in the file."""
    table: tuple[str, ...] = ()
    """Keys that lead to `document`: `tool` and `mockserver` in pyproject.toml, none in other files."""

    def has(self, *keys: str) -> bool:
        node: Any = self.document
        for key in keys:
            if not isinstance(node, Mapping) or key not in node:
                return False
            node = node[key]
        return True

    def place(self, *keys: str) -> str:
        """Return `file:line` of the key or, if the key is missing, of the innermost existing table."""
        return f"{shown_path(self.path)}:{_line_of(self.text, (*self.table, *keys))}"

    def place_of_setting(self, path: tuple[str, ...], key: str) -> str:
        """Return `file:line` of `key`: in the command's table at `path`, otherwise at the top level."""
        return self.place(*path, key) if self.has(*path, key) else self.place(key)


def current_config(context: click.Context) -> ConfigFile | None:
    found: ConfigFile | None = context.meta.get(_META_KEY)
    return found


def use_config(context: click.Context, config: ConfigFile) -> None:
    context.meta[_META_KEY] = config


def find_config(folder: Path) -> ConfigFile | None:
    """Return the first configuration file in `folder` or above, or None. Raises InvalidConfigError."""
    for here in (folder, *folder.parents):
        if (here / CONFIG_NAME).is_file():
            return read_config(here / CONFIG_NAME)
        project = here / _PYPROJECT
        if project.is_file() and b"tool.mockserver" in project.read_bytes():
            return read_config(project)
    return None


def read_config(file: Path) -> ConfigFile:
    import tomllib

    try:
        text = file.read_bytes().decode()
        document = tomllib.loads(text)
    except OSError as error:
        what = f"the configuration file {file} cannot be read: {error.strerror}"
        raise InvalidConfigError(what, str(file), f"--config {CONFIG_NAME}, or no --config") from None
    except (UnicodeError, tomllib.TOMLDecodeError) as error:
        line = re.search(r"at line (\d+), column (\d+)", str(error))
        place = f"{shown_path(file)}:{line[1]}:{line[2]}" if line else shown_path(file)
        what = f"{file.name} is not TOML: {str(error).partition(' (at ')[0]}"
        raise InvalidConfigError(what, place, "a table for each command:  [run]  port = 9000") from None
    if file.name != _PYPROJECT:
        return ConfigFile(file, text, document)
    return ConfigFile(file, text, document.get("tool", {}).get("mockserver", {}), _TABLE)


def shown_path(file: Path) -> str:
    here = Path.cwd()
    return str(file.relative_to(here)) if file.is_relative_to(here) else str(file)


def _line_of(text: str, wanted: tuple[str, ...]) -> int:
    """Return the line of a key or, if the key is missing, of the innermost existing table.

    tomllib has no line numbers, so this function reads table headers and keys at the beginnings of lines.
    """
    table: tuple[str, ...] = ()
    nearest, depth = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.fullmatch(line):
            found = table = _split_key(header[1])
        elif key := _KEY.match(line):
            found = (*table, *_split_key(key[1]))
        else:
            continue
        if found == wanted[: len(found)] and len(found) > depth:
            nearest, depth = number, len(found)
    return nearest


def _split_key(text: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in re.findall(r"""[\w-]+|"[^"]*"|'[^']*'""", text))


def flag_of(param: click.Parameter) -> str:
    if isinstance(param, click.Argument):
        return param.human_readable_name
    return next((text for text in param.opts if text.startswith("--")), param.opts[0])


def key_of(param: click.Parameter) -> str:
    """Return the key of an option in a file: its long flag without the dashes."""
    return flag_of(param).removeprefix("--")


def place_of(context: click.Context, param: click.Parameter, value: Any) -> str:
    """Return where a value was given: `--port 70000`, `MOCKSERVER_PORT=abc` or `mockserver.toml:3`."""
    source = context.get_parameter_source(param.name or "")
    text = shown(" ".join(map(str, value)) if isinstance(value, list | tuple) else value)
    if source is ParameterSource.ENVIRONMENT and isinstance(param.envvar, str):
        return f"{param.envvar}={text}"
    config = current_config(context)
    if source is ParameterSource.DEFAULT_MAP and config:
        return config.place_of_setting(command_path(context), key_of(param))
    if isinstance(param, click.Argument):
        return f"{command_words(context)} {text}"
    given = flag_of(param) if getattr(param, "is_flag", False) else f"{flag_of(param)} {text}"
    return f"{given} (default)" if source is ParameterSource.DEFAULT else given


def place_of_option(context: click.Context, name: str, value: Any) -> str:
    return place_of(context, next(param for param in context.command.params if param.name == name), value)


def command_words(context: click.Context) -> str:
    return " ".join(["mockserver", *command_path(context)])


def command_path(context: click.Context) -> tuple[str, ...]:
    program = (context.find_root().info_name or "").split()
    return tuple(context.command_path.split()[len(program) :])


def defaults_from(config: ConfigFile, group: click.Group, context: click.Context) -> dict[str, Any]:
    """Return the file's values by command and parameter, as Click's `default_map`.

    Raises InvalidConfigError: a key is unknown, or a value has the wrong type.
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
    # The key `sandbox` is either a name for every command, or the table of the command `sandbox`.
    tables = {key: value for key, value in config.document.items() if isinstance(value, Mapping)}
    return {
        name: _command_defaults(config, command, context, (name,), tables.get(name, {}))
        for name, command in commands.items()
    }


def commands_of(group: click.Group, context: click.Context) -> dict[str, click.Command]:
    found = ((name, group.get_command(context, name)) for name in group.list_commands(context))
    return {name: command for name, command in found if command is not None}


def commands_below(
    command: click.Command, context: click.Context, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield the command and all its subcommands, each with the names that lead to it."""
    yield path, command
    if isinstance(command, click.Group):
        for name, one in commands_of(command, context).items():
            yield from commands_below(one, context, (*path, name))


def options_of(command: click.Command) -> dict[str, click.Option]:
    """Return the options that a file may set, by their keys."""
    return {
        key_of(param): param
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
    inner = commands_of(command, context) if isinstance(command, click.Group) else {}
    own = options_of(command)
    for key in table:
        if key not in inner and key not in own:
            _refuse_key(config, path, key, {**inner, **own})
    below = {
        name: _command_defaults(config, one, context, (*path, name), table.get(name, {}))
        for name, one in inner.items()
    }
    return {**below, **dict(_option_defaults(config, own, path, table))}


def _option_defaults(
    config: ConfigFile, known: Mapping[str, click.Option], path: tuple[str, ...], table: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    for key in GLOBAL_KEYS:
        value = config.document.get(key)
        if key in known and key not in table and value is not None and not isinstance(value, Mapping):
            yield str(known[key].name), _value(config, known[key], (key,), value)
    for key, value in table.items():
        if key in known:
            yield str(known[key].name), _value(config, known[key], (*path, key), value)


def _value(config: ConfigFile, param: click.Option, keys: tuple[str, ...], value: Any) -> Any:
    """Return the value in Click's form; a relative path in the file is relative to the file's folder."""
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


def setting_names(group: click.Group, context: click.Context) -> frozenset[str]:
    """Return the environment variables of all options of all commands, and `OTHER_NAMES`."""
    params = (param for _, command in commands_below(group, context) for param in command.params)
    return frozenset([*OTHER_NAMES, *(param.envvar for param in params if isinstance(param.envvar, str))])


def unknown_names(environment: Mapping[str, str], known: frozenset[str]) -> list[str]:
    return sorted(
        name
        for name in environment
        if name.startswith(VARIABLE_PREFIX) and name not in known and not name.startswith(OTHER_PREFIXES)
    )


def warn_of_unknown_names(environment: Mapping[str, str], group: click.Group, context: click.Context) -> None:
    if not unknown_names(environment, frozenset(OTHER_NAMES)):
        return
    known = setting_names(group, context)
    for name in unknown_names(environment, known):
        show_error(f"no setting is called {name}", "the environment", cure_for(name, known), "warning")


def cure_for(name: str, known: frozenset[str]) -> str:
    near = nearest(name.removeprefix(VARIABLE_PREFIX), [one.removeprefix(VARIABLE_PREFIX) for one in known])
    return f"{VARIABLE_PREFIX}{near} instead of {name}" if near else f"unset {name}"


def color_for(choice: str, environment: Mapping[str, str]) -> bool | None:
    """Return whether to use color, or None to use color only on a terminal.

    `choice` (of `--color`) decides first, then NO_COLOR, then FORCE_COLOR, then TERM.
    """
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return False if environment.get("TERM") == "dumb" else None


def apply_settings(context: click.Context, file: Path | None, color: str) -> None:
    """Read the configuration file, pass its values to the commands, and switch colors on or off.

    End with exit 2 if the file is invalid.
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
            fail_usage(str(error), error.where, error.cure)
    context.color = color_for(color, os.environ)


def _color(context: click.Context, config: ConfigFile, color: str) -> str:
    if context.get_parameter_source("color") is not ParameterSource.DEFAULT or not config.has("color"):
        return color
    choices = ("auto", "always", "never")
    if config.document["color"] not in choices:
        raise InvalidConfigError(
            "color: expected auto, always or never", config.place("color"), 'color = "never"'
        )
    return str(config.document["color"])
