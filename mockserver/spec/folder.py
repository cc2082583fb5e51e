"""Find the specs of the vendors."""

from __future__ import annotations

from pathlib import Path


def specs_folder() -> Path:
    """Return the folder of the specs: beside the package in a checkout, inside it when installed."""
    here = Path(__file__).parents[1]
    inside = here / "specs"
    return inside if inside.is_dir() else here.parent / "specs"


def spec_files_in(folder: Path) -> list[Path]:
    files = (file for file in folder.iterdir() if file.suffix in (".yaml", ".yml")) if folder.is_dir() else ()
    return sorted(file for file in files if not file.name.startswith(("_", ".")))
