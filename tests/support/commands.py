"""Run commands of the command line against a server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.engine.registry import vendor_packages

UNUSED_URL = "http://127.0.0.1:9"
"""An address at which nothing listens: the port of a service of old."""


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands with the options of this server and sandbox; `control` calls its control plane."""

    url: str
    sandbox: str

    def run(self, *arguments: str, stdin: str | None = None) -> Result:
        """Run a command with these arguments; the address stands at the end, the sandbox is a variable."""
        return self.run_bare(*arguments, "--url", self.url, stdin=stdin, sandbox=self.sandbox)

    def run_bare(self, *arguments: str, stdin: str | None = None, sandbox: str | None = None) -> Result:
        """Run a command with these arguments and no others."""
        environment = {"NO_COLOR": "1", "MOCKSERVER_URL": None, "MOCKSERVER_SANDBOX": sandbox}
        return CliRunner(env=environment).invoke(main, list(arguments), input=stdin)

    def document(self, *arguments: str) -> Any:
        """Run a command with `--json` and return what it printed."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def control(self, method: str, below: str, body: Any = None) -> Any:
        """Call the control plane of the sandbox and return its JSON, None for no content."""
        url = f"{self.url}/_mock/sandboxes/{self.sandbox}{below}"
        response = httpx.request(method, url, json=body, trust_env=False).raise_for_status()
        return response.json() if response.content else None

    def server(self, method: str, below: str) -> Any:
        """Call the control plane of the server and return its JSON."""
        return httpx.request(method, f"{self.url}/_mock{below}", trust_env=False).raise_for_status().json()

    def spec(self, vendor: str) -> str:
        """Return the text of a vendor's spec, as the server shows it."""
        return httpx.get(f"{self.url}/{vendor}/openapi.json", trust_env=False).raise_for_status().text

    def call_vendor(self, vendor: str = "", path: str = "/nothing-here") -> int:
        """Send a call that the vendor refuses and return its number in the journal."""
        name = vendor or vendor_packages()[0]
        url = f"{self.url}/sandboxes/{self.sandbox}/{name}{path}"
        return int(httpx.get(url, trust_env=False).headers["mock-journal"])
