"""Every page and every document that a server shows after the same calls; the generated pages of docs."""

from __future__ import annotations

import json
import re
from collections import Counter
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import httpx

from tests.browser.screens import prepare, write_reports
from tests.browser.sending import Sender
from tests.docs.pages import fresh_pages
from tests.support.asgi_server import listen
from tests.support.commands_page import reference
from tests.tools.goldens.door import NOW, Recording, new_application

_LINK = re.compile(r'\s(?:href|hx-get|src)="(/[^"#]*)')
_MOST_OF_A_KIND = 12
_CALL_FORMS = ("case", "pytest", "curl", "har", "postman", "command")
_BELOW = (
    "",
    "/dump",
    "/collections",
    "/diff",
    "/snapshots",
    "/scenarios",
    "/clock",
    "/assumptions",
    "/journal",
)
_SERVER = ("/vendors", "/settings", "/reports", "/scenarios", "/scenario-schema", "/sandboxes", "/cases")


def record_docs(recording: Recording) -> None:
    """Write the pages that `make pages` would write."""
    for file, text in fresh_pages():
        recording.write(file.name, text)
    recording.write("commands.md", reference())


def record_console(recording: Recording) -> None:
    """Follow all links from the first pages on, and write each answer as a page and as JSON."""
    with _prepared() as sender:
        kinds: Counter[str] = Counter()
        waiting = ["/", "/_console/", f"/_console/?sandbox={sender.name}"]
        seen = set(waiting)
        while waiting:
            here = waiting.pop(0)
            kind = re.sub(r"=[^&]*|\d+(-[a-z0-9-]+)?", "#", here)
            kinds[kind] += 1
            if kinds[kind] > _MOST_OF_A_KIND or "live" in here or "stream" in here:
                continue
            name = quote(here.strip("/"), safe="")[:150] or "start"
            page = sender.client.get(here, headers={"accept": "text/html"})
            recording.write(
                f"{name}.html", f"{page.status_code} {page.headers.get('content-type')}\n{page.text}"
            )
            if here.startswith("/_console"):
                twin = sender.client.get(here, headers={"accept": "application/json"})
                recording.write(f"{name}.json", f"{twin.status_code}\n{twin.text}".replace(',"', ',\n"'))
            if "html" in page.headers.get("content-type", ""):
                new = [link for link in map(unescape, _LINK.findall(page.text)) if link not in seen]
                waiting += dict.fromkeys(new)
                seen |= set(new)


def record_control(recording: Recording) -> None:
    """Write the documents of the control plane, and every export."""
    with _prepared() as sender:
        below = f"/_mock/sandboxes/{sender.name}"
        last = len(sender.control("GET", "/journal").json())
        journal = [f"{below}/journal/{number}" for number in range(1, last + 1)]
        paths = [f"/_mock{path}" for path in _SERVER] + [below + path for path in _BELOW] + journal
        paths += [f"{one}/export?format={form}" for one in journal for form in _CALL_FORMS]
        paths += [f"{below}/journal/export?format={form}" for form in _CALL_FORMS[:5]]
        paths += [f"/_mock/cases/{row['id']}" for row in sender.client.get("/_mock/cases").json()]
        for path in paths:
            came = sender.client.get(path)
            kind = came.headers.get("content-type", "")
            text = json.dumps(came.json(), indent=1, ensure_ascii=False) if "json" in kind else came.text
            name = quote(path.removeprefix("/_mock/"), safe="")
            recording.write(f"{name}.txt", f"{came.status_code} {kind}\n{text}\n")


class _prepared:  # noqa: N801 - used as a function
    """A server after the fixed calls, and the sender that made them."""

    def __enter__(self) -> Sender:
        self._folder = TemporaryDirectory(prefix="goldens-")
        write_reports(Path(self._folder.name))
        self._listening = listen(new_application(reports=Path(self._folder.name), freeze=NOW.isoformat()))
        client = httpx.Client(base_url=self._listening.__enter__(), timeout=60, trust_env=False)
        client.post("/_mock/sandboxes", json={"name": "golden", "seed": 7, "freeze": NOW.isoformat()})
        sender = Sender(client, "golden")
        prepare(sender)
        return sender

    def __exit__(self, *error: object) -> None:
        self._listening.__exit__(None, None, None)
        self._folder.cleanup()
