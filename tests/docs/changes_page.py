"""The page of changes: CHANGELOG.md with its links as they are from the folder of the pages."""

from __future__ import annotations

import re
from pathlib import Path

import mockserver

CHANGELOG = Path(mockserver.__file__).parents[1] / "CHANGELOG.md"
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?://)([^)]+)\)")


def fresh_page() -> str:
    """Return the page; links to files that are no pages are text."""
    return _LINK.sub(_of_the_pages, CHANGELOG.read_text(encoding="utf-8"))


def _of_the_pages(link: re.Match[str]) -> str:
    words, target = link.groups()
    return f"[{words}]({target.removeprefix('docs/')})" if target.startswith("docs/") else words
