from __future__ import annotations

from mockserver.control.cases.catalogue import CatalogueCase
from tests.catalogue.rows import Play, rows_of


@rows_of("pvex")
def test_a_row_of_the_catalogue_comes_out_as_its_case_says(entry: CatalogueCase, play: Play) -> None:
    verdict = play(entry)

    assert verdict.passed, "\n  ".join(verdict.differences)
