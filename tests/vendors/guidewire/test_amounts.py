from __future__ import annotations

import pytest

from tests.support.client import Client
from tests.vendors.guidewire.samples import (
    B_ITEM,
    B_ITEMS,
    A,
    B,
    amounts,
    attributes,
    checksum,
    messages,
    sent,
    shown,
)


class TestSplitting:
    def test_the_total_is_shared_out_to_the_last_cent(self, guidewire: Client) -> None:
        answered = guidewire.patch(B, json=sent(splitEqually=True, bulkInvoiceTotal="1000.00"))

        assert answered.status == 200
        assert amounts(guidewire, B_ITEMS) == ["333.34", "333.33", "333.33"]
        assert shown(guidewire, B)["totalTransactionAmount"] == {"amount": "1000.00", "currency": "usd"}

    @pytest.mark.parametrize(
        ("total", "shares"),
        [
            ("100.00", ["33.34", "33.33", "33.33"]),
            ("0.02", ["0.01", "0.01", "0.00"]),
            ("0", ["0.00", "0.00", "0.00"]),
            (
                "9007199254740993000000000000.01",
                [
                    "3002399751580331000000000000.01",
                    "3002399751580331000000000000.00",
                    "3002399751580331000000000000.00",
                ],
            ),
        ],
    )
    def test_shares_are_exact_at_any_size(self, guidewire: Client, total: str, shares: list[str]) -> None:
        guidewire.patch(B, json=sent(splitEqually=True, bulkInvoiceTotal=total))

        assert amounts(guidewire, B_ITEMS) == shares

    def test_yen_are_shared_out_whole(self, guidewire: Client) -> None:
        change = sent(splitEqually=True, bulkInvoiceTotal="1000", currency={"code": "jpy"})

        answered = guidewire.patch(B, json=change)

        assert attributes(answered)["totalTransactionAmount"] == {"amount": "1000", "currency": "jpy"}
        assert amounts(guidewire, B_ITEMS) == ["334", "333", "333"]

    def test_an_end_of_splitting_leaves_the_amounts(self, guidewire: Client) -> None:
        guidewire.patch(B, json=sent(splitEqually=True, bulkInvoiceTotal="1000.00"))

        guidewire.patch(B, json=sent(splitEqually=False, bulkInvoiceTotal="0.00"))

        assert amounts(guidewire, B_ITEMS) == ["333.34", "333.33", "333.33"]

    def test_without_items_the_total_is_only_kept(self, guidewire: Client) -> None:
        answered = guidewire.patch(A, json=sent(splitEqually=True, bulkInvoiceTotal="10.00"))

        assert attributes(answered)["bulkInvoiceTotal"] == "10.00"
        assert attributes(answered)["totalTransactionAmount"] == {"amount": "0.00", "currency": "usd"}

    def test_a_share_gives_its_item_a_new_checksum(self, guidewire: Client) -> None:
        before = checksum(guidewire, B_ITEM)

        guidewire.patch(B, json=sent(splitEqually=True, bulkInvoiceTotal="1000.00"))

        assert checksum(guidewire, B_ITEM) != before


class TestCurrency:
    def test_all_amounts_take_the_new_code_and_keep_their_figures(self, guidewire: Client) -> None:
        answered = guidewire.patch(B, json=sent(currency={"code": "jpy"}))

        now = attributes(answered)
        assert now["totalTransactionAmount"] == {"amount": "1500", "currency": "jpy"}
        assert now["approvedTransactionAmount"] == {"amount": "0", "currency": "jpy"}
        assert now["bulkInvoiceTotal"] == "0"
        assert shown(guidewire, B_ITEM)["amount"] == {"amount": "500", "currency": "jpy"}

    def test_reporting_amounts_stay_in_dollars(self, guidewire: Client) -> None:
        answered = guidewire.patch(B, json=sent(currency={"code": "jpy"}))

        assert attributes(answered)["totalReportingAmount"] == {"amount": "1500.00", "currency": "usd"}

    def test_cents_cannot_become_yen(self, guidewire: Client) -> None:
        guidewire.patch(A, json=sent(bulkInvoiceTotal="10.50"))
        before = guidewire.get(A).body

        answered = guidewire.patch(A, json=sent(currency={"code": "jpy"}))

        assert answered.status == 400
        assert messages(answered) == ["The amount '10.50' has too many decimals for the currency 'jpy'"]
        assert guidewire.get(A).body == before

    def test_nor_can_the_cents_of_an_item(self, guidewire: Client) -> None:
        guidewire.patch(B, json=sent(splitEqually=True, bulkInvoiceTotal="1000.00"))
        guidewire.patch(B, json=sent(splitEqually=False, bulkInvoiceTotal="0.00"))

        answered = guidewire.patch(B, json=sent(currency={"code": "jpy"}))

        assert answered.status == 400
        assert amounts(guidewire, B_ITEMS) == ["333.34", "333.33", "333.33"]

    def test_shares_are_made_anew_so_their_cents_do_not_count(self, guidewire: Client) -> None:
        guidewire.patch(B, json=sent(splitEqually=True, bulkInvoiceTotal="1000.00"))

        answered = guidewire.patch(B, json=sent(currency={"code": "jpy"}))

        assert answered.status == 200
        assert amounts(guidewire, B_ITEMS) == ["334", "333", "333"]

    def test_zeros_behind_the_point_are_no_cents(self, guidewire: Client) -> None:
        answered = guidewire.patch(B, json=sent(currency={"code": "jpy"}, bulkInvoiceTotal="10.00"))

        assert attributes(answered)["bulkInvoiceTotal"] == "10"

    def test_a_total_with_cents_is_refused_in_yen(self, guidewire: Client) -> None:
        answered = guidewire.patch(B, json=sent(currency={"code": "jpy"}, bulkInvoiceTotal="10.50"))

        assert answered.status == 400
        assert shown(guidewire, B)["currency"]["code"] == "usd"
