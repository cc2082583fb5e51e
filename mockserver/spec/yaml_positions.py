"""Find positions of values and of faults in a YAML file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import yaml

_NEAR = 2
"""Maximum number of lines between an indentation with a tab and the line of the reader's error."""


class Place(NamedTuple):
    """A line and column, both from 1."""

    line: int
    column: int


START = Place(1, 1)


def place_in(root: yaml.Node | None, path: Sequence[str | int]) -> Place:
    """Return the place of the key or item at `path`, or of its nearest ancestor that exists."""
    node, found = root, START
    for step in path:
        below = _below(node, step)
        if below is None:
            break
        mark, node = below
        found = Place(mark.line + 1, mark.column + 1)
    return found


def find_place(text: str, path: Sequence[str | int]) -> Place:
    """Return what `place_in` returns for a YAML or JSON text; `START` if the text cannot be read."""
    try:
        return place_in(compose(text), path)
    except yaml.YAMLError:
        return START


def compose(text: str) -> yaml.Node | None:
    node: yaml.Node | None = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return node


def _below(node: yaml.Node | None, step: str | int) -> tuple[yaml.Mark, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == str(step):
                return key.start_mark, value
    if isinstance(node, yaml.SequenceNode) and str(step).isdecimal() and int(step) < len(node.value):
        item = node.value[int(step)]
        return item.start_mark, item
    return None


class YamlFault(NamedTuple):
    """A fault, with line and column from 1; 0 means unknown."""

    what: str
    line: int = 0
    column: int = 0


def find_yaml_fault(text: str, error: Exception) -> YamlFault:
    mark = getattr(error, "problem_mark", None)
    message = str(getattr(error, "problem", None) or " ".join(str(error).split()))
    if mark is None:
        return YamlFault(message)
    lines = text.splitlines()[: mark.line + 1]
    tab = next((number for number, line in _last(lines) if "\t" in _indentation(line)), 0)
    if tab:
        column = lines[tab - 1].index("\t") + 1
        return YamlFault(f"line {tab} is indented with a tab; YAML allows only spaces", tab, column)
    uneven = _uneven_line(lines)
    if uneven is not None and "twice" not in message and mark.line + 1 - uneven.line <= 1:
        return uneven
    return YamlFault(message, mark.line + 1, mark.column + 1)


def describe_yaml_error(text: str, error: Exception) -> str:
    fault = find_yaml_fault(text, error)
    return f"{fault.what} (line {fault.line}, column {fault.column})" if fault.line else fault.what


def _last(lines: list[str]) -> list[tuple[int, str]]:
    first = max(0, len(lines) - 1 - _NEAR)
    return [(first + number, line) for number, line in enumerate(lines[first:], 1)]


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _uneven_line(lines: list[str]) -> YamlFault | None:
    """Return the last line with an indentation that the lines above it do not allow."""
    levels, found, before, opens = [0], None, 0, True
    for number, line in enumerate(lines, 1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        width = len(_indentation(line))
        if width > levels[-1] and not opens:
            found = _fault(number, width, before, levels[-1])
        while levels[-1] > width:
            levels.pop()
        if levels[-1] < width and not opens:
            found = _fault(number, width, before, levels[-1])
        if levels[-1] < width:
            levels.append(width)
        while words.startswith("- "):
            width += len(words) - len(words[2:].lstrip())
            words = words[2:].lstrip()
            levels.append(width)
        opens = words.endswith((":", "|", ">", "-", "{", "[", ",")) or words.split(" #")[0].rstrip().endswith(
            ":"
        )
        before = number
    return found


def _fault(number: int, width: int, above: int, level: int) -> YamlFault:
    message = f"line {number} is indented by {width} spaces, line {above} above it by {level}"
    return YamlFault(message, number, width + 1)
