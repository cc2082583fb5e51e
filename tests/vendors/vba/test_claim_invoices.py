"""PUT /claim-invoice-batch (docs/vendors/vba.md#failed-rows, #state, #cases)."""

from __future__ import annotations

import pytest

from tests.support.client import Client
from tests.vendors.vba.conftest import Assume, Rows

FOREIGN_KEY = (
    'The INSERT statement conflicted with the FOREIGN KEY constraint "FK_Claim_Invoice_Payee". '
    'The conflict occurred in database "sandbox", table "dbo.Payee", column \'Payee_ID\'.'
)


def test_a_new_key_is_created(rows: Rows) -> None:
    outcomes = rows.put({"invoice_Key": 1, "payee_ID": "P100"})

    assert outcomes == [(1, 201, "Created")]


def test_a_known_key_is_updated(rows: Rows) -> None:
    rows.put({"invoice_Key": 1})

    outcomes = rows.put({"invoice_Key": 1})

    assert outcomes == [(1, 200, "Updated")]


def test_the_bad_row_of_three_fails_alone(rows: Rows) -> None:
    outcomes = rows.put(
        {"invoice_Key": 2, "payee_ID": "P100"},
        {"invoice_Key": 3, "payee_ID": "NOPE"},
        {"invoice_Key": 4},
    )

    assert outcomes == [(2, 201, "Created"), (3, 500, FOREIGN_KEY), (4, 201, "Created")]


def test_the_good_rows_are_remembered_and_the_bad_one_is_not(rows: Rows) -> None:
    rows.put({"invoice_Key": 2}, {"invoice_Key": 3, "payee_ID": "NOPE"}, {"invoice_Key": 4})

    assert rows.keys() == [2, 4, 1001, 1002]


@pytest.mark.parametrize(
    "more", [(), ({"invoice_Key": 7, "description": "again"},), ({"description": "without a key"},)], ids=str
)
def test_rows_stored_in_one_step_are_answered_as_rows_stored_in_turn(
    client: Client, sandbox: str, rows: Rows, assume: Assume, more: tuple[object, ...]
) -> None:
    batch = (
        {"invoice_Key": 7, "payee_ID": "P100"},
        {"invoice_Key": 1001, "description": "Changed"},
        {"invoice_Key": 8, "payee_ID": "NOPE"},
        {"invoice_Key": 9, "invoice_Number": "x" * 500},
        *more,
    )
    at_once, kept_at_once = rows.put(*batch), rows.keys()
    client.post(f"/_mock/sandboxes/{sandbox}/reset")
    assume(unique_invoice_number="on")

    in_turn, kept_in_turn = rows.put(*batch), rows.keys()

    assert (at_once, kept_at_once) == (in_turn, kept_in_turn)
    assert [status for _, status, _ in at_once[:4]] == [201, 200, 500, 500]
    assert kept_at_once[:3] == [7, 1001, 1002]


def test_another_sandbox_is_untouched(vba: Client, rows: Rows) -> None:
    rows.put({"invoice_Key": 2}, {"invoice_Key": 3, "payee_ID": "NOPE"}, {"invoice_Key": 4})

    elsewhere = Rows(vba.within(mock_sandbox="t-vba-other"))

    assert elsewhere.keys() == [1001, 1002]


def test_another_database_is_untouched(vba: Client, rows: Rows) -> None:
    elsewhere = Rows(vba.within(vbasoftware_database="OTHER"))

    outcomes = elsewhere.put({"invoice_Key": 1001})

    assert outcomes == [(1001, 201, "Created")]
    assert rows.one(1001)["description"] == "Outpatient visit"


def test_the_call_is_207_even_when_every_row_fails(vba: Client) -> None:
    answer = vba.put("/claim-invoice-batch", json=[{"invoice_Key": 5, "payee_ID": "NOPE"}])

    assert answer.status == 207
    assert answer.json["error"] is None


def test_an_unknown_payee_on_update_says_update(rows: Rows) -> None:
    outcomes = rows.put({"invoice_Key": 1001, "payee_ID": "NOPE"})

    assert outcomes == [(1001, 500, FOREIGN_KEY.replace("INSERT", "UPDATE"))]
    assert rows.one(1001)["payee_ID"] == "P100"


def test_no_rows_are_no_results(rows: Rows) -> None:
    assert rows.put() == []


def test_a_negative_key_is_stored(rows: Rows) -> None:
    assert rows.put({"invoice_Key": -1}) == [(-1, 201, "Created")]


def test_a_missing_or_zero_key_is_assigned(rows: Rows) -> None:
    outcomes = rows.put({"description": "x"}, {"invoice_Key": 0})

    assert outcomes == [(1003, 201, "Created"), (1004, 201, "Created")]


def test_the_last_of_two_rows_with_one_key_wins(rows: Rows) -> None:
    outcomes = rows.put({"invoice_Key": 7, "description": "a"}, {"invoice_Key": 7, "description": "b"})

    assert outcomes == [(7, 201, "Created"), (7, 200, "Updated")]
    assert rows.one(7)["description"] == "b"


