"""Lists: filters, order, pages, what changed since."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.client import Client, Response
from tests.vendors.xero.conftest import Put, Read
from tests.vendors.xero.documents import (
    API,
    B1,
    PAPERPEN,
    R1,
    R2,
    R3,
    R5_PAID,
    RECONCILED,
    RIDGEWAY,
    TWO_CURRENCIES,
    batch,
    invoice,
    pay,
)

SALES_BY_NUMBER = ["R1", "R2", "R3", "R4", "R5", "R6", "R7", "RAUD", "RUSD"]


OF_TWO_CONTACTS = {"ContactIDs": f"{RIDGEWAY},{PAPERPEN}"}
"""The twelve invoices of 2019; the demo company has more, which change more often."""


def ask(xero: Client, collection: str, **query: Any) -> Response:
    text = "&".join(f"{name}={quote(str(value))}" for name, value in query.items())
    return xero.get(f"{API}/{collection}?{text}")


def numbers(answer: Response) -> list[str]:
    return [one["InvoiceNumber"] for one in answer.json["Invoices"]]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ('InvoiceNumber=="R1"', ["R1"]),
        ('InvoiceNumber="R1"', ["R1"]),
        ('invoicenumber == "R1"', ["R1"]),
        ('Status=="PAID" AND Total>100', ["RAUD"]),
        ('Status=="PAID" && Total>100', ["RAUD"]),
        ('InvoiceNumber=="R1" OR InvoiceNumber=="R2"', ["R1", "R2"]),
        ('InvoiceNumber=="R1" || InvoiceNumber=="R2"', ["R1", "R2"]),
        ('InvoiceNumber=="R1" or InvoiceNumber=="R2" and Total>1000', ["R1"]),
        ('(InvoiceNumber=="R1" OR InvoiceNumber=="R2") AND Total>1000', []),
        (f'InvoiceID==guid("{R2}")', ["R2"]),
        (f'InvoiceID==Guid("{R2.upper()}")', ["R2"]),
        (f'InvoiceID==guid("{R2.replace("-", "")}")', ["R2"]),
        (f'Contact.ContactID!=guid("{RIDGEWAY}")', ["B1", "B2", "B3"]),
        ('Contact.Name=="Paper & Pen Supplies"', ["B1", "B2", "B3"]),
        ("Date<DateTime(2019,01,16)", ["R1"]),
        ("Date<=DateTime(2019, 1, 16)", ["R1", "R2"]),
        ("Date>=DateTime(2019,01,24)", ["B2"]),
        ("UpdatedDateUTC>DateTime(2019,02,22,20,06,27)", ["R6", "RAUD"]),
        ("AmountDue==50.00", ["B1", "B2"]),
        ("AmountDue<-1", []),
        ("FullyPaidOnDate!=null AND Total!=100", ["B3", "RAUD"]),
        ("FullyPaidOnDate==null AND Total==50", ["B1", "B2"]),
        ('Reference!="x" AND Total==50', ["B1", "B2", "B3"]),
        ('Reference>="Winter"', ["R1"]),
        ("SentToContact", ["R1", "R5"]),
        ("SentToContact==true", ["R1", "R5"]),
        ("true==false", []),
        ('InvoiceNumber=="\\"R1"', []),
        ('InvoiceNumber==""', []),
        ('InvoiceNumber==""""', []),
        ('InvoiceNumber.Contains("US")', ["RUSD"]),
        ('InvoiceNumber.contains("us")', ["RUSD"]),
        ('InvoiceNumber=="rusd"', ["RUSD"]),
        ('InvoiceNumber.ToLower().Contains("us")', ["RUSD"]),
        ('InvoiceNumber.StartsWith("R") AND InvoiceNumber.EndsWith("1")', ["R1"]),
        ('InvoiceNumber.Contains("US")==true', ["RUSD"]),
        ('InvoiceNumber.StartsWith("R")==false', ["B1", "B2", "B3"]),
        ('!InvoiceNumber.StartsWith("R")', ["B1", "B2", "B3"]),
        ('not (InvoiceNumber.StartsWith("R"))', ["B1", "B2", "B3"]),
        ('Reference!=null&&Reference.StartsWith("Winter")', ["R1"]),
        ('Reference.StartsWith("Winter")', ["R1"]),
        ("InvoiceNumber.Length==4", ["RAUD", "RUSD"]),
        ('Contact.Name<>"Ridgeway University"', ["B1", "B2", "B3"]),
        ('Contact.EmailAddress=="billing@paperpen.example"', ["B1", "B2", "B3"]),
        ("Date.Year==2019 AND Date.Month==1 AND Date.Day<16", ["R1"]),
        ("Date.Year<2019", []),
        ('Date<DateTime.Parse("2019-01-16")', ["R1"]),
        ("FullyPaidOnDate.HasValue AND Total<>100", ["B3", "RAUD"]),
        ("FullyPaidOnDate.Value>DateTime(2019,1,1) AND Total<>100", ["B3", "RAUD"]),
        ('"RUSD".Contains(InvoiceNumber)', ["RUSD"]),
        ('InvoiceID.ToString()=="' + R2 + '"', ["R2"]),
        ("HasAttachments", ["R5"]),
        ('Contact!=null&&Contact.Name=="Ridgeway University" AND Date<DateTime(2019,1,16)', ["R1"]),
        ("Contact==null", []),
    ],
)
def test_where_picks(xero: Client, where: str, found: list[str]) -> None:
    answer = ask(xero, "Invoices", where=where, order="InvoiceNumber", **OF_TWO_CONTACTS)

    assert numbers(answer) == found


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("Foo==1", "No property or field 'Foo' exists in type 'Invoice' (at index 0)"),
        ("Total>1 AND Bar.Baz==1", "No property or field 'Bar.Baz' exists in type 'Invoice' (at index 12)"),
        ("Total", "Expression of type 'Boolean' expected (at index 0)"),
        ("(Total>1", "')' or operator expected (at index 8)"),
        ("Total>1)", "Syntax error (at index 7)"),
        ("Total>", "Syntax error (at index 6)"),
        ("Total>1 AND", "Syntax error (at index 11)"),
        ("Total # 1", "Syntax error (at index 6)"),
        ("Total>1x", "Syntax error (at index 6)"),
        (f"Total>{'9' * 29}", "Syntax error (at index 6)"),
        ('Status=="PAID', "Syntax error (at index 8)"),
        ('InvoiceID==guid("x")', "Syntax error (at index 11)"),
        ("InvoiceID==guid(1)", "Syntax error (at index 11)"),
        ('InvoiceID==guid("x"', "')' or operator expected (at index 19)"),
        ("Date>DateTime(2019,13,01)", "Syntax error (at index 5)"),
        ("Date>DateTime(2019)", "Syntax error (at index 5)"),
        ('Date>DateTime("2019",1,1)', "Syntax error (at index 5)"),
        ("Date>DateTime(9999999999,1,1)", "Syntax error (at index 5)"),
        ("Date>shoe(2019,1,1)", "Syntax error (at index 5)"),
        ('Total=="1"', "Operator '==' incompatible with operand types 'Decimal' and 'String' (at index 5)"),
        (
            f'InvoiceID>guid("{R1}")',
            "Operator '>' incompatible with operand types 'Guid' and 'Guid' (at index 9)",
        ),
        ("Total>null", "Operator '>' incompatible with operand types 'Decimal' and 'Null' (at index 5)"),
        ("(" * 33 + "Total>1" + ")" * 33, "Syntax error (at index 32)"),
        ("(" * 10_000, "Syntax error (at index 32)"),
        ("Reference.Contains(" * 10_000, "Syntax error (at index 618)"),
        (
            "a." * 10_000 + "a==1",
            f"No property or field '{'a.' * 10_000}a' exists in type 'Invoice' (at index 0)",
        ),
        ("Contact", "Expression of type 'Boolean' expected (at index 0)"),
        ("Contact>null", "Operator '>' incompatible with operand types 'Object' and 'Null' (at index 7)"),
        ("Contact.Foo==1", "No property or field 'Foo' exists in type 'Object' (at index 8)"),
        ("Date.Foo==1", "No property or field 'Foo' exists in type 'DateTime' (at index 5)"),
        ('Foo.Contains("x")', "No property or field 'Foo' exists in type 'Invoice' (at index 0)"),
        ('Total.Contains("x")', "No applicable method 'Contains' exists in type 'Decimal' (at index 6)"),
        ("Reference.Contains(1)", "No applicable method 'Contains' exists in type 'String' (at index 10)"),
        (
            'Reference.Contains("a","b")',
            "No applicable method 'Contains' exists in type 'String' (at index 10)",
        ),
        ('Reference.ToLower("a")', "No applicable method 'ToLower' exists in type 'String' (at index 10)"),
        ('Reference.Contains("a"', "')' or operator expected (at index 22)"),
        ("Reference.ToLower()", "Expression of type 'Boolean' expected (at index 0)"),
        ('Date<DateTime.Parse("soon")', "Syntax error (at index 5)"),
        ('Total=="x".Length.Foo', "No property or field 'Foo' exists in type 'Decimal' (at index 18)"),
    ],
)
def test_where_that_cannot_be_parsed_is_a_bad_query(xero: Client, where: str, message: str) -> None:
    answer = ask(xero, "Invoices", where=where)

    assert answer.status == 400
    assert answer.json == {"ErrorNumber": 16, "Type": "QueryParseException", "Message": message}


