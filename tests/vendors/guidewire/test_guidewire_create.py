from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.guidewire.world import INVOICES, attributes, messages, sent, shown


def test_only_the_payee_must_be_named(guidewire: Client) -> None:
    answered = guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1"))

    assert answered.status == 201
    made = attributes(answered)
    assert made["status"] == {"code": "draft", "name": "Draft"}
    assert made["approvalStatus"] == {"code": "unapproved", "name": "Unapproved"}
    assert made["bulkInvoiceTotal"] == "0.00"
    assert made["currency"] == {"code": "usd", "name": "USD"}
    assert made["deliveryMethod"] == {"code": "send", "name": "Send"}


def test_the_other_defaults_are_there_as_well(guidewire: Client) -> None:
    made = attributes(guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:22")))

    assert made["paymentMethod"] == {"code": "check", "name": "Check"}
    assert made["reportability"] == {"code": "notreportable", "name": "Not reportable"}
    assert made["scheduledSendDate"] == "2026-01-05T00:00:00.000Z"
    assert (made["mailTo"], made["payTo"]) == ("Larkspur Medical Group", "Larkspur Medical Group")
    assert (made["splitEqually"], made["valid"]) == (False, False)
    assert made["totalTransactionAmount"] == {"amount": "0.00", "currency": "usd"}
    assert "invoiceNumber" not in made


def test_an_id_has_the_form_of_the_product(guidewire: Client) -> None:
    answered = guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1"))

    assert re.fullmatch(r"xc:S[A-Za-z0-9_-]{20}", attributes(answered)["id"])


def test_what_was_made_can_be_read(guidewire: Client) -> None:
    answered = guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1"))

    href = answered.json["data"]["links"]["self"]["href"]
    assert href == f"{INVOICES}/{attributes(answered)['id']}"
    assert guidewire.get(href).json == answered.json


def test_everything_that_can_be_set_is_kept(guidewire: Client) -> None:
    body = sent(
        payeeAddressBookUID="ab:14",
        invoiceNumber="INV-2026-031",
        bulkInvoiceTotal="1000.00",
        splitEqually=True,
        currency={"code": "usd"},
        paymentMethod={"code": "eft"},
        scheduledSendDate="2026-03-10T00:00:00.000Z",
        defaultCostType={"code": "claimcost"},
        defaultCostCategory={"code": "medical"},
        defaultPaymentType={"code": "final"},
    )

    made = attributes(guidewire.post(INVOICES, json=body))

    assert made["invoiceNumber"] == "INV-2026-031"
    assert made["bulkInvoiceTotal"] == "1000.00"
    assert made["defaultCostType"] == {"code": "claimcost", "name": "Claim Cost"}
    assert made["defaultPaymentType"] == {"code": "final", "name": "Final"}


@pytest.mark.parametrize("name", ["defaultCostCategory", "defaultCostType", "defaultPaymentType"])
def test_a_default_for_items_may_be_null(guidewire: Client, name: str) -> None:
    made = guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1", **{name: None}))

    assert made.status == 201
    assert name not in attributes(made)


def test_two_alike_are_two(guidewire: Client) -> None:
    first = guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1", invoiceNumber="X"))
    second = guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1", invoiceNumber="X"))

    assert (first.status, second.status) == (201, 201)
    assert attributes(first)["id"] != attributes(second)["id"]


@pytest.mark.parametrize(
    "amount", ["30000000000000000000000000000.10", "9999999999999999999999999999999999999999.99"]
)
def test_a_total_of_any_size_is_exact(guidewire: Client, amount: str) -> None:
    answered = guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1", bulkInvoiceTotal=amount))

    path = answered.json["data"]["links"]["self"]["href"]
    assert shown(guidewire, path)["bulkInvoiceTotal"] == amount


@pytest.mark.parametrize("text", ["Zoë 李 🧾", "\u202eabc", "<script>", "=1+1", "{{7*7}}", "  spaced ", ""])
def test_texts_are_kept_as_they_are(guidewire: Client, text: str) -> None:
    answered = guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1", invoiceNumber=text))

    assert attributes(answered)["invoiceNumber"] == text


def test_a_repeated_member_counts_as_last_sent(guidewire: Client) -> None:
    body = b'{"data":{"attributes":{"payeeAddressBookUID":"ab:1","payeeAddressBookUID":"ab:14"}}}'

    answered = guidewire.post(INVOICES, content=body, headers={"content-type": "application/json"})

    assert attributes(answered)["payTo"] == "Tomas Ferreira"


class TestRefused:
    """A refused invoice is not made."""

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (sent(), ["The 'payeeAddressBookUID' property is required"]),
            ({}, ["The 'data' property is required"]),
            ({"data": {}}, ["The 'attributes' property is required"]),
            (
                sent(payeeAddressBookUID="ab:1", splitEqually=True),
                ["The 'bulkInvoiceTotal' property is required when 'splitEqually' is true"],
            ),
            (
                sent(payeeAddressBookUID="ab:999", splitEqually=True),
                [
                    "No resource with the id 'ab:999' was found for 'payeeAddressBookUID'",
                    "The 'bulkInvoiceTotal' property is required when 'splitEqually' is true",
                ],
            ),
            (
                sent(splitEqually=True),
                [
                    "The 'payeeAddressBookUID' property is required",
                    "The 'bulkInvoiceTotal' property is required when 'splitEqually' is true",
                ],
            ),
            (
                sent(payeeAddressBookUID="ab:1", status={"code": "issued"}),
                ["Property 'status' cannot be updated"],
            ),
            (
                sent(payeeAddressBookUID="ab:1", currency={"code": "jpy"}, bulkInvoiceTotal="0.50"),
                ["The amount '0.50' has too many decimals for the currency 'jpy'"],
            ),
            (
                {"data": {"attributes": {"payeeAddressBookUID": "ab:1"}, "checksum": "1"}},
                ["Property 'checksum' is not defined in the schema"],
            ),
        ],
    )
    def test_every_fault_is_named(self, guidewire: Client, body: Any, expected: list[str]) -> None:
        answered = guidewire.post(INVOICES, json=body)

        assert answered.status == 400
        assert messages(answered) == expected
        assert guidewire.get(f"{INVOICES}?includeTotal=true").json["total"] == 7

    @pytest.mark.parametrize(
        "amount",
        ["1.005", "1,000.00", "1e3", "+1", " 1", ".5", "5.", "1_0", "\uff11", "1" * 41, "1.00\n", ""],
    )
    def test_an_amount_is_plain_decimal_text(self, guidewire: Client, amount: str) -> None:
        body = sent(payeeAddressBookUID="ab:1", bulkInvoiceTotal=amount)

        answered = guidewire.post(INVOICES, json=body)

        assert answered.status == 400
        assert guidewire.get(f"{INVOICES}?includeTotal=true").json["total"] == 7

    def test_a_missing_member_is_placed_at_its_parent(self, guidewire: Client) -> None:
        answered = guidewire.post(INVOICES, json=sent())

        assert answered.json["details"][0]["properties"] == {
            "parameterLocation": "body",
            "parameterName": "body",
            "path": "data.attributes",
        }
