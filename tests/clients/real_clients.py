"""Four real clients, each asked for the JSON of one vendor's answer, and what each makes of a broken one."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp
import httpx
import requests

from tests.support.profiled_vendor import FIRST_REFUSAL, ItemSpec, upserted
from tests.support.sixth_vendor import api_of

SHELL_S = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """A batch of one item that a vendor answers in JSON; `usual` is its status when nothing is bent."""

    method: str
    path: str
    usual: int
    headers: Mapping[str, str]
    content: bytes


USUAL = {"guidewire": 200, "payt": 201, "pvex": 400, "vba": 207, "xero": 200}
"""Statuses of batches. PVEx says nothing of what it accepts, so that it gets an item that it refuses."""


def _asked(vendor: str, usual: int) -> Asked:
    profiled = upserted(api_of(vendor))
    item = ItemSpec(profiled.keys[0], 1, good=usual < FIRST_REFUSAL)
    request = profiled.batch([item])
    headers = {**profiled.headers(), **request.headers}
    return Asked(request.method, request.path, usual, headers, request.body)


ASKED = {vendor: _asked(vendor, usual) for vendor, usual in USUAL.items()}


@dataclass(frozen=True, slots=True)
class Errand:
    """Calls on one connection, `times` over; `patience_s` is the one timeout that the client offers.

    To one that is `strict` the status of an error is an error.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes
    times: int
    patience_s: float
    strict: bool


Client = Callable[[Errand], int]
"""Runs an errand: the status of the last answer, whose JSON could be read; else its own error is raised."""


class CurlError(Exception):
    """curl ended with an exit code, or printed what is no JSON (code 0)."""


def with_httpx(errand: Errand) -> int:
    """httpx; its patience is with each read."""
    with httpx.Client(timeout=errand.patience_s, follow_redirects=True, verify=False) as client:  # noqa: S501 - plain HTTP
        for _ in range(errand.times):
            answer = client.request(errand.method, errand.url, headers=errand.headers, content=errand.content)
            if errand.strict:
                answer.raise_for_status()
            answer.json()
    return answer.status_code


def with_requests(errand: Errand) -> int:
    """requests; its patience is with each read."""
    with requests.Session() as session:
        for _ in range(errand.times):
            answer = session.request(
                errand.method,
                errand.url,
                headers=errand.headers,
                data=errand.content,
                timeout=errand.patience_s,
            )
            if errand.strict:
                answer.raise_for_status()
            answer.json()
    return answer.status_code


def with_aiohttp(errand: Errand) -> int:
    """aiohttp; its patience is with the whole call."""

    async def run() -> int:
        timeout = aiohttp.ClientTimeout(total=errand.patience_s)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for _ in range(errand.times):
                async with session.request(
                    errand.method, errand.url, headers=errand.headers, data=errand.content
                ) as answer:
                    if errand.strict:
                        answer.raise_for_status()
                    await answer.json(content_type=None)
        return answer.status

    return asyncio.run(run())


def with_curl(errand: Errand) -> int:
    """curl; its patience is with each call."""
    options = [
        "--silent",
        "--location",
        "--max-time",
        str(errand.patience_s),
        "--write-out",
        "\n%{http_code}\n",
    ]
    headers = [part for name, text in errand.headers.items() for part in ("--header", f"{name}: {text}")]
    data = ["--request", errand.method, "--data-binary", errand.content.decode()]
    run = subprocess.run(  # noqa: S603 - our own command line
        ["curl", *options, *["--fail"] * errand.strict, *headers, *data, *[errand.url] * errand.times],  # noqa: S607 - the machine's own curl
        capture_output=True,
        text=True,
        timeout=SHELL_S,
        check=False,
    )
    if run.returncode:
        raise CurlError(run.returncode)
    body, status = run.stdout.splitlines()[-2:]
    try:
        json.loads(body)
    except ValueError:
        raise CurlError(0) from None
    return int(status)


CLIENTS: Mapping[str, Client] = {
    "httpx": with_httpx,
    "requests": with_requests,
    "aiohttp": with_aiohttp,
    "curl": with_curl,
}


def seen(client: Client, errand: Errand) -> str | int:
    """What the client makes of it: a status, or its error's name with its package."""
    try:
        return client(errand)
    except CurlError as error:
        return f"curl {error}"
    except Exception as error:  # noqa: BLE001 - whatever it is, its name is what is looked at
        return f"{type(error).__module__.partition('.')[0]}.{type(error).__name__}"
