"""All vendors, as the invariants speak of them."""

from __future__ import annotations

import pytest

from tests.invariants.sandboxes import VendorAdapter
from tests.vendors.guidewire.invariants import Guidewire
from tests.vendors.payt.invariants import Payt
from tests.vendors.pvex.invariants import Pvex
from tests.vendors.vba.invariants import Vba
from tests.vendors.xero.invariants import Xero

GUIDEWIRE, PAYT, PVEX, VBA, XERO = Guidewire(), Payt(), Pvex(), Vba(), Xero()
ADAPTERS: tuple[VendorAdapter, ...] = (GUIDEWIRE, PAYT, PVEX, VBA, XERO)


def for_each_vendor(*dialects: VendorAdapter) -> pytest.MarkDecorator:
    """The test for each of these, or for all."""
    return pytest.mark.parametrize("adapter", dialects or ADAPTERS, ids=lambda one: one.name)
