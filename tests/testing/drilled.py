"""Small clients to drill, as functions: they send three invoices to payt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from mockserver.testing.drill import Client, DrillTarget, Ending

ROWS: Mapping[str, str] = {"R-1": "10.00", "R-2": "20.00", "R-3": "30.00"}
KEYS = tuple(ROWS)
_MOST_TRIES = 6
_LOST = (httpx.TransportError, httpx.StreamError)


def payt_batch(rows: Mapping[str, str]) -> dict[str, Any]:
    """A batch of invoices by number and amount."""
    totals = ("amount_total", "book_amount_total", "amount_open", "book_amount_open")
    invoices = [
        {
            "invoice_number": key,
            "invoice_date": "2026-06-01",
            "due_date": "2026-07-01",
            "description": "Work",
            "currency_code": "EUR",
            "debtor_number": "D-1",
            **dict.fromkeys(totals, amount),
        }
        for key, amount in rows.items()
    ]
    return {"administration_id": "81", "invoices": invoices}


def send(target: DrillTarget, keys: Sequence[str], **headers: str) -> httpx.Response:
    """Send some rows in one call."""
    body = payt_batch({key: ROWS[key] for key in keys})
    given = {**target.headers, **headers}
    return httpx.post(f"{target.url}/v1/invoices", json=body, headers=given, timeout=5)


def careful(target: DrillTarget) -> str:
    """Send what failed once more, and give up with an exception that names what is not stored."""
    missing = list(KEYS)
    for _ in range(_MOST_TRIES):
        try:
            answered = send(target, missing)
        except _LOST:
            continue
        if answered.status_code < 300:
            missing = _failed(answered, missing)
        if not missing:
            return "all stored"
    raise RuntimeError(f"not stored: {', '.join(missing)}")


def _failed(answered: httpx.Response, sent: Sequence[str]) -> list[str]:
    errors: Any = answered.json()["errors"]
    return [key for key in sent if key in errors]


def careless(target: DrillTarget) -> None:
    """Send everything once, and look at nothing."""
    send(target, KEYS)


def pay(target: DrillTarget, keys: Sequence[str], idempotency_key: str = "") -> httpx.Response:
    """Pay some rows of xero in one call."""
    payments = [
        {
            "Account": {"Code": "BANK1"},
            "Reference": key,
            "Date": "2026-01-05",
            "Payments": [{"Invoice": {"InvoiceNumber": "R1"}, "Amount": 1.5}],
        }
        for key in keys
    ]
    headers = {**target.headers, **({"Idempotency-Key": idempotency_key} if idempotency_key else {})}
    url = f"{target.url}/api.xro/2.0/BatchPayments?summarizeErrors=false"
    return httpx.put(url, json={"BatchPayments": payments}, headers=headers, timeout=5)


def payer(*, has_keys: bool) -> Client:
    """A client of xero that pays each row once if it `has_keys`, and again after a lost answer if not."""

    def pays(target: DrillTarget) -> Ending:
        missing, number = list(KEYS), 1
        for _ in range(_MOST_TRIES):
            try:
                answered = pay(target, missing, f"call-{number}" if has_keys else "")
                outcomes = answered.json()["BatchPayments"]
            except (*_LOST, ValueError):
                continue
            missing = [one["Reference"] for one in outcomes if one.get("ValidationErrors")]
            number += 1
            if not missing:
                return Ending(0)
        return Ending(1, f"not stored: {missing}")

    return pays
