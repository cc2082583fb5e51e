"""Changing invoices: what stays, what is replaced, how far one may go."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

import pytest

from tests.support.client import Client, Response
from tests.vendors.xero.conftest import Put, Read
from tests.vendors.xero.documents import (
    B1,
    EACH,
    INVOICES,
    R1,
    R4_DRAFT,
    R5_PAID,
    R7,
    ZERO,
    batch,
    invoice,
    line,
    messages,
    pay,
)

Change: TypeAlias = Callable[..., Response]

UNFIT = "Invoice not of valid status for modification"
HAS_PAYMENTS = "This document cannot be edited as it has a payment or credit note allocated to it."
NOT_HERE = "The document with the supplied id was not found for this endpoint."
NO_SUCH = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
def change(xero: Client) -> Change:
    """Post invoices, each to be answered for itself."""

    def change(*invoices: Any, query: str = EACH) -> Response:
        return xero.post(f"{INVOICES}{query}", json={"Invoices": list(invoices)})

    return change


def told(answer: Response, index: int = 0) -> list[str]:
    return messages(answer.json["Invoices"][index])


def test_what_is_not_sent_stays(change: Change) -> None:
    answer = change({"InvoiceID": R1, "DueDate": "2019-03-01"})

    (changed,) = answer.json["Invoices"]
    assert (changed["DueDateString"], changed["StatusAttributeString"]) == ("2019-03-01T00:00:00", "OK")
    assert (changed["Reference"], changed["Total"], changed["Contact"]["Name"]) == (
        "Winter term",
        100,
        "Ridgeway University",
    )
    assert changed["LineItems"][0]["LineItemID"] == "11111111-0000-4000-8000-000000000001"


def test_a_change_is_stamped(change: Change, read: Read) -> None:
    change({"InvoiceID": R1, "Url": "https://example.com"})

    assert read("Invoices/R1")[0]["UpdatedDateUTC"] == "/Date(1767603600000+0000)/"


def test_an_invoice_is_named_by_its_number_too(change: Change, read: Read) -> None:
    change({"Type": "ACCREC", "InvoiceNumber": "R1", "Reference": "Spring term"})

    assert read(f"Invoices/{R1}")[0]["Reference"] == "Spring term"


def test_a_bill_of_a_known_number_is_another_bill(change: Change, read: Read) -> None:
    answer = change(invoice(Type="ACCPAY", InvoiceNumber="B1", LineItems=[line(AccountCode="OFFICE")]))

    assert told_nothing(answer)
    assert len(read("Invoices?InvoiceNumbers=B1")) == 2


def told_nothing(answer: Response) -> bool:
    return answer.status == 200 and "ValidationErrors" not in answer.json["Invoices"][0]


def test_what_is_not_there_is_created(change: Change, read: Read) -> None:
    answer = change(invoice(InvoiceNumber="NEW-1"), invoice(InvoiceID=ZERO, InvoiceNumber="NEW-2"))

    assert [one["StatusAttributeString"] for one in answer.json["Invoices"]] == ["OK", "OK"]
    assert read("Invoices/NEW-2")[0]["Total"] == 100


def test_what_is_created_keeps_the_rules_of_creation(change: Change) -> None:
    answer = change({"Type": "ACCREC", "InvoiceNumber": "NEW"})

    assert told(answer) == [
        "One or more line items must be specified",
        "A Contact must be specified for this type of transaction",
    ]


def test_an_id_that_is_not_there_is_told(change: Change) -> None:
    answer = change(invoice(InvoiceID=NO_SUCH))

    assert told(answer) == [NOT_HERE]
    assert answer.json["Invoices"][0]["InvoiceID"] == NO_SUCH


def test_lines_that_are_sent_take_the_place_of_all(change: Change) -> None:
    kept = line(LineItemID="11111111-0000-4000-8000-000000000001", UnitAmount=30)

    (changed,) = change({"InvoiceID": R1, "LineItems": [kept, line(Quantity=1, UnitAmount=5)]}).json[
        "Invoices"
    ]

    assert (changed["Total"], changed["AmountDue"]) == (65, 65)
    first, second = (one["LineItemID"] for one in changed["LineItems"])
    assert first == "11111111-0000-4000-8000-000000000001" != second


@pytest.mark.parametrize("empty", [{"LineItems": []}, {"Contact": {}}, {"InvoiceNumber": ""}])
def test_clients_send_what_is_empty_for_what_is_not_sent(change: Change, empty: Any) -> None:
    (changed,) = change({"InvoiceID": R1, **empty}).json["Invoices"]

    assert (changed["Total"], changed["InvoiceNumber"]) == (100, "R1")


@pytest.mark.parametrize(
    ("before", "after", "sums"),
    [
        ("Exclusive", "Inclusive", (Decimal("86.96"), Decimal("13.04"), 100)),
        ("Inclusive", "Exclusive", (100, 15, 115)),
        ("Inclusive", "NoTax", (100, 0, 100)),
        ("NoTax", "Exclusive", (100, 0, 100)),
    ],
)
def test_what_amounts_mean_from_now_on_counts_for_the_lines_there_are(
    change: Change, bill: Put, before: str, after: str, sums: Any
) -> None:
    (made,) = bill(invoice(LineAmountTypes=before)).json["Invoices"]

    (changed,) = change({"InvoiceID": made["InvoiceID"], "LineAmountTypes": after}).json["Invoices"]

    assert (changed["SubTotal"], changed["TotalTax"], changed["Total"]) == sums
    assert (changed["AmountDue"], changed["LineItems"][0]["TaxAmount"]) == (sums[2], sums[1])


def test_lines_without_tax_are_of_no_tax_type(change: Change, bill: Put) -> None:
    (made,) = bill(invoice(LineAmountTypes="Exclusive")).json["Invoices"]

    (changed,) = change({"InvoiceID": made["InvoiceID"], "LineAmountTypes": "NoTax"}).json["Invoices"]

    assert (made["LineItems"][0]["TaxType"], changed["LineItems"][0]["TaxType"]) == ("OUTPUT2", "NONE")


def test_a_tax_amount_that_was_sent_outlives_other_changes(change: Change, bill: Put) -> None:
    sent = invoice(LineAmountTypes="Exclusive", LineItems=[line(TaxAmount=14.99)])
    (made,) = bill(sent).json["Invoices"]

    (changed,) = change(
        {"InvoiceID": made["InvoiceID"], "Reference": "x", "LineAmountTypes": "Exclusive"}
    ).json["Invoices"]

    assert changed["Total"] == Decimal("114.99")


@pytest.mark.parametrize(
    ("sent", "rate"),
    [
        ({"CurrencyCode": "USD"}, Decimal("0.65")),
        ({"CurrencyCode": "USD", "CurrencyRate": 0.7}, Decimal("0.7")),
        ({"CurrencyCode": "NZD"}, 1),
    ],
)
def test_another_currency_brings_its_rate(change: Change, sent: Any, rate: Any) -> None:
    (changed,) = change({"InvoiceID": R1, **sent}).json["Invoices"]

    assert (changed["CurrencyCode"], changed["CurrencyRate"]) == (sent["CurrencyCode"], rate)


def test_the_same_currency_keeps_its_rate(change: Change, bill: Put) -> None:
    (made,) = bill(invoice(CurrencyCode="USD", CurrencyRate=0.7)).json["Invoices"]

    (changed,) = change({"InvoiceID": made["InvoiceID"], "CurrencyCode": "USD"}).json["Invoices"]

    assert changed["CurrencyRate"] == Decimal("0.7")


def test_a_new_contact_is_made(change: Change, read: Read) -> None:
    change({"InvoiceID": R1, "Contact": {"Name": "Hillside School"}})

    assert read("Invoices/R1")[0]["Contact"]["Name"] == "Hillside School"


@pytest.mark.parametrize(
    ("path", "ends"),
    [
        (["SUBMITTED", "DRAFT", "AUTHORISED", "VOIDED"], "VOIDED"),
        (["SUBMITTED", "AUTHORISED"], "AUTHORISED"),
        (["DELETED"], "DELETED"),
        (["SUBMITTED", "DELETED"], "DELETED"),
    ],
)
def test_a_draft_goes_far(change: Change, read: Read, path: list[str], ends: str) -> None:
    for status in path:
        assert told_nothing(change({"InvoiceID": R4_DRAFT, "Status": status}))

    assert read("Invoices/R4")[0]["Status"] == ends


@pytest.mark.parametrize(
    ("name", "status"),
    [(R4_DRAFT, "VOIDED"), (R4_DRAFT, "PAID"), (R1, "DRAFT"), (R1, "DELETED"), (R1, "PAID")],
)
def test_some_ways_are_closed(change: Change, read: Read, name: str, status: str) -> None:
    before = read(f"Invoices/{name}")

    answer = change({"InvoiceID": name, "Status": status})

    assert told(answer) == [UNFIT]
    assert read(f"Invoices/{name}") == before


def test_a_paid_invoice_does_not_change(change: Change) -> None:
    assert told(change({"InvoiceID": R5_PAID, "Reference": "Late"})) == [UNFIT, HAS_PAYMENTS]


@pytest.mark.parametrize(
    "sent",
    [
        {"Status": "VOIDED"},
        {"Date": "2019-01-20"},
        {"LineItems": [line()]},
        {"Reference": "Late", "Url": "https://example.com"},
        {"ExpectedPaymentDate": "2019-03-01"},
        {"CurrencyCode": "USD"},
        {"LineAmountTypes": "Inclusive"},
    ],
)
def test_most_of_an_invoice_with_a_payment_does_not_change(change: Change, read: Read, sent: Any) -> None:
    before = read(f"Invoices/{R7}")

    assert told(change({"InvoiceID": R7, **sent})) == [HAS_PAYMENTS]
    assert read(f"Invoices/{R7}") == before


def test_a_part_paid_sale_changes_beside_what_stays_the_same(change: Change) -> None:
    same = {"Type": "ACCREC", "Status": "AUTHORISED", "Date": "/Date(1547856000000)/", "CurrencyRate": 1}
    unset = {"LineItems": [], "Contact": {}, "HasErrors": False, "Warnings": []}

    (changed,) = change({"InvoiceID": R7, "Reference": "Late", **same, **unset}).json["Invoices"]

    assert (changed["Reference"], changed["StatusAttributeString"]) == ("Late", "OK")
    assert (changed["Total"], changed["AmountDue"], changed["AmountPaid"]) == (100, 70, 30)


def test_a_part_paid_sale_takes_no_number_of_another(change: Change) -> None:
    assert told(change({"InvoiceID": R7, "InvoiceNumber": "R1"})) == ["Invoice # must be unique."]


def test_a_changed_part_paid_sale_can_still_be_paid(change: Change, put: Put, read: Read) -> None:
    change({"InvoiceID": R7, "DueDate": "2019-04-30"})

    put(batch(pay(R7, 70)))

    assert (read(f"Invoices/{R7}")[0]["Status"], read(f"Invoices/{R7}")[0]["AmountPaid"]) == ("PAID", 100)


def test_a_part_paid_bill_does_not_change(change: Change, put: Put) -> None:
    put(batch(pay(B1, 10)))

    assert told(change({"InvoiceID": B1, "DueDate": "2019-04-30"})) == [HAS_PAYMENTS]


def test_a_voided_invoice_takes_nothing(change: Change, put: Put) -> None:
    change({"InvoiceID": R1, "Status": "VOIDED"})

    assert told(change({"InvoiceID": R1, "Reference": "Late"})) == [UNFIT]
    assert messages(put(batch(pay(R1))).json["BatchPayments"][0]) == [
        "Payments can only be made against Authorised documents"
    ]


def test_another_type_is_refused(change: Change) -> None:
    assert told(change({"InvoiceID": R1, "Type": "ACCPAY"})) == ["Invoice not of valid type for modification"]


def test_another_ones_number_is_taken(change: Change) -> None:
    assert told(change({"InvoiceID": R1, "InvoiceNumber": "R2"})) == ["Invoice # must be unique."]


def test_its_own_number_is_not_taken(change: Change) -> None:
    assert told_nothing(change({"InvoiceID": R1, "InvoiceNumber": "R1"}))


def test_an_approval_finds_lines_wanting(change: Change, bill: Put) -> None:
    draft = bill(invoice(Status="DRAFT", LineItems=[line(AccountCode=None)])).json["Invoices"][0]

    answer = change({"InvoiceID": draft["InvoiceID"], "Status": "AUTHORISED"})

    assert told(answer) == ["Account code or ID must be specified"]


def test_sending_a_draft_is_a_warning(change: Change) -> None:
    (changed,) = change({"InvoiceID": R4_DRAFT, "SentToContact": True}).json["Invoices"]

    assert changed["StatusAttributeString"] == "WARNING"


def test_sending_an_approved_invoice_is_none(change: Change) -> None:
    (changed,) = change({"InvoiceID": R1, "SentToContact": True}).json["Invoices"]

    assert (changed["StatusAttributeString"], changed["SentToContact"]) == ("OK", True)


def test_good_changes_are_saved_beside_bad_ones(change: Change, read: Read) -> None:
    answer = change(
        {"InvoiceID": R1, "Reference": "First"}, {"InvoiceID": R5_PAID, "Reference": "Second"}, query=""
    )

    assert (answer.status, [one["InvoiceID"] for one in answer.json["Elements"]]) == (400, [R5_PAID])
    assert read("Invoices/R1")[0]["Reference"] == "First"


def test_a_failure_shows_the_id_of_one_named_by_its_number(change: Change) -> None:
    answer = change({"Type": "ACCREC", "InvoiceNumber": "R5", "Reference": "Late"})

    assert answer.json["Invoices"][0]["InvoiceID"] == R5_PAID


def test_a_bill_that_fails_is_not_the_sale_of_its_number(change: Change) -> None:
    assert change({"Type": "ACCPAY", "InvoiceNumber": "R5"}).json["Invoices"][0]["InvoiceID"] == ZERO


def test_later_elements_see_earlier_ones(change: Change) -> None:
    answer = change({"InvoiceID": R1, "Status": "VOIDED"}, {"InvoiceID": R1, "Reference": "Late"})

    assert told(answer, 1) == [UNFIT]


class TestOneByItsPath:
    """POST /Invoices/{InvoiceID}."""

    @pytest.mark.parametrize("name", [R4_DRAFT, R4_DRAFT.upper(), "R4"])
    def test_it_is_named_by_id_or_number(self, xero: Client, name: str) -> None:
        answer = xero.post(f"{INVOICES}/{name}", json={"Invoices": [{"Status": "SUBMITTED"}]})

        assert (answer.status, answer.json["Invoices"][0]["Status"]) == (200, "SUBMITTED")

    def test_the_path_counts_and_not_the_body(self, xero: Client, read: Read) -> None:
        xero.post(f"{INVOICES}/R4", json={"Invoices": [{"InvoiceID": R1, "Reference": "Mine"}]})

        assert (read("Invoices/R4")[0]["Reference"], read("Invoices/R1")[0]["Reference"]) == (
            "Mine",
            "Winter term",
        )

    def test_failures_are_always_summarised(self, xero: Client) -> None:
        answer = xero.post(f"{INVOICES}/{R5_PAID}{EACH}", json={"Invoices": [{"Reference": "Late"}]})

        assert (answer.status, messages(answer.json["Elements"][0])) == (400, [UNFIT, HAS_PAYMENTS])
        assert answer.json["Elements"][0]["InvoiceID"] == R5_PAID

    def test_a_failure_shows_the_id_of_one_named_by_its_number(self, xero: Client) -> None:
        refused = xero.post(f"{INVOICES}/R5", json={"Invoices": [{"Reference": "Late"}]})

        assert refused.json["Elements"][0]["InvoiceID"] == R5_PAID

    def test_one_that_is_not_there_is_told(self, xero: Client) -> None:
        answer = xero.post(f"{INVOICES}/NOPE", json={"Invoices": [{"Reference": "Late"}]})

        assert (answer.status, messages(answer.json["Elements"][0])) == (400, [NOT_HERE])
        assert answer.json["Elements"][0]["InvoiceID"] == ZERO

    def test_unit_decimals_are_kept(self, xero: Client) -> None:
        sent = {"Invoices": [{"LineItems": [line(Quantity=100, UnitAmount=1.2345)]}]}

        (changed,) = xero.post(f"{INVOICES}/R4?unitdp=4", json=sent).json["Invoices"]

        assert (str(changed["LineItems"][0]["UnitAmount"]), str(changed["Total"])) == ("1.2345", "123.45")
