"""The adapters of all vendors: `tests/vendors/<name>/invariants.py` holds an `ADAPTER`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from tests.invariants.sandboxes import VendorAdapter

_FILES = sorted((Path(__file__).parents[1] / "vendors").glob("*/invariants.py"))
_BY_NAME: dict[str, VendorAdapter] = {
    file.parent.name: import_module(f"tests.vendors.{file.parent.name}.invariants").ADAPTER for file in _FILES
}
ADAPTERS = tuple(_BY_NAME.values())
GUIDEWIRE, PAYT, PVEX, VBA, XERO = (_BY_NAME[name] for name in ("guidewire", "payt", "pvex", "vba", "xero"))


def for_each_vendor(*adapters: VendorAdapter) -> pytest.MarkDecorator:
    """The test for each of these, or for all."""
    return pytest.mark.parametrize("adapter", adapters or ADAPTERS, ids=lambda one: one.name)
