"""A visitor of the console with a real browser, who notices what a page must never do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Playwright, Request

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 20_000
_REPORTS = "because the document's frame is sandboxed"
"""What the browser says of a script in a report of others that may not run."""

Scheme = Literal["light", "dark"]


def find_browser() -> str | None:
    """Return the path of the machine's Chromium, if there is one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def start_browser(playwright: Playwright, path: str) -> Browser:
    """Start it, without names for anything outside this machine."""
    arguments = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")
    return playwright.chromium.launch(executable_path=path, args=arguments)


@dataclass(eq=False)  # without slots: playwright keeps what it makes of the methods
class Visitor:
    """A window of a browser at `url`, with the problems that its pages had.

    `may_say` are parts of messages of the browser that are no problem here.
    """

    url: str
    context: BrowserContext
    problems: list[str] = field(default_factory=list)
    streams: list[str] = field(default_factory=list)
    may_say: list[str] = field(default_factory=lambda: [_REPORTS])

    def watch(self) -> None:
        """Note what every page of the window does."""
        self.context.on("request", self._note_request)
        self.context.on("console", self._note_message)
        self.context.on("weberror", lambda error: self.problems.append(f"script failed: {error.error}"))
        self.context.on("dialog", self._note_dialog)

    def open(self, path: str) -> Page:
        """Open a tab at a path of the server."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{self.url}{path}")
        return page

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:", "blob:")):
            self.problems.append(f"a request left for {request.url}")
        if request.resource_type == "eventsource":
            self.streams.append(request.url)

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(part in message.text for part in self.may_say):
            self.problems.append(f"the browser says: {message.text}")

    def _note_dialog(self, dialog: Dialog) -> None:
        self.problems.append(f"a dialog opened: {dialog.message}")
        dialog.dismiss()


@contextmanager
def visiting(browser: Browser, url: str, **settings: Any) -> Iterator[Visitor]:
    """A visitor with a window of its own; it is closed afterwards."""
    context = browser.new_context(**settings)
    visitor = Visitor(url, context)
    visitor.watch()
    try:
        yield visitor
    finally:
        context.close()


Visiting = Callable[..., Visitor]
"""Opens a window; named arguments are settings of the browser's context."""


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width
