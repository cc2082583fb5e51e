from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.payt.records import invoice, payment, still_open

INVOICES = "/v1/invoices/deleted?administration_id=81"
PAYMENTS = "/v1/payments/deleted?administration_id=81"


def test_a_deleted_invoice_shows_its_identifier_under_the_other_name(payt: Client) -> None:
    answer = payt.get(f"{INVOICES}&deleted_after=2025-12-01T00:00:00Z")

    assert answer.json == {
        "data": [
            {
                "id": "2603740",
                "administration_id": "81",
                "debtor_id": "501",
                "invoice_number": "F-0998",
                "origin_identifier": "798",
                "deleted_at": "2025-12-28T10:00:00Z",
            }
        ],
        "pagination": {"cursor": None},
    }


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("deleted_after=2025-01-01T00:00:00Z", ["F-0998"]),
        ("deleted_after=2025-12-28T10:00:00Z", []),
        ("deleted_after=2025-12-01T00:00:00Z&deleted_before=2025-12-28T10:00:00Z", []),
        ("deleted_after=2025-12-01T00:00:00Z&deleted_before=2025-12-28T10:00:01Z", ["F-0998"]),
    ],
)
def test_both_ends_of_the_time_asked_for_are_left_out(payt: Client, query: str, numbers: list[str]) -> None:
    rows = payt.get(f"{INVOICES}&{query}").json["data"]

    assert [row["invoice_number"] for row in rows] == numbers


def test_ninety_days_later_nothing_is_told_of_it(payt: Client, set_clock: Any) -> None:
    set_clock("2026-03-28T10:00:00Z")

    assert payt.get(f"{INVOICES}&deleted_after=2025-01-01T00:00:00Z").json["data"] == []


def test_deleted_payments_are_paged(payt: Client, post: Any) -> None:
    payments = [payment(f"P{number}", "10") for number in range(3)]
    post(invoice("A1", payments=payments, **still_open("70")))
    post(invoice("A1", payments=[]))

    first = payt.get(f"{PAYMENTS}&deleted_after=2026-01-01T00:00:00Z&per_page=2").json
    cursor = first["pagination"]["cursor"]
    second = payt.get(f"{PAYMENTS}&deleted_after=2026-01-01T00:00:00Z&per_page=2&cursor={cursor}").json

    assert [row["origin_identifier"] for row in first["data"] + second["data"]] == ["P0", "P1", "P2"]
    assert (cursor, second["pagination"]["cursor"]) == (first["data"][1]["id"], None)


@pytest.mark.parametrize("path", [INVOICES, PAYMENTS])
def test_since_when_has_to_be_said(payt: Client, path: str) -> None:
    answer = payt.get(path)

    assert (answer.status, answer.json["message"]) == (422, "deleted_after is missing")
