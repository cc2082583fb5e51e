from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import sample_vendor
from tests.support.client import Client


@pytest.fixture
def operator(tmp_path: Path) -> Client:
    """A client of a server that serves only the sample vendor."""
    return sample_vendor.create_client(tmp_path, seed=3, freeze="2026-01-05T09:00:00Z")
