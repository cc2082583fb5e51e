"""A client that sends claim invoices to VBA, and sends only those again that failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import httpx

ATTEMPTS = 5
FAILED = 400


class Unsent(Exception):
    """Invoices that were refused at every attempt."""


def send_invoices(
    url: str,
    *,
    token: str,
    batch: Iterable[Mapping[str, Any]],
    sleep: Callable[[float], object] = time.sleep,
    database: str = "sandbox",
) -> None:
    """Send the invoices; those that fail are sent again, after 1, 2, 4 and 8 seconds.

    Raises:
        Unsent: some failed at every attempt.
    """
    waiting = list(batch)
    with client(url, token, database) as vba:
        for attempt in range(ATTEMPTS):
            if attempt:
                sleep(2 ** (attempt - 1))
            rows = vba.put("/claim-invoice-batch", json=waiting).raise_for_status().json()["data"]
            waiting = [one for one, row in zip(waiting, rows, strict=True) if row["status"] >= FAILED]
            if not waiting:
                return
    raise Unsent([one["invoice_Key"] for one in waiting])


def client(url: str, token: str, database: str) -> httpx.Client:
    """Return a client with the headers that VBA requires."""
    return httpx.Client(
        base_url=url,
        headers={
            "Authorization": f"Bearer {token}",
            "x-api-key": "good-key",
            "vbasoftware-database": database,
        },
    )
