"""The forms in which a vendor takes its paths, beside the one of its spec: the spec's `x-paths`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.errors import SpecError
from mockserver.model import Json

_PATH = re.compile(r"(/[^/{}\s]+)+")
_SLASHES = ("taken", "refused")
_MEMBERS: Mapping[str, str] = {
    "any-case": "true or false",
    "trailing-slash": " or ".join(_SLASHES),
    "prefixes": "a list of paths such as /rest",
    "aliases": "a mapping of paths such as {/old: /new}",
}
"""The members of `x-paths`, each with what it takes."""


@dataclass(frozen=True, slots=True)
class PathForms:
    """The forms of a path that mean the same.

    `prefixes` may stand before every path. `aliases` are other names of a path, or of a beginning of paths.
    """

    any_case: bool = False
    trailing_slash: bool = False
    prefixes: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()

    def plain(self, path: str) -> str:
        """Return the path without prefix and slash at the end, by its name in the spec."""
        prefix = next((one for one in self.prefixes if self._begins(path, one)), "")
        path = path[len(prefix) :]
        if self.trailing_slash and len(path) > 1:
            path = path.removesuffix("/")
        for name, meant in self.aliases:
            if self._begins(path, name):
                return meant + path[len(name) :]
        return path

    def _begins(self, path: str, start: str) -> bool:
        """Return whether the first segments of a path are `start`."""
        first, rest = path[: len(start)], path[len(start) :]
        same = first.lower() == start.lower() if self.any_case else first == start
        return same and rest[:1] in ("", "/")


def read_path_forms(where: str, node: Json) -> PathForms:
    """Read a spec's `x-paths`.

    Raises:
        SpecError: a member is unknown, or has a value of another kind.
    """
    if not isinstance(node, dict):
        raise SpecError(f"{where}: x-paths: expected a mapping, found {node}")
    if unknown := {str(name) for name in node} - set(_MEMBERS):
        raise SpecError(f"{where}: x-paths.{min(unknown)}: unknown; known are {', '.join(sorted(_MEMBERS))}")
    any_case, slash = node.get("any-case", False), node.get("trailing-slash", "refused")
    prefixes, aliases = node.get("prefixes", []), node.get("aliases", {})
    fits = {
        "any-case": isinstance(any_case, bool),
        "trailing-slash": slash in _SLASHES,
        "prefixes": isinstance(prefixes, list) and _are_paths(prefixes),
        "aliases": isinstance(aliases, dict) and _are_paths([*aliases, *aliases.values()]),
    }
    for name in (name for name, is_good in fits.items() if not is_good):
        raise SpecError(f"{where}: x-paths.{name}: expected {_MEMBERS[name]}, found {node[name]}")
    return PathForms(
        any_case=any_case,
        trailing_slash=slash == "taken",
        prefixes=tuple(sorted(prefixes, key=len, reverse=True)),
        aliases=tuple(sorted(aliases.items(), key=lambda one: len(one[0]), reverse=True)),
    )


def _are_paths(found: Iterable[Any]) -> bool:
    """Return whether all are paths without parameters and without a slash at the end."""
    return all(isinstance(one, str) and _PATH.fullmatch(one) for one in found)
