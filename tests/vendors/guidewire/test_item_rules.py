from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.guidewire.samples import B_ITEMS, D_ITEMS, INVOICES, ITEM, B, D, amounts, messages, sent


class TestRefused:
    """A refused item is not made, and the invoice stays as it is."""

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (
                {"amount": ITEM["amount"]},
                [
                    "The 'claim' property is required",
                    "The 'costType' property is required",
                    "The 'costCategory' property is required",
                    "The 'paymentType' property is required",
                ],
            ),
            (
                {**ITEM, "claim": {"id": "xc:none"}},
                ["No resource with the id 'xc:none' was found for 'claim'"],
            ),
            (
                {**ITEM, "exposure": {"id": "demo_sample:40003"}},
                ["No resource with the id 'demo_sample:40003' was found for 'exposure'"],
            ),
            (
                {name: value for name, value in ITEM.items() if name != "amount"},
                ["The 'amount' property is required"],
            ),
            (
                {**ITEM, "amount": {"amount": "1.00", "currency": "jpy"}},
                ["The currency 'jpy' is not the currency 'usd' of the bulk invoice"],
            ),
            (
                {**ITEM, "amount": {"amount": "1.00", "currency": "xxx"}},
                ["'xxx' is not a valid code of the typelist 'Currency'"],
            ),
            ({**ITEM, "amount": "1.00"}, ["The value of 'amount' must be of type object"]),
            (
                {**ITEM, "nonEroding": True},
                ["The 'nonEroding' property can only be true when 'paymentType' is 'supplement'"],
            ),
            (
                {**ITEM, "claim": {"id": "demo_sample:30008"}},
                ["The claim 'CLM-30008' is closed, so that 'paymentType' must be 'supplement'"],
            ),
            ({**ITEM, "status": {"code": "approved"}}, ["Property 'status' cannot be updated"]),
            ({**ITEM, "invoiceNumber": "1"}, ["Property 'invoiceNumber' is not defined in the schema"]),
        ],
    )
    def test_every_fault_is_named(self, guidewire: Client, body: Any, expected: list[str]) -> None:
        before = guidewire.get(B).body

        answered = guidewire.post(B_ITEMS, json=sent(**body))

        assert answered.status == 400
        assert messages(answered) == expected
        assert guidewire.get(B).body == before
        assert amounts(guidewire, B_ITEMS) == ["500.00", "500.00", "500.00"]

    def test_a_split_invoice_takes_no_amount(self, guidewire: Client) -> None:
        guidewire.patch(B, json=sent(splitEqually=True, bulkInvoiceTotal="900.00"))

        answered = guidewire.post(B_ITEMS, json=sent(**ITEM))

        assert answered.status == 400
        assert messages(answered) == [
            "The 'amount' property cannot be set because the bulk invoice is split equally"
        ]
        assert amounts(guidewire, B_ITEMS) == ["300.00", "300.00", "300.00"]

    def test_yen_have_no_cents(self, guidewire: Client) -> None:
        guidewire.patch(B, json=sent(currency={"code": "jpy"}))

        answered = guidewire.post(
            B_ITEMS, json=sent(**{**ITEM, "amount": {"amount": "0.50", "currency": "jpy"}})
        )

        assert answered.status == 400
        assert amounts(guidewire, B_ITEMS) == ["500", "500", "500"]

    def test_an_issued_invoice_takes_no_item(self, guidewire: Client) -> None:
        before = guidewire.get(D).body

        answered = guidewire.post(D_ITEMS, json=sent(**ITEM))

        assert answered.status == 400
        assert messages(answered) == ["The bulk invoice cannot be edited because its status is 'Issued'"]
        assert guidewire.get(D).body == before

    def test_an_unknown_invoice_takes_none_either(self, guidewire: Client) -> None:
        answered = guidewire.post(f"{INVOICES}/xc:nope/bulk-invoice-items", json=sent(**ITEM))

        assert answered.status == 404