@pytest.mark.parametrize(
    ("collection", "where", "count"),
    [
        ("BatchPayments", 'Type="RECBATCH" AND Status="AUTHORISED" AND TotalAmount>600', 1),
        ("BatchPayments", 'Account.AccountId=guid("5ec2f302-cd60-4f8b-a915-9229dd45e6fa")', 2),
        ("BatchPayments", "IsReconciled==true", 1),
        ("Payments", f'Invoice.InvoiceId==guid("{R5_PAID}") AND PaymentType=="ACCRECPAYMENT"', 1),
        ("Payments", "BatchPaymentID==null AND Date<DateTime(2020,1,1)", 2),
        ("Accounts", 'Type=="BANK" AND Class=="ASSET" AND Code>"BANK"', 3),
        ("Accounts", 'EnablePaymentsToAccount==true AND Code=="CLEAR"', 1),
        ("Accounts", 'SystemAccount=="DEBTORS" AND ReportingCode=="ASS"', 1),
        ("Contacts", 'EmailAddress=="billing@paperpen.example" AND IsSupplier==true', 1),
        ("Contacts", 'Name.EndsWith("Club")', 1),
        ("Contacts", 'EmailAddress!=null&&EmailAddress.StartsWith("billing@paper")', 1),
        ("Contacts", "AccountNumber!=null", 8),
    ],
)
def test_every_list_has_its_fields(xero: Client, collection: str, where: str, count: int) -> None:
    assert len(ask(xero, collection, where=where).json[collection]) == count


