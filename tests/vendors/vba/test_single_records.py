"""Single records: show, list, create, replace, delete.

Source: docs/vendors/vba.md#operations-and-paths, #lists, #single-records, #state.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.support.client import Client
from tests.vendors.vba.conftest import Assume, Rows, envelope


def test_an_invoice_is_created_as_a_row_would_be(vba: Client) -> None:
    sent = {"invoice_Key": 1, "payee_ID": "P100", "due_Date": "2026-02-01T10:00:00+02:00"}

    answer = vba.post("/claim-invoice", json=sent)

    assert answer.status == 200
    assert answer.json["data"] == {
        "invoice_Key": 1,
        "description": None,
        "due_Date": "2026-02-01T08:00:00",
        "entry_Date": "2026-01-05T09:00:00",
        "entry_User": "sandbox",
        "invoice_Date": None,
        "invoice_Number": None,
        "invoice_Status": None,
        "payee_ID": "P100",
        "update_Date": "2026-01-05T09:00:00",
        "update_User": "sandbox",
    }
    assert vba.get("/claim-invoice/1").json["data"] == answer.json["data"]


@pytest.mark.parametrize("sent", [{}, {"invoice_Key": 0}], ids=["none", "zero"])
def test_an_invoice_without_key_is_given_the_next(vba: Client, sent: dict[str, int]) -> None:
    assert vba.post("/claim-invoice", json=sent).json["data"]["invoice_Key"] == 1003


def test_a_key_that_is_taken_is_refused_in_the_databases_words(vba: Client, rows: Rows) -> None:
    answer = vba.post("/claim-invoice", json={"invoice_Key": 1001, "description": "new"})

    detail = (
        "Violation of PRIMARY KEY constraint 'PK_Claim_Invoice'. "
        "Cannot insert duplicate key in object 'dbo.Claim_Invoice'. The duplicate key value is (1001)."
    )
    assert envelope(answer) == (400, detail)
    assert rows.one(1001)["description"] == "Outpatient visit"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"payee_ID": "NOPE"}, "The INSERT statement conflicted with the FOREIGN KEY constraint"),
        ({"due_Date": "1752-12-31"}, "SqlDateTime overflow."),
        ({"invoice_Number": "x" * 33}, "String or binary data would be truncated"),
    ],
)
def test_an_invoice_that_the_database_refuses_is_not_there(
    vba: Client, sent: dict[str, str], said: str
) -> None:
    status, detail = envelope(vba.post("/claim-invoice", json={"invoice_Key": 1, **sent}))

    assert status == 400
    assert str(detail).startswith(said)
    assert vba.get("/claim-invoice/1").status == 404


def test_what_cannot_be_read_counts_before_what_the_database_would_say(vba: Client) -> None:
    answer = vba.post("/claim-invoice", json={"invoice_Key": 1, "invoice_Number": "x" * 33, "payee_ID": 5})

    assert "Path: $.payee_ID " in str(envelope(answer)[1])


def test_a_replaced_invoice_keeps_what_was_said_at_entry(vba: Client, advance: Callable[[int], None]) -> None:
    advance(3600)

    answer = vba.put("/claim-invoice/1001", json={"invoice_Key": 1001, "description": "Changed"})

    assert answer.status == 200
    stored = answer.json["data"]
    assert (stored["description"], stored["payee_ID"]) == ("Changed", None)
    assert (stored["entry_Date"], stored["update_Date"]) == ("2025-12-01T09:30:00", "2026-01-05T10:00:00")


@pytest.mark.parametrize("sent", [{"invoice_Key": 1002}, {}], ids=["another", "none"])
def test_path_and_body_must_name_the_same_invoice(vba: Client, rows: Rows, sent: dict[str, int]) -> None:
    answer = vba.put("/claim-invoice/1001", json={"description": "Changed", **sent})

    assert envelope(answer) == (400, "The key in the path and the key in the body must match.")
    assert rows.one(1001)["description"] == "Outpatient visit"


def test_an_invoice_that_is_not_there_is_not_replaced(vba: Client) -> None:
    answer = vba.put("/claim-invoice/3", json={"invoice_Key": 3})

    assert envelope(answer) == (404, "The requested resource (3) was not found.")


def test_an_unknown_payee_on_replacing_says_update(vba: Client) -> None:
    answer = vba.put("/claim-invoice/1001", json={"invoice_Key": 1001, "payee_ID": "NOPE"})

    assert str(envelope(answer)[1]).startswith("The UPDATE statement conflicted with the FOREIGN KEY")


def test_an_invoice_with_a_payment_cannot_be_deleted(vba: Client, rows: Rows) -> None:
    answer = vba.delete("/claim-invoice/1002")

    detail = (
        "The DELETE statement conflicted with the REFERENCE constraint "
        '"FK_Claim_Invoice_Payment_Claim_Invoice". The conflict occurred in database "sandbox", '
        "table \"dbo.Claim_Invoice_Payment\", column 'Invoice_Key'."
    )
    assert envelope(answer) == (400, detail)
    assert rows.keys() == [1001, 1002]


def test_a_deleted_invoice_is_gone(vba: Client, rows: Rows) -> None:
    answer = vba.delete("/claim-invoice/1001")

    assert (answer.status, answer.json["data"], answer.json["error"]) == (200, None, None)
    assert rows.keys() == [1002]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_key_that_is_no_integer_is_400_whatever_is_done(vba: Client, method: str) -> None:
    body = {"invoice_Key": 1} if method == "PUT" else None

    answer = vba.request(method, "/claim-invoice/abc", json=body)

    assert envelope(answer) == (400, "The value 'abc' is not valid.")


def test_a_payee_is_replaced_whole(vba: Client) -> None:
    answer = vba.put("/payees/P100", json={"payee_ID": "P100", "name": "Renamed"})

    assert answer.status == 200
    stored = answer.json["data"]
    assert (stored["name"], stored["city"], stored["w9_Received"]) == ("Renamed", None, False)


def test_path_and_body_must_name_the_same_payee(vba: Client) -> None:
    answer = vba.put("/payees/P100", json={"name": "Renamed"})

    assert envelope(answer) == (400, "The key in the path and the key in the body must match.")


def test_a_payee_that_no_invoice_names_can_be_deleted(vba: Client) -> None:
    assert vba.delete("/payees/P300").status == 200
    assert vba.get("/payees/P300").status == 404


def test_a_payee_that_an_invoice_names_cannot(vba: Client) -> None:
    status, detail = envelope(vba.delete("/payees/P100"))

    assert status == 400
    assert 'REFERENCE constraint "FK_Claim_Invoice_Payee"' in str(detail)


def test_a_payee_can_go_when_its_last_invoice_has_gone(vba: Client) -> None:
    vba.delete("/claim-invoice/1001")

    assert vba.delete("/payees/P100").status == 200


def test_a_read_only_token_may_not_delete(vba: Client) -> None:
    answer = vba.within(authorization="Bearer read-only-token").delete("/claim-invoice/1001")

    assert envelope(answer) == (403, None)


def test_a_single_record_is_unique_by_number_where_the_database_says_so(vba: Client, assume: Assume) -> None:
    assume(unique_invoice_number="on")

    answer = vba.post("/claim-invoice", json={"invoice_Key": 1, "invoice_Number": "INV-1002"})

    assert "'UQ_Claim_Invoice_Number'" in str(envelope(answer)[1])


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
