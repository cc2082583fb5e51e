"""Places in a written profile, for messages: the file, the member, the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from yaml import YAMLError

from mockserver.errors import SpecError
from mockserver.spec.positions import compose, place_in


class WrittenProfileError(SpecError):
    """A written profile cannot be read, or does not fit its spec; `path` leads to the place in the file."""

    def __init__(self, message: str, said: str, path: tuple[str | int, ...]) -> None:
        super().__init__(message)
        self.said, self.path = said, path


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
        """Raise an error that names file, member and line.

        Raises:
            WrittenProfileError: always.
        """
        label = ".".join(map(str, self.label))
        told = f"{label}: {said}" if label else said
        raise WrittenProfileError(f"{self.file}: {told}{_line(self.text, self.path)}", told, self.path)


def _line(text: str, path: Sequence[str | int]) -> str:
    try:
        return f" (line {place_in(compose(text), path).line})"
    except (YAMLError, RecursionError):
        return ""
