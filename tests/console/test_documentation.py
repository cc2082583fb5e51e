"""The pages of the documentation as the server shows them."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jinja2 import ChoiceLoader, DictLoader, Environment, PackageLoader, StrictUndefined

from mockserver.codec import json
from mockserver.console import documentation
from mockserver.console.documentation import (
    ADDRESS,
    TEMPLATE,
    DocumentationPages,
    documentation_document,
    documentation_folder,
)
from mockserver.console.markdown import sections
from mockserver.console.screen import ControlRefusal
from mockserver.console.search import Passage
from tests.support.client import Client

OWN = DocumentationPages()
NAMES = [link["name"] for chapter in OWN.chapters for link in chapter["pages"]]
_LINK = re.compile(r'(?:href|src)="([^"]*)"')


@pytest.fixture
def pages(tmp_path: Path) -> DocumentationPages:
    folder = tmp_path / "docs"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "mkdocs.yml").write_text(
        "nav:\n  - Home: index.md\n  - More:\n      - One: one.md\n      - Two: sub/two.md\n",
        encoding="utf-8",
    )
    (folder / "index.md").write_text("# Start\n\nSee [one](one.md#part), [out](../README.md).\n", "utf-8")
    (folder / "one.md").write_text("# One\n\n![pic](p.svg)\n\n## Part\n\nA needle in hay.\n", "utf-8")
    (folder / "sub" / "two.md").write_text("# Two\n\n[back](../one.md)\n\n## Needle\n\nSharp hay.\n", "utf-8")
    (folder / "p.svg").write_text("<svg/>", encoding="utf-8")
    (folder / "hidden.md").write_text("# Hidden\n", encoding="utf-8")
    return DocumentationPages(folder)


def test_the_chapters_are_those_of_the_navigation(pages: DocumentationPages) -> None:
    assert [(one["title"], [link["address"] for link in one["pages"]]) for one in pages.chapters] == [
        ("Home", [ADDRESS]),
        ("More", [f"{ADDRESS}one", f"{ADDRESS}sub/two"]),
    ]


def test_links_between_pages_lead_to_where_they_are_served(pages: DocumentationPages) -> None:
    assert f'<a href="{ADDRESS}one#part">one</a>, out.' in pages.page("index").html
    assert f'<a href="{ADDRESS}one">back</a>' in pages.page("sub/two").html


@pytest.mark.parametrize("name", ["hidden", "", "../mkdocs", "one.md", "p.svg"])
def test_what_is_not_in_the_navigation_is_no_page(pages: DocumentationPages, name: str) -> None:
    with pytest.raises(ControlRefusal):
        pages.page(name)


def test_a_picture_is_served_with_its_media_type(pages: DocumentationPages) -> None:
    assert f'<img src="{ADDRESS}p.svg"' in pages.page("one").html
    assert pages.image("p.svg") == b"<svg/>"


@pytest.mark.parametrize("name", ["one.md", "../docs/p.svg", "q.svg"])
def test_only_pictures_of_the_folder_are_served(pages: DocumentationPages, name: str) -> None:
    with pytest.raises(ControlRefusal):
        pages.image(name)


def test_a_search_finds_sections_guides_first_and_the_changes_last(tmp_path: Path) -> None:
    chapters = {"Reference": ("changes.md", "a.md"), "How to": ("b.md",)}
    nav = [{chapter: [{name: name} for name in names]} for chapter, names in chapters.items()]
    (tmp_path / "mkdocs.yml").write_bytes(json.encode({"nav": nav}))
    (tmp_path / "docs").mkdir()
    for name in ("changes.md", "a.md", "b.md"):
        (tmp_path / "docs" / name).write_text("# Hay\n\n## Part\n\n| a |\n|---|\n| `needle` |\n", "utf-8")

    found = DocumentationPages(tmp_path / "docs").index.find("needles")

    assert [one.address for one in found] == [f"{ADDRESS}{name}#part" for name in ("b", "a", "changes")]
    assert found[0] == Passage("b.md", "Part", f"{ADDRESS}b#part", "a; needle;")


def test_every_section_that_can_be_found_is_a_heading_of_its_page() -> None:
    for name in NAMES:
        text = (documentation_folder() / f"{name}.md").read_text(encoding="utf-8")
        assert tuple(heading for heading, _ in sections(text)) == OWN.page(name).headings


def shown(document: Any) -> str:
    """The page as a browser gets it, inside a frame of nothing."""
    frame = DictLoader(
        {"base.html": "<title>{% block title %}{% endblock %}</title>{% block main %}{% endblock %}"}
    )
    loader = ChoiceLoader([frame, PackageLoader("mockserver.console")])
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    return environment.get_template(TEMPLATE).render(**document)


def test_a_page_has_one_h1_contents_and_the_list_of_all_pages(pages: DocumentationPages) -> None:
    html = shown(documentation_document(pages, "one"))

    assert html.count("<h1") == 1
    assert '<a href="/_console/docs/one" aria-current="page">One</a>' in html
    assert '<h2 id="part">' in html


def test_a_search_shows_what_is_found_and_escapes_what_was_typed(pages: DocumentationPages) -> None:
    html = shown(documentation_document(pages, "index", "<i>needle"))

    assert "2 sections for “&lt;i&gt;needle”" in html
    assert '<a href="/_console/docs/one#part">One: Part</a><br>A needle in hay.' in html


def test_a_search_without_results_says_so(pages: DocumentationPages) -> None:
    assert "0 sections for “blunt”" in shown(documentation_document(pages, "index", "blunt"))


def test_the_contents_of_a_page_are_folded_until_they_are_asked_for() -> None:
    assert '<details class="documentation-contents">' in shown(documentation_document(OWN, "running"))


def test_the_document_is_json(pages: DocumentationPages) -> None:
    decoded = json.decode(json.encode(documentation_document(pages, "one", "needle")))

    assert (decoded["name"], decoded["title"], len(decoded["found"])) == ("one", "One", 2)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_of_ours_loads_nothing_from_elsewhere_and_its_links_lead_somewhere(name: str) -> None:
    page = OWN.page(name)

    assert "style=" not in page.html
    assert "<script" not in page.html
    assert [link for link in _LINK.findall(page.html) if not leads_somewhere(name, link)] == []
    assert re.findall(r'src="(?!/_console/docs/)', page.html) == []


def leads_somewhere(name: str, link: str) -> bool:
    """Whether a link of the page leads out, or to a page, heading or picture that is served."""
    if link.startswith(("https://", "http://")):
        return True
    path, _, anchor = link.partition("#")
    target = path.removeprefix(ADDRESS) or ("index" if path else name)
    if target.endswith(".svg"):
        return bool(OWN.image(target))
    return not anchor or anchor in [one.anchor for one in OWN.page(target).headings]


DOCS = "/_console/docs/"


@pytest.mark.parametrize("name", ["", "first-answer", "vendors/vba"])
def test_a_page_is_shown_with_its_json_twin(browser: Client, name: str) -> None:
    shown = browser.get(f"{DOCS}{name}")
    twin = browser.get(f"/_console/docs{'/' * bool(name)}{name}.json")

    assert (shown.status, shown.text.count("<h1")) == (200, 1)
    assert twin.json["html"] in shown.text


def test_a_search_works_with_a_link_alone(browser: Client) -> None:
    shown = browser.get(f"{DOCS}?search=idempotency+key")

    assert "sections for “idempotency key”" in shown.text
    assert '<a href="/_console/docs/decisions#idempotency-keys-of-our-own">' in shown.text


def test_a_picture_is_served(browser: Client) -> None:
    assert browser.get(f"{DOCS}speed.svg").media_type == "image/svg+xml"


@pytest.mark.parametrize("name", ["nothing", "../mkdocs.yml", "first-answer.md", "nothing.svg"])
def test_what_is_not_there_is_a_404(browser: Client, name: str) -> None:
    assert browser.get(f"{DOCS}{name}").status == 404


def test_a_page_is_made_outside_of_the_thread_that_answers_all_calls(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def document(*given: Any) -> Mapping[str, Any]:
        threads.append(threading.current_thread())
        return documentation_document(*given)

    monkeypatch.setattr(documentation, "documentation_document", document)
    browser.get(f"{DOCS}limits")

    assert threads != [threading.current_thread()]
