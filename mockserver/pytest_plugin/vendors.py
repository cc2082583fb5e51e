"""A fixture for each vendor: of those that ship, of `mockserver_specs`, of a server that runs elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mockserver.testing import Sandbox, Vendor

_OTHER = re.compile(r"\W")


def plugin(config: pytest.Config) -> ModuleType:
    """A plugin of nothing but the fixtures `mock_<vendor>`; what is no sign of a name is an underscore."""
    module = ModuleType("mockserver.pytest_plugin.of_vendors", "A fixture for each vendor.")
    for name in sorted(set(_names(config))):
        setattr(module, f"mock_{_OTHER.sub('_', name)}", _fixture(name))
    return module


def _names(config: pytest.Config) -> Iterator[str]:
    here = Path(__file__).parents[1]
    inside = here / "specs"
    ours = inside if inside.is_dir() else here.parent / "specs"
    for folder in (ours, *config.getini("mockserver_specs")):
        yield from (file.stem for file in folder.glob("*.yaml") if not file.name.startswith("_"))
    if url := config.getoption("mockserver_url"):
        yield from _elsewhere(url)


def _elsewhere(url: str) -> Iterator[str]:
    """The vendors of a server that runs; none where nothing answers, which the fixtures say when used."""
    from mockserver.testing import NoServer, NotDone, Server  # noqa: PLC0415 - heavy; only with the option

    try:
        with Server(url) as server:
            yield from server.vendors
    except (NoServer, NotDone):
        return


def _fixture(vendor: str) -> Callable[..., object]:
    def made(mock_sandbox: Sandbox) -> Vendor:
        return mock_sandbox.vendor(vendor)

    made.__doc__ = f"The vendor {vendor} in this test's sandbox: `.url`, `.token`, `.calls`, `.arm(…)`, …."
    return pytest.fixture(name=f"mock_{_OTHER.sub('_', vendor)}")(made)
