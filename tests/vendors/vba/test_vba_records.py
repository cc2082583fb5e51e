"""Single records: create, replace, delete (VBA fact sheet §1.1, §3.6, §4)."""

from __future__ import annotations

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
