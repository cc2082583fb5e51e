"""What a screen is told of the request that it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from mockserver.console.control_client import ControlClient
from mockserver.control.cases.transport import HttpClient

CONSOLE = "/_console"
"""Where the console is mounted."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, with the control plane and this server; `origin` is the address that the browser calls.

    `form` are the texts of a form, `files` what its files hold.
    """

    control: ControlClient
    server: HttpClient
    sandbox: str
    origin: str = ""
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    def address(self, path: str, /, **query: object) -> str:
        """Return an address of the console in this sandbox; empty parts of the query are left out."""
        given = {name: str(value) for name, value in query.items() if value not in (None, "")}
        return f"{CONSOLE}{path}?{urlencode({'sandbox': self.sandbox, **given})}"

    def of_sandbox(self, path: str = "") -> str:
        """Return a path of the control plane in this sandbox, such as `/sandboxes/default/clock`."""
        return f"/sandboxes/{quote(self.sandbox, safe='')}{path}"
