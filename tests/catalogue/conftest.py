from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count

import pytest

from mockserver.app import Application
from mockserver.cases.catalogue import Entry
from mockserver.cases.language import Case
from mockserver.cases.running import Verdict, run
from mockserver.cases.sending import sender
from mockserver.cases.wire import Answered, Sent
from mockserver.cases.world import BEGINNING, SEED, World
from mockserver.codec import json
from mockserver.reply import JSON
from tests.catalogue.rows import Play
from tests.support.in_process import judged
from tests.support.server import serving

_numbers = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A real server for the cases that lose an answer."""
    with serving() as url:
        yield url


@pytest.fixture
def play(request: pytest.FixtureRequest, app: Application, sandbox: str) -> Play:
    """Run a vendor's case in a fresh sandbox: in process, or over sockets where it takes one."""

    def play(entry: Entry) -> Verdict:
        if entry.case.needs_socket:
            return asyncio.run(_over_sockets(entry.case, request.getfixturevalue("server")))
        return judged(entry.case, app, sandbox)

    return play


async def _over_sockets(case: Case, url: str) -> Verdict:
    name = f"case-{next(_numbers)}"
    async with sender(url) as sending:
        settings = json.encode({"name": name, "seed": SEED, "freeze": BEGINNING})
        headers = (("content-type", JSON),)
        made = await sending.send(Sent("POST", "/_mock/sandboxes", headers, settings))
        assert isinstance(made, Answered), made
        assert made.status == 201, made.text
        return await run(case, World(name, sending, sending))
