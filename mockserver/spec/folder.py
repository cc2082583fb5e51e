"""Where the specs of the vendors are."""

from __future__ import annotations

from pathlib import Path


def specs_folder() -> Path:
    """Return where the specs are: beside the package in a checkout, inside it when installed."""
    here = Path(__file__).parents[1]
    inside = here / "specs"
    return inside if inside.is_dir() else here.parent / "specs"
