"""Bank transactions: create, list, change, delete."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.client import Client, Response
from tests.vendors.xero.conftest import Read
from tests.vendors.xero.documents import API, BANK1, BANKUSD, CLEAR, EACH, OLDBANK, RIDGEWAY, ZERO, messages

BANKING = f"{API}/BankTransactions"
PAPER = "ba9c0de0-0000-4000-8000-000000000001"
HIRE = "ba9c0de0-0000-4000-8000-000000000002"
FEE = "ba9c0de0-0000-4000-8000-000000000003"
DELETED = "ba9c0de0-0000-4000-8000-000000000005"
RECONCILED = "This Bank Transaction cannot be edited as it has been reconciled with a Bank Statement."


def spend(**members: Any) -> dict[str, Any]:
    """46.00 spent on paper from BANK1; a member given as None is left out."""
    sent = {
        "Type": "SPEND",
        "Contact": {"Name": "Paper & Pen Supplies"},
        "BankAccount": {"AccountID": BANK1},
        "Date": "2019-02-22",
        "LineItems": [item()],
        **members,
    }
    return {name: value for name, value in sent.items() if value is not None}


def item(**members: Any) -> dict[str, Any]:
    sent = {"Description": "Paper", "Quantity": 2, "UnitAmount": 23.0, "AccountCode": "OFFICE", **members}
    return {name: value for name, value in sent.items() if value is not None}


def enter(xero: Client, *elements: Any, method: str = "PUT", query: str = EACH) -> Response:
    return xero.request(method, f"{BANKING}{query}", json={"BankTransactions": list(elements)})


def made(answer: Response) -> Any:
    return answer.json["BankTransactions"][0]


def faults(xero: Client, **members: Any) -> list[str]:
    return messages(made(enter(xero, spend(**members))))


def test_money_spent_is_booked_with_tax_included(xero: Client) -> None:
    found = made(enter(xero, spend()))

    assert {name: found[name] for name in ("Type", "Status", "LineAmountTypes", "CurrencyCode")} == {
        "Type": "SPEND",
        "Status": "AUTHORISED",
        "LineAmountTypes": "Inclusive",
        "CurrencyCode": "NZD",
    }
    assert [found[name] for name in ("SubTotal", "TotalTax", "Total")] == [40, 6, 46]
    assert found["BankAccount"] == {"AccountID": BANK1, "Code": "BANK1", "Name": "Cheque account"}
    assert found["StatusAttributeString"] == "OK"


def test_it_is_read_again_as_it_was_answered(xero: Client, read: Read) -> None:
    found = made(enter(xero, spend(Reference="Card", IsReconciled=True, Url="https://shop.example/1")))
    del found["StatusAttributeString"]

    assert read(f"BankTransactions/{found['BankTransactionID']}") == [{**found, "Attachments": []}]
    assert (found["Reference"], found["IsReconciled"]) == ("Card", True)


def test_one_may_come_without_its_wrapper(xero: Client) -> None:
    assert xero.put(BANKING, json=spend()).status == 200


def test_the_currency_is_that_of_the_bank_account(xero: Client) -> None:
    found = made(enter(xero, spend(BankAccount={"AccountID": BANKUSD}, CurrencyCode="NZD", CurrencyRate=9)))

    assert (found["CurrencyCode"], found["CurrencyRate"]) == ("USD", Decimal("0.65"))


def test_a_new_contact_is_made(xero: Client, read: Read) -> None:
    enter(xero, spend(Contact={"Name": "Corner Shop"}))

    (shown,) = read('Contacts?where=Name=="Corner%20Shop"')
    assert (shown["IsSupplier"], shown["IsCustomer"]) == (False, False)


@pytest.mark.parametrize("kind", ["SPEND", "RECEIVE"])
def test_money_without_an_invoice_makes_nobody_a_customer_or_supplier(
    xero: Client, read: Read, kind: str
) -> None:
    (made,) = xero.put(f"{API}/Contacts", json={"Contacts": [{"Name": "Corner Shop"}]}).json["Contacts"]

    enter(xero, spend(Type=kind, Contact={"ContactID": made["ContactID"]}))

    (shown,) = read(f"Contacts/{made['ContactID']}")
    assert (shown["IsSupplier"], shown["IsCustomer"]) == (False, False)


def test_elements_are_answered_one_by_one(xero: Client) -> None:
    good, bad = enter(xero, spend(), spend(Type="RECEIVE", LineItems=[])).json["BankTransactions"]

    assert good["BankTransactionID"] != ZERO
    assert (bad["BankTransactionID"], bad["StatusAttributeString"]) == (ZERO, "ERROR")
    assert messages(bad) == ["One or more line items must be specified"]


def test_summarised_errors_save_the_good_ones(xero: Client, read: Read) -> None:
    before = len(read("BankTransactions"))
    answer = enter(xero, spend(), spend(Contact=None), query="")

    assert (answer.status, answer.json["ErrorNumber"], len(answer.json["Elements"])) == (400, 10, 1)
    assert len(read("BankTransactions")) == before + 1


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"Type": None}, "BankTransaction not of valid type for creation"),
        ({"Type": "SPEND-TRANSFER"}, "BankTransaction not of valid type for creation"),
        ({"Status": "DELETED"}, "BankTransaction not of valid status for creation"),
        ({"Contact": None}, "A Contact must be specified for this type of transaction"),
        ({"BankAccount": None}, "Account could not be found"),
        ({"BankAccount": {"Code": "NOPE"}}, "Account could not be found"),
        ({"BankAccount": {"AccountID": CLEAR}}, "Only accounts of type BANK can be used as a bank account"),
        ({"BankAccount": {"AccountID": OLDBANK}}, "The account is archived and cannot be used"),
        ({"LineItems": [item(Description="")]}, "Description must be specified for each line item"),
        ({"LineItems": [item(), item(Quantity=0)]}, "Quantity must be greater than zero"),
        ({"LineItems": [item(), item(UnitAmount=0)]}, "Unit amount must not be zero"),
        ({"LineItems": [item(AccountCode=None)]}, "Account code or ID must be specified"),
        ({"LineItems": [item(UnitAmount=-1)]}, "The Total for this document must be greater than zero"),
        (
            {"LineItems": [item(TaxAmount=5)]},
            "Tax amount 5.00 is incorrect for INPUT2 tax type, should be 6.00",
        ),
        ({"SubTotal": 46}, "The document sub total does not equal the sub total of the lines"),
        ({"Total": 40}, "The document total does not equal the total of the lines"),
        (
            {"Date": "2015-12-31"},
            "The document date cannot be before the period lock date, currently set at 31 December 2015",
        ),
    ],
)
def test_what_the_books_have_against_it(xero: Client, members: dict[str, Any], message: str) -> None:
    assert faults(xero, **members) == [message]


def test_totals_that_are_those_of_the_lines_are_taken(xero: Client) -> None:
    assert made(enter(xero, spend(SubTotal=40, TotalTax=6, Total=46)))["StatusAttributeString"] == "OK"


def test_a_list_is_short_and_a_page_is_whole(read: Read) -> None:
    short, whole = read("BankTransactions"), read("BankTransactions?page=1&pageSize=2")

    assert [one["LineItems"] for one in short] == [[]] * len(short)
    assert "EmailAddress" not in short[0]["Contact"]
    assert [len(one["LineItems"]) for one in whole] == [1, 1]


def test_a_list_is_filtered_and_sorted(read: Read) -> None:
    query = 'where=Status=="AUTHORISED" AND BankAccount.Code=="BANK1" AND Total>=46&order=Total DESC'

    found = read(f"BankTransactions?{query}".replace(" ", "%20").replace(">", "%3E"))

    assert [one["Total"] for one in found] == [115, 80, 46]


def test_a_list_is_of_what_changed_since(xero: Client) -> None:
    enter(xero, spend())
    answer = xero.get(BANKING, headers={"if-modified-since": "2020-01-01T00:00:00"})

    assert len(answer.json["BankTransactions"]) == 1


@pytest.mark.parametrize("path", ["", f"/{PAPER}"])
def test_a_change_keeps_what_is_not_sent(xero: Client, path: str) -> None:
    change = {"BankTransactionID": PAPER, "Reference": "New", "LineItems": []}
    found = made(xero.post(f"{BANKING}{path}", json={"BankTransactions": [change]}))

    assert (found["Reference"], found["Total"], found["Contact"]["Name"]) == (
        "New",
        46,
        "Paper & Pen Supplies",
    )
    assert found["LineItems"][0]["LineItemID"] == "22222222-0000-4000-8000-000000000001"


def test_lines_that_are_sent_take_the_place_of_all(xero: Client) -> None:
    kept = item(LineItemID="22222222-0000-4000-8000-000000000001", Quantity=1)
    found = made(
        enter(xero, {"BankTransactionID": PAPER, "LineItems": [kept, item()]}, method="POST", query="")
    )

    assert found["Total"] == 69
    assert found["LineItems"][0]["LineItemID"] == kept["LineItemID"]
    assert found["LineItems"][1]["LineItemID"] != kept["LineItemID"]


def test_other_amount_types_bring_another_tax(xero: Client) -> None:
    found = made(enter(xero, {"BankTransactionID": PAPER, "LineAmountTypes": "NoTax"}, method="POST"))

    assert [found[name] for name in ("SubTotal", "TotalTax", "Total")] == [46, 0, 46]


def test_one_without_an_id_is_created_by_post(xero: Client) -> None:
    assert made(enter(xero, spend(), method="POST"))["BankTransactionID"] not in (ZERO, PAPER)


@pytest.mark.parametrize("body", [{"Status": "DELETED"}, {"BankTransactions": [{"Status": "DELETED"}]}])
def test_one_is_deleted_by_its_status(xero: Client, read: Read, body: Any) -> None:
    assert made(xero.post(f"{BANKING}/{HIRE}", json=body))["Status"] == "DELETED"
    assert read(f"BankTransactions/{HIRE}")[0]["Status"] == "DELETED"


@pytest.mark.parametrize(
    ("key", "change", "message"),
    [
        (FEE, {"Reference": "New"}, RECONCILED),
        (FEE, {"Status": "DELETED"}, RECONCILED),
        (FEE, {"IsReconciled": False}, RECONCILED),
        (DELETED, {"Reference": "New"}, "BankTransaction not of valid status for modification"),
        (PAPER, {"Status": "VOIDED"}, "BankTransaction not of valid status for modification"),
        (PAPER, {"Type": "RECEIVE"}, "BankTransaction not of valid type for modification"),
        (
            "99999999-9999-4999-8999-999999999999",
            {"Reference": "New"},
            "The document with the supplied id was not found for this endpoint.",
        ),
    ],
)
def test_some_take_no_change(xero: Client, key: str, change: dict[str, Any], message: str) -> None:
    answer = xero.post(f"{BANKING}/{key}", json={"BankTransactions": [change]})

    assert (answer.status, answer.json["Elements"][0]["BankTransactionID"]) == (400, key)
    assert messages(answer.json["Elements"][0]) == [message]


def test_one_that_is_not_there_is_a_404(xero: Client) -> None:
    assert xero.get(f"{BANKING}/99999999-9999-4999-8999-999999999999").status == 404


def test_a_contact_is_named_by_its_id(xero: Client) -> None:
    found = made(enter(xero, spend(Type="RECEIVE", Contact={"ContactID": RIDGEWAY}, LineItems=[sale()])))

    assert (found["Contact"]["Name"], found["Total"]) == ("Ridgeway University", 100)


def sale() -> dict[str, Any]:
    return item(Description="Hall hire", Quantity=1, UnitAmount=100, AccountCode="SALES")
