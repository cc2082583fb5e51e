"""What axe has against a page, by all its rules: WCAG up to 2.2 AA, and best practices."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.visitor import Scheme, overflow

WAYS: tuple[tuple[int, Scheme], ...] = ((1280, "light"), (1280, "dark"), (320, "dark"), (320, "light"))
"""Widths and themes in which a page is checked."""

_RULES = {
    "rules": {name: {"enabled": True} for name in ("label-content-name-mismatch", "target-size")},
    "resultTypes": ["violations"],
}
_MOST_SHOWN = 3
_NEXT_FRAME = "new Promise(requestAnimationFrame)"
"""The page hears of another theme before the browser draws it."""


def complaints(page: Page) -> list[str]:
    """Return what axe has against the page as it is now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: dict[str, Any] = page.evaluate("rules => axe.run(document, rules)", _RULES)
    return [
        f"{one['id']}: {node['html'][:160]} {' '.join(node['failureSummary'].split())[:240]}"
        for one in found["violations"]
        for node in one["nodes"][:_MOST_SHOWN]
    ]


def complaints_everywhere(page: Page) -> list[str]:
    """Return what is wrong with the page in both themes and at two widths."""
    found = []
    for width, scheme in WAYS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        page.evaluate(_NEXT_FRAME)
        found += [f"{width} {scheme}: {one}" for one in complaints(page)]
        if too_wide := overflow(page):
            found.append(f"{width} {scheme}: {too_wide} px wider than the window")
    return found
