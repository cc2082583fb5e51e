from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support.client import Client
from tests.support.overlapping_calls import OverlappingRequest, send_overlapping
from tests.vendors.guidewire.samples import (
    A_ITEMS,
    INVOICES,
    ITEM,
    A,
    C,
    F,
    attributes,
    checksum,
    ids,
    messages,
    sent,
    shown,
)

TRANSACTION = {"GW-DBTransaction-ID": "t-1"}
TRY = {"GW-DoNotCommit": "true"}


class TestTransactionIds:
    def test_one_counts_only_once(self, guidewire: Client) -> None:
        first = guidewire.patch(A, json=sent(mailTo="1"), headers=TRANSACTION)
        second = guidewire.patch(A, json=sent(mailTo="2"), headers=TRANSACTION)

        assert (first.status, second.status) == (200, 400)
        assert second.json["errorCode"] == "gw.api.webservice.exception.AlreadyExecutedException"
        assert shown(guidewire, A)["mailTo"] == "1"

    def test_one_counts_for_all_operations(self, guidewire: Client) -> None:
        guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1"), headers=TRANSACTION)

        answered = guidewire.post(A_ITEMS, json=sent(**ITEM), headers=TRANSACTION)

        assert answered.status == 400

    def test_a_retry_with_its_old_checksum_still_learns_that_it_was_done(self, guidewire: Client) -> None:
        body = {"data": {"attributes": {"mailTo": "1"}, "checksum": checksum(guidewire, A)}}
        guidewire.patch(A, json=body, headers=TRANSACTION)

        again = guidewire.patch(A, json=body, headers=TRANSACTION)

        assert again.json["userMessage"] == "The transaction was executed before"

    def test_a_refused_call_does_not_use_one_up(self, guidewire: Client) -> None:
        first = guidewire.patch(A, json=sent(payeeAddressBookUID="ab:999"), headers=TRANSACTION)
        second = guidewire.patch(A, json=sent(payeeAddressBookUID="ab:14"), headers=TRANSACTION)

        assert (first.status, second.status) == (400, 200)

    def test_one_that_a_call_uses_which_is_not_over_counts_as_used(self, guidewire: Client) -> None:
        first, second = (
            OverlappingRequest("PATCH", A, json.dumps(sent(mailTo=text)).encode(), TRANSACTION)
            for text in "12"
        )

        answers = send_overlapping(guidewire, first, second)

        assert [one.status for one in answers] == [200, 400]
        assert answers[1].json["errorCode"] == "gw.api.webservice.exception.AlreadyExecutedException"
        assert shown(guidewire, A)["mailTo"] == "1"

    def test_reading_does_not_either(self, guidewire: Client) -> None:
        guidewire.get(A, headers=TRANSACTION)

        answered = guidewire.patch(A, json=sent(mailTo="1"), headers=TRANSACTION)

        assert answered.status == 200

    def test_nor_does_trying(self, guidewire: Client) -> None:
        guidewire.patch(A, json=sent(mailTo="1"), headers={**TRANSACTION, **TRY})

        answered = guidewire.patch(A, json=sent(mailTo="1"), headers=TRANSACTION)

        assert answered.status == 200

    @pytest.mark.parametrize(("length", "status"), [(128, 200), (129, 400)])
    def test_one_has_at_most_128_characters(self, guidewire: Client, length: int, status: int) -> None:
        answered = guidewire.patch(A, json=sent(mailTo="1"), headers={"GW-DBTransaction-ID": "x" * length})

        assert answered.status == status

    def test_other_sandboxes_have_their_own(self, guidewire: Client, elsewhere: Client) -> None:
        guidewire.patch(A, json=sent(mailTo="1"), headers=TRANSACTION)

        answered = elsewhere.patch(A, json=sent(mailTo="1"), headers=TRANSACTION)

        assert answered.status == 200


class TestTrying:
    def test_a_change_is_answered_but_not_kept(self, guidewire: Client) -> None:
        before = guidewire.get(A).body

        answered = guidewire.patch(A, json=sent(bulkInvoiceTotal="3000.00"), headers=TRY)

        assert answered.status == 200
        assert attributes(answered)["bulkInvoiceTotal"] == "3000.00"
        assert guidewire.get(A).body == before

    def test_an_invoice_is_shown_but_not_made(self, guidewire: Client) -> None:
        before = ids(guidewire.get(INVOICES))

        answered = guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1"), headers=TRY)

        assert answered.status == 201
        assert ids(guidewire.get(INVOICES)) == before

    def test_an_item_is_shown_but_not_made(self, guidewire: Client) -> None:
        answered = guidewire.post(A_ITEMS, json=sent(**ITEM), headers=TRY)

        assert answered.status == 201
        assert guidewire.get(A_ITEMS).json["count"] == 0
        assert shown(guidewire, A)["totalTransactionAmount"]["amount"] == "0.00"

    def test_a_fault_is_refused_as_ever(self, guidewire: Client) -> None:
        answered = guidewire.patch(A, json=sent(payeeAddressBookUID="ab:999"), headers=TRY)

        assert answered.status == 400

    def test_false_means_that_it_counts(self, guidewire: Client) -> None:
        guidewire.patch(A, json=sent(mailTo="1"), headers={"GW-DoNotCommit": "false"})

        assert shown(guidewire, A)["mailTo"] == "1"

    def test_what_is_no_boolean_is_refused(self, guidewire: Client) -> None:
        answered = guidewire.patch(A, json=sent(mailTo="1"), headers={"GW-DoNotCommit": "maybe"})

        assert answered.status == 400
        assert messages(answered) == ["The value of 'GW-DoNotCommit' must be of type boolean"]
        assert shown(guidewire, A)["mailTo"] == "Nora Whitlock"


class TestCorrelation:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", A),
            ("GET", INVOICES),
            ("GET", "/nothing"),
            ("PUT", A),
            ("PATCH", A),
            ("POST", "/claim/v1/batch"),
        ],
    )
    def test_the_callers_id_comes_back(self, guidewire: Client, method: str, path: str) -> None:
        answered = guidewire.request(method, path, headers={"X-Correlation-ID": "abc-1"})

        assert answered.headers["x-correlation-id"] == "abc-1"

    def test_it_comes_back_to_a_stranger(self, stranger: Client) -> None:
        answered = stranger.get(A, headers={"X-Correlation-ID": "abc-1"})

        assert (answered.status, answered.headers["x-correlation-id"]) == (401, "abc-1")

    def test_one_is_made_where_there_is_none(self, guidewire: Client) -> None:
        first, second = guidewire.get(A), guidewire.patch(A, json=sent(mailTo="x"), headers=TRY)

        made = first.headers["x-correlation-id"]
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made)
        assert second.headers["x-correlation-id"] != made


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
