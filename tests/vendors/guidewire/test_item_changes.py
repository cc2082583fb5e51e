from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.guidewire.samples import (
    A_ITEMS,
    B_ITEM,
    B_ITEMS,
    C_ITEMS,
    D_ITEMS,
    ITEM,
    A,
    B,
    C,
    amounts,
    attributes,
    checksum,
    messages,
    sent,
    shown,
)
from tests.vendors.guidewire.statuses import take

D_ITEM = f"{D_ITEMS}/xc:SvI3dYg5J0xEh-2pTsNk7"
C_ITEM = f"{C_ITEMS}/xc:SzU1oBt8Fw_4kQnRm6LaC"


def money(amount: str, currency: str = "usd") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


class TestChanges:
    def test_an_amount_changes_the_total(self, guidewire: Client) -> None:
        answered = guidewire.patch(B_ITEM, json=sent(amount=money("450.5")))

        assert answered.status == 200
        assert attributes(answered)["amount"] == money("450.50")
        assert amounts(guidewire, B_ITEMS) == ["450.50", "500.00", "500.00"]
        assert shown(guidewire, B)["totalTransactionAmount"] == money("1450.50")

    @pytest.mark.parametrize(
        ("name", "value", "answer"),
        [
            ("costType", {"code": "aoexpense"}, {"code": "aoexpense", "name": "Expense - A&O"}),
            ("costCategory", {"code": "legal"}, {"code": "legal", "name": "Legal"}),
            ("paymentType", {"code": "final"}, {"code": "final", "name": "Final"}),
            ("reservingCurrency", {"code": "eur"}, {"code": "eur", "name": "EUR"}),
            ("description", "Imaging", "Imaging"),
            ("dateOfService", "2025-12-24T08:00:00+01:00", "2025-12-24T07:00:00.000Z"),
        ],
    )
    def test_every_other_field_can_be_changed(
        self, guidewire: Client, name: str, value: Any, answer: Any
    ) -> None:
        guidewire.patch(B_ITEM, json=sent(**{name: value}))

        assert shown(guidewire, B_ITEM)[name] == answer

    def test_an_exposure_of_its_claim_can_be_named(self, guidewire: Client) -> None:
        answered = guidewire.patch(B_ITEM, json=sent(exposure={"id": "demo_sample:40002"}))

        assert attributes(answered)["exposure"]["id"] == "demo_sample:40002"

    def test_null_takes_the_exposure_away(self, guidewire: Client) -> None:
        guidewire.patch(B_ITEM, json=sent(exposure={"id": "demo_sample:40002"}))

        answered = guidewire.patch(B_ITEM, json=sent(exposure=None))

        assert answered.status == 200
        assert "exposure" not in attributes(answered)

    def test_null_empties_a_text(self, guidewire: Client) -> None:
        answered = guidewire.patch(B_ITEM, json=sent(description=None))

        assert "description" not in attributes(answered)

    def test_the_invoice_is_no_longer_valid(self, guidewire: Client) -> None:
        take(guidewire, B, "validate")

        guidewire.patch(B_ITEM, json=sent(description="Imaging"))

        assert shown(guidewire, B)["valid"] is False

    def test_an_approved_invoice_goes_back_to_draft_with_its_items(self, guidewire: Client) -> None:
        answered = guidewire.patch(C_ITEM, json=sent(description="Imaging"))

        assert attributes(answered)["status"]["code"] == "draft"
        now = shown(guidewire, C)
        assert (now["status"]["code"], now["approvalStatus"]["code"]) == ("draft", "unapproved")

    @pytest.mark.parametrize("body", [sent(), sent(description="Physiotherapy", amount=money("500"))])
    def test_what_changes_nothing_changes_nothing_at_all(self, guidewire: Client, body: Any) -> None:
        take(guidewire, B, "validate")
        before = guidewire.get(B_ITEM).json, guidewire.get(B).json

        answered = guidewire.patch(B_ITEM, json=body)

        assert answered.json == before[0]
        assert (guidewire.get(B_ITEM).json, guidewire.get(B).json) == before

    def test_it_can_be_tried(self, guidewire: Client) -> None:
        before = guidewire.get(B).json

        answered = guidewire.patch(
            B_ITEM, json=sent(amount=money("1.00")), headers={"GW-DoNotCommit": "true"}
        )

        assert attributes(answered)["amount"] == money("1.00")
        assert guidewire.get(B).json == before


