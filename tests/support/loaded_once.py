"""Load each spec and vendor that ships once a test process: they are frozen, and many tests need them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TypeVar

import pytest

from mockserver.engine import registry
from mockserver.spec import loading
from mockserver.spec.folder import specs_folder
from mockserver.spec.overlay import Overlay

Loaded = TypeVar("Loaded")


def load_shipped_files_once(patch: pytest.MonkeyPatch) -> None:
    """Replace the loaders until `patch` is undone; other files, and one that changed, are loaded as ever."""
    patch.setattr(loading, "load_spec", _once(loading.load_spec))
    patch.setattr(registry, "load_vendor", _once(registry.load_vendor))


def _once(load: Callable[..., Loaded]) -> Callable[..., Loaded]:
    shipped = specs_folder()
    found: dict[tuple[Path, int, bool], Loaded] = {}

    @wraps(load)
    def load_once(file: Path, overlays: Sequence[Overlay] = (), **options: bool) -> Loaded:
        if overlays or file.parent != shipped:
            return load(file, overlays, **options)
        version = (file, file.stat().st_mtime_ns, any(options.values()))
        if version not in found:
            found[version] = load(file, (), **options)
        return found[version]

    return load_once
