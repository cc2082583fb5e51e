"""Read an OpenAPI file that is compared, not served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from yaml import YAMLError

from mockserver.cli.options import EXIT_USAGE, fail, shown
from mockserver.codec import yaml


def read_document(file: Path) -> dict[str, Any]:
    """Return the document; exits with status 2 if the file is none."""
    try:
        document = yaml.load(file.read_bytes().decode())
    except (UnicodeError, YAMLError) as error:
        fail(
            f"{file.name} is not YAML: {shown(error)}", str(file), f"mockserver spec check {file}", EXIT_USAGE
        )
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        what = f"{file.name} is not an OpenAPI document: it has no paths"
        fail(what, str(file), f"mockserver spec check {file}", EXIT_USAGE)
    return document
