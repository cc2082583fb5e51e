"""Batch payments: what is created, what is not, and what it does to the books."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.support.client import Client
from tests.vendors.xero.conftest import Due, Put, Read
from tests.vendors.xero.documents import (
    B1,
    B2,
    BANK1,
    BATCHES,
    R1,
    R2,
    R3,
    R4_DRAFT,
    RECONCILED,
    TOO_MUCH,
    TWO_CURRENCIES,
    ZERO,
    batch,
    messages,
    pay,
)

STUB = {
    "Payments": [],
    "CreditNotes": [],
    "Prepayments": [],
    "Overpayments": [],
    "HasErrors": False,
    "IsDiscounted": False,
    "LineItems": [],
    "CurrencyCode": "NZD",
}


class TestThreeOfWhichTheSecondIsBad:
    """Three batch payments in one call; the second pays more than is due."""

    def test_each_is_answered_in_its_place(self, put: Put) -> None:
        answer = put(batch(pay(R1, 100)), batch(pay(R2, 500)), batch(pay(R3, 40)))

        kinds = ["Type" in element for element in answer.json["BatchPayments"]]
        assert (answer.status, kinds) == (200, [True, False, True])

    def test_the_bad_one_says_why(self, put: Put) -> None:
        answer = put(batch(pay(R1, 100)), batch(pay(R2, 500)), batch(pay(R3, 40)))

        assert messages(answer.json["BatchPayments"][1]) == [TOO_MUCH]

    def test_the_good_ones_are_there_to_get(self, put: Put, xero: Client) -> None:
        first, _, third = put(batch(pay(R1, 100)), batch(pay(R2, 500)), batch(pay(R3, 40))).json[
            "BatchPayments"
        ]

        shown = [
            xero.get(f"{BATCHES}/{one['BatchPaymentID']}").json["BatchPayments"] for one in (first, third)
        ]
        assert shown == [[first], [third]]

    def test_the_bad_one_is_not(self, put: Put, read: Read) -> None:
        put(batch(pay(R1, 100)), batch(pay(R2, 500)), batch(pay(R3, 40)))

        totals = [one["TotalAmount"] for one in read("BatchPayments?order=TotalAmount")]
        assert totals == [40, 50, 100, 640]

    def test_only_the_good_ones_pay(self, put: Put, due: Due) -> None:
        put(batch(pay(R1, 100)), batch(pay(R2, 500)), batch(pay(R3, 40)))

        assert [due(R1), due(R2), due(R3)] == [0, 100, 60]

    def test_another_sandbox_knows_nothing_of_it(self, put: Put, elsewhere: Client) -> None:
        put(batch(pay(R1, 100)), batch(pay(R2, 500)), batch(pay(R3, 40)))

        shown = elsewhere.get(BATCHES).json["BatchPayments"]
        assert [one["BatchPaymentID"] for one in shown] == [RECONCILED, TWO_CURRENCIES]


def test_a_batch_is_answered_as_the_seed_shows(put: Put) -> None:
    answer = put(batch(pay(R1), pay(R2), pay(R3), Reference="Foobar123"))

    created = answer.json["BatchPayments"][0]
    ids = [payment.pop("PaymentID") for payment in created["Payments"]]
    assert len(set(ids)) == 3
    assert created.pop("BatchPaymentID") != ZERO
    assert created == {
        "Account": {"AccountID": BANK1, "CurrencyCode": "NZD"},
        "Reference": "Foobar123",
        "DateString": "2019-02-22T00:00:00",
        "Date": "/Date(1550793600000+0000)/",
        "Payments": [
            {"Invoice": {"InvoiceID": key, **STUB}, "Amount": 1, "BankAmount": 1} for key in (R1, R2, R3)
        ],
        "Type": "RECBATCH",
        "Status": "AUTHORISED",
        "TotalAmount": 3,
        "UpdatedDateUTC": "/Date(1767603600000+0000)/",
        "IsReconciled": False,
    }


def test_members_stand_in_the_order_of_the_seed(put: Put) -> None:
    answer = put(batch(pay(R1), Reference="Foobar123"))

    order = "Account Reference BatchPaymentID DateString Date Payments Type Status TotalAmount"
    assert list(answer.json["BatchPayments"][0]) == [*order.split(), "UpdatedDateUTC", "IsReconciled"]


def test_amounts_are_printed_as_short_as_the_seed_prints_them(put: Put) -> None:
    text = put(batch(pay(R1, 10.5), pay(R2, 1), pay(R3, 0.25))).text

    assert '"Amount":10.5,' in text
    assert '"Amount":1.0,' in text
    assert '"TotalAmount":11.75,' in text


def test_without_the_flag_only_failed_elements_are_answered(put: Put) -> None:
    answer = put(batch(pay(R1, 100)), batch(pay(R2, 500)), query="")

    assert answer.status == 400
    assert answer.json == {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": [
            {
                "Account": {"AccountID": BANK1},
                "BatchPaymentID": ZERO,
                "DateString": "2019-02-22T00:00:00",
                "Date": "/Date(1550793600000+0000)/",
                "Payments": [{"Invoice": {"InvoiceID": R2}, "Amount": 500}],
                "ValidationErrors": [{"Message": TOO_MUCH}],
            }
        ],
    }


def test_without_the_flag_good_elements_are_saved_all_the_same(put: Put, read: Read) -> None:
    put(batch(pay(R1, 100)), batch(pay(R2, 500)), query="")

    assert read(f"Invoices/{R1}")[0]["Status"] == "PAID"
    assert len(read("BatchPayments")) == 3


def test_a_call_whose_elements_are_all_good_is_a_200_without_the_flag(put: Put) -> None:
    assert put(batch(pay(R1, 100)), query="").status == 200


def test_with_the_flag_a_call_of_bad_elements_is_a_200(put: Put) -> None:
    answer = put(batch(pay(R1, 500)), batch(pay(R2, 500)))

    assert answer.status == 200
    assert [element["StatusAttributeString"] for element in answer.json["BatchPayments"]] == [
        "ERROR",
        "ERROR",
    ]


def test_one_bad_payment_undoes_its_batch(put: Put, books: Callable[[], Any]) -> None:
    before = books()

    element = put(batch(pay(R1, 10), pay(R2, 500))).json["BatchPayments"][0]

    assert element["BatchPaymentID"] == ZERO
    assert element["Payments"] == [
        {"Invoice": {"InvoiceID": R1}, "Amount": 10},
        {"Invoice": {"InvoiceID": R2}, "Amount": 500},
    ]
    assert books() == before


def test_later_elements_see_what_earlier_ones_did(put: Put, due: Due) -> None:
    first, second = put(batch(pay(R1, 60)), batch(pay(R1, 60))).json["BatchPayments"]

    assert (first["TotalAmount"], messages(second)) == (60, [TOO_MUCH])
    assert due(R1) == 40


def test_fifty_elements_are_answered_in_order(put: Put, read: Read) -> None:
    answer = put(*[batch(pay(R1 if good % 2 else R4_DRAFT), Reference=f"n{good}") for good in range(50)])

    assert [element["Reference"] for element in answer.json["BatchPayments"]] == [
        f"n{one}" for one in range(50)
    ]
    assert len(read("BatchPayments")) == 2 + 25


def test_a_full_payment_makes_the_invoice_paid_on_the_batchs_date(put: Put, read: Read) -> None:
    put(batch(pay(R1, 100)))

    shown = read(f"Invoices/{R1}")[0]
    assert (shown["Status"], shown["AmountPaid"], shown["AmountDue"]) == ("PAID", 100, 0)
    assert shown["FullyPaidOnDate"] == "/Date(1550793600000+0000)/"
    assert shown["UpdatedDateUTC"] == "/Date(1767603600000+0000)/"


def test_a_part_payment_leaves_the_invoice_authorised(put: Put, read: Read) -> None:
    put(batch(pay(R1, 99.99)))

    shown = read(f"Invoices/{R1}")[0]
    assert (shown["Status"], shown["AmountDue"]) == ("AUTHORISED", Decimal("0.01"))
    assert "FullyPaidOnDate" not in shown


def test_an_invoice_lists_its_payments(put: Put, read: Read) -> None:
    created = put(batch(pay(R1, 40, Reference="half"))).json["BatchPayments"][0]

    assert read(f"Invoices/{R1}")[0]["Payments"] == [
        {
            "PaymentID": created["Payments"][0]["PaymentID"],
            "BatchPaymentID": created["BatchPaymentID"],
            "Date": "/Date(1550793600000+0000)/",
            "Amount": 40,
            "Reference": "half",
            "CurrencyRate": 1,
            "HasAccount": False,
            "HasValidationErrors": False,
        }
    ]


def test_a_payment_of_a_batch_is_a_payment_like_others(put: Put, read: Read) -> None:
    created = put(batch(pay(R1, 40))).json["BatchPayments"][0]

    shown = read(f"Payments/{created['Payments'][0]['PaymentID']}")[0]
    assert shown["BatchPaymentID"] == created["BatchPaymentID"]
    assert shown["BatchPayment"]["TotalAmount"] == 40
    assert (shown["PaymentType"], shown["Status"], shown["IsReconciled"]) == (
        "ACCRECPAYMENT",
        "AUTHORISED",
        False,
    )
    assert shown["Invoice"]["InvoiceID"] == R1
    assert shown["Account"] == {"AccountID": BANK1, "Code": "BANK1", "Name": "Cheque account"}


def test_bills_make_a_batch_of_their_own_type(put: Put, read: Read) -> None:
    created = put(batch(pay(B1, 50), pay(B2, 50))).json["BatchPayments"][0]

    bills = [read(f"Invoices/{key}")[0] for key in (B1, B2)]
    kinds = {read(f"Payments/{one['PaymentID']}")[0]["PaymentType"] for one in created["Payments"]}
    assert created["Type"] == "PAYBATCH"
    assert [(one["Status"], "FullyPaidOnDate" in one) for one in bills] == [("PAID", True)] * 2
    assert kinds == {"ACCPAYPAYMENT"}


def test_a_bare_batch_payment_is_a_list_of_one(xero: Client) -> None:
    answer = xero.put(BATCHES, json=batch(pay(R1, 10)))

    assert [one["TotalAmount"] for one in answer.json["BatchPayments"]] == [10]


def test_what_is_written_for_the_payee_is_shown_again(put: Put) -> None:
    texts = {"BankAccountNumber": "12-1", "Particulars": "p", "Code": "c", "Reference": "r", "Details": "d"}

    created = put(batch(pay(R1, 10, **texts), Narrative="n", Details="dd")).json["BatchPayments"][0]

    assert texts.items() <= created["Payments"][0].items()
    assert (created["Narrative"], created["Details"]) == ("n", "dd")


def test_invoice_and_account_may_be_named_by_number_and_code(put: Put) -> None:
    named = {"InvoiceNumber": "R1", "Amount": 5}
    within = {"Invoice": {"InvoiceNumber": "R2"}, "Amount": 5}

    created = put(batch(named, within, Account={"Code": "BANK1"})).json["BatchPayments"][0]

    assert created["Account"]["AccountID"] == BANK1
    assert [one["Invoice"]["InvoiceID"] for one in created["Payments"]] == [R1, R2]


def test_a_text_that_is_null_counts_as_left_out(put: Put) -> None:
    (created,) = put(batch(pay(R1, 1, Reference=None), Narrative=None)).json["BatchPayments"]

    assert ("Narrative" in created, "Reference" in created["Payments"][0]) == (False, False)
    assert created["Status"] == "AUTHORISED"


def test_ids_are_taken_in_any_letter_case_and_given_in_lower(put: Put) -> None:
    created = put(batch(pay(R1.upper()), account=BANK1.upper())).json["BatchPayments"][0]

    assert created["Account"]["AccountID"] == BANK1
    assert created["Payments"][0]["Invoice"]["InvoiceID"] == R1


def test_read_only_and_unknown_members_are_taken_and_not_used(put: Put) -> None:
    flags = {"HasErrors": False, "HasAttachments": False, "HasValidationErrors": False}
    sent = batch(
        pay(R1, 10, HasAccount=False, **flags), BatchPaymentID=R2, TotalAmount=99, Amount=7, Shoe="blue"
    )

    created = put(sent).json["BatchPayments"][0]

    assert (created["TotalAmount"], created["BatchPaymentID"] == R2, "Shoe" in created) == (10, False, False)


def test_a_payments_own_account_and_date_do_not_count(put: Put, read: Read) -> None:
    created = put(batch(pay(R1, 10, Account={"Code": "CLEAR"}, Date="2020-01-01"))).json["BatchPayments"][0]

    shown = read(f"Payments/{created['Payments'][0]['PaymentID']}")[0]
    assert (shown["Account"]["Code"], shown["Date"]) == ("BANK1", "/Date(1550793600000+0000)/")


def test_a_batch_in_two_currencies_can_be_read(read: Read) -> None:
    shown = read(f"BatchPayments/{TWO_CURRENCIES}")[0]

    amounts = [
        (one["Amount"], one["BankAmount"], one["Invoice"]["CurrencyCode"]) for one in shown["Payments"]
    ]
    assert amounts == [(495, 540, "AUD"), (100, 100, "NZD")]
    assert shown["TotalAmount"] == 640


def test_the_same_seed_and_calls_give_the_same_bytes(put: Put, elsewhere: Client) -> None:
    sent = {"BatchPayments": [batch(pay(R1)), batch(pay(R2, 500))]}

    first = put(*sent["BatchPayments"])
    second = elsewhere.put(f"{BATCHES}?summarizeErrors=false", json=sent)

    assert first.body == second.body
