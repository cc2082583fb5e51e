"""A real server in a process of its own, on a port that was free."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpx

from mockserver.engine.registry import LoadedVendor, discover_vendors
from tests.support.conformance import SentReply, find_violation
from tests.support.shared_store import new_store, worker_count

COMMAND = (sys.executable, "-m", "mockserver", "run", "--port", "0", "--print-url", "--log", "off")
STOP_S = 10
PATIENCE_S = 60
"""How long a call may take on a machine with other work."""


@contextmanager
def serve_process(*options: str, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a server that answers, without a slash at the end; it is gone afterwards.

    Its answers, as its journal has them, are checked against the specs first.
    """
    with subprocess.Popen(  # noqa: S603 - our own command line
        [*COMMAND, *_store_options(), *options],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    ) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip().rstrip("/")
            httpx.get(f"{url}/_mock/health", timeout=PATIENCE_S).raise_for_status()
            yield url
            assert find_violations(url) == []
        finally:
            process.terminate()
            process.wait(STOP_S)


def _store_options() -> tuple[str, ...]:
    store = new_store()
    return () if store is None else ("--store", store, "--workers", str(worker_count()))


def find_violations(url: str) -> list[str]:
    """The answers in all journals of the server that the specs do not state, but for those of scenarios."""
    with httpx.Client(base_url=f"{url}/_mock/", timeout=PATIENCE_S) as client:
        return [
            f"{entry['method']} /{entry['vendor']}{entry['path']}: {said}"
            for entry in _entries(client)
            if not entry["applied"] and (said := find_violation(_vendors(), _sent(entry)))
        ]


def _entries(client: httpx.Client) -> Iterator[Mapping[str, Any]]:
    for sandbox in client.get("sandboxes").json():
        journal = f"sandboxes/{sandbox['name']}/journal"
        for short in client.get(journal, params={"last": 10_000}).json():
            yield client.get(f"{journal}/{short['number']}").json()


@cache
def _vendors() -> tuple[LoadedVendor, ...]:
    return discover_vendors()


def _sent(entry: Mapping[str, Any]) -> SentReply:
    reply = entry["reply"]
    headers = {name.lower(): text for name, text in reply["headers"].items()}
    if reply["mediaType"]:
        headers["content-type"] = reply["mediaType"]
    # The journal shows a body as text, whatever charset it left in.
    headers["content-type"] = headers.get("content-type", "").partition(";")[0]
    path = f"/{entry['vendor']}{entry['path']}"
    body = "" if "\0" in reply["body"] else reply["body"]
    return SentReply(entry["method"], path, entry["status"], headers, body.encode())
