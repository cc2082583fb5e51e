"""Lists are filtered and sorted."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.support.client import Client, Response
from tests.vendors.xero.documents import API, PAPERPEN, R1, R2, R5_PAID, RIDGEWAY

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
