from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count

import pytest

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE
from mockserver.control.cases.catalogue import CatalogueCase
from mockserver.control.cases.expectations import SEED, START_INSTANT, SandboxClient
from mockserver.control.cases.language import Case
from mockserver.control.cases.runner import CaseResult, run
from mockserver.control.http_client import HttpRequest, HttpResponse, open_client
from mockserver.server.application import Application
from tests.catalogue.rows import Play
from tests.support.case_runs import run_case
from tests.support.server_process import serve_process

_numbers = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A real server for the cases that lose an answer."""
    with serve_process() as url:
        yield url


@pytest.fixture
def play(request: pytest.FixtureRequest, app: Application, sandbox: str) -> Play:
    """Run a vendor's case in a fresh sandbox: in process, or over sockets where it takes one."""

    def play(entry: CatalogueCase) -> CaseResult:
        if entry.case.needs_socket:
            return asyncio.run(_over_sockets(entry.case, request.getfixturevalue("server")))
        return run_case(entry.case, app, sandbox)

    return play


async def _over_sockets(case: Case, url: str) -> CaseResult:
    name = f"case-{next(_numbers)}"
    async with open_client(url) as sending:
        settings = json.encode({"name": name, "seed": SEED, "freeze": START_INSTANT})
        headers = (("content-type", JSON_TYPE),)
        made = await sending.send(HttpRequest("POST", "/_mock/sandboxes", headers, settings))
        assert isinstance(made, HttpResponse), made
        assert made.status == 201, made.text
        return await run(case, SandboxClient(name, sending, sending))
