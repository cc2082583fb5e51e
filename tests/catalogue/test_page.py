"""The whole case that the page about cases shows."""

from __future__ import annotations

import re
from pathlib import Path

import mockserver
from mockserver.codec import yaml
from mockserver.control.cases.catalogue import CatalogueCase, rows
from mockserver.control.cases.language import CaseDefaults, read_case
from tests.catalogue.rows import Play


def test_the_case_on_the_page_passes(play: Play) -> None:
    page = (Path(mockserver.__file__).parents[1] / "docs" / "cases.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(vendor: .*?)```", page, re.DOTALL)
    document = yaml.load(text)

    result = play(CatalogueCase(rows()[96], read_case(document, "page", document["vendor"], CaseDefaults())))

    assert result.differences == ()
