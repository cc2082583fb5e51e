"""Stories to export: calls of catalogue cases and of journeys, recorded on a server."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from mockserver.control.cases.expectations import SEED, START_INSTANT, SandboxClient
from mockserver.control.cases.runner import run
from mockserver.control.http_client import open_client
from mockserver.engine.registry import vendor_packages
from tests.catalogue.rows import CatalogueEntry, entries_of
from tests.journeys.journey import Journey, journeys

FORMS = ("case", "curl", "har", "postman", "pytest")
STORIES = int(os.environ.get("STORIES", "4"))
"""Number of stories; all sixty take a minute or more."""


@dataclass(frozen=True, slots=True)
class Export:
    """A story in one form, or the reason why it is refused."""

    story: str
    form: str
    text: str = ""
    refused: str = ""


def record(url: str) -> list[Export]:
    """Make the calls of all stories on the server, each in a sandbox of its own, and export them."""
    with httpx.Client(base_url=f"{url}/_mock", timeout=60, trust_env=False) as control:
        return [export for name in _record_all(url, control) for export in _exports(control, name)]


def _record_all(url: str, control: httpx.Client) -> Iterator[str]:
    for journey in journeys():
        name = f"journey-{journey.vendor}"
        _create(control, name)
        _travel(url, name, journey)
        yield name
    for entry in _sample(STORIES - len(journeys())):
        name = entry.id.replace("_", "-")[:64]
        _create(control, name)
        asyncio.run(_run_case(url, name, entry))
        if control.get(f"/sandboxes/{name}/journal?last=1").json():
            yield name


def _sample(count: int) -> list[CatalogueEntry]:
    """Return so many cases, spread evenly over vendors and rows."""
    every = [entry for vendor in vendor_packages() for entry in entries_of(vendor)]
    return [every[at * len(every) // count] for at in range(count)]


def _create(control: httpx.Client, name: str) -> None:
    control.post("/sandboxes", json={"name": name, "seed": SEED, "freeze": START_INSTANT}).raise_for_status()


async def _run_case(url: str, name: str, entry: CatalogueEntry) -> None:
    async with open_client(url) as client:
        result = await run(entry.case.case, SandboxClient(name, client, client))
    assert result.passed, (entry.id, result.differences)


def _travel(url: str, name: str, journey: Journey) -> None:
    headers = {**{key.replace("_", "-"): text for key, text in journey.headers.items()}, "mock-sandbox": name}
    with httpx.Client(base_url=f"{url}/{journey.vendor}", headers=headers, trust_env=False) as vendor:
        for body in (journey.batch, journey.repair):
            vendor.request(journey.method, journey.path, json=body)
        for path, _ in journey.reads:
            vendor.get(path)
        vendor.get(f"{url}/{journey.vendor}s/of-no-vendor")


def _exports(control: httpx.Client, name: str) -> Iterator[Export]:
    for form in FORMS:
        answered = control.get(f"/sandboxes/{name}/journal/export", params={"format": form})
        if answered.status_code == 409:
            assert answered.json()["code"] == "not-reproducible", answered.text
            yield Export(name, form, refused=answered.json()["detail"])
            continue
        assert answered.status_code == 200, answered.text
        reason = answered.json()["log"]["_mockserver"].get("reason", "") if form == "har" else ""
        yield Export(name, form, answered.text, reason)
