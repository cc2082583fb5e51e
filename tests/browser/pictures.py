"""Take the pictures of the console for README: `python -m tests.browser.pictures`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

from playwright.sync_api import Browser, sync_playwright

from mockserver.contract.examples import ProfileExamples
from mockserver.server.application import Options, create_app
from mockserver.testing.threaded_server import run_in_thread
from tests.browser.sending import Sender
from tests.browser.visitor import Scheme, find_browser, start_browser, visiting

DOCS = Path(__file__).parents[2] / "docs"
SANDBOX = "retry-test"
_SIZE = {"width": 1200, "height": 620}
_FLAKY = {
    "version": 1,
    "name": "third-fails-twice",
    "rules": [
        {
            "id": "flaky",
            "items": [{"select": {"key": "3"}, "effect": {"fail": {"code": "internal"}, "failTimes": 2}}],
        }
    ],
}


def main() -> int:
    """Take a picture in each of the two themes; the exit status is 1 if there is no browser."""
    path = find_browser()
    if path is None:
        sys.stderr.write("error: no browser on this machine\n  try: make test-browser, which installs one\n")
        return 1
    app = create_app(Options(examples=ProfileExamples))
    with run_in_thread(app) as url, Sender.into(url, SANDBOX) as sender:
        _send_calls(sender)
        with sync_playwright() as playwright:
            browser = start_browser(playwright, path)
            for scheme in get_args(Scheme):
                _take(browser, url, scheme)
            browser.close()
    return 0


def _send_calls(sender: Sender) -> None:
    for vendor in ("guidewire", "payt", "pvex", "xero"):
        sender.example(vendor)
    sender.control("POST", "/scenarios", json=_FLAKY)
    sender.batch(3)
    sender.batch(1)
    sender.batch(40, bad=2)
    sender.send("PUT", "/xero/BatchPayments")


def _take(browser: Browser, url: str, scheme: Scheme) -> None:
    with visiting(browser, url, viewport=_SIZE, color_scheme=scheme) as visitor:
        page = visitor.open(f"/_console/?sandbox={SANDBOX}")
        page.get_by_text("Live", exact=True).wait_for()
        page.screenshot(path=DOCS / f"console-{scheme}.png")


if __name__ == "__main__":
    sys.exit(main())
