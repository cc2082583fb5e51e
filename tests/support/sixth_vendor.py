"""A sixth vendor: nothing describes it but its spec, and the profile that is part of the spec."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.loading import load_api, load_vendor_api

NAME = "harbour"
FOLDER = Path(__file__).with_name("sixth")


@cache
def api_of(vendor: str) -> ApiUnderTest:
    """Return the API of a vendor that ships, or of the sixth."""
    return load_api(FOLDER / f"{NAME}.yaml") if vendor == NAME else load_vendor_api(vendor)
