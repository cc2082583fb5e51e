"""Scenarios as a test names them: one that ships, a document, or a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mockserver.codec import yaml
from mockserver.model import Json
from mockserver.testing.control import YAML, Control, Within

_ENDINGS = (".yaml", ".yml", ".json")


def put(within: Within, given: str | Path | Mapping[str, Json], folder: Path) -> str:
    """Arm what is given, a file below `folder`; its name.

    Raises:
        NotDone: it is none, with line and column where it is a file.
        LookupError: none of the name ships.
        OSError: the file cannot be read.
    """
    if isinstance(given, Mapping):
        return _stored(within, given)
    if isinstance(given, str) and not given.endswith(_ENDINGS):
        return _stored(within, _shipped(within.control, given))
    file = folder / given
    text = file.read_bytes()
    read = yaml.load(text.decode("utf-8"))
    name = read.get("name", file.stem) if isinstance(read, Mapping) else file.stem
    within.control.send("PUT", f"/sandboxes/{within.name}/scenarios/{name}", text, YAML)
    return str(name)


def _stored(within: Within, document: Mapping[str, Json]) -> str:
    name = str(document.get("name", "unnamed"))
    within.ask("PUT", f"/scenarios/{name}", document)
    return name


def _shipped(control: Control, name: str) -> Mapping[str, Json]:
    ready: dict[str, Mapping[str, Json]] = {
        one["name"]: one["document"] for one in control.ask("GET", "/scenarios")
    }
    if name not in ready:
        raise LookupError(
            f"no scenario {name} ships, and a file ends in {', '.join(_ENDINGS)}; there is {', '.join(ready)}"
        )
    return ready[name]
