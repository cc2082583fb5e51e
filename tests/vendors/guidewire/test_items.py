from __future__ import annotations

import pytest

from tests.support.client import Client
from tests.vendors.guidewire.samples import (
    A_ITEMS,
    B_ID,
    B_ITEM,
    B_ITEMS,
    C_ITEMS,
    INVOICES,
    ITEM,
    A,
    B,
    C,
    amounts,
    attributes,
    sent,
    shown,
)

DEFAULTS = {
    "defaultCostType": {"code": "claimcost"},
    "defaultCostCategory": {"code": "legal"},
    "defaultPaymentType": {"code": "final"},
}


def test_an_item_is_a_draft_and_can_be_read(guidewire: Client) -> None:
    answered = guidewire.post(A_ITEMS, json=sent(**ITEM))

    assert answered.status == 201
    made = attributes(answered)
    assert made["status"] == {"code": "draft", "name": "Draft"}
    assert made["amount"] == {"amount": "500.00", "currency": "usd"}
    assert guidewire.get(f"{A_ITEMS}/{made['id']}").json == answered.json


def test_its_claim_is_a_reference(guidewire: Client) -> None:
    made = attributes(guidewire.post(A_ITEMS, json=sent(**ITEM)))

    assert made["claim"] == {
        "displayName": "CLM-30005",
        "id": "demo_sample:30005",
        "type": "Claim",
        "uri": "/claim/v1/claims/demo_sample:30005",
    }


def test_its_exposure_is_one_too(guidewire: Client) -> None:
    made = attributes(guidewire.post(A_ITEMS, json=sent(**ITEM, exposure={"id": "demo_sample:40001"})))

    assert made["exposure"] == {
        "displayName": "(1) 1st Party Medical - Nora Whitlock",
        "id": "demo_sample:40001",
        "type": "Exposure",
        "uri": "/claim/v1/claims/demo_sample:30005/exposures/demo_sample:40001",
    }


def test_the_total_grows(guidewire: Client) -> None:
    guidewire.post(A_ITEMS, json=sent(**ITEM))

    guidewire.post(A_ITEMS, json=sent(**{**ITEM, "amount": {"amount": "0.1", "currency": "usd"}}))

    assert shown(guidewire, A)["totalTransactionAmount"] == {"amount": "500.10", "currency": "usd"}
    assert amounts(guidewire, A_ITEMS) == ["500.00", "0.10"]


def test_the_invoice_is_no_longer_valid_nor_approved(guidewire: Client) -> None:
    guidewire.post(C_ITEMS, json=sent(**ITEM))

    now = shown(guidewire, C)
    assert (now["valid"], now["status"]["code"], now["approvalStatus"]["code"]) == (
        False,
        "draft",
        "unapproved",
    )
    assert now["totalTransactionAmount"]["amount"] == "750.00"


def test_the_invoice_supplies_what_is_not_sent(guidewire: Client) -> None:
    invoice = guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1", **DEFAULTS))
    items = f"{invoice.json['data']['links']['self']['href']}/bulk-invoice-items"

    made = attributes(guidewire.post(items, json=sent(claim=ITEM["claim"], amount=ITEM["amount"])))

    assert made["costType"] == {"code": "claimcost", "name": "Claim Cost"}
    assert made["costCategory"] == {"code": "legal", "name": "Legal"}
    assert made["paymentType"] == {"code": "final", "name": "Final"}


def test_the_claim_supplies_the_reserving_currency(guidewire: Client) -> None:
    made = attributes(guidewire.post(A_ITEMS, json=sent(**{**ITEM, "claim": {"id": "demo_sample:30007"}})))

    assert made["reservingCurrency"] == {"code": "jpy", "name": "JPY"}


