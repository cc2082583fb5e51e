"""Run exported stories on another server, each form by what it was written for."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from mockserver.control.cases.language import read_case_file
from mockserver.control.cases.runner import run_in_new_sandbox
from mockserver.control.http_client import open_client
from tests.stories.recording import Export

PATIENCE_S = 10


def play_cases(url: str, exports: Sequence[Export], _folder: Path) -> list[str]:
    """Run case files with the runner; what differed, a line each."""
    return [f"{one.story}: {line}" for one in exports for line in asyncio.run(_play_case(url, one))]


async def _play_case(url: str, export: Export) -> Sequence[str]:
    case = read_case_file(export.text.encode(), export.story)
    async with open_client(url) as client:
        result = await run_in_new_sandbox(case, export.story, client)
    return result.differences


def play_scripts(url: str, exports: Sequence[Export], folder: Path) -> list[str]:
    """Run shell scripts; the output of those that do not exit with 0."""
    found = []
    for one in exports:
        file = folder / f"{one.story}.sh"
        file.write_text(one.text, encoding="utf-8")
        done = subprocess.run(  # noqa: S603 - our own export
            ["sh", str(file)],  # noqa: S607
            env={**os.environ, "MOCKSERVER_URL": url},
            capture_output=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            found.append(f"{one.story}: exit {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")
    return found


def play_tests(url: str, exports: Sequence[Export], folder: Path) -> list[str]:
    """Run pytest files, all in one run of pytest; its report if any fails."""
    for one in exports:
        (folder / f"test_{one.story.replace('-', '_')}.py").write_text(one.text, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--tb=short",
    ]
    done = subprocess.run(  # noqa: S603 - our own export
        [*command, "-c", os.devnull, "--rootdir", str(folder), str(folder)],
        env={**os.environ, "MOCKSERVER_URL": url, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    report = done.stdout.decode()
    return (
        [] if done.returncode == 0 and f"{len(exports)} passed" in report else [report + done.stderr.decode()]
    )


def play_archives(url: str, exports: Sequence[Export], _folder: Path) -> list[str]:
    """Send the calls of archives again; where status or item results differ."""
    return [f"{one.story}: {line}" for one in exports for line in _play_archive(url, one)]


def _play_archive(url: str, export: Export) -> list[str]:
    log = json.loads(export.text)["log"]
    found = []
    with httpx.Client(base_url=f"{url}/_mock", timeout=60, trust_env=False) as control:
        named = {**log["_mockserver"]["sandbox"], "name": export.story}
        control.post("/sandboxes", json=named).raise_for_status()
        for number, one in enumerate(log["entries"], 1):
            own = one["_mockserver"]
            if own["clock"]:
                control.post(
                    f"/sandboxes/{export.story}/clock/freeze", json={"at": own["clock"]}
                ).raise_for_status()
            if own["state"]:
                control.patch(f"/sandboxes/{export.story}/state", json=own["state"]).raise_for_status()
            headers = {**own["sent"]["headers"], "mock-sandbox": export.story}
            _send(
                url,
                one["request"]["method"],
                own["sent"]["target"],
                headers,
                b64decode(own["sent"]["base64"]),
            )
            entry = control.get(f"/sandboxes/{export.story}/journal/{number}").json()
            items = [{"key": item["key"], "action": item["action"]} for item in entry["decided"]]
            if (entry["status"], items) != (own["expected"]["status"], own["expected"]["items"]):
                found.append(f"call {number}: {entry['status']} {items}, expected {own['expected']}")
        control.delete(f"/sandboxes/{export.story}").raise_for_status()
    return found


def _send(
    url: str, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> httpx.Response | None:
    sent = [(name.encode(), text.encode("latin-1")) for name, text in headers.items()]
    patience = {"timeout": httpx.Timeout(PATIENCE_S).as_dict()}
    address = httpx.URL(url).copy_with(raw_path=target.encode("latin-1"))
    try:
        with httpx.Client(trust_env=False) as client:
            return client.send(
                httpx.Request(method, address, headers=sent, content=body, extensions=patience)
            )
    except httpx.TransportError:
        return None


def play_collections(url: str, exports: Sequence[Export], _folder: Path) -> list[str]:
    """Interpret Postman collections: variables, requests and the tests that an export writes."""
    return [f"{one.story}: {line}" for one in exports for line in _play_collection(url, one)]


def _play_collection(url: str, export: Export) -> list[str]:
    collection = json.loads(export.text)
    variables = {one["key"]: one["value"] for one in collection["variable"]} | {"baseUrl": url}
    found = []
    for item in collection["item"]:
        request = item["request"]
        headers = {one["key"]: _filled(one["value"], variables) for one in request["header"]}
        body = _filled(request.get("body", {}).get("raw", ""), variables)
        target = _filled(request["url"]["raw"], variables).removeprefix(url)
        response = _send(url, request["method"], target, headers, body.encode())
        lines = item["event"][0]["script"]["exec"][1:-1]
        found += [
            f"{item['name']}: {line}" for line in lines if response is None or not _holds(line, response)
        ]
    return found


def _filled(text: str, variables: Mapping[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda name: variables[name[1]], text)


_TESTS: Mapping[str, Callable[[httpx.Response, Any], bool]] = {
    r"pm\.expect\(pm\.response\.code\)\.to\.be\.oneOf\((.*)\);": lambda came, wanted: (
        came.status_code in wanted
    ),
    r"pm\.response\.to\.have\.status\((.*)\);": lambda came, wanted: came.status_code == wanted,
    r"pm\.expect\(pm\.response\.json\(\)\.outcomes\)\.to\.eql\((.*)\);": (
        lambda came, wanted: came.json()["outcomes"] == wanted
    ),
    r"pm\.expect\(pm\.response\.json\(\)\.decided\.map\(one => one\.action\)\)\.to\.eql\((.*)\);": (
        lambda came, wanted: [one["action"] for one in came.json()["decided"]] == wanted
    ),
}


def _holds(line: str, response: httpx.Response) -> bool:
    for pattern, holds in _TESTS.items():
        if found := re.fullmatch(pattern, line.strip()):
            return holds(response, json.loads(found[1]))
    raise AssertionError(f"no such test: {line}")
