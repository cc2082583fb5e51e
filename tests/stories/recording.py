"""Stories to export: calls of catalogue cases and of each vendor's profile, recorded on a server."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

import httpx

from mockserver.contract.loading import load_vendor_api
from mockserver.control.cases.expectations import SEED, START_INSTANT, SandboxClient
from mockserver.control.cases.runner import run
from mockserver.control.http_client import open_client
from mockserver.engine.registry import vendor_packages
from tests.catalogue.rows import CatalogueEntry, entries_of
from tests.support.profiled_vendor import ItemSpec, ProfiledVendor, upserted

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
    vendors = vendor_packages()
    for vendor in vendors:
        name = f"journey-{vendor}"
        _create(control, name)
        _travel(url, name, upserted(load_vendor_api(vendor)))
        yield name
    for entry in _sample(STORIES - len(vendors)):
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


def _travel(url: str, name: str, vendor: ProfiledVendor) -> None:
    """Send three items, the second bad, then all of them repaired; read them, and call no vendor."""
    items = [ItemSpec(key, number, good=number != 2) for number, key in enumerate(vendor.keys[:3], 1)]
    calls = [
        vendor.batch(items),
        vendor.batch([replace(item, good=True) for item in items]),
        *(vendor.profile.read(item.key, 0) for item in items),
    ]
    headers = {**vendor.headers(), "mock-sandbox": name}
    with httpx.Client(base_url=f"{url}/{vendor.name}", headers=headers, trust_env=False) as client:
        for call in calls:
            client.request(call.method, call.path, headers=dict(call.headers), content=call.body)
        client.get(f"{url}/{vendor.name}s/of-no-vendor")


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
