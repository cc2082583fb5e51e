"""Load what ships of each vendor once a test process: it is frozen, and many tests need it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import TypeVar

import pytest
from jinja2 import Environment, FileSystemBytecodeCache

from mockserver.console import report_file
from mockserver.contract import loading as contract
from mockserver.contract.profile import Profile
from mockserver.engine import registry
from mockserver.spec import loading
from mockserver.spec.folder import specs_folder
from mockserver.spec.openapi import Spec
from mockserver.spec.overlay import Overlay

Loaded = TypeVar("Loaded")


def load_shipped_files_once(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Replace the loaders until `patch` is undone; other files, and one that changed, are loaded as ever.

    Compiled templates of reports are kept in `folder`.
    """
    patch.setattr(loading, "load_spec", _once(loading.load_spec))
    patch.setattr(registry, "load_vendor", _once(registry.load_vendor))
    read = contract._profile_of_file  # noqa: SLF001 - so that nothing is in its way outside tests
    patch.setattr(contract, "_profile_of_file", _read_once(read))
    compiled = partial(Environment, bytecode_cache=FileSystemBytecodeCache(str(folder)))
    patch.setattr(report_file, "Environment", compiled)


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


def _read_once(read: Callable[[Path, Spec], Profile]) -> Callable[[Path, Spec], Profile]:
    found: dict[Path, tuple[int, Spec, Profile]] = {}

    @wraps(read)
    def read_once(file: Path, spec: Spec) -> Profile:
        version, known = file.stat().st_mtime_ns if file.is_file() else 0, found.get(file)
        if known is None or known[0] != version or known[1] is not spec:
            found[file] = known = version, spec, read(file, spec)
        return known[2]

    return read_once
