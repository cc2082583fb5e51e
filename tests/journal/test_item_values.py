"""The money of an item, by the names of the item's members."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mockserver.journal.item_values import (
    add_amounts,
    find_amount,
    find_amounts,
    find_currency,
    find_name,
    print_money,
)

FLOAT = Decimal(str(10 + 137 / 100))


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
        ({"amount": FLOAT}, "11.37"),
        ({"amount": Decimal("0.30000000000000004")}, "0.30"),
        ({"amount": Decimal("1.23456789")}, "1.23456789"),
        ({"amount": Decimal("6000.0")}, "6000.0"),
        ({"amount": 6000}, "6000"),
        ({"lines": [{"unitPrice": Decimal("1.25"), "quantity": Decimal("0.33")}]}, "0.4125"),
        ([], None),
        (None, None),
        ("12", None),
    ],
)
def test_the_amount_of_an_item_is_its_outermost_money(document: Any, amount: str | None) -> None:
    assert str(find_amount(document)) == str(amount)


LINE = {"unitPrice": FLOAT, "quantity": 1}
STORED_LINE = {"unitPrice": Decimal("11.37"), "quantity": 1, "taxAmount": Decimal("1.71")}
PART = {"unitPrice": Decimal("1.25"), "quantity": Decimal("0.33")}


@pytest.mark.parametrize(
    ("document", "record", "amount"),
    [
        ({"amount": FLOAT}, {"amount": Decimal("11.370"), "total": 3}, "11.370"),
        ({"amount": FLOAT}, {"status": 201, "record": {"amount": Decimal("11.4")}}, "11.4"),
        ({"lines": [LINE]}, {"amountDue": Decimal("13.08"), "lines": [STORED_LINE]}, "11.37"),
        ({"lines": [PART, PART]}, {"lines": [{**PART, "lineAmount": Decimal("0.41")}] * 2}, "0.82"),
        ({"lines": [LINE]}, {"total": 99, "lines": [STORED_LINE, STORED_LINE]}, "11.37"),
        ({"total": "101"}, {"total": {"amount": "101.00", "currency": "usd"}}, "101.00"),
        ({"amount": FLOAT}, {"id": 7, "total": 3}, "11.37"),
        ({"note": "x"}, {"note": "x", "amount": 3}, "None"),
    ],
)
def test_the_amount_that_is_stored_wins_over_the_amount_that_was_sent(
    document: Any, record: Any, amount: str
) -> None:
    assert str(find_amount(document, record)) == amount


@pytest.mark.parametrize(
    ("document", "amount"),
    [
        ({"amount": 6000, "currency": "EUR"}, "60.00"),
        ({"amount": 6000, "currency": "jpy"}, "6000"),
        ({"amount": 6000, "currency": "KWD"}, "6.000"),
        ({"lines": [{"amount": 5}, {"amount": 7}]}, "0.12"),
        ({"total": 6000, "amount": None}, "6000"),
    ],
)
def test_an_amount_in_minor_units_is_divided_by_those_of_its_currency(document: Any, amount: str) -> None:
    assert str(find_amount(document, None, frozenset({"amount"}))) == amount


def test_the_sum_of_amounts_is_exact() -> None:
    parts = [Decimal("1e30"), Decimal("0.01"), Decimal("-1e30"), Decimal("0.1")]

    assert add_amounts(parts) == Decimal("0.11")


@pytest.mark.parametrize(
    ("amount", "text"),
    [("6000", "EUR 6000"), ("6000.0", "EUR 6,000.00"), ("1.125", "EUR 1.125"), ("0.00", "EUR 0.00")],
)
def test_money_has_the_decimals_of_its_amount_or_two(amount: str, text: str) -> None:
    assert print_money("EUR", amount) == text


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
