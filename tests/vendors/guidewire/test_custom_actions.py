from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.guidewire.samples import (
    B_ITEM,
    HELPERS,
    A,
    B,
    C,
    D,
    E,
    G,
    attributes,
    checksum,
    ids,
    messages,
    sent,
    shown,
)
from tests.vendors.guidewire.statuses import ESCALATION, Assume, reach, take

NOW = "2026-01-05T09:00:00.000Z"


class TestValidation:
    @pytest.mark.parametrize(
        ("change", "kind", "message"),
        [
            (
                {"bulkInvoiceTotal": "1499.99"},
                "totalDiffers",
                "The bulkInvoiceTotal 1499.99 is not the sum 1500.00 of the item amounts",
            ),
            (
                {"paymentMethod": {"code": "eft"}},
                "noBankData",
                "The payee has no bank data for a payment by EFT",
            ),
            (
                {"payeeAddressBookUID": "ab:31"},
                "noMailingAddress",
                "The payee has no mailing address for a check",
            ),
            (
                {"payeeAddressBookUID": "ab:14", "reportability": {"code": "reportable"}},
                "noTaxId",
                "The payee has no tax id for a reportable payment",
            ),
        ],
    )
    def test_what_is_wrong_is_an_alert(self, guidewire: Client, change: Any, kind: str, message: str) -> None:
        guidewire.patch(B, json=sent(**change))

        found = attributes(take(guidewire, B, "validate"))

        assert (found["valid"], found["validationAlerts"]) == (False, [{"message": message, "type": kind}])

    @pytest.mark.parametrize(
        "change",
        [
            {"bulkInvoiceTotal": "1500.00"},
            {"bulkInvoiceTotal": "10.00", "splitEqually": True},
            {"payeeAddressBookUID": "ab:22", "paymentMethod": {"code": "eft"}},
            {"payeeAddressBookUID": "ab:31", "paymentMethod": {"code": "manual"}},
            {"reportability": {"code": "reportable"}},
            {"invoiceNumber": "INV-2026-003"},
        ],
    )
    def test_what_is_right_is_valid(self, guidewire: Client, change: Any) -> None:
        guidewire.patch(B, json=sent(**change))

        assert attributes(take(guidewire, B, "validate"))["valid"] is True

    def test_two_alerts_can_come_together(self, guidewire: Client) -> None:
        guidewire.patch(A, json=sent(payeeAddressBookUID="ab:31"))

        found = attributes(take(guidewire, A, "validate"))

        assert [alert["type"] for alert in found["validationAlerts"]] == ["noItems", "noMailingAddress"]

    def test_alerts_stay_until_a_validation_finds_nothing(self, guidewire: Client) -> None:
        guidewire.patch(B, json=sent(bulkInvoiceTotal="1.00"))
        take(guidewire, B, "validate")

        guidewire.patch(B, json=sent(bulkInvoiceTotal="0.00"))

        assert "validationAlerts" in shown(guidewire, B)
        assert "validationAlerts" not in attributes(take(guidewire, B, "validate"))

    def test_the_day_of_it_is_kept(self, guidewire: Client) -> None:
        assert "lastValidatedDate" not in shown(guidewire, B)

        take(guidewire, B, "validate")

        assert shown(guidewire, B)["lastValidatedDate"] == NOW


class TestActions:
    @pytest.mark.parametrize("path", [f"{B}/validate", f"{HELPERS}/{B.rpartition('/')[2]}/reset", ESCALATION])
    @pytest.mark.parametrize("content", [b"{}", b"null", b"x"])
    def test_a_body_must_be_empty(self, guidewire: Client, path: str, content: bytes) -> None:
        answered = guidewire.post(path, content=content)

        assert (answered.status, messages(answered)) == (400, ["The request body must be empty"])

    def test_white_space_is_no_body(self, guidewire: Client) -> None:
        answered = guidewire.post(f"{B}/validate", content=b" \n")

        assert answered.status == 200

    def test_a_stale_checksum_is_a_conflict(self, guidewire: Client) -> None:
        answered = guidewire.post(f"{B}/validate", headers={"GW-Checksum": "1"})

        assert answered.status == 409
        assert shown(guidewire, B)["valid"] is False

    def test_the_current_checksum_lets_pass(self, guidewire: Client) -> None:
        headers = {"GW-Checksum": checksum(guidewire, B)}

        assert guidewire.post(f"{B}/validate", headers=headers).status == 200

    def test_an_action_can_be_tried(self, guidewire: Client) -> None:
        answered = guidewire.post(f"{G}/stop", headers={"GW-DoNotCommit": "true"})

        assert attributes(answered)["status"]["code"] == "pendingstop"
        assert shown(guidewire, G)["status"]["code"] == "requested"

    def test_one_transaction_id_acts_once(self, guidewire: Client) -> None:
        headers = {"GW-DBTransaction-ID": "t-1"}
        guidewire.post(f"{B}/validate", headers=headers)

        assert guidewire.post(f"{G}/stop", headers=headers).status == 400

    @pytest.mark.parametrize("action", ["validate", "submit", "request", "place-hold", "stop", "void"])
    def test_an_unknown_invoice_is_not_found(self, guidewire: Client, action: str) -> None:
        assert take(guidewire, A.replace("xc:S", "xc:T"), action).status == 404

    def test_who_may_only_read_acts_on_nothing(self, guidewire: Client) -> None:
        reader = guidewire.within(authorization="Bearer guidewire-read-only")

        assert reader.post(f"{B}/validate").status == 403

    def test_an_unknown_helper_is_refused(self, guidewire: Client) -> None:
        answered = guidewire.post(f"{HELPERS}/{B.rpartition('/')[2]}/bribe")

        assert (answered.status, answered.json["details"][0]["properties"]["parameterName"]) == (
            400,
            "helper",
        )


