"""The navigation has every page once, and the site that is built of it loads nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
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
    shown = [f"{link.name}.md" for chapter in DocumentationPages().chapters for link in chapter.pages]

    assert shown == list(files_of(NAVIGATION))


def test_no_two_pages_have_one_title() -> None:
    titles = [file.read_text(encoding="utf-8").partition("\n")[0] for file in DOCS.rglob("*.md")]

    assert [title for title in titles if not title.startswith("# ")] == []
    assert sorted(titles) == sorted(set(titles))


def test_the_site_asks_no_other_host_for_fonts_or_search() -> None:
    assert SETTINGS["theme"]["font"] is False
    assert SETTINGS["plugins"] == ["search"]
    assert set(SETTINGS).isdisjoint({"extra_javascript", "extra_css", "repo_url"})
    assert SETTINGS["extra"] == {"generator": False}


def test_the_site_is_built_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    if find_spec("mkdocs") is None or find_spec("material") is None:
        pytest.skip("mkdocs-material is not installed; `make docs` needs it")
    built = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    pages = list(tmp_path.rglob("*.html"))

    assert (built.returncode, built.stderr) == (0, "")
    assert len(pages) > len(list(DOCS.rglob("*.md")))  # and the page of what is not found
    assert [
        (page.name, link) for page in pages for link in _LOADED.findall(page.read_text(encoding="utf-8"))
    ] == []
