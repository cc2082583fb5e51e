"""Records to post, as the fact sheet's edge cases abbreviate them."""

from __future__ import annotations

from typing import Any


def invoice(number: str, **changes: Any) -> dict[str, Any]:
    """A complete record for debtor D-1 with a hundred euro open."""
    return {
        "currency_code": "EUR",
        "invoice_number": number,
        "invoice_date": "2026-06-01",
        "due_date": "2026-07-01",
        "book_amount_total": "100.00",
        "book_amount_open": "100.00",
        "amount_open": "100.00",
        "amount_total": "100.00",
        "debtor_number": "D-1",
        **changes,
    }


def debtor(number: str, **changes: Any) -> dict[str, Any]:
    """A complete debtor record."""
    return {
        "debtor_number": number,
        "name": "Bakker BV",
        "debtor_identifier": f"id-{number}",
        **changes,
    }


def without(record: dict[str, Any], member: str) -> dict[str, Any]:
    """The record less one member."""
    return {name: value for name, value in record.items() if name != member}
