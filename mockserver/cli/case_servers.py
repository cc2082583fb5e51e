"""Servers at which cases run: a server of our own, a mockserver at an address, or any other server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias
from urllib.parse import urlsplit

from mockserver.control.cases.expectations import SEED, USER_AGENT, SandboxClient
from mockserver.control.cases.language import STEPS, Case
from mockserver.control.cases.runner import (
    CaseRun,
    UnexportableCaseError,
    export_case,
    run_in_new_sandbox,
    run_steps,
)
from mockserver.control.http_client import HttpClient, HttpRequest, HttpResponse, LostResponse, open_client
from mockserver.model import Value

_PLAIN_STEPS = frozenset({"call", "together", "walk"})
_OK = 200
_STARTED = b"http"
_THIS_PROCESS, _OWN_PROCESS = "in this process", "in a process of its own"


class SilentTargetError(Exception):
    """No server answers at the address, or a server of our own did not start."""


class PlainTargetError(Exception):
    """A case needs more than the server can do, or its calls cannot be exported; the text says why."""


class MockserverClient(Value, frozen=True):
    """A case server that is a mockserver."""

    client: HttpClient
    place: str
    """Address of the server or, for a server of our own, a text such as "in this process"."""

    async def run(self, case: Case, sandbox: str) -> tuple[str, ...]:
        """Run the case in a new sandbox, and return the differences from its expectations.

        Raises UnmetExpectationError: the sandbox cannot be created or deleted.
        """
        return (await run_in_new_sandbox(case, sandbox, self.client)).differences

    async def export(self, case: Case, sandbox: str, form: str) -> str:
        """Run the case in a new sandbox and return its calls in the export format `form`.

        Raises PlainTargetError: the case fails, or its calls cannot be exported.
        """
        client = SandboxClient(sandbox, self.client, self.client)
        await client.create(SEED if case.seed is None else case.seed, empty=case.empty)
        try:
            return (await export_case(case, client, form)).text
        except UnexportableCaseError as error:
            raise PlainTargetError(str(error)) from None


class _PlainClient(SandboxClient, frozen=True):
    @property
    def headers(self) -> Mapping[str, str]:
        return {"user-agent": USER_AGENT}

    def mount(self, _vendor: str) -> str:
        return self.sandbox


class PlainServerClient(Value, frozen=True):
    """A case server that is not a mockserver."""

    client: HttpClient
    path: str
    """Path of the server's URL, to which the vendor's paths are appended."""
    place: str

    async def run(self, case: Case, sandbox: str) -> tuple[str, ...]:  # noqa: ARG002 - there are none
        """Run the steps of the case; return (). Raises UnmetExpectationError: an answer is not as expected.

        Raises PlainTargetError: the case needs more than calls of one vendor.
        """
        if needs := sorted(_needs(case)):
            raise PlainTargetError(f"needs a mockserver at the target, for: {', '.join(needs)}")
        await run_steps(CaseRun(case, _PlainClient(self.path, self.client, self.client)))
        return ()


CaseServer: TypeAlias = MockserverClient | PlainServerClient


def _needs(case: Case) -> set[str]:
    """Return what the case needs in addition to calls of one vendor."""
    head = {name for name in ("empty", "freeze", "assumptions", "scenarios") if getattr(case, name)}
    kinds = {next((kind for kind in STEPS if kind in step), "") for step in case.steps}
    vendors = {"several vendors" for step in case.steps if step.get("vendor", case.vendor) != case.vendor}
    return head | (kinds - _PLAIN_STEPS - {""}) | vendors


@asynccontextmanager
async def open_target(url: str) -> AsyncIterator[CaseServer]:
    """Yield a client of the server at `url`. Raises SilentTargetError: no server answers."""
    parts = urlsplit(url)
    async with open_client(f"{parts.scheme}://{parts.netloc}") as client:
        answered = await client.send(HttpRequest("GET", f"{parts.path}/_mock/health"))
        if isinstance(answered, LostResponse) and answered.kind == "refused":
            raise SilentTargetError(f"nothing answers at {url}: {answered.detail}")
        is_ours = isinstance(answered, HttpResponse) and answered.status == _OK and not parts.path
        yield MockserverClient(client, url) if is_ours else PlainServerClient(client, parts.path, url)


@asynccontextmanager
async def open_own_server(cases: Sequence[Case]) -> AsyncIterator[MockserverClient]:
    """Start a server for the cases: in another process if a case needs a socket, otherwise in our process."""
    vendors = sorted({vendor for case in cases for vendor in called_vendors(case)})
    if any(case.needs_socket for case in cases):
        async with _own_process(vendors) as url, open_client(url) as client:
            yield MockserverClient(client, _OWN_PROCESS)
        return
    from mockserver.server.application import Options, create_app
    from mockserver.server.in_process import InProcessClient

    yield MockserverClient(InProcessClient(create_app(Options(vendors=tuple(vendors)))), _THIS_PROCESS)


def called_vendors(case: Case) -> set[str]:
    return {case.vendor, *(step["vendor"] for step in case.steps if step.get("vendor"))}


@asynccontextmanager
async def _own_process(vendors: Sequence[str]) -> AsyncIterator[str]:
    options = [word for vendor in vendors for word in ("--vendor", vendor)]
    run = ("-m", "mockserver", "run", "--port", "0", "--print-url", "--log", "off", *options)
    process = await asyncio.create_subprocess_exec(sys.executable, *run, stdout=asyncio.subprocess.PIPE)
    try:
        line = await process.stdout.readline() if process.stdout else b""
        if not line.startswith(_STARTED):
            raise SilentTargetError("a server of our own did not start")
        yield line.decode().strip().rstrip("/")
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
