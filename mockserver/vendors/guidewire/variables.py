"""Variables of a composite: read from an answer by path, put into what comes after it.

Source: Guidewire fact sheet §3.5 (`${name}`, and the form of a path beyond its `$`: assumed).
"""

from __future__ import annotations

import re

from mockserver.codec import json
from mockserver.errors import Rejected
from mockserver.model import Json, Path, Problem

_USE = re.compile(r"\$\{([^{}]+)\}")
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\[([0-9]{1,6})\]|\['([^']+)'\]")
_MAX_FILLED = 1024 * 1024


class Variables:
    """What the subrequests of one composite have named; so much may be filled in, and no more."""

    def __init__(self) -> None:
        self._known: dict[str, Json] = {}
        self._left = _MAX_FILLED

    def keep(self, name: str, path: str, answer: Json, place: Path) -> None:
        """Name the value at `path` (`$.data.attributes.id`, `$.data[0]`) in an answer.

        Raises:
            Rejected: the path is none, or leads to no single value.
        """
        value = answer
        rest = path.removeprefix("$")
        steps = _STEP.findall(rest) if rest != path and not _STEP.sub("", rest) else [("", "", "")]
        for member, index, quoted in steps:
            value = _step(value, member or quoted, index)
        if value is None or isinstance(value, (dict, list)):
            raise Rejected(Problem("nothing-at-path", (*place, "path"), found=path))
        self._known[name] = value

    def filled(self, value: Json, place: Path) -> Json:
        """`value` with every `${name}` in its texts replaced; a text that is one name becomes its value.

        Raises:
            Rejected: a name is not known, or more is filled in than can be meant.
        """
        if isinstance(value, dict):
            return {name: self.filled(child, place) for name, child in value.items()}
        if isinstance(value, list):
            return [self.filled(child, place) for child in value]
        if not isinstance(value, str) or "${" not in value:
            return value
        alone = _USE.fullmatch(value)
        return self._value(alone[1], place) if alone else self.text(value, place)

    def text(self, value: str, place: Path) -> str:
        """As `filled`, and a text whatever is filled in."""
        return _USE.sub(lambda use: _as_text(self._value(use[1], place)), value)

    def _value(self, name: str, place: Path) -> Json:
        if name not in self._known:
            raise Rejected(Problem("no-variable", place, found=name))
        value = self._known[name]
        self._left -= len(_as_text(value))
        if self._left < 0:
            raise Rejected(Problem("too-long", (*place, "body"), expected=_MAX_FILLED))
        return value


def _step(value: Json, name: str, index: str) -> Json:
    if name and isinstance(value, dict):
        return value.get(name)
    if index and isinstance(value, list) and int(index) < len(value):
        return value[int(index)]
    return None


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else json.encode(value).decode()
