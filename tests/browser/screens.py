"""The screens of the console, each with an address at which it has something to show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask

from mockserver.console.application import SCREENS
from mockserver.console.screen import CONSOLE
from tests.browser.sending import Sender

NO_PAGES = frozenset(
    {
        "/journal/rows",
        "/x/<int:number>/request",
        "/x/<int:number>/reply",
        "/x/<int:number>/export",
        "/state/dump",
        "/cases/<case>/file",
        "/reports/page",
        "/reports/file",
    }
)
"""Paths whose answers are pieces of a page, or files."""


def _page_paths() -> tuple[str, ...]:
    """Return the paths of all screens that are read, below the console, without their JSON twins."""
    app = Flask(__name__, static_folder=None)
    for blueprint in SCREENS:
        app.register_blueprint(blueprint)
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    paths = [rule.rule.removeprefix(CONSOLE) for rule in rules if not rule.rule.endswith(".json")]
    return tuple(sorted(paths, key=lambda path: path.count("<")))


PAGE_PATHS = _page_paths()
PATHS = tuple(path for path in PAGE_PATHS if path not in NO_PAGES)
_PARAMETER = re.compile(r"<([a-z]+:)?[a-z_]+>")
_FULL = {"/compare": "/compare?a=1&b=2"}
"""Where a link leads to a form that is still empty."""

_LINK = re.compile(r'\shref="([^"#]+)')
_WALKED = 12
"""Most pages of one route that are read in search of links."""


_RUN = escape(
    '{"command": "drill", "vendor": "payt", "result": "3 cases · 1 silent", "line": "mockserver drill"}'
)


def write_reports(folder: Path) -> None:
    """Write a few reports, one of them hostile."""
    text = "<script>window.hacked = true</script>"
    for name, content in (
        ("hostile.html", f"<!doctype html><title>x</title><h1>{text}</h1>"),
        ("junit.xml", f"<testsuites>{text}</testsuites>"),
        ("index.html", f'<title>1 failed, 2 passed</title><meta name="mockserver-run" content="{_RUN}">'),
    ):
        (folder / name).write_text(content, encoding="utf-8")


def prepare(sender: Sender) -> None:
    """Fill the sandbox, so that every screen has something to show."""
    vendors = [vendor["name"] for vendor in sender.client.get("/_mock/vendors").json()]
    rule = {"id": "a", "match": {"vendor": vendors[0]}, "response": {"delay": {"type": "fixed", "value": 1}}}
    document = {"version": 1, "name": "slow", "rules": [rule]}
    sender.control("PUT", "/scenarios/slow", json=document)
    sender.control("POST", "/snapshots", json={})
    for vendor in vendors:
        sender.example(vendor)
    sender.send("GET", "/vba/nowhere")
    sender.batch(61, bad=7)
    sender.batch(61)


def find_addresses(sender: Sender) -> dict[str, str]:
    """Return an address for each route that links lead to, from the first page on."""
    patterns = {path: _pattern(path) for path in PATHS}
    found, walked, waiting = dict[str, str](), Counter[str](), ["/"]
    seen = set(waiting)
    while waiting and len(found) < len(PATHS):
        here = waiting.pop(0)
        path = urlsplit(here).path
        route = next((route for route, pattern in patterns.items() if pattern.fullmatch(path)), None)
        if route is None or walked[route] == _WALKED:
            continue
        walked[route] += 1
        joined = f"{here}{'&' if '?' in here else '?'}sandbox={sender.name}"
        answer = sender.client.get(f"{CONSOLE}{joined}", headers={"accept": "text/html"})
        if answer.status_code == 200 and "<html" in answer.text:
            found.setdefault(route, here)
            new = dict.fromkeys(link for link in _links(answer.text) if link not in seen)
            waiting += new
            seen |= set(new)
    return found | {path: _FULL[path] for path in found if path in _FULL}


def _links(text: str) -> Iterator[str]:
    """Yield the addresses below the console that a page leads to, without their sandbox."""
    for link in map(unescape, _LINK.findall(text)):
        if link.startswith(f"{CONSOLE}/"):
            yield re.sub(r"([?&])sandbox=[^&]*&?", r"\1", link.removeprefix(CONSOLE)).rstrip("?&")


def _pattern(path: str) -> re.Pattern[str]:
    pieces = _PARAMETER.split(path)
    fixed, kinds = pieces[::2], pieces[1::2]
    texts = [{"int:": "[0-9]+", "path:": ".+"}.get(kind or "", "[^/]+") for kind in kinds]
    return re.compile("".join(re.escape(a) + b for a, b in zip(fixed, [*texts, ""], strict=True)))
