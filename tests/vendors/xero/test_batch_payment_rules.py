"""What keeps a batch payment from being created, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.xero.conftest import Due, Put, Read
from tests.vendors.xero.documents import (
    B1,
    BANK1,
    BANKUSD,
    BATCHES,
    CLEAR,
    INVOICES,
    NO_ACCOUNT,
    NOT_AUTHORISED,
    OLDBANK,
    R1,
    R2,
    R4_DRAFT,
    R5_PAID,
    RUSD,
    SALES,
    TOO_MUCH,
    ZERO,
    batch,
    invoice,
    messages,
    pay,
)

UNKNOWN = "99999999-9999-4999-8999-999999999999"
BASE_CURRENCY = "Batch payments can only be made in the organisation's base currency"
NOT_POSITIVE = "Payment amount must be greater than zero"
INVOICES_ONLY = "Batch payments can only be made against invoices"
HUGE = int("9" * 4000)

REFUSED = {
    "draft": (batch(pay(R4_DRAFT)), [NOT_AUTHORISED]),
    "paid": (batch(pay(R5_PAID)), [NOT_AUTHORISED, TOO_MUCH]),
    "too much": (batch(pay(R1, 100.01)), [TOO_MUCH]),
    "sales and bills": (
        batch(pay(R1), pay(B1)),
        ["A batch payment cannot contain both sales invoices and bills"],
    ),
    "sales account": (
        batch(pay(R1), account=SALES),
        ["Account type is invalid for making a payment to/from"],
    ),
    "archived account": (
        batch(pay(R1), account=OLDBANK),
        ["The account is archived and cannot be used"],
    ),
    "unknown account": (batch(pay(R1), account=UNKNOWN), [NO_ACCOUNT]),
    "no account": (batch(pay(R1), Account=None), [NO_ACCOUNT]),
    "empty account": (batch(pay(R1), Account={}), [NO_ACCOUNT]),
    "unknown code": (batch(pay(R1), Account={"Code": "NOPE"}), [NO_ACCOUNT]),
    "dollar account": (batch(pay(R1), account=BANKUSD), [BASE_CURRENCY]),
    "dollar invoice": (batch(pay(RUSD)), [BASE_CURRENCY]),
    "unknown invoice": (batch(pay(UNKNOWN)), ["Document could not be found"]),
    "no invoice": (batch({"Amount": 1}), ["Document could not be found"]),
    "twice": (
        batch(pay(R1, 10), pay(R1, 10)),
        ["The same invoice cannot appear more than once in a batch payment"],
    ),
    "zero": (batch(pay(R1, 0)), [NOT_POSITIVE]),
    "negative": (batch(pay(R1, -1)), [NOT_POSITIVE]),
    "rounds to zero": (batch(pay(R1, 0.004)), [NOT_POSITIVE]),
    "no amount": (batch({"Invoice": {"InvoiceID": R1}}), [NOT_POSITIVE]),
    "vast": (batch(pay(R1, HUGE)), [TOO_MUCH]),
    "vastly negative": (batch(pay(R1, -HUGE)), [NOT_POSITIVE]),
    "credit note": (
        batch({"CreditNote": {"CreditNoteID": UNKNOWN}, "Amount": 1}),
        [INVOICES_ONLY],
    ),
    "two targets": (
        batch(pay(R1, 1, Prepayment={"PrepaymentID": UNKNOWN})),
        ["Only one of Invoice, CreditNote, Prepayment or Overpayment can be specified"],
    ),
    "no date": (batch(pay(R1), Date=None), ["Date must be specified for the batch payment"]),
    "no payments": (batch(), ["A batch payment must contain at least one payment"]),
    "locked period": (
        batch(pay(R1), Date="2015-12-31"),
        ["The document date cannot be before the period lock date, currently set at 31 December 2015"],
    ),
    "long Particulars": (
        batch(pay(R1), Particulars="x" * 13),
        ["Particulars is too long. Maximum of 12 characters allowed"],
    ),
    "long Code": (batch(pay(R1), Code="x" * 13), ["Code is too long. Maximum of 12 characters allowed"]),
    "long Details": (
        batch(pay(R1), Details="x" * 19),
        ["Details is too long. Maximum of 18 characters allowed"],
    ),
    "long Narrative": (
        batch(pay(R1), Narrative="x" * 19),
        ["Narrative is too long. Maximum of 18 characters allowed"],
    ),
    "long Reference": (
        batch(pay(R1), Reference="x" * 256),
        ["Reference is too long. Maximum of 255 characters allowed"],
    ),
    "long account code": (
        batch(pay(R1), Account={"Code": "x" * 11}),
        ["Account Code is too long. Maximum of 10 characters allowed", NO_ACCOUNT],
    ),
    "long payment reference": (
        batch(pay(R1, 1, Reference="x" * 13)),
        ["Reference is too long. Maximum of 12 characters allowed"],
    ),
    "everything": (
        batch(pay(R4_DRAFT, 0), Date=None, Particulars="x" * 13),
        [
            "Particulars is too long. Maximum of 12 characters allowed",
            "Date must be specified for the batch payment",
            NOT_POSITIVE,
            NOT_AUTHORISED,
        ],
    ),
}


@pytest.mark.parametrize(("sent", "expected"), REFUSED.values(), ids=REFUSED.keys())
class TestRefusedElement:
    """A batch payment that breaks a rule, after one that does not."""

    def test_says_all_that_is_wrong(self, put: Put, sent: Any, expected: list[str]) -> None:
        answer = put(batch(pay(R2)), sent)

        assert answer.status == 200
        assert messages(answer.json["BatchPayments"][1]) == expected

    def test_has_neither_id_nor_outcome(self, put: Put, sent: Any, expected: list[str]) -> None:
        element = put(sent).json["BatchPayments"][0]

        assert expected
        assert (element["BatchPaymentID"], element["StatusAttributeString"]) == (ZERO, "ERROR")
        assert not {"Type", "Status", "TotalAmount", "UpdatedDateUTC"} & set(element)

    def test_leaves_nothing(self, put: Put, sent: Any, expected: list[str], books: Callable[[], Any]) -> None:
        before = books()

        put(sent)

        assert expected
        assert books() == before


@pytest.mark.parametrize(
    ("name", "length"),
    [("Particulars", 12), ("Code", 12), ("Details", 18), ("Narrative", 18), ("Reference", 255)],
)
def test_a_text_may_be_as_long_as_its_limit(put: Put, name: str, length: int) -> None:
    created = put(batch(pay(R1), **{name: "x" * length})).json["BatchPayments"][0]

    assert len(created[name]) == length


def test_the_echo_leaves_out_what_is_too_long(put: Put) -> None:
    element = put(batch(pay(R1, 1, Reference="y" * 13, Code="ok"), Particulars="x" * 13, Code="kept")).json

    shown = element["BatchPayments"][0]
    assert ("Particulars" in shown, shown["Code"]) == (False, "kept")
    assert shown["Payments"] == [{"Invoice": {"InvoiceID": R1}, "Amount": 1, "Code": "ok"}]


def test_the_echo_changes_the_letter_case_of_ids_alone(put: Put) -> None:
    element = put(batch(pay(R1.upper(), 500), Reference=R1.upper())).json["BatchPayments"][0]

    assert (element["Reference"], element["Payments"][0]["Invoice"]["InvoiceID"]) == (R1.upper(), R1)


def test_the_echo_leaves_out_what_only_the_vendor_sets(put: Put) -> None:
    noise = {"HasErrors": False, "Payments": [], "AmountDue": "x", "StatusAttributeString": "OK"}
    payment = {"Invoice": {"InvoiceID": R1, **noise}, "Amount": 500, "PaymentID": R2, "HasAccount": False}

    element = put(batch(payment, IsReconciled="maybe", Type=7)).json["BatchPayments"][0]

    assert element["Payments"] == [{"Invoice": {"InvoiceID": R1}, "Amount": 500}]
    assert not {"IsReconciled", "Type"} & set(element)


def test_the_echo_leaves_out_what_the_vendor_has_no_member_for(put: Put) -> None:
    payment = {"Invoice": {"InvoiceID": R1, "Mood": "blue"}, "Amount": 500, "Weather": {"rain": True}}

    element = put(batch(payment, Account={"Code": "BANK1", "Colour": 7})).json["BatchPayments"][0]

    assert element["Payments"] == [{"Invoice": {"InvoiceID": R1}, "Amount": 500}]
    assert element["Account"] == {"Code": "BANK1"}


def test_the_echo_has_dates_as_the_vendor_writes_them(put: Put) -> None:
    payment = {"Invoice": {"InvoiceID": R1, "DueDate": "2019-03-01"}, "Amount": 500, "Date": "2019-02-23"}

    element = put(batch(payment, Date="2019-02-22T13:00:00Z")).json["BatchPayments"][0]

    assert element["DateString"] == "2019-02-22T00:00:00"
    assert element["Payments"][0]["Date"] == "/Date(1550880000000+0000)/"
    assert element["Payments"][0]["Invoice"]["DueDate"] == "/Date(1551398400000+0000)/"


def test_a_clearing_account_takes_payments(put: Put) -> None:
    created = put(batch(pay(R1), account=CLEAR)).json["BatchPayments"][0]

    assert created["Account"] == {"AccountID": CLEAR}


def test_the_day_after_the_lock_date_is_open(put: Put) -> None:
    assert "Type" in put(batch(pay(R1), Date="2016-01-01")).json["BatchPayments"][0]


def test_a_date_before_the_invoices_and_one_to_come_are_open(put: Put) -> None:
    early, late = put(batch(pay(R1), Date="2016-01-01"), batch(pay(R1), Date="2999-12-31")).json[
        "BatchPayments"
    ]

    assert (early["DateString"], late["DateString"]) == ("2016-01-01T00:00:00", "2999-12-31T00:00:00")


@pytest.mark.parametrize(
    ("sent", "printed"),
    [
        ("9999-12-31", "/Date(253402214400000+0000)/"),
        ("/Date(253402214400000)/", "/Date(253402214400000+0000)/"),
        ("/Date(253402214400000+0000)/", "/Date(253402214400000+0000)/"),
        ("2400-02-29T23:59:59+13:00", "/Date(13574563200000+0000)/"),
    ],
)
def test_a_date_far_away_leaves_as_it_came(put: Put, sent: str, printed: str) -> None:
    assert put(batch(pay(R1), Date=sent)).json["BatchPayments"][0]["Date"] == printed


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("0001-01-01", "0001-01-01"), ("0004-02-29", "0004-02-29"), ("/Date(-62129999999999)/", "0001-03-06")],
)
def test_a_date_long_ago_leaves_as_it_came(xero: Client, sent: str, stored: str) -> None:
    answer = xero.put(INVOICES, json={"Invoices": [invoice(DueDate=sent)]})

    assert answer.json["Invoices"][0]["DueDateString"] == f"{stored}T00:00:00"


@pytest.mark.parametrize(
    "sent",
    [
        "0000-01-01",
        "1900-02-29",
        "0100-02-29",
        "10000-01-01",
        "/Date(253402300000000)/",
        "/Date(99999999999999+1300)/",
        "/Date(-62135596800001)/",
        "/Date(999999999999999)/",
    ],
)
def test_a_date_that_no_calendar_has_cannot_be_read(put: Put, sent: str) -> None:
    answer = put(batch(pay(R1), Date=sent))

    assert (answer.status, answer.json["ErrorNumber"]) == (400, 14)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (batch(pay(R1), Reference="a\0b"), "Reference"),
        (batch(pay(R1, BankAccountNumber="\0")), "BankAccountNumber"),
        (batch(pay(R1), Account={"AccountID": BANK1, "Code": "\0"}), "Account Code"),
    ],
)
def test_a_text_with_a_nul_is_an_error_of_its_element(put: Put, sent: Any, field: str, due: Due) -> None:
    bad, good = put(sent, batch(pay(R2, 10), Reference="\\u0000 is how to write one")).json["BatchPayments"]

    assert messages(bad) == [f"{field} contains a character that is not allowed"]
    assert (good["Reference"], due(R1)) == ("\\u0000 is how to write one", 100)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("10.005", "10.01"),
        ("10.004999999999999999999999999999999999999", "10.0"),
        ("0.005", "0.01"),
        ("1e1", "10.0"),
        ('"12.50"', "12.5"),
        ("100.0000000000000000000000000000000000000001", "100.0"),
    ],
)
def test_an_amount_is_rounded_half_away_from_zero(xero: Client, due: Due, sent: str, stored: str) -> None:
    payment = f'{{"InvoiceNumber": "R1", "Amount": {sent}}}'
    body = f'{{"Account": {{"Code": "BANK1"}}, "Date": "2019-02-22", "Payments": [{payment}]}}'

    answer = xero.put(BATCHES, content=body.encode(), headers={"content-type": "application/json"})

    assert f'"TotalAmount":{stored},' in answer.text
    assert due(R1) == 100 - Decimal(stored)


@pytest.mark.parametrize(
    "sent",
    [
        "2019-02-22",
        "2019-02-22T00:00:00",
        "2019-02-22T23:59:59.1234567",
        "2019-02-22T13:00:00Z",
        "2019-02-22T00:30:00+13:00",
        "2019-02-22T23:30:00-11:00",
        "/Date(1550793600000)/",
        "/Date(1550840400000)/",
        "/Date(1550793600000+0000)/",
        "/Date(1550746800000+1300)/",
        "/Date(1550876400000-0500)/",
    ],
)
def test_all_forms_of_a_date_give_one_calendar_date(put: Put, read: Read, sent: str) -> None:
    created = put(batch(pay(R1), Date=sent)).json["BatchPayments"][0]

    shown = read(f"BatchPayments/{created['BatchPaymentID']}")[0]
    assert (shown["DateString"], shown["Date"]) == ("2019-02-22T00:00:00", "/Date(1550793600000+0000)/")
