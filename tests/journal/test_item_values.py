"""The money of an item, by the names of the item's members."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mockserver.journal.item_values import find_amount, find_amounts, find_currency, find_name


@pytest.mark.parametrize(
    ("document", "amount"),
    [
        ({"amount": "12.50", "total": 3}, "12.50"),
        ({"note": "x", "bookTotal": 3}, "3"),
        ({"amount": {"amount": "500.00", "currency": "usd"}}, "500.00"),
        ({"payments": [{"Amount": 2}, {"Amount": Decimal("3.5")}]}, "5.5"),
        ({"amount": True, "price": "cheap"}, None),
        ({"subtotal": 4, "priceListId": 99}, "4"),
        ({"priceListId": 99, "totalCount": 3, "total_quantity": 4, "exchangeRate": {"value": 2}}, None),
        ({"total": {"value": 3, "currency": "eur"}}, "3"),
        ({"lines": [{"unitPrice": "2.50", "Quantity": 3}, {"unit_amount": 1}]}, "8.50"),
        ({"lines": [{"note": "x"}]}, None),
        ([], None),
        (None, None),
        ("12", None),
    ],
)
def test_the_amount_of_an_item_is_its_outermost_money(document: Any, amount: str | None) -> None:
    assert find_amount(document) == (None if amount is None else Decimal(amount))


def test_all_amounts_of_an_item_are_found() -> None:
    document = {"amount": "1.5", "lines": [{"price": 2}, {"total": {"value": 3}}], "note": "4"}

    assert list(find_amounts(document)) == [Decimal("1.5"), 2, 3]


@pytest.mark.parametrize(
    ("document", "currency"),
    [
        ({"currency": "eur", "amount": 1}, "EUR"),
        ({"lines": [{"amount": {"currencyCode": "USD"}}]}, "USD"),
        ({"currency_rate": "1.2", "currency": {"id": 7}}, ""),
        ([], ""),
    ],
)
def test_the_currency_of_an_item(document: Any, currency: str) -> None:
    assert find_currency(document) == currency


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({"InvoiceID": "8f", "InvoiceNumber": "INV-9"}, "INV-9"),
        ({"status": 201, "body": {"data": {"id": "xc:1", "attributes": {"invoiceNumber": "B-7"}}}}, "B-7"),
        ({"Reference": "P-1", "id": 4}, "P-1"),
        ({"number": "", "id": 4}, "4"),
        ({"lines": [{"number": 1}]}, ""),
        (None, ""),
    ],
)
def test_a_record_is_called_by_its_number_or_else_its_reference_or_id(document: Any, name: str) -> None:
    assert find_name(document) == name
