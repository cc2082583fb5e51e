"""The navigation has every page once, and the site that is built of it loads nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any

import pytest
import yaml

from mockserver.console.documentation import DocumentationPages
from mockserver.console.navigation import expand_navigation
from tests.docs.pages import DOCS

ROOT = DOCS.parent
SETTINGS = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
NAVIGATION = expand_navigation(SETTINGS["nav"], DOCS)
TIMEOUT_S = 300
_LOADED = re.compile(
    r'<(?:script|img|iframe|source|link)\b[^>]*\s(?:src|href)=["\']?((?:https?:)?//[^"\'\s>]+)'
)


def files_of(nav: Any) -> Iterator[str]:
    """The files that the navigation names, in order."""
    for entry in nav:
        for content in entry.values():
            if isinstance(content, str):
                yield content
            else:
                yield from files_of(content)


def test_every_page_is_in_the_navigation_once() -> None:
    pages = sorted(file.relative_to(DOCS).as_posix() for file in DOCS.rglob("*.md"))

    assert sorted(files_of(NAVIGATION)) == pages


def test_the_server_shows_the_pages_in_the_order_of_the_navigation() -> None:
    shown = [f"{link['name']}.md" for chapter in DocumentationPages().chapters for link in chapter["pages"]]

    assert shown == list(files_of(NAVIGATION))


def test_no_two_pages_have_one_title() -> None:
    titles = [file.read_text(encoding="utf-8").partition("\n")[0] for file in DOCS.rglob("*.md")]

    assert [title for title in titles if not title.startswith("# ")] == []
    assert sorted(titles) == sorted(set(titles))


def test_the_site_asks_no_other_host_for_fonts_or_search() -> None:
    assert SETTINGS["theme"]["font"] is False
    assert SETTINGS["plugins"] == ["search"]
    assert set(SETTINGS).isdisjoint({"extra_javascript", "repo_url"})
    assert SETTINGS["extra_css"] == ["site.css"]
    assert "url(" not in (ROOT / "docs" / "site.css").read_text(encoding="utf-8")
    assert SETTINGS["extra"] == {"generator": False}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site, of which nothing was told on the way."""
    if find_spec("mkdocs") is None or find_spec("material") is None:
        pytest.skip("mkdocs-material is not installed; `make docs` needs it")
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert (built.returncode, built.stderr) == (0, "")
    return folder


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))

    assert len(pages) > len(list(DOCS.rglob("*.md")))  # and the page of what is not found
    assert [
        (page.name, link) for page in pages for link in _LOADED.findall(page.read_text(encoding="utf-8"))
    ] == []


SEARCH = """
import { readFileSync } from "node:fs";
const [worker, index, ...questions] = process.argv.slice(2);
let handle, answered;
globalThis.self = globalThis;
globalThis.addEventListener = (_, given) => { handle = given; };
globalThis.postMessage = (message) => answered(message.data);
const ask = (type, data) =>
  new Promise((resolve) => { answered = resolve; handle({ data: { type, data } }); });
(0, eval)(readFileSync(worker, "utf8"));
await ask(0, { ...JSON.parse(readFileSync(index, "utf8")), options: {} });
for (const question of questions) {
  console.log((await ask(2, question)).items.flat().map((one) => one.location).join(" "));
}
"""
"""Asks the script that searches in the browser."""


def test_the_search_of_the_site_knows_synonyms_and_shows_the_changes_last(site: Path, tmp_path: Path) -> None:
    if (node := which("node")) is None:
        pytest.skip("node is not on this machine")
    (tmp_path / "search.mjs").write_text(SEARCH, encoding="utf-8")
    (worker,) = site.glob("assets/javascripts/workers/search.*.min.js")
    files = [tmp_path / "search.mjs", worker, site / "search" / "search_index.json"]
    printed = subprocess.run(  # noqa: S603 - our own command line
        [node, *map(str, files), "podman", "assumptions"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
    ).stdout
    podman, assumptions = (line.split() for line in printed.splitlines())

    assert "podman" not in (DOCS / "containers.md").read_text(encoding="utf-8").lower()
    assert "containers.html#docker" in podman
    assert [one.partition("#")[0] for one in assumptions][-1] == "changes.html"