def test_everything_else_is_kept_as_sent(guidewire: Client) -> None:
    body = sent(
        **{**ITEM, "paymentType": {"code": "supplement"}},
        dateOfService="2025-12-24T08:00:00+01:00",
        description="Physiotherapy",
        nonEroding=True,
        servicePeriodStart="2025-12-01T00:00:00Z",
        servicePeriodEnd=None,
    )

    made = attributes(guidewire.post(A_ITEMS, json=body))

    assert made["dateOfService"] == "2025-12-24T07:00:00.000Z"
    assert made["servicePeriodStart"] == "2025-12-01T00:00:00.000Z"
    assert (made["description"], made["nonEroding"]) == ("Physiotherapy", True)
    assert "servicePeriodEnd" not in made


def test_an_item_of_a_split_invoice_takes_its_share(guidewire: Client) -> None:
    guidewire.patch(B, json=sent(splitEqually=True, bulkInvoiceTotal="1000.00"))
    without_amount = {name: value for name, value in ITEM.items() if name != "amount"}

    answered = guidewire.post(B_ITEMS, json=sent(**without_amount))

    assert attributes(answered)["amount"] == {"amount": "250.00", "currency": "usd"}
    assert amounts(guidewire, B_ITEMS) == ["250.00", "250.00", "250.00", "250.00"]


def test_a_closed_claim_takes_a_supplement(guidewire: Client) -> None:
    body = sent(**{**ITEM, "claim": {"id": "demo_sample:30008"}, "paymentType": {"code": "supplement"}})

    answered = guidewire.post(A_ITEMS, json=body)

    assert answered.status == 201


def test_a_row_shows_four_attributes(guidewire: Client) -> None:
    row = guidewire.get(B_ITEMS).json["data"][0]

    assert list(row["attributes"]) == ["amount", "claim", "id", "status"]
    assert row["links"] == {"self": {"href": B_ITEM, "methods": ["get", "patch", "delete"]}}


def test_an_item_shows_all_of_them(guidewire: Client) -> None:
    item = shown(guidewire, B_ITEM)

    assert item["description"] == "Physiotherapy"
    assert item["costCategory"] == {"code": "medical", "name": "Medical"}


def test_an_item_is_not_found_below_another_invoice(guidewire: Client) -> None:
    path = B_ITEM.replace(B_ID, "xc:SdLxd3WOhsS0mT2Vi1XEu")

    answered = guidewire.get(path)

    assert answered.status == 404
    assert answered.json["userMessage"] == f"No resource was found at path {path}"


@pytest.mark.parametrize("path", [f"{INVOICES}/xc:nope/bulk-invoice-items", f"{B_ITEMS}/xc:nope"])
def test_what_is_not_there_is_not_found(guidewire: Client, path: str) -> None:
    answered = guidewire.get(path)

    assert answered.status == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["20.00", "3.00", "100.00"]),
        ("sort=amount", ["3.00", "20.00", "100.00"]),
        ("sort=-amount&pageSize=1", ["100.00"]),
        ("filter=status:ne:draft", []),
        ("filter=costType:in:claimcost,aoexpense&filter=paymentType:eq:partial&pageSize=1", ["20.00"]),
    ],
)
def test_items_can_be_filtered_and_sorted(guidewire: Client, query: str, expected: list[str]) -> None:
    guidewire.post(A_ITEMS, json=sent(**{**ITEM, "amount": {"amount": "20.00", "currency": "usd"}}))
    guidewire.post(A_ITEMS, json=sent(**{**ITEM, "amount": {"amount": "3.00", "currency": "usd"}}))
    guidewire.post(A_ITEMS, json=sent(**{**ITEM, "amount": {"amount": "100.00", "currency": "usd"}}))

    found = amounts(guidewire, f"{A_ITEMS}?{query}")

    assert found == expected


def test_its_exposure_may_be_null(guidewire: Client) -> None:
    made = guidewire.post(A_ITEMS, json=sent(**ITEM, exposure=None))

    assert made.status == 201
    assert "exposure" not in attributes(made)
