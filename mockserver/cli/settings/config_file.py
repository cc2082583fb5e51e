"""Find and read the one configuration file, `mockserver.toml` or `[tool.mockserver]` in `pyproject.toml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

CONFIG_NAME = "mockserver.toml"
_PYPROJECT = "pyproject.toml"
_TABLE = ("tool", "mockserver")
_META_KEY = "mockserver.config"
_HEADER = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")


class InvalidConfigError(Exception):
    """The file cannot be used: what is wrong, where, what to write."""

    def __init__(self, what: str, where: str, cure: str) -> None:
        super().__init__(what)
        self.where, self.cure = where, cure


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A configuration file; `table` names the table that is ours, () the whole file."""

    path: Path
    text: str
    document: Mapping[str, Any]
    table: tuple[str, ...] = ()

    def has(self, *keys: str) -> bool:
        """Return whether there is a value at these keys."""
        node: Any = self.document
        for key in keys:
            if not isinstance(node, Mapping) or key not in node:
                return False
            node = node[key]
        return True

    def place(self, *keys: str) -> str:
        """Return `file:line` of the key, or of the nearest table above it that can be found."""
        return f"{shown_path(self.path)}:{_line_of(self.text, (*self.table, *keys))}"


def current_config(context: click.Context) -> ConfigFile | None:
    """Return the configuration file of this invocation, None if there is none."""
    found: ConfigFile | None = context.meta.get(_META_KEY)
    return found


def use_config(context: click.Context, config: ConfigFile) -> None:
    """Make the file known to this invocation and its commands."""
    context.meta[_META_KEY] = config


def find_config(folder: Path) -> ConfigFile | None:
    """Return the nearest configuration file, from `folder` upwards.

    Raises:
        InvalidConfigError: it cannot be read.
    """
    for here in (folder, *folder.parents):
        if (here / CONFIG_NAME).is_file():
            return read_config(here / CONFIG_NAME)
        project = here / _PYPROJECT
        if project.is_file() and b"tool.mockserver" in project.read_bytes():
            return read_config(project)
    return None


def read_config(file: Path) -> ConfigFile:
    """Read a configuration file.

    Raises:
        InvalidConfigError: it is not there, or not TOML.
    """
    import tomllib  # noqa: PLC0415 - only where there is such a file

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
    """Return the path relative to the working folder where it is below it."""
    here = Path.cwd()
    return str(file.relative_to(here)) if file.is_relative_to(here) else str(file)


def _line_of(text: str, wanted: tuple[str, ...]) -> int:
    """Return the line of a key; tomllib tells none, so that this reads headers and keys at line starts."""
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
