"""Payments made one by one, and payments taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from tests.support.client import Client, Response
from tests.vendors.xero.conftest import Due, Put, Read
from tests.vendors.xero.documents import (
    API,
    BATCHES,
    DEPOSIT,
    EACH,
    NO_ACCOUNT,
    NOT_AUTHORISED,
    R1,
    R2,
    R4_DRAFT,
    R5_PAID,
    R7,
    RECONCILED,
    RUSD,
    TOO_MUCH,
    TWO_CURRENCIES,
    ZERO,
    batch,
    messages,
    pay,
)

Settle: TypeAlias = Callable[..., Response]

PAYMENTS = f"{API}/Payments"
DELETED = {"Status": "DELETED"}
OTHER_CURRENCY = (
    "Payments can only be made in the currency of the document or in the organisation's base currency"
)
NO_SUCH = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
def settle(xero: Client) -> Settle:
    """Put payments, each to be answered for itself."""

    def settle(*payments: Any, query: str = EACH) -> Response:
        return xero.put(f"{PAYMENTS}{query}", json={"Payments": list(payments)})

    return settle


def single(invoice: str, amount: Any = 40, account: str = "BANK1", **members: Any) -> dict[str, Any]:
    """A payment from an account on 22 February 2019; a member given as None is left out."""
    sent = {**pay(invoice, amount), "Account": {"Code": account}, "Date": "2019-02-22", **members}
    return {name: value for name, value in sent.items() if value is not None}


def test_a_payment_is_made_and_shown(settle: Settle, due: Due) -> None:
    answer = settle(single(R1, Reference="Part 1"))

    (made,) = answer.json["Payments"]
    assert (answer.status, made["Status"], made["PaymentType"]) == (200, "AUTHORISED", "ACCRECPAYMENT")
    assert (made["StatusAttributeString"], made["HasValidationErrors"]) == ("OK", False)
    assert (made["Amount"], made["BankAmount"], made["CurrencyRate"]) == (40, 40, 1)
    assert (made["Account"]["Code"], made["Reference"], made["IsReconciled"]) == ("BANK1", "Part 1", False)
    assert "BatchPaymentID" not in made
    assert due(R1) == 60


def test_a_payment_is_read_by_its_id(settle: Settle, read: Read) -> None:
    (made,) = settle(single(R1)).json["Payments"]

    (found,) = read(f"Payments/{made['PaymentID']}")

    assert {**found, "StatusAttributeString": "OK"} == made


def test_a_payment_without_a_date_is_of_today(settle: Settle) -> None:
    assert settle(single(R1, Date=None)).json["Payments"][0]["Date"] == "/Date(1767571200000+0000)/"


def test_today_may_be_locked_as_well(settle: Settle, set_clock: Callable[[str], None]) -> None:
    set_clock("2015-12-31T12:00:00Z")

    (failed,) = settle(single(R1, Date=None)).json["Payments"]

    assert messages(failed) == [
        "The document date cannot be before the period lock date, currently set at 31 December 2015"
    ]


def test_a_full_payment_makes_the_invoice_paid(settle: Settle, read: Read) -> None:
    settle(single(R1, 100))

    (found,) = read(f"Invoices/{R1}")
    assert (found["Status"], found["FullyPaidOnDate"]) == ("PAID", "/Date(1550793600000+0000)/")


def test_one_payment_needs_no_wrapper(xero: Client, due: Due) -> None:
    assert xero.put(PAYMENTS, json=single(R1)).status == 200
    assert due(R1) == 60


def test_an_invoice_may_be_paid_in_parts_in_one_call(settle: Settle, due: Due) -> None:
    answer = settle(single(R1, 60), single(R1, 60), single(R1, 40))

    assert [one["StatusAttributeString"] for one in answer.json["Payments"]] == ["OK", "ERROR", "OK"]
    assert due(R1) == 0


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (single(R4_DRAFT), [NOT_AUTHORISED]),
        (single(R5_PAID), [NOT_AUTHORISED, TOO_MUCH]),
        (single(R1, 100.01), [TOO_MUCH]),
        (single(R1, 0), ["Payment amount must be greater than zero"]),
        (single(R1, Account=None), [NO_ACCOUNT]),
        (single(R1, account="NOPE"), [NO_ACCOUNT]),
        (single(R1, account="SALES"), ["Account type is invalid for making a payment to/from"]),
        (single(R1, account="OLDBANK"), ["The account is archived and cannot be used"]),
        (single(NO_SUCH), ["Document could not be found"]),
        (single(R1, CurrencyRate=0), ["Currency rate must be greater than zero"]),
        (
            single(R1, Date="2015-12-31"),
            ["The document date cannot be before the period lock date, currently set at 31 December 2015"],
        ),
        (
            single(R1, CreditNote={"CreditNoteID": NO_SUCH}),
            ["Only one of Invoice, CreditNote, Prepayment or Overpayment can be specified"],
        ),
        (
            {"CreditNote": {"CreditNoteID": NO_SUCH}, "Account": {"Code": "BANK1"}, "Amount": 1},
            ["Document could not be found"],
        ),
        (
            single(R1, account="BANKUSD"),
            [OTHER_CURRENCY],
        ),
    ],
)
def test_what_keeps_a_payment_from_being_made(settle: Settle, read: Read, sent: Any, said: list[str]) -> None:
    answer = settle(sent)

    (failed,) = answer.json["Payments"]
    assert (messages(failed), failed["PaymentID"]) == (said, ZERO)
    assert (failed["StatusAttributeString"], failed["HasValidationErrors"]) == ("ERROR", True)
    assert read(f"Invoices/{R1}")[0]["Payments"] == []


def test_without_the_flag_only_failed_payments_are_answered(settle: Settle, due: Due) -> None:
    answer = settle(single(R1), single(R4_DRAFT), query="")

    assert (answer.status, [messages(one) for one in answer.json["Elements"]]) == (400, [[NOT_AUTHORISED]])
    assert due(R1) == 60


@pytest.mark.parametrize(
    ("sent", "amounts"),
    [
        (single(RUSD, 65), (65, 100, "0.65")),
        (single(RUSD, 65, CurrencyRate=0.5), (65, 130, "0.5")),
        (single(RUSD, 65, account="BANKUSD"), (65, 65, "0.65")),
        (single(R1, 40, CurrencyRate=2), (40, 40, "1.0")),
    ],
)
def test_a_payment_in_another_currency_has_two_amounts(settle: Settle, sent: Any, amounts: Any) -> None:
    (made,) = settle(sent).json["Payments"]

    assert (made["Amount"], made["BankAmount"], str(made["CurrencyRate"])) == amounts


class TestTakenBack:
    """POST /Payments/{PaymentID} with Status DELETED."""

    def test_what_it_had_paid_is_due_again(self, xero: Client, due: Due) -> None:
        answer = xero.post(f"{PAYMENTS}/{DEPOSIT}", json=DELETED)

        (deleted,) = answer.json["Payments"]
        assert (answer.status, deleted["Status"], deleted["Amount"]) == (200, "DELETED", 30)
        assert due(R7) == 100

    def test_a_paid_invoice_is_authorised_again(self, xero: Client, settle: Settle, read: Read) -> None:
        (made,) = settle(single(R1, 100)).json["Payments"]

        xero.post(f"{PAYMENTS}/{made['PaymentID']}", json=DELETED)

        (found,) = read(f"Invoices/{R1}")
        assert (found["Status"], found["AmountPaid"], found["Payments"]) == ("AUTHORISED", 0, [])
        assert "FullyPaidOnDate" not in found

    def test_it_can_still_be_read(self, xero: Client, read: Read) -> None:
        xero.post(f"{PAYMENTS}/{DEPOSIT}", json=DELETED)

        assert read(f"Payments/{DEPOSIT}")[0]["Status"] == "DELETED"

    def test_once_only(self, xero: Client, due: Due) -> None:
        xero.post(f"{PAYMENTS}/{DEPOSIT}", json=DELETED)

        answer = xero.post(f"{PAYMENTS}/{DEPOSIT}", json=DELETED)

        assert answer.status == 400
        assert messages(answer.json["Elements"][0]) == ["Payment has already been deleted"]
        assert due(R7) == 100

    def test_not_when_it_is_reconciled(self, xero: Client, settle: Settle, due: Due) -> None:
        (made,) = settle(single(R2, IsReconciled=True)).json["Payments"]

        answer = xero.post(f"{PAYMENTS}/{made['PaymentID']}", json=DELETED)

        said = "This payment has been reconciled and cannot be deleted"
        assert (answer.status, messages(answer.json["Elements"][0]), due(R2)) == (400, [said], 60)

    @pytest.mark.parametrize("body", [{"Status": "AUTHORISED"}, {"Status": ""}, {"Status": None}, {}])
    def test_no_other_status_can_be_sent(self, xero: Client, due: Due, body: Any) -> None:
        answer = xero.post(f"{PAYMENTS}/{DEPOSIT}", json=body)

        said = ["Payments can only be updated to a status of DELETED"]
        assert (answer.status, messages(answer.json["Elements"][0]), due(R7)) == (400, said, 70)

    def test_a_null_status_is_not_shown_again(self, xero: Client) -> None:
        (element,) = xero.post(f"{PAYMENTS}/{DEPOSIT}", json={"Status": None}).json["Elements"]

        assert set(element) == {"PaymentID", "ValidationErrors"}

    @pytest.mark.parametrize("key", [NO_SUCH, "nonsense"])
    def test_one_that_is_not_there_is_a_404(self, xero: Client, key: str) -> None:
        answer = xero.post(f"{PAYMENTS}/{key}", json=DELETED)

        assert (answer.status, answer.media_type) == (404, "text/html")


class TestPosted:
    """POST /Payments: payments to create, and payments to delete by their id."""

    @pytest.fixture
    def post(self, xero: Client) -> Settle:
        def post(*payments: Any, query: str = EACH) -> Response:
            return xero.post(f"{PAYMENTS}{query}", json={"Payments": list(payments)})

        return post

    def test_a_zero_id_names_none(self, post: Settle, due: Due) -> None:
        (made,) = post(single(R1, PaymentID=ZERO)).json["Payments"]

        assert (made["Status"], made["PaymentID"] == ZERO, due(R1)) == ("AUTHORISED", False, 60)

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ({}, "Payments can only be updated to a status of DELETED"),
            ({"Status": "AUTHORISED"}, "Payments can only be updated to a status of DELETED"),
            ({"Status": "AUTHORISED", "Amount": 5}, "Only Status accepted for updates."),
            ({"Status": "DELETED", "Reference": "x"}, "Only Status accepted for updates."),
        ],
    )
    def test_one_that_is_named_takes_status_deleted_alone(
        self, post: Settle, due: Due, sent: Any, said: str
    ) -> None:
        (failed,) = post({"PaymentID": DEPOSIT.upper(), **sent}).json["Payments"]

        assert (messages(failed), failed["PaymentID"], due(R7)) == ([said], DEPOSIT, 70)

    def test_flags_that_clients_fill_in_do_not_matter(self, post: Settle, due: Due) -> None:
        flags = {"HasAccount": False, "HasValidationErrors": False, "StatusAttributeString": "OK"}

        assert post({"PaymentID": DEPOSIT, **DELETED, **flags}, query="").status == 200
        assert due(R7) == 100

    def test_one_of_a_batch_stays(self, post: Settle) -> None:
        (failed,) = post({"PaymentID": "96409489-2f7d-4804-9a6d-6b939b0e038a", **DELETED}).json["Payments"]

        assert messages(failed) == ["Payments within a batch cannot be deleted."]

    def test_a_null_among_them_fails_alone(self, post: Settle) -> None:
        answer = post(None, {"PaymentID": DEPOSIT, **DELETED})

        assert [one["StatusAttributeString"] for one in answer.json["Payments"]] == ["ERROR", "OK"]

    def test_a_key_creates_once(self, xero: Client, due: Due) -> None:
        first, second = (
            xero.post(PAYMENTS, json=single(R1), headers={"idempotency-key": "k"}) for _ in range(2)
        )

        assert (first.body, due(R1)) == (second.body, 60)


class TestBatchesTakenBack:
    """POST /BatchPayments, and POST /BatchPayments/{BatchPaymentID}."""

    def test_invoices_in_two_currencies_are_due_in_their_own(self, xero: Client, due: Due) -> None:
        answer = xero.post(f"{BATCHES}/{TWO_CURRENCIES.upper()}", json=DELETED)

        assert answer.json["BatchPayments"][0]["TotalAmount"] == 640
        assert (due("RAUD"), due("R6")) == (495, 100)

    def test_its_invoices_can_be_paid_again(self, xero: Client, put: Put, due: Due) -> None:
        made = put(batch(pay(R1, 100))).json["BatchPayments"][0]["BatchPaymentID"]
        xero.post(f"{BATCHES}/{made}", json=DELETED)

        again = put(batch(pay(R1, 100)))

        assert (again.json["BatchPayments"][0]["Status"], due(R1)) == ("AUTHORISED", 0)

    def test_one_payment_of_a_deleted_batch_still_belongs_to_it(self, xero: Client) -> None:
        xero.post(f"{BATCHES}/{TWO_CURRENCIES}", json=DELETED)

        answer = xero.post(f"{PAYMENTS}/96409489-2f7d-4804-9a6d-6b939b0e038a", json=DELETED)

        assert messages(answer.json["Elements"][0]) == ["Payments within a batch cannot be deleted."]

    @pytest.mark.parametrize("path", ["", f"/{RECONCILED}"])
    def test_a_body_of_nothing_is_told_what_was_expected(self, xero: Client, path: str) -> None:
        answer = xero.post(f"{BATCHES}{path}", content=b" ", headers={"content-type": "application/json"})

        assert (answer.status, answer.json["ErrorNumber"]) == (400, 17)
        assert "expecting BatchPayment data" in answer.json["Message"]

    def test_of_several_each_is_deleted_or_told(self, xero: Client, due: Due) -> None:
        named = [{"BatchPaymentID": key, **DELETED} for key in (RECONCILED, TWO_CURRENCIES, NO_SUCH)]

        answer = xero.post(BATCHES, json={"BatchPayments": named})

        assert [(one["BatchPaymentID"], messages(one)) for one in answer.json["Elements"]] == [
            (RECONCILED, ["Batch payment has been reconciled and cannot be deleted"]),
            (NO_SUCH, ["The document with the supplied id was not found for this endpoint."]),
        ]
        assert (answer.status, due("R6")) == (400, 100)

    @pytest.mark.parametrize("body", [{"Status": "AUTHORISED"}, {"Status": ""}, {"Status": None}, {}])
    def test_no_other_status_can_be_sent(self, xero: Client, body: Any) -> None:
        answer = xero.post(f"{BATCHES}/{TWO_CURRENCIES}", json=body)

        said = ["Batch payment status not valid for update"]
        assert (answer.status, messages(answer.json["Elements"][0])) == (400, said)

    def test_what_was_to_be_created_is_shown_again(self, xero: Client) -> None:
        sent = batch(pay(R1, 10), Reference="June")

        (element,) = xero.post(BATCHES, json={"BatchPayments": [sent]}).json["Elements"]

        assert (element["Reference"], element["BatchPaymentID"]) == ("June", ZERO)
        assert element["Payments"] == sent["Payments"]

    def test_an_id_that_is_none_cannot_be_read(self, xero: Client) -> None:
        answer = xero.post(BATCHES, json={"BatchPaymentID": "x", **DELETED})

        said = "Error converting value \"x\" to type 'System.Guid'. Path 'BatchPayments[0].BatchPaymentID'."
        assert (answer.status, answer.json["ErrorNumber"], answer.json["Message"]) == (400, 14, said)

    def test_a_key_deletes_once(self, xero: Client) -> None:
        sent = {"BatchPaymentID": TWO_CURRENCIES, **DELETED}

        first, second = (xero.post(BATCHES, json=sent, headers={"idempotency-key": "k"}) for _ in range(2))

        assert (first.status, second.status, second.body) == (200, 200, first.body)
