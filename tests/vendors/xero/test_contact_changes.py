"""Contacts: created, changed, archived; by id, number or name."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

import pytest
from xero_python import accounting
from xero_python.api_client import ModelFinder
from xero_python.api_client.deserializer import deserialize

from tests.support.client import Client, Response
from tests.vendors.xero.conftest import Put, Read
from tests.vendors.xero.documents import API, EACH, RIDGEWAY, ZERO, invoice, line, messages

SUPPLIES = "c0ffee00-0000-4000-8000-000000000002"
BAKERY = "c0ffee00-0000-4000-8000-000000000003"
UNKNOWN = "77777777-7777-4777-8777-777777777777"
ARCHIVED = (
    "The specified contact details matched an archived contact. "
    "Archived contacts cannot currently be edited via the API."
)

Send: TypeAlias = Callable[..., Response]


def taken(name: str) -> str:
    return (
        f"The contact name {name} is already assigned to another contact. "
        "The contact name must be unique across all active contacts."
    )


@pytest.fixture
def create(xero: Client) -> Send:
    """Put contacts, each to be answered for itself."""
    return lambda *sent, query=EACH: xero.put(f"{API}/Contacts{query}", json={"Contacts": list(sent)})


@pytest.fixture
def change(xero: Client) -> Send:
    """Post contacts, each to be answered for itself."""
    return lambda *sent, path="Contacts", query=EACH: xero.post(
        f"{API}/{path}{query}", json={"Contacts": list(sent)}
    )


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, ["Contact Name cannot be empty."]),
        ({"Name": ""}, ["Contact Name cannot be empty."]),
        ({"Name": "RIDGEWAY university"}, [taken("RIDGEWAY university")]),
        ({"Name": "N", "EmailAddress": "nobody"}, ["Email address must be valid"]),
        (
            {"Name": "N", "ContactPersons": [{"EmailAddress": "jo@"}]},
            ["Email address must be valid"],
        ),
        ({"Name": "N" * 256}, ["Name is too long. Maximum of 255 characters allowed"]),
        (
            {"Name": "N", "ContactNumber": "9" * 51},
            ["ContactNumber is too long. Maximum of 50 characters allowed"],
        ),
        (
            {"Name": "N", "Phones": [{"PhoneType": "FAX", "PhoneNumber": "5" * 51}]},
            ["PhoneNumber is too long. Maximum of 50 characters allowed"],
        ),
        (
            {"Name": "N", "ContactPersons": [{}] * 6},
            ["ContactPersons has too many elements. Maximum of 5 allowed"],
        ),
        (
            {"Name": "N", "ContactNumber": "RIDGE"},
            ["The contact number RIDGE is already assigned to another contact."],
        ),
        ({"Name": "N", "DefaultCurrency": "XOF"}, ["Organisation is not subscribed to currency XOF"]),
    ],
)
def test_a_contact_that_cannot_be_created_says_why(create: Send, sent: Any, said: list[str]) -> None:
    refused = create(sent).json["Contacts"][0]

    assert (messages(refused), refused["ContactID"], refused["HasValidationErrors"]) == (said, ZERO, True)


def test_two_of_one_name_in_a_call_are_one_contact_and_one_error(create: Send) -> None:
    first, second = create({"Name": "Twice"}, {"Name": "twice"}).json["Contacts"]

    assert (first["StatusAttributeString"], messages(second)) == ("OK", [taken("twice")])


def test_an_account_number_belongs_to_one_contact(create: Send) -> None:
    first, second = create(
        {"Name": "One", "AccountNumber": "A-1"}, {"Name": "Two", "AccountNumber": "A-1"}
    ).json["Contacts"]

    said = "The Account Number already exists. Please enter a different Account Number."
    assert (first["AccountNumber"], messages(second)) == ("A-1", [said])


def test_the_name_of_an_archived_contact_is_free(create: Send) -> None:
    made = create({"Name": "Old Mill Bakery"}).json["Contacts"][0]

    assert (made["ContactStatus"], made["ContactID"] == BAKERY) == ("ACTIVE", False)


def test_an_id_that_is_sent_with_a_new_contact_is_not_used(create: Send) -> None:
    made = create({"ContactID": RIDGEWAY, "Name": "New"}).json["Contacts"][0]

    assert made["ContactID"] not in (RIDGEWAY, ZERO)


def test_errors_are_summarised_unless_asked_otherwise(create: Send, read: Read) -> None:
    answer = create({"Name": "Ridgeway University"}, {"Name": "Saved"}, query="")

    assert (answer.status, answer.json["ErrorNumber"]) == (400, 10)
    assert [messages(one) for one in answer.json["Elements"]] == [[taken("Ridgeway University")]]
    assert [one["Name"] for one in read("Contacts?searchTerm=saved")] == ["Saved"]


def test_a_status_is_shown_where_each_is_answered_for_itself(create: Send) -> None:
    assert "StatusAttributeString" not in create({"Name": "N"}, query="").json["Contacts"][0]


@pytest.mark.parametrize("status", ["DELETED", "active"])
def test_a_status_that_there_is_not_refuses_the_call(create: Send, status: str) -> None:
    answer = create({"Name": "N", "ContactStatus": status})

    assert (answer.status, answer.json["ErrorNumber"]) == (400, 14)


@pytest.mark.parametrize(
    "named",
    [
        {"ContactID": RIDGEWAY.upper()},
        {"ContactNumber": "RIDGE"},
        {"Name": "Ridgeway University"},
        {"Name": "ridgeway university"},
        {"ContactID": ZERO, "ContactNumber": "RIDGE"},
        {"ContactID": RIDGEWAY, "ContactNumber": "RIDGE", "Name": "Ridgeway University"},
    ],
)
def test_a_contact_to_change_is_named_by(change: Send, read: Read, named: Any) -> None:
    changed = change({**named, "FirstName": "Robin"}).json["Contacts"][0]

    assert (changed["ContactID"], changed["FirstName"], changed["LastName"]) == (
        RIDGEWAY,
        "Robin",
        "Whitmore",
    )
    assert read(f"Contacts/{RIDGEWAY}")[0]["FirstName"] == "Robin"


def test_the_number_comes_before_the_name(change: Send) -> None:
    refused = change({"ContactNumber": "RIDGE", "Name": "Paper & Pen Supplies"}).json["Contacts"][0]

    assert messages(refused) == [taken("Paper & Pen Supplies")]


def test_a_contact_may_change_its_name_and_keep_its_own(change: Send, read: Read) -> None:
    change({"ContactID": RIDGEWAY, "Name": "Ridgeway College"})
    kept = change({"ContactID": RIDGEWAY, "Name": "RIDGEWAY COLLEGE"}).json["Contacts"][0]

    assert (kept["HasValidationErrors"], read("Contacts/RIDGE")[0]["Name"]) == (False, "RIDGEWAY COLLEGE")


def test_an_empty_name_leaves_the_name(change: Send) -> None:
    changed = change({"ContactID": RIDGEWAY, "Name": "", "ContactNumber": ""}).json["Contacts"][0]

    assert (changed["Name"], changed["ContactNumber"]) == ("Ridgeway University", "RIDGE")


@pytest.mark.parametrize(
    ("path", "sent"), [("Contacts", {"ContactID": UNKNOWN}), (f"Contacts/{UNKNOWN}", {})]
)
def test_an_id_that_is_not_there_is_an_error_of_the_element(change: Send, path: str, sent: Any) -> None:
    answer = change({**sent, "Name": "N"}, path=path, query="")

    said = "The document with the supplied id was not found for this endpoint."
    assert (answer.status, messages(answer.json["Elements"][0])) == (400, [said])
    assert answer.json["Elements"][0]["ContactID"] == UNKNOWN


@pytest.mark.parametrize("named", [{"ContactID": BAKERY}, {"Name": "old mill bakery"}])
def test_an_archived_contact_takes_no_change(change: Send, read: Read, named: Any) -> None:
    refused = change({**named, "ContactStatus": "ACTIVE"}).json["Contacts"][0]

    assert messages(refused) == [ARCHIVED]
    assert read(f"Contacts/{BAKERY}")[0]["ContactStatus"] == "ARCHIVED"


def test_an_archived_contact_leaves_the_list(change: Send, read: Read) -> None:
    before = {one["ContactID"] for one in read("Contacts")}

    change({"ContactStatus": "ARCHIVED"}, path=f"Contacts/{SUPPLIES}", query="")

    assert before - {one["ContactID"] for one in read("Contacts")} == {SUPPLIES}


def test_addresses_and_phones_are_replaced_kind_by_kind(change: Send) -> None:
    change({"ContactID": RIDGEWAY, "Phones": [{"PhoneType": "FAX", "PhoneNumber": "555-0199"}]})
    changed = change(
        {"ContactID": RIDGEWAY, "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "555-0100"}]}
    ).json["Contacts"][0]

    numbers = {one["PhoneType"]: one.get("PhoneNumber") for one in changed["Phones"]}
    assert (numbers["DEFAULT"], numbers["FAX"]) == ("555-0100", "555-0199")
    assert "1 College Rise" in [one.get("AddressLine1") for one in changed["Addresses"]]


def test_everything_that_is_sent_is_kept(create: Send, read: Read) -> None:
    sent = {
        "Name": "Everything Ltd",
        "CompanyNumber": "C-1",
        "AccountsReceivableTaxType": "OUTPUT2",
        "SalesDefaultAccountCode": "SALES",
        "SalesDefaultLineAmountType": "EXCLUSIVE",
        "SalesTrackingCategories": [{"TrackingCategoryName": "Region", "TrackingOptionName": "North"}],
        "PaymentTerms": {"Bills": {"Day": 15, "Type": "OFCURRENTMONTH"}},
        "BatchPayments": {"BankAccountNumber": "123-456-1111111", "BankAccountName": "ACME Bank"},
        "ContactPersons": [{"FirstName": "John", "IncludeInEmails": True}],
    }
    made = create(sent).json["Contacts"][0]

    shown = read(f"Contacts/{made['ContactID']}")[0]
    assert {name: shown[name] for name in sent} == sent


def test_a_change_is_seen_by_if_modified_since(change: Send, xero: Client) -> None:
    change({"ContactID": SUPPLIES, "TaxNumber": "12-345-678"})

    shown = xero.get(f"{API}/Contacts", headers={"if-modified-since": "2026-01-01T00:00:00"}).json
    assert [one["ContactID"] for one in shown["Contacts"]] == [SUPPLIES]


def test_a_bill_makes_a_supplier_and_is_no_change_of_the_contact(bill: Put, read: Read) -> None:
    before = read(f"Contacts/{RIDGEWAY}")[0]

    bill(invoice(Type="ACCPAY", LineItems=[line(AccountCode="OFFICE")]))

    after = read(f"Contacts/{RIDGEWAY}")[0]
    assert (before["IsSupplier"], after["IsSupplier"], after["IsCustomer"]) == (False, True, True)
    assert before["UpdatedDateUTC"] == after["UpdatedDateUTC"]


def test_an_invoice_finds_its_contact_in_any_letter_case(bill: Put) -> None:
    made = bill(invoice(Contact={"Name": "ridgeway university"})).json["Invoices"][0]

    assert made["Contact"]["ContactID"] == RIDGEWAY


@pytest.mark.parametrize("query", ["page=1", "summaryOnly=TRUE", "summaryonly=true"])
def test_pages_and_summaries_say_where_they_stand(xero: Client, query: str) -> None:
    everybody = len(xero.get(f"{API}/Contacts").json["Contacts"])

    assert xero.get(f"{API}/Contacts?{query}").json["pagination"]["itemCount"] == everybody


def test_a_summary_keeps_what_is_light(read: Read) -> None:
    shown = read("Contacts?summaryOnly=true")[0]

    assert {"FirstName", "EmailAddress", "Phones", "DefaultCurrency"} <= set(shown)
    assert not {"Addresses", "ContactGroups", "ContactPersons", "IsSupplier", "IsCustomer"} & set(shown)


def test_good_and_bad_contacts_fit_the_models_of_the_client(create: Send) -> None:
    answer = create({"Name": "Good", "ContactPersons": [{"FirstName": "Jo"}]}, {"Name": "x" * 300})
    document = json.loads(answer.body, parse_float=Decimal)

    good, bad = deserialize("Contacts", document, ModelFinder(accounting)).contacts

    assert (good.name, good.status_attribute_string, bad.name) == ("Good", "OK", None)
    assert bad.contact_id == ZERO


def test_contacts_need_the_scope_of_contacts(xero: Client) -> None:
    reader = xero.within(authorization="Bearer read-only-token")

    assert reader.put(f"{API}/Contacts", json={"Contacts": [{"Name": "N"}]}).status == 401
