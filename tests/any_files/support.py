"""Made-up OpenAPI files, one for each feature that public files have."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from mockserver.codec import yaml

FILES = Path(__file__).with_name("files.yaml")


@cache
def made_up_files() -> dict[str, dict[str, Any]]:
    """The files by the name of their feature: `{feature, files: {name: text}}`, the root first."""
    found: dict[str, dict[str, Any]] = yaml.load(FILES.read_text(encoding="utf-8"))
    return found


def write_files(name: str, folder: Path) -> Path:
    """Write the files of a feature; their root."""
    texts: dict[str, str] = made_up_files()[name]["files"]
    written = [folder / file for file in texts]
    for file, text in zip(written, texts.values(), strict=True):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    return written[0]
