"""The documentation as the server shows it: its pages, their order, and a search."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from flask import Blueprint, Response, request
from msgspec.structs import asdict

from mockserver.console.navigation import expand_navigation
from mockserver.console.pages import page
from mockserver.console.screen import CONSOLE, ControlRefusal, Screen, Visit, download
from mockserver.console.search import Passage, SearchIndex
from mockserver.model import Document, Json

BLUEPRINT = Blueprint("documentation", __name__, url_prefix=CONSOLE)

if TYPE_CHECKING:
    from mockserver.console.markdown import RenderedText

ADDRESS = "/_console/docs/"
"""Address below which pages are served; the page `index` has this address itself."""
TEMPLATE = "documentation.html"
INDEX = "index"

_NAVIGATION = "mkdocs.yml"
_WEIGHTS = {"Tutorial": 1.3, "How to": 1.3}  # instructions rank before reference
_IMAGE_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}


def page_address(name: str) -> str:
    return ADDRESS if name == INDEX else f"{ADDRESS}{name}"


def documentation_folder() -> Path:
    """Return the folder of the pages: beside the package in a checkout, else inside the package."""
    here = Path(__file__).parents[1]
    inside = here / "docs"
    return inside if inside.is_dir() else here.parent / "docs"


def navigation_file(folder: Path) -> Path:
    """Return the file with the order of the pages: in the folder or, in a checkout, beside the folder."""
    inside = folder / _NAVIGATION
    return inside if inside.is_file() else folder.parent / _NAVIGATION


class DocumentationPages:
    """The pages of a folder; each is rendered on first use."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or documentation_folder()
        self._rendered: dict[str, RenderedText] = {}

    @cached_property
    def chapters(self) -> list[Document]:
        """The chapters as {title, pages}, with each page as {title, name, address}."""
        text = navigation_file(self._folder).read_text(encoding="utf-8")
        return [
            {"title": title, "pages": list(_links(title, content))}
            for entry in expand_navigation(yaml.safe_load(text)["nav"], self._folder)
            for title, content in entry.items()
        ]

    def file(self, page: str) -> Path:
        """Return the file of a page, given the page's name, its address, or the address of a section."""
        return self._folder / f"{page.removeprefix(ADDRESS).partition('#')[0] or INDEX}.md"

    def page(self, name: str) -> RenderedText:
        """Return a page; its title is its first heading. Raises ControlRefusal if there is no such page."""
        from mockserver.console.markdown import render_markdown  # noqa: PLC0415 - not needed to start a server

        if name not in self._names:
            raise ControlRefusal(404, {"detail": f"the documentation has no page {name}"})
        if name not in self._rendered:
            text = self.file(name).read_text(encoding="utf-8")
            self._rendered[name] = render_markdown(text, lambda link: self._address_of(name, link))
        return self._rendered[name]

    def image(self, name: str) -> bytes:
        """Return the content of a picture. Raises ControlRefusal if there is no such picture."""
        if name not in self._images:
            raise ControlRefusal(404, {"detail": f"the documentation has no picture {name}"})
        return (self._folder / name).read_bytes()

    @cached_property
    def index(self) -> SearchIndex:
        return SearchIndex(self._passages())

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(link["name"] for chapter in self.chapters for link in chapter["pages"])

    @cached_property
    def _images(self) -> frozenset[str]:
        files = (file for file in self._folder.rglob("*") if file.suffix in _IMAGE_TYPES)
        return frozenset(file.relative_to(self._folder).as_posix() for file in files)

    def _address_of(self, name: str, link: str) -> str | None:
        """Return the address of a link's target; None if the target is no page or picture of the folder."""
        path, hash_sign, anchor = link.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
        if target.removesuffix(".md") in self._names and target.endswith(".md"):
            return f"{page_address(target.removesuffix('.md'))}{hash_sign}{anchor}"
        return f"{ADDRESS}{target}" if target in self._images else None

    def _passages(self) -> Iterator[tuple[Passage, float]]:
        from mockserver.console.markdown import sections  # noqa: PLC0415 - not needed to start a server

        for chapter in self.chapters:
            for link in chapter["pages"]:
                weight = 0 if link["name"] == "changes" else _WEIGHTS.get(chapter["title"], 1)
                for heading, text in sections(self.file(link["name"]).read_text(encoding="utf-8")):
                    address = f"{link['address']}#{heading.anchor}"
                    yield Passage(link["title"], heading.text, address, text), weight


def documentation_document(pages: DocumentationPages, name: str, search: str = "") -> Mapping[str, Json]:
    """Return the document of the template `documentation.html`, which is also the page's JSON twin.

    `found` is null if `search` is blank. Raises ControlRefusal.
    """
    page = pages.page(name)
    found = [asdict(one) for one in pages.index.find(search)] if search.strip() else None
    return {
        "name": name,
        "title": page.headings[0].text,
        "html": page.html,
        "headings": [asdict(heading) for heading in page.headings],
        "chapters": pages.chapters,
        "search": search,
        "found": found,
    }


def _links(title: str, content: str | Sequence[Mapping[str, str]]) -> Iterator[Document]:
    """Yield the pages of a chapter; a page's name is the path of its file below the folder, without `.md`."""
    listed = [{title: content}] if isinstance(content, str) else content
    for one in listed:
        for text, file in one.items():
            name = file.removesuffix(".md")
            yield {"title": text, "name": name, "address": page_address(name)}


@page(BLUEPRINT, "/docs/", "/docs/<path:page>")
def show_documentation(visit: Visit) -> Screen | Response:
    name = visit.path.get("page") or INDEX
    if name.endswith(tuple(_IMAGE_TYPES)):
        image = _pages().image(name)
        return download(name.rpartition("/")[2], _IMAGE_TYPES[Path(name).suffix], image)
    return Screen(TEMPLATE, documentation_document(_pages(), name, request.args.get("search", "")))


@cache
def _pages() -> DocumentationPages:
    return DocumentationPages()
