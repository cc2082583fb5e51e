from __future__ import annotations

import pytest

from mockserver.engine.registry import vendor_packages
from tests.catalogue.rows import CatalogueEntry, Play, entries_of

CASES = [one for vendor in vendor_packages() for one in entries_of(vendor)]


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.id)
def test_a_row_of_the_catalogue_comes_out_as_its_case_says(one: CatalogueEntry, play: Play) -> None:
    verdict = play(one.case)

    assert verdict.passed, "\n  ".join(verdict.differences)
