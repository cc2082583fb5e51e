"""Invoices: what is created, what it comes to, and what keeps it from being created."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.xero.conftest import Put, Read
from tests.vendors.xero.documents import (
    API,
    BATCHES,
    EACH,
    HARBOUR,
    INVOICES,
    RIDGEWAY,
    SALES,
    ZERO,
    invoice,
    line,
    messages,
)

UNKNOWN = "99999999-9999-4999-8999-999999999999"
HUGE = int("9" * 4000)

REFUSED = {
    "no type": (invoice(Type=None), ["Invoice not of valid type for creation"]),
    "credit note": (invoice(Type="ACCRECCREDIT"), ["Invoice not of valid type for creation"]),
    "paid": (invoice(Status="PAID"), ["Invoice not of valid status for creation"]),
    "voided": (invoice(Status="VOIDED"), ["Invoice not of valid status for creation"]),
    "taken number": (invoice(InvoiceNumber="R1"), ["Invoice # must be unique."]),
    "no lines": (invoice(LineItems=[]), ["One or more line items must be specified"]),
    "no contact": (invoice(Contact=None), ["A Contact must be specified for this type of transaction"]),
    "unnamed contact": (
        invoice(Contact={"EmailAddress": "a@b.example"}),
        [
            (
                "The Contact must contain at least 1 of the following elements to identify the contact: "
                "Name, ContactID, ContactNumber"
            )
        ],
    ),
    "unknown contact": (invoice(Contact={"ContactID": UNKNOWN}), ["Contact could not be found"]),
    "bad address": (
        invoice(Contact={"Name": "N", "EmailAddress": "nobody"}),
        ["Email address must be valid"],
    ),
    "no due date": (invoice(DueDate=None), ["Due date cannot be empty."]),
    "no account": (
        invoice(LineItems=[line(AccountCode=None)]),
        ["Account code or ID must be specified"],
    ),
    "unknown code": (
        invoice(LineItems=[line(AccountCode="999")]),
        ["Account code '999' is not a valid code for this document."],
    ),
    "bank account": (
        invoice(LineItems=[line(AccountCode="BANK1")]),
        ["Account code 'BANK1' is not a valid code for this document."],
    ),
    "unknown account id": (
        invoice(LineItems=[line(AccountCode=None, AccountID=UNKNOWN)]),
        ["Account must be valid."],
    ),
    "tax of the other side": (
        invoice(LineAmountTypes="Exclusive", LineItems=[line(TaxType="INPUT2")]),
        ["The TaxType code 'INPUT2' cannot be used with account code 'SALES'"],
    ),
    "unknown tax": (
        invoice(LineAmountTypes="Exclusive", LineItems=[line(TaxType="{x}")]),
        ["The TaxType code '{x}' cannot be used with account code 'SALES'"],
    ),
    "wrong line total": (
        invoice(LineItems=[line(LineAmount=99.5)]),
        ["The line total 99.5 does not match the expected line total 100.0"],
    ),
    "other currency": (
        invoice(CurrencyCode="EUR"),
        ["Organisation is not subscribed to currency EUR"],
    ),
    "rate of zero": (
        invoice(CurrencyCode="USD", CurrencyRate=0),
        ["Currency rate must be greater than zero"],
    ),
    "negative total": (
        invoice(LineItems=[line(Quantity=-1)]),
        ["The Total for this document must be greater than or equal to zero."],
    ),
    "locked period": (
        invoice(Date="2015-01-01"),
        ["The document date cannot be before the period lock date, currently set at 31 December 2015"],
    ),
    "vast product": (
        invoice(LineItems=[line(Quantity=10**14, UnitAmount=10**14)]),
        ["LineAmount is too large", "Total is too large"],
    ),
    "vast number": (
        invoice(LineItems=[line(UnitAmount=HUGE)]),
        ["UnitAmount is too large", "LineAmount is too large", "Total is too large"],
    ),
    "long description": (
        invoice(LineItems=[line(Description="x" * 4001)]),
        ["Description is too long. Maximum of 4000 characters allowed"],
    ),
    "three categories": (
        invoice(LineItems=[line(Tracking=[{}, {}, {}])]),
        ["Tracking has too many elements. Maximum of 2 allowed"],
    ),
    "everything": (
        {"Status": "PAID", "InvoiceNumber": "R1"},
        [
            "Invoice not of valid type for creation",
            "One or more line items must be specified",
            "Invoice not of valid status for creation",
            "A Contact must be specified for this type of transaction",
        ],
    ),
}


@pytest.mark.parametrize(("sent", "expected"), REFUSED.values(), ids=REFUSED.keys())
class TestRefusedElement:
    """An invoice that breaks a rule, after one that does not."""

    def test_says_all_that_is_wrong(self, bill: Put, sent: Any, expected: list[str]) -> None:
        answer = bill(invoice(), sent)

        good, bad = answer.json["Invoices"]
        assert (answer.status, good["StatusAttributeString"]) == (200, "OK")
        assert messages(bad) == expected

    def test_has_no_id_and_an_error(self, bill: Put, sent: Any, expected: list[str]) -> None:
        element = bill(sent).json["Invoices"][0]

        assert expected
        assert (element["InvoiceID"], element["HasErrors"]) == (ZERO, True)
        assert element["StatusAttributeString"] == "ERROR"

    def test_leaves_nothing(
        self, bill: Put, sent: Any, expected: list[str], books: Callable[[], Any]
    ) -> None:
        before = books()

        bill(sent)

        assert expected
        assert books() == before


def test_an_invoice_is_answered_with_what_it_comes_to(bill: Put) -> None:
    made = bill(invoice(InvoiceNumber="INV-0100", Reference="PO 7")).json["Invoices"][0]

    assert made["InvoiceID"] != ZERO
    assert (made["Type"], made["InvoiceNumber"], made["Reference"]) == ("ACCREC", "INV-0100", "PO 7")
    assert (made["SubTotal"], made["TotalTax"], made["Total"], made["AmountDue"]) == (100, 0, 100, 100)
    assert (made["Status"], made["CurrencyCode"], made["CurrencyRate"]) == ("AUTHORISED", "NZD", 1)
    assert (made["Contact"]["ContactID"], made["HasErrors"]) == (RIDGEWAY, False)
    assert (made["DateString"], made["DueDate"]) == ("2019-02-22T00:00:00", "/Date(1553212800000+0000)/")


def test_an_invoice_can_be_got_by_id_and_number(bill: Put, read: Read) -> None:
    made = bill(invoice(InvoiceNumber="INV-0100")).json["Invoices"][0]

    del made["StatusAttributeString"]
    alone = {**made, "Attachments": []}
    assert read("Invoices/INV-0100") == read(f"Invoices/{made['InvoiceID'].upper()}") == [alone]


def test_a_failed_invoice_is_shown_as_it_was_read(bill: Put) -> None:
    contact = {"Name": "Ridgeway University"}
    sent = {"Type": "ACCREC", "InvoiceNumber": "R1", "Contact": contact}
    noise = {"Contact": {**contact, "Mood": "blue"}, "LineItems": [{**line(), "Colour": 7}]}

    element = bill({**sent, **noise, "AmountDue": 5}).json["Invoices"][0]

    assert element == {
        **sent,
        "InvoiceID": ZERO,
        "LineItems": [line()],
        "HasErrors": True,
        "StatusAttributeString": "ERROR",
        "ValidationErrors": [{"Message": "Invoice # must be unique."}],
    }


def test_without_the_flag_only_failed_invoices_are_answered(bill: Put, read: Read) -> None:
    answer = bill(invoice(InvoiceNumber="INV-0100"), invoice(InvoiceNumber="R1"), query="")

    assert (answer.status, answer.json["ErrorNumber"]) == (400, 10)
    assert [one["InvoiceNumber"] for one in answer.json["Elements"]] == ["R1"]
    assert len(read("Invoices/INV-0100")) == 1


def test_a_number_taken_earlier_in_the_call_is_taken(bill: Put) -> None:
    first, second = bill(invoice(InvoiceNumber="N"), invoice(InvoiceNumber="N")).json["Invoices"]

    assert first["StatusAttributeString"] == "OK"
    assert messages(second) == ["Invoice # must be unique."]


def test_bills_may_share_a_number(bill: Put) -> None:
    office = [line(AccountCode="OFFICE")]
    sent = invoice(Type="ACCPAY", InvoiceNumber="B1", LineItems=office)

    assert bill(sent).json["Invoices"][0]["StatusAttributeString"] == "OK"


def test_a_sale_may_have_the_number_of_a_bill(bill: Put) -> None:
    assert bill(invoice(InvoiceNumber="B1")).json["Invoices"][0]["StatusAttributeString"] == "OK"


def test_sales_without_a_number_are_numbered(bill: Put) -> None:
    made = bill(invoice(InvoiceNumber="INV-0010"), invoice(), invoice()).json["Invoices"]

    assert [one["InvoiceNumber"] for one in made] == ["INV-0010", "INV-0009", "INV-0011"]


def test_a_bill_without_a_number_has_none(bill: Put) -> None:
    made = bill(invoice(Type="ACCPAY", LineItems=[line(AccountCode="OFFICE")])).json["Invoices"][0]

    assert "InvoiceNumber" not in made


def test_a_draft_needs_neither_due_date_nor_accounts(bill: Put) -> None:
    made = bill(invoice(Status=None, DueDate=None, LineItems=[line(AccountCode=None)])).json["Invoices"][0]

    assert (made["Status"], "DueDate" in made) == ("DRAFT", False)
    assert "AccountCode" not in made["LineItems"][0]


def test_an_invoice_without_a_date_is_of_today(bill: Put) -> None:
    assert bill(invoice(Date=None)).json["Invoices"][0]["DateString"] == "2026-01-05T00:00:00"


@pytest.mark.parametrize(
    ("amounts", "sums"),
    [
        ("Exclusive", [Decimal("33.33"), 5, Decimal("38.33")]),
        ("Inclusive", [Decimal("28.98"), Decimal("4.35"), Decimal("33.33")]),
        ("NoTax", [Decimal("33.33"), 0, Decimal("33.33")]),
    ],
)
def test_tax_follows_how_amounts_are_meant(bill: Put, amounts: str, sums: list[Any]) -> None:
    lines = [line(Quantity=1, UnitAmount=33.33, TaxType="OUTPUT2")]

    made = bill(invoice(LineAmountTypes=amounts, LineItems=lines)).json["Invoices"][0]

    assert [made["SubTotal"], made["TotalTax"], made["Total"]] == sums


def test_an_account_brings_its_tax(bill: Put) -> None:
    made = bill(invoice(LineAmountTypes=None)).json["Invoices"][0]

    assert (made["LineAmountTypes"], made["LineItems"][0]["TaxType"]) == ("Exclusive", "OUTPUT2")
    assert made["TotalTax"] == 15


def test_a_tax_amount_that_was_sent_counts(bill: Put) -> None:
    made = bill(invoice(LineAmountTypes=None, LineItems=[line(TaxAmount=14.99)])).json["Invoices"][0]

    assert made["Total"] == Decimal("114.99")


def test_a_line_of_its_total_alone_has_one_unit(bill: Put) -> None:
    lines = [
        line(Quantity=None, UnitAmount=None, LineAmount=12.5),
        line(Quantity=4, UnitAmount=None, LineAmount=10),
    ]

    made = bill(invoice(LineItems=lines)).json["Invoices"][0]["LineItems"]

    assert [(one["Quantity"], one["UnitAmount"]) for one in made] == [
        (1, Decimal("12.5")),
        (4, Decimal("2.5")),
    ]


def test_a_line_total_that_its_units_do_not_divide_stays_what_it_was(bill: Put) -> None:
    lines = [line(Quantity=3, UnitAmount=None, LineAmount=10)]

    (made,) = bill(invoice(LineItems=lines)).json["Invoices"]

    assert (made["LineItems"][0]["UnitAmount"], made["LineItems"][0]["LineAmount"]) == (Decimal("3.33"), 10)
    assert made["Total"] == 10


@pytest.mark.parametrize(("day", "open_again"), [("2016-06-30", False), ("2016-07-01", True)])
def test_a_locked_year_takes_nothing(xero: Client, day: str, open_again: bool) -> None:  # noqa: FBT001 - a column
    sent = {"Invoices": [invoice(Date=day)]}

    answer = xero.put(f"{INVOICES}{EACH}", json=sent, headers={"xero-tenant-id": HARBOUR})

    said = "The document date cannot be before the end of year lock date, currently set at 30 June 2016"
    (told,) = answer.json["Invoices"]
    assert told.get("ValidationErrors", []) == ([] if open_again else [{"Message": said}])


def test_a_locked_year_is_shown(xero: Client) -> None:
    (shown,) = xero.get(f"{API}/Organisation", headers={"xero-tenant-id": HARBOUR}).json["Organisations"]

    assert (shown["EndOfYearLockDate"], "PeriodLockDate" in shown) == ("/Date(1467244800000+0000)/", False)


def test_discounts_reduce_a_line(bill: Put) -> None:
    lines = [line(DiscountRate=10), line(DiscountAmount=5)]

    made = bill(invoice(LineItems=lines)).json["Invoices"][0]

    assert [one["LineAmount"] for one in made["LineItems"]] == [90, 95]
    assert (made["IsDiscounted"], made["TotalDiscount"], made["Total"]) == (True, 15, 185)


@pytest.mark.parametrize(("query", "unit", "total"), [("", "1.24", "1.24"), ("?unitdp=4", "1.2351", "1.24")])
def test_unit_decimals_are_two_unless_four_are_asked_for(
    xero: Client, query: str, unit: str, total: str
) -> None:
    sent = invoice(InvoiceNumber="U", LineItems=[line(Quantity=1, UnitAmount=1.23505)])

    made = xero.put(f"{INVOICES}{query}", json={"Invoices": [sent]}).json["Invoices"][0]

    assert (made["LineItems"][0]["UnitAmount"], made["Total"]) == (Decimal(unit), Decimal(total))


def test_unit_decimals_are_kept_and_shown_when_asked_for(xero: Client, read: Read) -> None:
    sent = invoice(InvoiceNumber="U", LineItems=[line(Quantity=1, UnitAmount=1.2351)])
    xero.put(f"{INVOICES}?unitdp=4", json={"Invoices": [sent]})

    units = [read(f"Invoices/U{query}")[0]["LineItems"][0]["UnitAmount"] for query in ("", "?unitdp=4")]

    assert units == [Decimal("1.24"), Decimal("1.2351")]


@pytest.mark.parametrize(("sent", "rate"), [(None, "0.65"), (0.7123456, "0.712346")])
def test_another_currency_has_its_rate(bill: Put, sent: Any, rate: str) -> None:
    made = bill(invoice(CurrencyCode="USD", CurrencyRate=sent)).json["Invoices"][0]

    assert made["CurrencyRate"] == Decimal(rate)


def test_a_new_name_makes_a_new_contact(bill: Put, read: Read) -> None:
    new = {"Name": "Hilltop School", "EmailAddress": "office@hilltop.example"}

    made = bill(invoice(Contact=new), invoice(Contact=new)).json["Invoices"]

    ids = {one["Contact"]["ContactID"] for one in made}
    shown = read(f"Contacts/{ids.pop()}")[0]
    assert not ids
    assert (shown["Name"], shown["ContactStatus"], shown["IsCustomer"]) == ("Hilltop School", "ACTIVE", True)


def test_a_contact_may_be_named_by_number(bill: Put) -> None:
    assert (
        bill(invoice(Contact={"ContactNumber": "RIDGE"})).json["Invoices"][0]["Contact"]["ContactID"]
        == RIDGEWAY
    )


UNPAID = invoice(Contact={"Name": "Hilltop School", "ContactNumber": "HILL"}, Status="PAID")
NAMED = invoice(Contact={"ContactNumber": "HILL"})


def test_a_contact_that_a_failed_element_was_to_bring_is_told_with_that_element(bill: Put) -> None:
    told = bill(invoice(Status="PAID"), UNPAID, NAMED, UNPAID).json["Invoices"]

    assert messages(told[2]) == [
        "Contact could not be found because Invoices[1], which brings it, was not saved"
    ]


@pytest.mark.parametrize(
    "wanted",
    [
        invoice(Contact={"ContactNumber": "OTHER"}),
        invoice(Contact={"ContactID": UNKNOWN, "ContactNumber": "HILL"}),
    ],
    ids=["other number", "own id"],
)
def test_a_contact_that_no_element_was_to_bring_is_not_found_and_no_more(bill: Put, wanted: Any) -> None:
    assert messages(bill(UNPAID, wanted).json["Invoices"][1]) == ["Contact could not be found"]


def test_an_element_behind_is_no_reason(bill: Put) -> None:
    assert messages(bill(NAMED, UNPAID).json["Invoices"][0]) == ["Contact could not be found"]


def test_a_line_may_name_its_account_by_id(bill: Put) -> None:
    made = bill(invoice(LineItems=[line(AccountCode=None, AccountID=SALES)])).json["Invoices"][0]

    assert made["LineItems"][0]["AccountCode"] == "SALES"


def test_sending_a_draft_is_a_warning_and_the_draft_is_saved(bill: Put, read: Read) -> None:
    made = bill(invoice(Status="DRAFT", SentToContact=True, InvoiceNumber="W")).json["Invoices"][0]

    assert made["StatusAttributeString"] == "WARNING"
    assert made["Warnings"] == [{"Message": "Only AUTHORISED invoices may have SentToContact updated."}]
    assert read("Invoices/W")[0]["SentToContact"] is False


def test_a_new_invoice_can_be_paid(bill: Put, xero: Client) -> None:
    bill(invoice(InvoiceNumber="INV-0100"))
    payment = {"InvoiceNumber": "INV-0100", "Amount": 100}
    sent = {"Account": {"Code": "BANK1"}, "Date": "2019-02-25", "Payments": [payment]}

    assert xero.put(BATCHES, json=sent).status == 200


def test_numbers_may_come_as_text(bill: Put) -> None:
    assert bill(invoice(LineItems=[line(Quantity="2", UnitAmount="0.10")])).json["Invoices"][0][
        "Total"
    ] == Decimal("0.2")


def test_exact_amounts_stay_exact(xero: Client) -> None:
    body = (
        '{"Invoices":[{"Type":"ACCREC","Contact":{"Name":"N"},"LineAmountTypes":"NoTax","LineItems":'
        '[{"Quantity":3,"UnitAmount":999999999999.99},{"Quantity":0.1,"UnitAmount":0.1}]}]}'
    )

    answer = xero.put(INVOICES, content=body.encode(), headers={"content-type": "application/json"})

    assert '"Total":2999999999999.98,' in answer.text
