"""A thousand items, good and bad mixed, in ten batches: all accounted for, in order, summed up exactly."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.guidewire.samples import B_ID, B_ITEM, B_ITEMS, BATCH, ITEM, B, sent, shown

BATCHES, CALLS = 10, 100
CHECKSUM = [{"name": "GW-Checksum", "value": "1"}]
GOOD, UNKNOWN_CLAIM, NEGATIVE, STALE, LOST = range(5)
ANSWERS = {GOOD: 201, UNKNOWN_CLAIM: 400, NEGATIVE: 400, STALE: 409, LOST: 404}


def kind(number: int) -> int:
    """What is wrong with a call: of any ten the 3rd, 5th, 7th and 8th are bad, each in its own way."""
    return {2: UNKNOWN_CLAIM, 4: NEGATIVE, 6: STALE, 7: LOST}.get(number % 10, GOOD)


def amount(number: int) -> Decimal:
    return Decimal(number * 7 % 1000).scaleb(-2) + number


def call(number: int) -> dict[str, Any]:
    money = {"amount": f"{amount(number):.2f}", "currency": "usd"}
    item = {**ITEM, "amount": money, "description": f"Line {number}"}
    path = f"/bulk-invoices/{B_ID}/bulk-invoice-items"
    bad: dict[int, dict[str, Any]] = {
        UNKNOWN_CLAIM: {"body": sent(**{**item, "claim": {"id": "xc:none"}})},
        NEGATIVE: {"body": sent(**{**item, "amount": {**money, "amount": "-1.00"}})},
        STALE: {"method": "delete", "path": B_ITEM.removeprefix("/claim/v1"), "headers": CHECKSUM},
        LOST: {"path": "/bulk-invoices/xc:nope/bulk-invoice-items"},
    }
    return {"method": "post", "path": path, "body": sent(**item)} | bad.get(kind(number), {})


@pytest.fixture(scope="module")
def numbers() -> list[int]:
    return list(range(BATCHES * CALLS))


@pytest.fixture
def told(guidewire: Client, numbers: list[int]) -> list[Any]:
    """The entries of all answers, one after the other."""
    entries: list[Any] = []
    for first in numbers[::CALLS]:
        requests = [call(number) for number in numbers[first : first + CALLS]]
        entries += guidewire.post(BATCH, json={"requests": requests}).json["responses"]
    return entries


def lines(client: Client) -> list[tuple[str, Decimal]]:
    """Description and amount of every item that is there, in the order of its creation."""
    found, path = [], f"{B_ITEMS}?pageSize=100&fields=amount,description"
    while path:
        page = client.get(path).json
        found += [
            (row["attributes"]["description"], Decimal(row["attributes"]["amount"]["amount"]))
            for row in page["data"]
        ]
        path = page["links"].get("next", {}).get("href", "")
    return found


def test_a_thousand_calls_are_answered_kept_and_summed_up(
    guidewire: Client, told: list[Any], numbers: list[int]
) -> None:
    good = [number for number in numbers if kind(number) == GOOD]

    assert [entry["status"] for entry in told] == [ANSWERS[kind(number)] for number in numbers]
    made = [entry["body"]["data"]["attributes"] for entry in told if entry["status"] == 201]
    assert [item["description"] for item in made] == [f"Line {number}" for number in good]
    assert lines(guidewire)[3:] == [(f"Line {number}", amount(number)) for number in good]
    total = sum((amount(number) for number in good), Decimal("1500.00"))
    assert shown(guidewire, B)["totalTransactionAmount"] == {"amount": f"{total:.2f}", "currency": "usd"}


def test_what_was_refused_left_no_trace(guidewire: Client, told: list[Any], numbers: list[int]) -> None:
    answer = guidewire.get(f"{B_ITEMS}?includeTotal=true&pageSize=1").json

    assert len(told) == len(numbers)
    assert answer["total"] == 3 + sum(kind(number) == GOOD for number in numbers) == 603


def test_a_total_of_a_thousand_shares_is_exact(guidewire: Client, told: list[Any]) -> None:
    assert len(told) == 1000

    guidewire.patch(B, json=sent(splitEqually=True, bulkInvoiceTotal="1000000.01"))

    shares = [share for _, share in lines(guidewire)]
    assert sum(shares) == Decimal("1000000.01")
    assert max(shares) - min(shares) == Decimal("0.01")
    assert shares == sorted(shares, reverse=True)
