"""Runs cases on the application in process, and checks every vendor's answer against its spec."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import unquote

from mockserver.control.cases.expectations import SandboxClient
from mockserver.control.cases.language import Case
from mockserver.control.cases.runner import CaseResult, run
from mockserver.control.http_client import HttpClient, HttpRequest, HttpResponse, LostResponse
from mockserver.server.application import Application
from mockserver.server.in_process import InProcessClient
from tests.support import conformance


@dataclass(frozen=True, slots=True)
class ConformanceClient:
    """Client that fails the test at an answer that neither a scenario nor the vendor's spec states."""

    sender: HttpClient
    app: Application
    sandbox: str

    async def send(self, sent: HttpRequest) -> HttpResponse | LostResponse:
        came = await self.sender.send(sent)
        if isinstance(came, HttpResponse) and not self._is_of_a_scenario(came):
            path = unquote(sent.target.partition("?")[0])
            said = conformance.SentReply(sent.method, path, came.status, came.headers, came.body)
            unstated = conformance.find_violation(self.app.served, said)
            assert not unstated, f"{sent.method} {path}: {unstated}\n{came.text[:2000]}"
        return came

    def _is_of_a_scenario(self, came: HttpResponse) -> bool:
        number = int(came.headers.get("mock-journal", "0"))
        entry = self.app.journal.kept.entry(self.sandbox, number)
        return entry is not None and bool(entry.applied)


def run_case(case: Case, app: Application, sandbox: str) -> CaseResult:
    """What comes of the case in that sandbox; the server is called testserver."""
    return asyncio.run(_run_case(case, app, sandbox))


async def _run_case(case: Case, app: Application, sandbox: str) -> CaseResult:
    sender = InProcessClient(app, "testserver")
    return await run(case, SandboxClient(sandbox, ConformanceClient(sender, app, sandbox), sender))