@pytest.mark.parametrize("written", [str, str.upper, lambda text: text.replace("-", "")])
@pytest.mark.parametrize(
    ("query", "count"),
    [("Invoices?IDs={0}", 1), ("Invoices?ContactIDs={1}", 3), ("Contacts?IDs={1}", 1)],
)
def test_a_list_is_picked_by_ids_in_any_form(
    read: Read, query: str, count: int, written: Callable[[str], str]
) -> None:
    assert len(read(query.format(written(R1), written(PAPERPEN)))) == count


def test_dates_pick_within_pages(xero: Client) -> None:
    where = "Date >= DateTime(2019, 01, 16) AND Date < DateTime(2019, 01, 24)"
    answer = ask(xero, "Invoices", where=where, page=2, pageSize=3, **OF_TWO_CONTACTS)

    assert answer.json["pagination"]["itemCount"] == 10
    assert len(answer.json["Invoices"]) == 3


def test_what_a_term_finds_may_come_as_a_summary(xero: Client) -> None:
    answer = ask(xero, "Invoices", searchTerm="r1", summaryOnly="True", ContactIDs=RIDGEWAY)

    assert numbers(answer) == ["R1"]


def test_an_empty_filter_picks_all(xero: Client) -> None:
    answer = ask(xero, "Invoices", where="", order="", **OF_TWO_CONTACTS)

    assert len(answer.json["Invoices"]) == 12


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ("InvoiceNumber", "B1"),
        ("InvoiceNumber ASC", "B1"),
        ("invoicenumber desc", "RUSD"),
        (" Date  DESC ", "B2"),
        ("Total DESC", "RAUD"),
        ("Contact.Name", "B1"),
        ("Reference DESC", "R1"),
        ("", "R1"),
    ],
)
def test_order_sorts(xero: Client, order: str, first: str) -> None:
    assert numbers(ask(xero, "Invoices", order=order, **OF_TWO_CONTACTS))[0] == first


