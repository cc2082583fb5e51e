"""Lists, single records, payees (VBA fact sheet §1.1, §1.3, §3.6)."""

from __future__ import annotations

import json

import pytest

from tests.support.client import Client
from tests.vendors.vba.conftest import Rows

MEMBERS = [
    "invoice_Key",
    "description",
    "due_Date",
    "entry_Date",
    "entry_User",
    "invoice_Date",
    "invoice_Number",
    "invoice_Status",
    "payee_ID",
    "update_Date",
    "update_User",
]


def test_an_invoice_shows_all_its_members(vba: Client) -> None:
    answer = vba.get("/claim-invoice/1001")

    assert answer.status == 200
    assert list(answer.json["data"]) == MEMBERS


def test_an_unknown_invoice_is_404_and_named(vba: Client) -> None:
    answer = vba.get("/claim-invoice/3")

    assert answer.status == 404
    assert answer.json["error"]["detail"] == "The requested resource (3) was not found."


@pytest.mark.parametrize("key", ["abc", "1.5", "99999999999"])
def test_a_key_that_is_no_integer_is_400(vba: Client, key: str) -> None:
    answer = vba.get(f"/claim-invoice/{key}")

    assert answer.status == 400
    assert answer.json["error"]["detail"] == f"The value '{key}' is not valid."


def test_a_page_holds_the_rows_that_its_number_says(vba: Client, rows: Rows) -> None:
    rows.put({"invoice_Key": 1}, {"invoice_Key": 2}, {"invoice_Key": 3})

    answer = vba.get("/claim-invoice?page=2&pageSize=2&sortBy=invoice_Key:desc")

    assert [invoice["invoice_Key"] for invoice in answer.json["data"]] == [3, 2]
    assert json.loads(answer.headers["x-pagination"]) == {
        "TotalCount": 5,
        "TotalPages": 3,
        "CurrentPage": 2,
        "PageSize": 2,
    }


def test_a_page_past_the_last_is_empty_and_counted(vba: Client) -> None:
    answer = vba.get("/claim-invoice?page=99")

    assert answer.json["data"] == []
    assert '"TotalCount":2' in answer.headers["x-pagination"]


def test_page_zero_is_the_first(vba: Client) -> None:
    assert '"CurrentPage":1' in vba.get("/claim-invoice?page=0").headers["x-pagination"]


@pytest.mark.parametrize("query", ["sortBy=nope", "pageSize=abc"])
def test_a_query_that_cannot_be_read_is_400(vba: Client, query: str) -> None:
    assert vba.get(f"/claim-invoice?{query}").status == 400


def test_several_fields_sort_in_their_order(vba: Client, rows: Rows) -> None:
    rows.put(
        {"invoice_Key": 1, "invoice_Status": "Paid"},
        {"invoice_Key": 2, "invoice_Status": "Billed"},
        {"invoice_Key": 3, "invoice_Status": "Paid"},
    )

    listed = vba.get("/claim-invoice?sortBy=invoice_Status:desc,invoice_Key:desc").json["data"]

    assert [invoice["invoice_Key"] for invoice in listed] == [3, 1, 1001, 1002, 2]


def test_query_names_match_in_any_case(vba: Client) -> None:
    assert len(vba.get("/claim-invoice?PAGESIZE=1").json["data"]) == 1


def test_the_vendors_own_base_path_answers_too(vba: Client) -> None:
    assert vba.get("/vbasoftware/claim-invoice/1001").status == 200


def test_the_fixture_payees_are_listed(vba: Client) -> None:
    listed = vba.get("/payees").json["data"]

    assert [payee["payee_ID"] for payee in listed] == ["P100", "P200", "P300"]


def test_a_payee_is_created_and_can_be_paid(vba: Client, rows: Rows) -> None:
    answer = vba.post("/payees", json={"payee_ID": "P400", "name": "New"})

    assert answer.status == 200
    assert answer.json["data"]["w9_Received"] is False
    assert rows.put({"invoice_Key": 1, "payee_ID": "P400"}) == [(1, 201, "Created")]


def test_a_payee_without_id_is_given_one(vba: Client) -> None:
    assert vba.post("/payees", json={"name": "New"}).json["data"]["payee_ID"] == "1"


def test_one_payee_is_shown(vba: Client) -> None:
    assert vba.get("/payees/P200").json["data"]["name"] == "Northfield Imaging"


def test_an_unknown_payee_is_404(vba: Client) -> None:
    assert vba.get("/payees/NOPE").status == 404


def test_a_payee_that_is_there_is_refused_in_the_databases_words(vba: Client) -> None:
    answer = vba.post("/payees", json={"payee_ID": "P100"})

    assert answer.status == 400
    assert answer.json["error"]["detail"] == (
        "Violation of PRIMARY KEY constraint 'PK_Payee'. "
        "Cannot insert duplicate key in object 'dbo.Payee'. The duplicate key value is (P100)."
    )
