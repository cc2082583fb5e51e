"""Whether output has colors."""

from __future__ import annotations

from collections.abc import Mapping


def color_for(choice: str, environment: Mapping[str, str]) -> bool | None:
    """Return what `--color` says, then NO_COLOR, FORCE_COLOR and TERM; None: as the stream is a terminal."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return False if environment.get("TERM") == "dumb" else None
