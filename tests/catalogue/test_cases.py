from __future__ import annotations

import pytest

from mockserver.engine.registry import vendor_packages
from tests.catalogue.rows import CatalogueTest, Play, tests_of

CASES = [test for vendor in vendor_packages() for test in tests_of(vendor)]


@pytest.mark.parametrize("test", CASES, ids=lambda test: test.id)
def test_a_row_of_the_catalogue_comes_out_as_its_case_says(test: CatalogueTest, play: Play) -> None:
    verdict = play(test.entry)

    assert verdict.passed, "\n  ".join(verdict.says)
