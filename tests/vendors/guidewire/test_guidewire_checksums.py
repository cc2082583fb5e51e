from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.guidewire.world import (
    A,
    C,
    F,
    attributes,
    checksum,
    sent,
    shown,
)


class TestChecksums:
    def test_a_stale_one_is_a_conflict(self, guidewire: Client) -> None:
        current = checksum(guidewire, A)

        answered = guidewire.patch(A, json={"data": {"attributes": {"mailTo": "x"}, "checksum": "1"}})

        assert answered.status == 409
        assert answered.json["errorCode"] == "gw.api.rest.exceptions.ConflictException"
        assert answered.json["details"] == [
            {
                "message": f"The supplied checksum '1' does not match the current checksum '{current}' "
                f"for the resource with uri '{A}'",
                "properties": {"uri": A, "currentChecksum": current, "suppliedChecksum": "1"},
            }
        ]
        assert shown(guidewire, A)["mailTo"] == "Nora Whitlock"

    def test_a_fresh_one_lets_pass(self, guidewire: Client) -> None:
        body = {"data": {"attributes": {"mailTo": "x"}, "checksum": checksum(guidewire, A)}}

        answered = guidewire.patch(A, json=body)

        assert answered.status == 200

    def test_the_second_of_two_writers_loses(self, guidewire: Client) -> None:
        read = checksum(guidewire, A)

        first = guidewire.patch(A, json={"data": {"attributes": {"mailTo": "1"}, "checksum": read}})
        second = guidewire.patch(A, json={"data": {"attributes": {"mailTo": "2"}, "checksum": read}})

        assert (first.status, second.status) == (200, 409)
        assert shown(guidewire, A)["mailTo"] == "1"

    def test_without_one_the_last_writer_wins(self, guidewire: Client) -> None:
        guidewire.patch(A, json=sent(mailTo="1"))

        answered = guidewire.patch(A, json=sent(mailTo="2"))

        assert attributes(answered)["mailTo"] == "2"

    def test_the_header_counts_where_the_body_has_none(self, guidewire: Client) -> None:
        answered = guidewire.patch(A, json=sent(mailTo="x"), headers={"GW-Checksum": "1"})

        assert answered.status == 409

    def test_the_body_comes_before_the_header(self, guidewire: Client) -> None:
        body = {"data": {"attributes": {"mailTo": "x"}, "checksum": checksum(guidewire, A)}}

        answered = guidewire.patch(A, json=body, headers={"GW-Checksum": "1"})

        assert answered.status == 200

    def test_it_is_32_hexadecimal_digits(self, guidewire: Client) -> None:
        found = checksum(guidewire, A)

        assert len(found) == 32
        assert set(found) <= set("0123456789abcdef")


class TestReopening:
    def test_an_approved_invoice_goes_back_to_draft(self, guidewire: Client) -> None:
        answered = guidewire.patch(C, json=sent(scheduledSendDate="2026-12-01T00:00:00.000Z"))

        now = attributes(answered)
        assert now["status"] == {"code": "draft", "name": "Draft"}
        assert now["approvalStatus"] == {"code": "unapproved", "name": "Unapproved"}
        assert now["approvedTransactionAmount"] == {"amount": "0.00", "currency": "usd"}
        assert "approvalDate" not in now

    @pytest.mark.parametrize("path", [C, F])
    def test_its_items_go_with_it(self, guidewire: Client, path: str) -> None:
        guidewire.patch(path, json=sent(mailTo="Claims desk"))

        rows = guidewire.get(f"{path}/bulk-invoice-items").json["data"]
        assert [row["attributes"]["status"]["code"] for row in rows] == ["draft"]

    def test_what_changes_nothing_reopens_nothing(self, guidewire: Client) -> None:
        answered = guidewire.patch(C, json=sent())

        assert attributes(answered)["status"]["code"] == "awaitingsubmission"

    def test_a_new_text_leaves_validity_alone(self, guidewire: Client) -> None:
        answered = guidewire.patch(C, json=sent(mailTo="Claims desk"))

        assert attributes(answered)["valid"] is True

    @pytest.mark.parametrize(
        "change",
        [
            {"bulkInvoiceTotal": "1.00"},
            {"currency": {"code": "eur"}},
            {"payeeAddressBookUID": "ab:1"},
            {"splitEqually": True},
        ],
    )
    def test_money_and_payee_take_validity_away(self, guidewire: Client, change: Any) -> None:
        answered = guidewire.patch(C, json=sent(**change))

        assert attributes(answered)["valid"] is False
