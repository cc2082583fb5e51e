"""The whole case that the page about cases shows."""

from __future__ import annotations

import re
from pathlib import Path

import mockserver
from mockserver.cases.catalogue import Entry, rows
from mockserver.cases.language import Ingredients, read
from mockserver.codec import yaml
from tests.catalogue.rows import Play


def test_the_case_on_the_page_passes(play: Play) -> None:
    page = (Path(mockserver.__file__).parent / "docs" / "cases.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(vendor: .*?)```", page, re.DOTALL)
    document = yaml.load(text)

    verdict = play(Entry(rows()[96], read(document, "page", document["vendor"], Ingredients())))

    assert verdict.says == ()
