"""Every source that a user is shown leads to a heading that is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from mockserver.control.cases.catalogue import rows
from mockserver.engine.registry import discover_vendors
from mockserver.sandbox.assumptions import Assumption
from tests.docs.markdown import anchors, sections
from tests.docs.pages import DOCS

ASSUMPTIONS = [
    pytest.param(one, id=f"{vendor.name}.{one.name}")
    for vendor in discover_vendors()
    for one in vendor.all_assumptions
]
INSTALLED = sorted(
    file
    for folder, kind in (("mockserver", "*.py"), ("mockserver", "*.yaml"), ("specs", "*.yaml"))
    for file in (DOCS.parent / folder).rglob(kind)
)
CITING_FILES = [file for file in INSTALLED if "docs/" in file.read_text(encoding="utf-8")]
CITING = ("docs/vendors/", "docs/catalogue.md", "docs/decisions.md")
_CITATION = re.compile(r"docs/(?:vendors/)?\w+\.md#[\w-]+(?:,\s+(?:# )?#[\w-]+)*")
NOWHERE = ("fact sheet", "edge-cases", "design §", "(sheet", "The sheet")


@cache
def _anchors(page: Path) -> frozenset[str]:
    return frozenset(anchors(page.read_text(encoding="utf-8"))) if page.is_file() else frozenset()


def _resolves(source: str) -> bool:
    page, _, anchor = source.partition("#")
    return source.startswith(CITING) and anchor in _anchors(DOCS.parent / page)


@pytest.mark.parametrize("assumption", ASSUMPTIONS)
def test_the_sources_of_an_assumption_are_sections_of_our_pages(assumption: Assumption) -> None:
    assert [source for source in assumption.source.split("; ") if not _resolves(source)] == []


@pytest.mark.parametrize("assumption", ASSUMPTIONS)
def test_an_assumption_is_named_where_its_source_leads(assumption: Assumption) -> None:
    text = " ".join(_section(source) for source in assumption.source.split("; "))

    assert f"`{assumption.name}`" in text


def _section(source: str) -> str:
    page, _, anchor = source.partition("#")
    return sections((DOCS.parent / page).read_text(encoding="utf-8"))[anchor]


@pytest.mark.parametrize("row", rows().values(), ids=lambda row: row.id)
def test_a_row_of_the_catalogue_has_its_heading(row: object) -> None:
    assert getattr(row, "id", "") in _anchors(DOCS / "catalogue.md")


@pytest.mark.parametrize("file", CITING_FILES, ids=lambda file: str(file.relative_to(DOCS.parent)))
def test_what_a_file_cites_is_there(file: Path) -> None:
    cited = [
        source for place in _CITATION.findall(file.read_text(encoding="utf-8")) for source in _spread(place)
    ]

    assert [source for source in cited if not _resolves(source)] == []


def _spread(place: str) -> Iterator[str]:
    """Yield the sources of `docs/a.md#one, #two`."""
    page, _, names = place.partition("#")
    for name in re.findall(r"[\w-]+", names):
        yield f"{page}#{name}"


def test_nothing_that_is_installed_cites_a_document_that_is_not() -> None:
    assert [
        f"{file.name}: {phrase}"
        for file in [*INSTALLED, *DOCS.rglob("*.md")]
        for phrase in NOWHERE
        if phrase in file.read_text(encoding="utf-8")
    ] == []