class TestApproval:
    def test_the_total_is_approved_to_the_last_cent(self, guidewire: Client) -> None:
        guidewire.patch(B_ITEM, json=sent(amount={"amount": "9000.00", "currency": "usd"}))

        found = attributes(take(guidewire, B, "validate", "submit"))

        assert found["approvalStatus"]["code"] == "approved"
        assert found["approvedTransactionAmount"] == {"amount": "10000.00", "currency": "usd"}

    def test_an_approver_can_be_forced(self, guidewire: Client, assume: Assume) -> None:
        path = reach("inreview", guidewire, assume)

        found = attributes(take(guidewire, path, "force-approve"))

        assert (found["approvalDate"], found["approvedTransactionAmount"]["amount"]) == (NOW, "1500.00")

    def test_a_change_of_the_total_takes_the_approval_away(self, guidewire: Client, assume: Assume) -> None:
        path = reach("pendingitemvalidation", guidewire, assume)

        found = attributes(guidewire.patch(path, json=sent(splitEqually=True, bulkInvoiceTotal="9.00")))

        assert (found["approvalStatus"]["code"], found["valid"]) == ("unapproved", False)
        assert "approvalDate" not in found


class TestEscalation:
    def test_what_is_not_due_stays(self, guidewire: Client) -> None:
        answered = guidewire.post(ESCALATION)

        assert (answered.status, answered.json) == (200, {"count": 0, "data": []})

    def test_what_is_due_goes(self, guidewire: Client) -> None:
        guidewire.patch(B, json=sent(scheduledSendDate="2026-01-05T23:59:59Z"))
        take(guidewire, B, "validate", "submit")

        answered = guidewire.post(ESCALATION)

        assert ids(answered) == [B.rpartition("/")[2]]
        assert shown(guidewire, B)["status"]["code"] == "requested"

    def test_a_date_of_the_past_is_due(self, guidewire: Client) -> None:
        guidewire.patch(B, json=sent(scheduledSendDate="2020-01-01T00:00:00Z"))

        answered = take(guidewire, B, "validate", "submit", "request")

        assert attributes(answered)["status"]["code"] == "requested"

    @pytest.mark.parametrize("call", [ESCALATION, f"{B}/request"])
    def test_what_is_held_back_stays(self, guidewire: Client, call: str) -> None:
        change = sent(scheduledSendDate="2020-01-01T00:00:00Z", deliveryMethod={"code": "hold"})
        guidewire.patch(B, json=change)
        take(guidewire, B, "validate", "submit")

        answered = guidewire.post(call)

        assert answered.status == 200
        assert shown(guidewire, B)["status"]["code"] == "awaitingsubmission"

    def test_it_can_be_tried(self, guidewire: Client, assume: Assume) -> None:
        path = reach("pendingitemvalidation", guidewire, assume)

        answered = guidewire.post(ESCALATION, headers={"GW-DoNotCommit": "true"})

        assert answered.json["count"] == 1
        assert shown(guidewire, path)["status"]["code"] == "pendingitemvalidation"


class TestTheBank:
    def test_an_issued_invoice_has_a_check(self, guidewire: Client) -> None:
        found = attributes(take(guidewire, G, "issue"))

        assert (found["checkNumber"], found["issueDate"]) == ("100501", NOW)

    def test_it_keeps_it_when_it_is_issued_again(self, guidewire: Client) -> None:
        found = attributes(take(guidewire, D, "stop", "confirm-stop", "issue"))

        assert (found["checkNumber"], found["issueDate"]) == ("100482", "2026-01-03T00:00:00.000Z")

    def test_a_reset_forgets_it(self, guidewire: Client) -> None:
        found = attributes(take(guidewire, E, "reset"))

        gone = {"checkNumber", "issueDate", "approvalDate", "lastValidatedDate", "validationAlerts"}
        assert gone & found.keys() == set()
        assert (found["valid"], found["approvalStatus"]["code"]) == (False, "unapproved")

    def test_bank_data_are_shown_for_an_eft_only(self, guidewire: Client) -> None:
        assert "bankAccount" not in shown(guidewire, C)

        found = attributes(guidewire.patch(C, json=sent(paymentMethod={"code": "eft"})))

        assert (found["bankAccount"], found["accountName"]) == ("****4417", "Larkspur Medical Group")
