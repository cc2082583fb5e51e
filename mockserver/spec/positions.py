"""Lines and columns in a YAML file, found by the path of a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import yaml


class Place(NamedTuple):
    """A line and column, both from 1."""

    line: int
    column: int


START = Place(1, 1)


def place_in(root: yaml.Node | None, path: Sequence[str | int]) -> Place:
    """Return the place of the key or item at `path`, or of the deepest one on the way that is there."""
    node, found = root, START
    for step in path:
        below = _below(node, step)
        if below is None:
            break
        mark, node = below
        found = Place(mark.line + 1, mark.column + 1)
    return found


def compose(text: str) -> yaml.Node | None:
    """Return the nodes of a YAML text.

    Raises:
        yaml.YAMLError: it is not YAML.
    """
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
