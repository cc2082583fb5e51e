"""Runs cases on the application in process, and holds every vendor's answer against its spec."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import unquote

from mockserver.app import Application
from mockserver.app.inside import Inside
from mockserver.cases.language import Case
from mockserver.cases.running import Verdict, run
from mockserver.cases.wire import Answered, Lost, Sender, Sent
from mockserver.cases.world import World
from tests.support import documented


@dataclass(frozen=True, slots=True)
class Checked:
    """Passes on what the sender carries; what no scenario bent and no spec states fails the test."""

    sender: Sender
    app: Application
    sandbox: str

    async def send(self, sent: Sent) -> Answered | Lost:
        came = await self.sender.send(sent)
        if isinstance(came, Answered) and not self._bent(came):
            path = unquote(sent.target.partition("?")[0])
            said = documented.Sent(sent.method, path, came.status, came.headers, came.body)
            unstated = documented.complaint(self.app.served, said)
            assert not unstated, f"{sent.method} {path}: {unstated}\n{came.text[:2000]}"
        return came

    def _bent(self, came: Answered) -> bool:
        number = int(came.headers.get("mock-journal", "0"))
        entry = self.app.journal.entry(self.sandbox, number)
        return entry is not None and bool(entry.applied)


def judged(case: Case, app: Application, sandbox: str) -> Verdict:
    """What comes of the case in that sandbox; the server is called testserver."""
    return asyncio.run(_judged(case, app, sandbox))


async def _judged(case: Case, app: Application, sandbox: str) -> Verdict:
    sender = Inside(app, "testserver")
    return await run(case, World(sandbox, Checked(sender, app, sandbox), sender))
