"""The vendors of the invariants: all that ship, and a sixth, each by a batch whose items may be repeated."""

from __future__ import annotations

import pytest

from tests.support.profiled_vendor import ProfiledVendor, upserted
from tests.support.sixth_vendor import NAME, api_of
from tests.support.spec_documents import VENDORS

_BY_NAME = {name: upserted(api_of(name)) for name in (*VENDORS, NAME)}
GUIDEWIRE, PVEX, VBA, XERO = (_BY_NAME[name] for name in ("guidewire", "pvex", "vba", "xero"))
ALL_VENDORS = tuple(_BY_NAME.values())
PER_ITEM = tuple(one for one in ALL_VENDORS if not one.marks.atomic)
WHOLE = tuple(one for one in ALL_VENDORS if one.marks.atomic)
REPLAYING = tuple(one for one in ALL_VENDORS if one.replays)
CHANGING = tuple(one for one in ALL_VENDORS if one.change)
"""Vendors with a change of one record."""


def for_each_vendor(*vendors: ProfiledVendor) -> pytest.MarkDecorator:
    """The test for each of these, or for all."""
    return pytest.mark.parametrize("vendor", vendors or ALL_VENDORS, ids=lambda one: one.name)