def test_ties_are_in_the_order_of_ids_whatever_the_direction(xero: Client) -> None:
    both = [
        [one["InvoiceID"] for one in ask(xero, "Invoices", order=order, where="Total==100").json["Invoices"]]
        for order in ("Total", "Total DESC")
    ]

    assert both[0] == both[1] == sorted(both[0])


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ("Foo", "No property or field 'Foo' exists in type 'BatchPayment' (at index 0)"),
        ("Account", "No property or field 'Account' exists in type 'BatchPayment' (at index 0)"),
        ("Date SIDEWAYS", "Syntax error (at index 0)"),
        ("Date;", "Syntax error (at index 0)"),
    ],
)
def test_order_that_cannot_be_parsed_is_a_bad_query(xero: Client, order: str, message: str) -> None:
    answer = ask(xero, "BatchPayments", order=order)

    assert (answer.status, answer.json["ErrorNumber"], answer.json["Message"]) == (400, 16, message)


def test_batches_come_by_their_change(put: Put, read: Read) -> None:
    created = put(batch(pay(R1))).json["BatchPayments"][0]

    assert [one["BatchPaymentID"] for one in read("BatchPayments")] == [
        RECONCILED,
        TWO_CURRENCIES,
        created["BatchPaymentID"],
    ]


@pytest.mark.parametrize(
    ("since", "found"),
    [
        ("Thu, 21 Feb 2019 03:00:00 GMT", ["R6", "RAUD"]),
        ("2019-02-21T03:00:00", ["R6", "RAUD"]),
        ("2019-02-21T03:00:00.999Z", ["R6", "RAUD"]),
        ("2019-02-21T16:00:00+13:00", ["R6", "RAUD"]),
        ("2019-02-21T02:59:59", ["R5", "R6", "RAUD"]),
        ("2019-02-22", ["R6", "RAUD"]),
        ("2026-01-05", []),
        ("2019-02-21 03:00:00", ["R6", "RAUD"]),
        ("Thu, 21 Feb 2019 03:00:00 UTC", ["R6", "RAUD"]),
        ("Thu, 21 Feb 2019 03:00:00 -0000", ["R6", "RAUD"]),
        ("Thu, 21 Feb 2019 16:00:00 +1300", ["R6", "RAUD"]),
        ("Tue, 5 Mar 2019 03:00:00 GMT", []),
        ("05 Mar 2019 03:00:00 GMT", []),
    ],
)
def test_if_modified_since_shows_what_changed_later(xero: Client, since: str, found: list[str]) -> None:
    query = f"order=InvoiceNumber&ContactIDs={RIDGEWAY},{PAPERPEN}"
    answer = xero.get(f"{API}/Invoices?{query}", headers={"if-modified-since": since})

    assert (answer.status, numbers(answer)) == (200, found)


