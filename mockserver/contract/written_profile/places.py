"""Places in a written profile, for messages: the file, the member, the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from yaml import YAMLError

from mockserver.errors import SpecError
from mockserver.spec.positions import compose, place_in


@dataclass(frozen=True, slots=True)
class WrittenPlace:
    """A value in a file: `path` leads there from the root, `label` names it for people."""

    file: str
    text: str
    path: tuple[str | int, ...] = ()
    label: tuple[str | int, ...] = ()

    def at(self, *steps: str | int) -> WrittenPlace:
        """Return a place below this one."""
        return replace(self, path=(*self.path, *steps), label=(*self.label, *steps))

    def fail(self, said: str) -> NoReturn:
        """Raise a SpecError that names file, member and line."""
        label = ".".join(map(str, self.label))
        raise SpecError(f"{self.file}: {f'{label}: ' if label else ''}{said}{_line(self.text, self.path)}")


def _line(text: str, path: Sequence[str | int]) -> str:
    try:
        return f" (line {place_in(compose(text), path).line})"
    except (YAMLError, RecursionError):
        return ""
