"""Lists of settings: currencies, tax rates, items, users, tracking categories, branding themes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from xero_python import accounting
from xero_python.api_client import ModelFinder
from xero_python.api_client.deserializer import deserialize

from tests.support.client import Client
from tests.vendors.xero.conftest import Put, Read
from tests.vendors.xero.documents import API, HARBOUR, invoice, line, messages

REGION = "72ac0000-0000-4000-8000-000000000001"
BOOK = "17e00000-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("path", "member", "shown"),
    [
        ("Currencies", "Code", ["AUD", "NZD", "USD"]),
        ("Currencies?order=Description%20DESC", "Code", ["USD", "NZD", "AUD"]),
        (
            "TaxRates",
            "TaxType",
            ["INPUT", "OUTPUT", "INPUT2", "OUTPUT2", "GSTONIMPORTS", "NONE", "ZERORATED"],
        ),
        ("Items", "Code", ["BOOK", "GB1-White", "Support-M", "TSM-Black"]),
        ("Items?order=Code%20DESC", "Code", ["TSM-Black", "Support-M", "GB1-White", "BOOK"]),
        ("Users?order=FirstName%20DESC", "FirstName", ["Sam", "Dana"]),
        ("TrackingCategories", "Name", ["Region"]),
        ("TrackingCategories?includeArchived=True", "Name", ["Region", "Salesperson"]),
        ("BrandingThemes", "SortOrder", [1, 2, 4]),
    ],
)
def test_a_list_has_its_order(read: Read, path: str, member: str, shown: list[Any]) -> None:
    assert [one[member] for one in read(path)] == shown


@pytest.mark.parametrize(
    ("plural", "where", "count"),
    [
        ("Currencies", 'Code=="USD"', 1),
        ("TaxRates", 'Status=="ACTIVE" AND EffectiveRate>0', 2),
        ("TaxRates", "CanApplyToRevenue==true AND DisplayTaxRate==15", 1),
        ("Items", "IsSold==true AND IsTrackedAsInventory==false", 3),
        ("Items", "QuantityOnHand>10", 1),
        ("Users", "IsSubscriber==true", 1),
        ("TrackingCategories", 'Status=="ARCHIVED"', 0),
    ],
)
def test_a_list_has_its_fields(read: Read, plural: str, where: str, count: int) -> None:
    assert len(read(f"{plural}?where={quote(where)}", plural)) == count


@pytest.mark.parametrize("plural", ["Currencies", "TaxRates", "Items", "Users", "TrackingCategories"])
def test_a_field_that_is_not_there_is_a_bad_query(xero: Client, plural: str) -> None:
    answer = xero.get(f"{API}/{plural}?where=Foo==1")

    assert (answer.status, answer.json["ErrorNumber"]) == (400, 16)


@pytest.mark.parametrize("plural", ["Items", "Users"])
def test_what_did_not_change_since_is_left_out(xero: Client, plural: str) -> None:
    counts = [
        len(xero.get(f"{API}/{plural}", headers={"if-modified-since": since}).json[plural])
        for since in ("2019-02-20T00:00:00", "2026-01-01T00:00:00")
    ]

    assert counts[0] > 0
    assert counts[1] == 0


@pytest.mark.parametrize(
    "path",
    [
        f"Items/{BOOK.upper()}",
        f"Items/{BOOK.replace('-', '')}",
        "Items/BOOK",
        "TaxRates/OUTPUT2",
        "Users/05e20000-0000-4000-8000-000000000001",
        f"TrackingCategories/{REGION}",
        "TrackingCategories/72ac0000-0000-4000-8000-000000000002",
        "BrandingThemes/4c82c365-35cb-467f-bb11-dce1f2f2f67c",
    ],
)
def test_one_record_is_shown_alone(read: Read, path: str) -> None:
    assert len(read(path)) == 1


@pytest.mark.parametrize("plural", ["Items", "TaxRates", "Users", "TrackingCategories", "BrandingThemes"])
def test_what_is_not_there_is_not_found(xero: Client, plural: str) -> None:
    assert xero.get(f"{API}/{plural}/00000000-0000-4000-8000-00000000dead").status == 404


@pytest.mark.parametrize(("query", "price"), [("", "5.61"), ("?unitdp=4", "5.6075")])
def test_a_price_has_two_decimals_or_four(read: Read, query: str, price: str) -> None:
    assert str(read(f"Items/GB1-White{query}")[0]["SalesDetails"]["UnitPrice"]) == price


def test_a_list_shows_active_options_and_a_category_alone_all(read: Read) -> None:
    listed, alone = read("TrackingCategories")[0], read(f"TrackingCategories/{REGION}")[0]

    assert (len(listed["Options"]), len(alone["Options"])) == (4, 5)


def test_a_list_is_not_paged(xero: Client) -> None:
    assert "pagination" not in xero.get(f"{API}/Items?page=1").json


@pytest.mark.parametrize(
    "plural", ["Currencies", "TaxRates", "Items", "Users", "TrackingCategories", "BrandingThemes"]
)
def test_the_models_of_the_client_read_a_list(xero: Client, plural: str) -> None:
    document = json.loads(xero.get(f"{API}/{plural}").body, parse_float=Decimal)

    read = deserialize(plural, document, ModelFinder(accounting))

    assert next(value for value in read.to_dict().values() if isinstance(value, list))


def test_another_organisation_has_its_own_rates_and_currencies(xero: Client) -> None:
    harbour = xero.within(xero_tenant_id=HARBOUR)

    assert [one["Code"] for one in harbour.get(f"{API}/Currencies").json["Currencies"]] == ["AUD"]
    rates = harbour.get(f"{API}/TaxRates").json["TaxRates"]
    assert {one["TaxType"]: one["EffectiveRate"] for one in rates} == {"NONE": 0, "OUTPUT": 10}


@pytest.mark.parametrize("tax", ["OUTPUT", "GSTONIMPORTS", "INPUT2"])
def test_a_line_takes_a_tax_rate_in_use_that_fits_its_account(bill: Put, tax: str) -> None:
    refused = bill(invoice(LineAmountTypes="Exclusive", LineItems=[line(TaxType=tax)])).json["Invoices"][0]

    assert messages(refused) == [f"The TaxType code '{tax}' cannot be used with account code 'SALES'"]


def test_a_line_may_name_an_item_a_category_and_a_theme_that_are_not_there(bill: Put) -> None:
    tracked = line(ItemCode="NOPE", Tracking=[{"Name": "Planet", "Option": "Mars"}])
    made = bill(invoice(LineItems=[tracked], BrandingThemeID="00000000-0000-4000-8000-00000000dead"))

    assert made.json["Invoices"][0]["StatusAttributeString"] == "OK"