@pytest.mark.parametrize("since", ["yesterday", "2019-02-30", "Thu, 31 Feb 2019 03:00:00 GMT", ""])
def test_a_condition_that_cannot_be_read_is_a_412(xero: Client, since: str) -> None:
    answer = xero.get(f"{API}/Invoices", headers={"if-modified-since": since})

    assert (answer.status, answer.json["Title"], answer.json["Status"]) == (412, "Precondition Failed", 412)


class TestPages:
    """Twelve invoices, five a page."""

    def test_a_page_says_where_it_stands(self, xero: Client) -> None:
        answer = ask(xero, "Invoices", page=3, pageSize=5, **OF_TWO_CONTACTS)

        assert answer.json["pagination"] == {"page": 3, "pageSize": 5, "pageCount": 3, "itemCount": 12}
        assert len(answer.json["Invoices"]) == 2

    def test_pages_together_are_the_list(self, xero: Client) -> None:
        pages = [
            numbers(ask(xero, "Invoices", page=page, pageSize=3, **OF_TWO_CONTACTS)) for page in (1, 2, 3, 4)
        ]

        whole = numbers(ask(xero, "Invoices", **OF_TWO_CONTACTS))
        assert sum(pages, []) == whole  # noqa: RUF017 - four short lists

    def test_a_page_after_the_last_is_empty(self, xero: Client) -> None:
        assert ask(xero, "Invoices", page=50, pageSize=3).json["Invoices"] == []

    @pytest.mark.parametrize(("sent", "taken"), [(0, 1), (-5, 1), (1001, 1000), (10**12, 1000)])
    def test_a_size_out_of_range_is_the_nearest_one(self, xero: Client, sent: int, taken: int) -> None:
        assert ask(xero, "Invoices", page=1, pageSize=sent).json["pagination"]["pageSize"] == taken

    def test_a_hundred_are_a_page(self, xero: Client) -> None:
        assert ask(xero, "Invoices", page=1).json["pagination"]["pageSize"] == 100

    def test_a_list_without_page_has_no_pagination(self, xero: Client) -> None:
        documents = [
            xero.get(f"{API}/{name}").json for name in ("Invoices", "Payments", "Contacts", "Accounts")
        ]

        assert not any("pagination" in document for document in documents)

    @pytest.mark.parametrize("collection", ["Payments", "Contacts"])
    def test_payments_and_contacts_are_paged_too(self, xero: Client, collection: str) -> None:
        answer = ask(xero, collection, page=2, pageSize=1)

        assert (len(answer.json[collection]), answer.json["pagination"]["page"]) == (1, 2)

    @pytest.mark.parametrize(
        "query", ["page=0", "page=x", "page=1&pageSize=x", "unitdp=x", "IDs=x", "summaryOnly=x"]
    )
    def test_what_is_no_number_is_a_400(self, xero: Client, query: str) -> None:
        answer = xero.get(f"{API}/Invoices?{query}")

        assert (answer.status, answer.json["ErrorNumber"]) == (400, 16)

    def test_a_value_that_cannot_be_read_is_named(self, xero: Client) -> None:
        message = xero.get(f"{API}/Invoices?page=two").json["Message"]

        assert message == 'The value "two" is not valid for page'


