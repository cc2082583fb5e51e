from __future__ import annotations

from mockserver.control.cases.catalogue import CatalogueCase
from tests.catalogue.rows import Play, every_case


@every_case()
def test_a_row_of_the_catalogue_comes_out_as_its_case_says(entry: CatalogueCase, play: Play) -> None:
    result = play(entry)

    assert result.passed, "\n  ".join(result.differences)
