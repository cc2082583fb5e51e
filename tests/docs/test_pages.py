"""The pages are complete, fresh and labelled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.engine.registry import vendor_packages
from tests.docs.markdown import anchors, code, table, with_generated, written_part
from tests.docs.pages import DOCS, fresh_pages

LABELS = ("`seed`", "`public`", "`field`", "`assumed`")
BULLETS = tuple(f"- {label} " for label in LABELS)
FRESH = list(fresh_pages())
VENDOR_PAGES = [DOCS / "vendors" / f"{vendor}.md" for vendor in vendor_packages()]
_LINK = re.compile(r"\[([^\]]+)\](?![:(])")
_TARGET = re.compile(r"^\[([^\]]+)\]: https://\S+$", re.MULTILINE)


@pytest.mark.parametrize(("file", "text"), FRESH, ids=[file.stem for file, _ in FRESH])
def test_a_page_is_as_it_is_generated(file: Path, text: str) -> None:
    """`python -m tests.docs.pages` writes it again."""
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("page", VENDOR_PAGES, ids=lambda page: page.stem)
def test_no_two_headings_have_one_anchor(page: Path) -> None:
    found = anchors(page.read_text(encoding="utf-8"))

    assert [anchor for anchor in found if found.count(re.sub(r"-\d+$", "", anchor)) > 1] == []


@pytest.mark.parametrize("page", VENDOR_PAGES, ids=lambda page: page.stem)
def test_every_fact_has_a_label(page: Path) -> None:
    facts = list(_facts(page))

    assert facts
    assert [fact for fact in facts if fact.startswith("-") and not fact.startswith(BULLETS)] == []
    assert [fact for fact in facts if fact.startswith("|") and not any(one in fact for one in LABELS)] == []


@pytest.mark.parametrize("page", VENDOR_PAGES, ids=lambda page: page.stem)
def test_every_public_fact_has_an_address(page: Path) -> None:
    facts = [part for fact in _facts(page) for part in re.split(r"(?=`(?:seed|public|field|assumed)`)", fact)]

    assert [
        fact for fact in facts if fact.startswith("`public`") and not _LINK.search(_without_code(fact))
    ] == []


@pytest.mark.parametrize("page", VENDOR_PAGES, ids=lambda page: page.stem)
def test_every_name_of_a_document_has_an_address_and_is_used(page: Path) -> None:
    text = written_part(page.read_text(encoding="utf-8"))
    used = set(_LINK.findall(_without_code(_TARGET.sub("", text))))

    assert used ^ set(_TARGET.findall(text)) == set()


def _facts(page: Path) -> Iterator[str]:
    """Yield what the sections below the documents list: bullets, and rows of tables."""
    text = written_part(page.read_text(encoding="utf-8")).partition("\n## Documents\n")[2]
    for line in text.partition("\n## ")[2].splitlines():
        if line.startswith("- ") or (line.startswith("| ") and "---" not in line and " label |" not in line):
            yield line


def _without_code(text: str) -> str:
    return re.sub(r"`[^`]*`", "", text)


def test_what_people_wrote_stays_when_a_page_is_generated_again() -> None:
    page = with_generated("# Title\n\nBy hand.\n", "old")

    assert with_generated(page, "new") == with_generated("# Title\n\nBy hand.\n", "new")
    assert "By hand." in with_generated(page, "new")


def test_a_table_without_rows_is_a_sentence() -> None:
    assert table(("a",), []) == "None."


def test_a_cell_holds_no_border() -> None:
    assert table(("a",), [("x|y",)]).endswith("| x\\|y |")


def test_anchors_are_those_of_the_headings_outside_code() -> None:
    assert anchors("# One, two\n```\n# no heading\n```\n## One two\n") == ["one-two", "one-two-1"]


def test_an_empty_text_is_no_code() -> None:
    assert (code("a"), code("")) == ("`a`", "")
