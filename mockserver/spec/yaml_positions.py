"""Find positions of values and of faults in a YAML file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import yaml
from yaml.reader import ReaderError

from mockserver.codec.yaml import PlainLoader, TextPosition

_NEAR = 2
"""Maximum distance, in lines, from a tab in an indentation to the reader's error that the tab causes."""


START = TextPosition(1, 1)


def place_in(root: yaml.Node | None, path: Sequence[str | int]) -> TextPosition:
    """Return the position of the key or item at `path`, else of its nearest ancestor, else `START`."""
    node, found = root, START
    for step in path:
        below = _below(node, step)
        if below is None:
            break
        mark, node = below
        found = TextPosition.of(mark)
    return found


def end_of(text: str) -> TextPosition:
    """Return the position after the last character of a text."""
    return TextPosition(text.count("\n") + 1, len(text.rpartition("\n")[2]) + 1)


def compose(text: str) -> yaml.Node | None:
    """Return the root node of a YAML or JSON text: an empty scalar if it is empty, None if it is invalid."""
    try:
        return yaml.compose(text, Loader=PlainLoader) or yaml.ScalarNode("", "")
    except (yaml.YAMLError, RecursionError):
        return None


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
    if isinstance(error, ReaderError):  # some parsers count its position in bytes, others in characters
        return YamlFault(message, *end_of(text.partition(chr(error.character))[0]))
    if mark is None:
        return YamlFault(message)
    lines = text.splitlines()[: mark.line + 1]
    last = list(enumerate(lines, 1))[-1 - _NEAR :]
    tab = next((number for number, line in last if "\t" in _indentation(line)), 0)
    if tab:
        column = lines[tab - 1].index("\t") + 1
        return YamlFault(f"line {tab} is indented with a tab; YAML allows only spaces", tab, column)
    uneven = _uneven_line(lines)
    if uneven is not None and "twice" not in message and mark.line + 1 - uneven.line <= 1:
        return uneven
    return YamlFault(message, mark.line + 1, mark.column + 1)


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _uneven_line(lines: list[str]) -> YamlFault | None:
    """Return a fault at the last line whose indentation the lines above do not allow, or None."""
    levels, found, before, opens = [0], None, 0, True
    for number, line in enumerate(lines, 1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        width = len(_indentation(line))
        while levels[-1] > width:
            levels.pop()
        if levels[-1] < width:
            if not opens:
                message = (
                    f"line {number} is indented by {width} spaces, line {before} above it by {levels[-1]}"
                )
                found = YamlFault(message, number, width + 1)
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
