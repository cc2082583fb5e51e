"""One call as it is handed on: as a command of several tools, or as a file that brings its state."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mockserver.console.control_client import ControlRefusal
from mockserver.console.screen import Download
from mockserver.console.visit import Visit
from mockserver.control.cases.transport import Response
from mockserver.model import Document

SHOWN_CHARACTERS = 200_000
"""Most characters of a file on a page; all of it can be downloaded."""

_FILE_NAME = re.compile(r'filename="([\w.-]+)"')


@dataclass(frozen=True, slots=True)
class Export:
    """A form: its name in an address, its title, and the control plane's name of the format.

    `file` is what it is called as a file to hand on: one that makes a sandbox with what the call met, and
    compares the answer; "" if it is the call alone.
    """

    name: str
    title: str
    format: str
    file: str = ""

    @property
    def brings_state(self) -> bool:
        """Whether it needs nothing but a server."""
        return self.file != ""


EXPORTS = (
    Export("curl", "curl", "command"),
    Export("powershell", "PowerShell", "powershell"),
    Export("httpie", "HTTPie", "httpie"),
    Export("fetch", "JavaScript fetch", "fetch"),
    Export("script", "shell script", "curl", "Shell script (recommended: needs curl alone)"),
    Export("pytest", "pytest", "pytest", "Test for pytest"),
    Export("case", "case", "case", "Case file"),
    Export("har", "HAR", "har", "HAR file"),
    Export("postman", "Postman", "postman", "Postman collection"),
)
"""All forms, in the order of the page."""


async def export_part(visit: Visit) -> Document | None:
    """Return the form that `as` names, to be shown on the page, or the reason why there is none."""
    name = visit.query.get("as", "")
    export = next((one for one in EXPORTS if one.name == name), None)
    if export is None:
        return None
    is_shown = visit.query.get("secrets") == "shown"
    part = {"name": name, "title": export.title, "brings": export.brings_state, "shown": is_shown}
    try:
        text = (await _file(visit, export)).body.decode()
    except ControlRefusal as refusal:
        return {**part, "text": None, "cutCharacters": 0, "reason": str(refusal)}
    cut = max(0, len(text) - SHOWN_CHARACTERS)
    return {**part, "text": text[:SHOWN_CHARACTERS], "cutCharacters": cut, "reason": None}


async def export_file(visit: Visit) -> Download:
    """Return the form that `as` names as a file; without one that is there, curl.

    Raises:
        ControlRefusal: the call cannot be exported like that.
    """
    name = visit.query.get("as", "")
    export = next((one for one in EXPORTS if one.name == name), EXPORTS[0])
    response = await _file(visit, export)
    found = _FILE_NAME.search(response.headers.get("content-disposition", ""))
    file_name = found[1] if found else f"call-{visit.path['number']}.{name}"
    return Download(file_name, response.headers.get("content-type", "text/plain"), response.body)


async def _file(visit: Visit, export: Export) -> Response:
    path = visit.of_sandbox(f"/journal/{visit.path['number']}/export")
    query = {"format": export.format, "secrets": "shown" if visit.query.get("secrets") == "shown" else None}
    return await visit.control.call("GET", path, query=query)
