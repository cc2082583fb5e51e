"""Hook of hatchling: a wheel or an sdist is built only with the files that the pages need."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDORING = "mockserver/console/vendoring.py"
CURE = (
    "run `make assets`, or without make `python3 -m mockserver.console.vendoring`, in the sources;"
    " to build without the files, so that the page of an API is a plain list, set HATCH_BUILD_NO_HOOKS=true"
)


class AssetsHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Raise SystemExit if files are missing or changed; an editable installation needs none."""
        if version == "editable":
            return
        # This package may be installed from elsewhere too, so it is not imported by name.
        vendoring = run_path(str(Path(self.root, VENDORING)))
        if not vendoring["are_current"](vendoring["MANIFEST"], vendoring["ASSETS"]):
            folder = vendoring["ASSETS"]
            raise SystemExit(f"the files of the console in {folder} are missing or changed: {CURE}")
