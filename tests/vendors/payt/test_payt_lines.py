from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.payt.records import invoice, line


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([line(vat_rate_code="XX")], "Invoice lines vat rate must exist"),
        ([line(vat_percentage="19")], "Invoice lines vat percentage does not match the vat rate"),
        (
            [line(total_excl_tax_amount=None)],
            "Invoice lines total excl tax amount or total incl tax amount must be present",
        ),
        ([line(line_order=2), line(line_order=2)], "Invoice lines line order has already been taken"),
        ([line(line_order=2), line()], "Invoice lines line order has already been taken"),
        ([line(vat_amount="much")], "Invoice lines vat amount is not a number"),
        ([line(description="")], "Invoice lines description can't be blank"),
    ],
)
def test_a_faulty_line_refuses_its_invoice(post: Any, shown: Any, lines: Any, message: str) -> None:
    answer = post(invoice("E2", invoice_lines=lines))

    assert answer.json == {"success": True, "count": 0, "errors": {"E2": [message]}}
    assert shown("E2") is None


def test_what_is_left_out_is_computed(post: Any, shown: Any) -> None:
    post(invoice("E3", invoice_lines=[line()]))

    assert shown("E3", "invoice_lines")["invoice_lines"] == [
        {
            "description": "Service",
            "vat_rate_code": "NL21",
            "vat_percentage": "21",
            "vat_amount": "2.10",
            "total_excl_tax_amount": "10.00",
            "total_incl_tax_amount": "12.10",
            "product_price": None,
            "product_unit": "piece",
            "product_quantity": "1",
            "line_order": 1,
        }
    ]


@pytest.mark.parametrize(
    ("sent", "totals"),
    [
        ({"total_excl_tax_amount": "9.99"}, ["9.99", "2.10", "12.09"]),
        ({"total_excl_tax_amount": None, "total_incl_tax_amount": "12.10"}, ["10.00", "2.10", "12.10"]),
        ({"total_excl_tax_amount": None, "total_incl_tax_amount": "10.00"}, ["8.26", "1.74", "10.00"]),
        ({"total_excl_tax_amount": "10", "total_incl_tax_amount": "12"}, ["10.00", "2.00", "12.00"]),
        ({"total_excl_tax_amount": "10", "vat_amount": "2.11"}, ["10.00", "2.11", "12.11"]),
        (
            {"total_excl_tax_amount": None, "total_incl_tax_amount": "12", "vat_amount": "2.5"},
            ["9.50", "2.50", "12.00"],
        ),
        ({"vat_rate_code": "NL0", "vat_percentage": "0.00"}, ["10.00", "0.00", "10.00"]),
    ],
)
def test_each_total_follows_from_the_others(post: Any, shown: Any, sent: Any, totals: list[str]) -> None:
    post(invoice("E4", invoice_lines=[line(**sent)]))

    (printed,) = shown("E4", "invoice_lines")["invoice_lines"]
    names = ("total_excl_tax_amount", "vat_amount", "total_incl_tax_amount")
    assert [printed[name] for name in names] == totals


def test_lines_replace_each_other(post: Any, shown: Any) -> None:
    post(invoice("E5", invoice_lines=[line(description="first"), line(description="second")]))

    post(invoice("E5", invoice_lines=[line(description="third", line_order=7)]))

    assert [one["description"] for one in shown("E5", "invoice_lines")["invoice_lines"]] == ["third"]


def test_lines_stay_when_left_out(post: Any, shown: Any) -> None:
    post(invoice("E5", invoice_lines=[line()]))

    post(invoice("E5"))

    assert len(shown("E5", "invoice_lines")["invoice_lines"]) == 1
