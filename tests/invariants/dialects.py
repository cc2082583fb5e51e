"""All vendors, as the invariants speak of them."""

from __future__ import annotations

import pytest

from tests.invariants.of_guidewire import Guidewire
from tests.invariants.of_payt import Payt
from tests.invariants.of_pvex import Pvex
from tests.invariants.of_vba import Vba
from tests.invariants.of_xero import Xero
from tests.invariants.world import Dialect

GUIDEWIRE, PAYT, PVEX, VBA, XERO = Guidewire(), Payt(), Pvex(), Vba(), Xero()
ALL: tuple[Dialect, ...] = (GUIDEWIRE, PAYT, PVEX, VBA, XERO)


def each(*dialects: Dialect) -> pytest.MarkDecorator:
    """The test for each of these, or for all."""
    return pytest.mark.parametrize("dialect", dialects or ALL, ids=lambda one: one.name)