@pytest.mark.parametrize(
    ("member", "limit", "column"),
    [
        ("invoice_Number", 32, "Invoice_Number"),
        ("invoice_Status", 16, "Invoice_Status"),
        ("entry_User", 20, "Entry_User"),
        ("payee_ID", 20, "Payee_ID"),
    ],
)
def test_a_text_over_its_column_fails_its_row(rows: Rows, member: str, limit: int, column: str) -> None:
    outcomes = rows.put({"invoice_Key": 1, member: "x" * (limit + 1)}, {"invoice_Key": 2})

    shown = "x" * limit
    message = (
        "String or binary data would be truncated in table 'sandbox.dbo.Claim_Invoice', "
        f"column '{column}'. Truncated value: '{shown}'."
    )
    assert outcomes == [(1, 500, message), (2, 201, "Created")]


def test_a_text_as_long_as_its_column_fits(rows: Rows) -> None:
    assert rows.put({"invoice_Key": 1, "invoice_Number": "x" * 32}) == [(1, 201, "Created")]


def test_a_description_has_no_limit(rows: Rows) -> None:
    assert rows.put({"invoice_Key": 1, "description": "x" * 10_000}) == [(1, 201, "Created")]


def test_names_match_in_any_case_and_unknown_ones_are_dropped(rows: Rows) -> None:
    outcomes = rows.put({"INVOICE_KEY": 8, "Description": "kept", "bogus": 1})

    assert outcomes == [(8, 201, "Created")]
    assert rows.one(8)["description"] == "kept"
    assert "bogus" not in rows.one(8)


def test_a_quoted_key_is_a_number(rows: Rows) -> None:
    assert rows.put({"invoice_Key": "5"}) == [(5, 201, "Created")]


def test_an_update_replaces_the_whole_row(rows: Rows) -> None:
    rows.put({"invoice_Key": 1001})

    stored = rows.one(1001)

    assert stored["payee_ID"] is None
    assert stored["due_Date"] is None


def test_an_update_keeps_what_was_said_at_entry(rows: Rows) -> None:
    rows.put({"invoice_Key": 1001, "entry_User": "other", "entry_Date": "2030-01-01"})

    stored = rows.one(1001)

    assert stored["entry_User"] == "jdoe"
    assert stored["entry_Date"] == "2025-12-01T09:30:00"


def test_a_write_is_stamped_by_the_sandbox_clock(rows: Rows) -> None:
    rows.put({"invoice_Key": 1})

    stored = rows.one(1)

    assert stored["entry_Date"] == "2026-01-05T09:00:00"
    assert stored["update_Date"] == "2026-01-05T09:00:00"


def test_assigned_keys_end_with_int32(rows: Rows) -> None:
    outcomes = rows.put({"invoice_Key": 2**31 - 1}, {"invoice_Key": 0})

    assert outcomes == [
        (2**31 - 1, 201, "Created"),
        (0, 500, "Arithmetic overflow error converting IDENTITY to data type int."),
    ]


def test_the_user_of_a_named_token_is_stamped(vba: Client) -> None:
    rows = Rows(vba.within(authorization="Bearer good-token"))

    rows.put({"invoice_Key": 1})

    assert rows.one(1)["update_User"] == "jdoe"


@pytest.mark.parametrize(
    ("accept", "sent"),
    [
        ("", "application/json; charset=utf-8"),
        ("*/*", "application/json; charset=utf-8"),
        ("text/json", "text/json; charset=utf-8"),
        ("text/json, */*;q=0.1", "application/json; charset=utf-8"),
        ("text/plain", "application/json; charset=utf-8"),
        ("text/plain, application/json, text/json", "application/json; charset=utf-8"),
        ("application/xml", "application/json; charset=utf-8"),
    ],
)
def test_the_answer_is_json_whatever_is_asked_for(vba: Client, accept: str, sent: str) -> None:
    answer = vba.put("/claim-invoice-batch", json=[], headers={"accept": accept})

    assert answer.headers["content-type"] == sent


@pytest.mark.parametrize(
    "media_type", ["text/json", "application/vnd.x+json", "application/merge-patch+json", "APPLICATION/JSON"]
)
def test_every_json_media_type_is_read(vba: Client, media_type: str) -> None:
    answer = vba.put("/claim-invoice-batch", json=[{"invoice_Key": 1}], headers={"content-type": media_type})

    assert answer.status == 207


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b'\xef\xbb\xbf[{"invoice_Key":1}]', "application/json"),
        ('[{"invoice_Key":1}]'.encode("utf-16"), "application/json; charset=utf-16"),
    ],
    ids=["byte order mark", "UTF-16"],
)
def test_encodings_that_dotnet_reads_are_read(vba: Client, content: bytes, media_type: str) -> None:
    answer = vba.put("/claim-invoice-batch", content=content, headers={"content-type": media_type})

    assert answer.status == 207
