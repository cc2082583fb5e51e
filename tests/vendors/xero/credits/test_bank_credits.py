"""Bank transactions of some types bring an overpayment or a prepayment about."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mockserver.vendors.xero.credits import CREDIT_OF_TRANSACTION
from tests.support.client import Client, Response
from tests.vendors.xero.conftest import Read
from tests.vendors.xero.documents import API, BANKUSD, EACH, HARBOUR, R1, RIDGEWAY, messages

BANKING = f"{API}/BankTransactions"
OVERPAYMENTS = ("RECEIVE-OVERPAYMENT", "SPEND-OVERPAYMENT")
PREPAYMENTS = ("RECEIVE-PREPAYMENT", "SPEND-PREPAYMENT")
UNCHANGEABLE = "BankTransaction not of valid type for modification"


def transaction(kind: str, **members: Any) -> dict[str, Any]:
    """23.00 from or to Ridgeway University through BANK1."""
    return {
        "Type": kind,
        "Contact": {"ContactID": RIDGEWAY},
        "BankAccount": {"Code": "BANK1"},
        "Date": "2019-02-22",
        "LineItems": [line(AccountCode="SALES" if kind.startswith("RECEIVE") else "OFFICE")],
        **members,
    }


def line(**members: Any) -> dict[str, Any]:
    return {"Description": "Too much", "LineAmount": 23, **members}


def enter(xero: Client, sent: Any, method: str = "PUT", **headers: str) -> Any:
    answer = xero.request(method, f"{BANKING}{EACH}", json=sent, headers=headers)
    return answer.json["BankTransactions"][0]


def change(xero: Client, key: str, **members: Any) -> Response:
    return xero.post(f"{BANKING}/{key}", json=members)


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("kind", sorted(CREDIT_OF_TRANSACTION))
def test_a_transaction_leaves_a_credit_of_its_id(xero: Client, read: Read, kind: str, method: str) -> None:
    made = enter(xero, transaction(kind), method)
    credit = CREDIT_OF_TRANSACTION[kind]

    assert made[credit.id] == made["BankTransactionID"]
    shown = read(f"{credit.plural}/{made[credit.id]}")[0]
    assert (shown["Type"], shown["Status"], shown["Total"], shown["RemainingCredit"]) == (
        kind,
        "AUTHORISED",
        23,
        23,
    )
    assert shown["LineItems"] == made["LineItems"]


@pytest.mark.parametrize("kind", sorted(CREDIT_OF_TRANSACTION))
def test_the_credit_is_in_its_list(xero: Client, read: Read, kind: str) -> None:
    key = enter(xero, transaction(kind))["BankTransactionID"]
    credit = CREDIT_OF_TRANSACTION[kind]

    assert key in [one[credit.id] for one in read(credit.plural)]


def test_the_transaction_shows_the_id_of_its_credit_when_it_is_read(xero: Client, read: Read) -> None:
    made = enter(xero, transaction("SPEND-PREPAYMENT"))

    (found,) = read(f'BankTransactions?page=1&where=PrepaymentID==guid("{made["PrepaymentID"]}")')
    assert found["PrepaymentID"] == found["BankTransactionID"] == made["BankTransactionID"]


@pytest.mark.parametrize("kind", ["SPEND", "RECEIVE"])
def test_money_spent_or_received_leaves_no_credit(xero: Client, kind: str) -> None:
    assert not {"OverpaymentID", "PrepaymentID"} & set(enter(xero, transaction(kind)))


def test_a_refused_transaction_leaves_no_credit(xero: Client, read: Read) -> None:
    before = len(read("Overpayments"))
    refused = enter(xero, transaction("RECEIVE-OVERPAYMENT", Contact={}))

    assert refused["StatusAttributeString"] == "ERROR"
    assert len(read("Overpayments")) == before


@pytest.mark.parametrize("kind", ["RECEIVE-OVERPAYMENT", "RECEIVE-PREPAYMENT"])
def test_the_credit_is_taken_off_an_invoice(xero: Client, read: Read, kind: str) -> None:
    key, credit = enter(xero, transaction(kind))["BankTransactionID"], CREDIT_OF_TRANSACTION[kind]
    due = read(f"Invoices/{R1}")[0]["AmountDue"]
    xero.put(f"{API}/{credit.plural}/{key}/Allocations", json={"Amount": 20, "Invoice": {"InvoiceID": R1}})

    assert read(f"{credit.plural}/{key}")[0]["RemainingCredit"] == 3
    assert read(f"Invoices/{R1}")[0]["AmountDue"] == due - 20


@pytest.mark.parametrize(("kind", "code"), [("RECEIVE-OVERPAYMENT", "610"), ("SPEND-OVERPAYMENT", "800")])
@pytest.mark.parametrize("sent", [{}, {"AccountCode": "SALES", "TaxType": "OUTPUT2", "TaxAmount": 3}])
def test_an_overpayment_is_on_the_account_of_what_is_owed(
    xero: Client, kind: str, code: str, sent: dict[str, Any]
) -> None:
    made = enter(xero, transaction(kind, LineAmountTypes="Exclusive", LineItems=[line(**sent)]))

    assert (made["LineItems"][0]["AccountCode"], made["LineItems"][0]["TaxType"]) == (code, "NONE")
    assert (made["LineAmountTypes"], made["TotalTax"], made["Total"]) == ("NoTax", 0, 23)


def test_where_there_is_no_such_account_the_line_keeps_the_one_sent(xero: Client) -> None:
    sent = transaction("RECEIVE-OVERPAYMENT", Contact={"Name": "Quay"}, LineItems=[line(AccountCode="SALES")])

    made = enter(xero, sent, **{"xero-tenant-id": HARBOUR})

    assert (made["LineItems"][0]["AccountCode"], made["Total"]) == ("SALES", 23)


@pytest.mark.parametrize("kind", OVERPAYMENTS)
def test_an_overpayment_has_one_line(xero: Client, kind: str) -> None:
    found = enter(xero, transaction(kind, LineItems=[line(), line()]))

    assert messages(found) == ["An overpayment can have only one line item"]


@pytest.mark.parametrize("kind", PREPAYMENTS)
def test_a_prepayment_has_lines_with_accounts_and_tax(xero: Client, kind: str) -> None:
    account = "SALES" if kind.startswith("RECEIVE") else "OFFICE"
    items = [line(AccountCode=account), line(AccountCode=account)]
    made = enter(xero, transaction(kind, LineItems=items))

    assert [made[name] for name in ("SubTotal", "TotalTax", "Total")] == [40, 6, 46]
    found = enter(xero, transaction(kind, LineItems=[line()]))
    assert messages(found) == ["Account code or ID must be specified"]


@pytest.mark.parametrize("kind", sorted(CREDIT_OF_TRANSACTION))
def test_references_and_items_are_left_out(xero: Client, kind: str) -> None:
    items = [line(AccountCode="SALES", TaxType="NONE", ItemCode="BOOK")]
    made = enter(xero, transaction(kind, Reference="Twice", LineItems=items))

    assert made["StatusAttributeString"] == "OK"
    assert "Reference" not in made
    assert "ItemCode" not in made["LineItems"][0]


def test_an_overpayment_may_name_its_currency(xero: Client) -> None:
    sent = transaction("RECEIVE-OVERPAYMENT", CurrencyCode="USD", CurrencyRate=0.7)

    made = enter(xero, sent)

    assert (made["CurrencyCode"], made["CurrencyRate"]) == ("USD", Decimal("0.7"))


@pytest.mark.parametrize(
    ("currency", "message"),
    [
        ({"CurrencyCode": "XPF"}, "Organisation is not subscribed to currency XPF"),
        ({"CurrencyRate": 0}, "Currency rate must be greater than zero"),
    ],
)
def test_a_currency_of_an_overpayment_has_to_exist(
    xero: Client, currency: dict[str, Any], message: str
) -> None:
    assert messages(enter(xero, transaction("RECEIVE-OVERPAYMENT", **currency))) == [message]


def test_a_prepayment_is_in_the_currency_of_the_bank_account(xero: Client) -> None:
    sent = transaction("RECEIVE-PREPAYMENT", BankAccount={"AccountID": BANKUSD}, CurrencyCode="NZD")

    assert enter(xero, sent)["CurrencyCode"] == "USD"


@pytest.mark.parametrize("kind", sorted(CREDIT_OF_TRANSACTION))
@pytest.mark.parametrize("members", [{"Status": "DELETED"}, {"Date": "2019-02-23"}, {"Type": "SPEND"}])
def test_the_transaction_of_a_credit_takes_no_change(
    xero: Client, read: Read, kind: str, members: dict[str, Any]
) -> None:
    key = enter(xero, transaction(kind))["BankTransactionID"]
    answer = change(xero, key, **members)

    assert (answer.status, messages(answer.json["Elements"][0])) == (400, [UNCHANGEABLE])
    assert read(f"BankTransactions/{key}")[0]["Status"] == "AUTHORISED"


def test_money_spent_cannot_become_a_prepayment(xero: Client) -> None:
    key = enter(xero, transaction("SPEND"))["BankTransactionID"]

    answer = change(xero, key, Type="SPEND-PREPAYMENT")

    assert messages(answer.json["Elements"][0]) == [UNCHANGEABLE]