class TestHowMuchOfAnInvoice:
    """Whole ones come by the page, by status or alone."""

    def test_a_plain_list_has_no_lines(self, xero: Client) -> None:
        assert all(one["LineItems"] == [] for one in ask(xero, "Invoices").json["Invoices"])

    def test_a_plain_list_has_short_contacts(self, xero: Client) -> None:
        assert "EmailAddress" not in ask(xero, "Invoices", IDs=R1).json["Invoices"][0]["Contact"]

    @pytest.mark.parametrize("query", [{"page": 1}, {"Statuses": "AUTHORISED,PAID,DRAFT"}])
    def test_a_page_has_lines_and_whole_contacts(self, xero: Client, query: Any) -> None:
        shown = ask(xero, "Invoices", **query, **OF_TWO_CONTACTS).json

        assert all(len(one["LineItems"]) == 1 for one in shown["Invoices"])
        assert all("EmailAddress" in one["Contact"] for one in shown["Invoices"])
        assert shown["pagination"]["itemCount"] == 12

    def test_a_summary_is_a_page_without_lines_and_payments(self, xero: Client) -> None:
        shown = ask(xero, "Invoices", summaryOnly="true", **OF_TWO_CONTACTS).json

        assert shown["pagination"]["itemCount"] == 12
        assert not {"LineItems", "Payments", "HasAttachments"} & set(shown["Invoices"][0])
        assert shown["Invoices"][0]["Overpayments"] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"IDs": f"{R1},{R3.upper()}"}, ["R1", "R3"]),
        ({"IDs": f"{R1},{TWO_CURRENCIES}"}, ["R1"]),
        ({"InvoiceNumbers": "R2,B1,nothing"}, ["B1", "R2"]),
        ({"ContactIDs": RIDGEWAY}, SALES_BY_NUMBER),
        ({"Statuses": "DRAFT"}, ["INV-0006", "NC-11942", "R4"]),
        ({"Statuses": "DRAFT,VOIDED", "IDs": B1}, []),
        ({"searchTerm": "WINTER"}, ["R1"]),
        ({"searchTerm": "usd"}, ["RUSD"]),
        ({"createdByMyApp": "true"}, []),
        ({"ids": R1}, ["R1"]),
    ],
)
def test_invoices_are_picked_by(xero: Client, query: Any, found: list[str]) -> None:
    assert numbers(ask(xero, "Invoices", order="InvoiceNumber", **query)) == found


def test_an_app_finds_what_it_made(xero: Client, bill: Put) -> None:
    bill(invoice(InvoiceNumber="MINE"))

    mine = ask(xero, "Invoices", createdByMyApp="true")
    theirs = ask(xero.within(authorization="Bearer whoever"), "Invoices", createdByMyApp="true")
    assert (numbers(mine), numbers(theirs)) == (["MINE"], [])


def test_archived_contacts_are_shown_when_asked_for(xero: Client) -> None:
    names = [
        [one["Name"] for one in ask(xero, "Contacts", includeArchived=flag).json["Contacts"]]
        for flag in ("false", "true")
    ]

    assert set(names[1]) - set(names[0]) == {"Old Mill Bakery"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"IDs": RIDGEWAY.upper()}, ["Ridgeway University"]),
        ({"searchTerm": "WHITMORE"}, ["Ridgeway University"]),
        ({"searchTerm": "paperpen"}, ["Paper & Pen Supplies"]),
        ({"searchTerm": "nobody"}, []),
    ],
)
def test_contacts_are_picked_by(xero: Client, query: Any, found: list[str]) -> None:
    assert [one["Name"] for one in ask(xero, "Contacts", **query).json["Contacts"]] == found


def test_a_summary_of_contacts_has_no_addresses(xero: Client) -> None:
    assert not any("Addresses" in one for one in ask(xero, "Contacts", summaryOnly="true").json["Contacts"])


def test_one_account_and_one_contact_can_be_shown(read: Read) -> None:
    account = read("Accounts/5EC2F302-cd60-4f8b-a915-9229dd45e6fa")[0]
    contact = read(f"Contacts/{RIDGEWAY}")[0]

    assert (account["Code"], account["CurrencyCode"], contact["Name"]) == (
        "BANK1",
        "NZD",
        "Ridgeway University",
    )