class TestRefused:
    """Nothing of a refused change is stored."""

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"claim": {"id": "demo_sample:30006"}}, "Property 'claim' cannot be updated"),
            ({"status": {"code": "approved"}}, "Property 'status' cannot be updated"),
            ({"foo": 1}, "Property 'foo' is not defined in the schema"),
            ({"amount": None}, "The value of 'amount' must be of type object"),
            (
                {"amount": money("1.00", "jpy")},
                "The currency 'jpy' is not the currency 'usd' of the bulk invoice",
            ),
            ({"amount": money("-1.00")}, "The value '-1.00' of 'amount' is not in the expected format"),
            (
                {"exposure": {"id": "demo_sample:40003"}},
                "No resource with the id 'demo_sample:40003' was found for 'exposure'",
            ),
            (
                {"nonEroding": True},
                "The 'nonEroding' property can only be true when 'paymentType' is 'supplement'",
            ),
            ({"costType": {"code": "x"}}, "'x' is not a valid code of the typelist 'CostType'"),
        ],
    )
    def test_every_fault_is_named(self, guidewire: Client, body: Any, expected: str) -> None:
        before = guidewire.get(B_ITEM).body, guidewire.get(B).body

        answered = guidewire.patch(B_ITEM, json=sent(**body))

        assert (answered.status, messages(answered)) == (400, [expected])
        assert (guidewire.get(B_ITEM).body, guidewire.get(B).body) == before

    def test_faults_of_schema_and_state_come_together(self, guidewire: Client) -> None:
        answered = guidewire.patch(B_ITEM, json=sent(costType={"code": "x"}, nonEroding=True))

        assert len(messages(answered)) == 2

    def test_a_closed_claim_keeps_its_supplement(self, guidewire: Client) -> None:
        closed = {**ITEM, "claim": {"id": "demo_sample:30008"}, "paymentType": {"code": "supplement"}}
        href = guidewire.post(A_ITEMS, json=sent(**closed)).json["data"]["links"]["self"]["href"]

        answered = guidewire.patch(href, json=sent(paymentType={"code": "final"}))

        assert answered.status == 400

    @pytest.mark.parametrize("value", [[], "x", {"amount": []}, {"amount": "1.00", "currency": "usd"}])
    def test_an_amount_of_any_type_is_refused_on_a_split_invoice(self, guidewire: Client, value: Any) -> None:
        guidewire.patch(B, json=sent(splitEqually=True, bulkInvoiceTotal="900.00"))

        answered = guidewire.patch(B_ITEM, json=sent(amount=value))

        assert answered.status == 400
        assert amounts(guidewire, B_ITEMS) == ["300.00", "300.00", "300.00"]

    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    def test_an_issued_invoice_keeps_its_items(self, guidewire: Client, method: str) -> None:
        before = guidewire.get(D_ITEM).body

        answered = guidewire.request(method, D_ITEM, json=sent(description="x"))

        assert answered.status == 400
        assert messages(answered) == ["The bulk invoice cannot be edited because its status is 'Issued'"]
        assert guidewire.get(D_ITEM).body == before

    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    def test_an_item_is_not_found_below_another_invoice(self, guidewire: Client, method: str) -> None:
        path = B_ITEM.replace(B, A)

        answered = guidewire.request(method, path, json=sent(description="x"))

        assert answered.status == 404


class TestChecksums:
    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    def test_a_stale_one_in_the_header_is_a_conflict(self, guidewire: Client, method: str) -> None:
        headers = {"GW-Checksum": checksum(guidewire, B)}

        answered = guidewire.request(method, B_ITEM, json=sent(description="x"), headers=headers)

        assert answered.status == 409
        assert answered.json["details"][0]["properties"]["uri"] == B_ITEM

    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    def test_the_items_own_lets_pass(self, guidewire: Client, method: str) -> None:
        headers = {"GW-Checksum": checksum(guidewire, B_ITEM)}

        answered = guidewire.request(method, B_ITEM, json=sent(description="x"), headers=headers)

        assert answered.status in {200, 204}

    def test_a_stale_one_in_the_body_is_a_conflict(self, guidewire: Client) -> None:
        body = {"data": {"attributes": {"description": "x"}, "checksum": "1"}}

        answered = guidewire.patch(B_ITEM, json=body)

        assert answered.status == 409


class TestDeletion:
    def test_the_total_shrinks(self, guidewire: Client) -> None:
        answered = guidewire.delete(B_ITEM)

        assert (answered.status, answered.body) == (204, b"")
        assert guidewire.get(B_ITEM).status == 404
        assert shown(guidewire, B)["totalTransactionAmount"] == money("1000.00")

    def test_the_others_share_what_is_shared(self, guidewire: Client) -> None:
        guidewire.patch(B, json=sent(splitEqually=True, bulkInvoiceTotal="1000.00"))

        guidewire.delete(B_ITEM)

        assert amounts(guidewire, B_ITEMS) == ["500.00", "500.00"]

    def test_the_last_item_leaves_nothing_to_pay(self, guidewire: Client) -> None:
        guidewire.delete(C_ITEM)

        now = shown(guidewire, C)
        assert (now["totalTransactionAmount"], now["status"]["code"]) == (money("0.00"), "draft")

    def test_it_can_be_tried(self, guidewire: Client) -> None:
        answered = guidewire.delete(B_ITEM, headers={"GW-DoNotCommit": "true"})

        assert answered.status == 204
        assert guidewire.get(B_ITEM).status == 200

    def test_one_transaction_id_deletes_once(self, guidewire: Client) -> None:
        headers = {"GW-DBTransaction-ID": "t-1"}
        guidewire.delete(B_ITEM, headers=headers)

        answered = guidewire.delete(B, headers=headers)

        assert answered.json["errorCode"] == "gw.api.webservice.exception.AlreadyExecutedException"
        assert guidewire.get(B).status == 200

    def test_who_may_only_read_deletes_nothing(self, guidewire: Client) -> None:
        reader = guidewire.within(authorization="Bearer guidewire-read-only")

        assert [reader.delete(path).status for path in (B_ITEM, B)] == [403, 403]
        assert guidewire.get(B_ITEM).status == 200
