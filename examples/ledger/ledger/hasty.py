"""The same client with a common mistake: after a failure it sends the whole batch again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ledger import ATTEMPTS, FAILED, Unsent, client


def send_invoices(
    url: str,
    *,
    token: str,
    batch: Iterable[Mapping[str, Any]],
    sleep: Callable[[float], object] = time.sleep,
    database: str = "sandbox",
) -> None:
    """Send the invoices until all of them succeed in one call.

    Raises:
        Unsent: they never did.
    """
    invoices = list(batch)
    with client(url, token, database) as vba:
        for attempt in range(ATTEMPTS):
            if attempt:
                sleep(2 ** (attempt - 1))
            rows = vba.put("/claim-invoice-batch", json=invoices).raise_for_status().json()["data"]
            if all(row["status"] < FAILED for row in rows):
                return
    raise Unsent([one["invoice_Key"] for one in invoices])
