"""What both batches do alike.

Source: docs/vendors/vba.md#operations-and-paths, #batch-results, #bodies-that-cannot-be-read, #failed-rows,
#duplicates-in-a-batch, #state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.vba.conftest import Assume, Rows, envelope, results


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch: where it is, names of its rows, a key that is none, two that are free, one that is not."""

    path: str
    single: str
    member: str
    column: str
    model: str
    blank: Any
    fresh: tuple[Any, Any]
    known: Any
    assigned: Any
    text: str
    limit: int
    column_of_text: str

    def row(self, key: Any, **members: Any) -> dict[str, Any]:
        return {self.member: key, **members}


BATCHES = (
    Batch(
        path="/claim-invoice-batch",
        single="/claim-invoice",
        member="invoice_Key",
        column="Invoice_Key",
        model="ClaimInvoice",
        blank=0,
        fresh=(7, 8),
        known=1001,
        assigned=1003,
        text="invoice_Status",
        limit=16,
        column_of_text="'sandbox.dbo.Claim_Invoice', column 'Invoice_Status'",
    ),
    Batch(
        path="/payees-batch",
        single="/payees",
        member="payee_ID",
        column="Payee_ID",
        model="Payee",
        blank="",
        fresh=("P700", "P800"),
        known="P200",
        assigned="1",
        text="city",
        limit=30,
        column_of_text="'sandbox.dbo.Payee', column 'City'",
    ),
)
both = pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: batch.model)


@both
def test_new_rows_are_created_and_known_ones_updated(batch: Batch, vba: Client) -> None:
    first, _ = batch.fresh

    answer = vba.put(batch.path, json=[batch.row(first), batch.row(batch.known), batch.row(first)])

    assert results(answer) == [
        (first, 201, "Created"),
        (batch.known, 200, "Updated"),
        (first, 200, "Updated"),
    ]


@both
def test_a_result_names_its_key_as_the_column(batch: Batch, vba: Client) -> None:
    answer = vba.put(batch.path, json=[batch.row(batch.known)])

    assert answer.json["data"][0]["id"] == [{"key": batch.column, "value": batch.known}]


@both
def test_a_row_that_fails_leaves_the_others_alone_and_no_trace(batch: Batch, vba: Client) -> None:
    first, second = batch.fresh
    long = "x" * (batch.limit + 1)

    answer = vba.put(batch.path, json=[batch.row(first, **{batch.text: long}), batch.row(second)])

    message = (
        f"String or binary data would be truncated in table {batch.column_of_text}. "
        f"Truncated value: '{'x' * batch.limit}'."
    )
    assert results(answer) == [(first, 500, message), (second, 201, "Created")]
    assert [vba.get(f"{batch.single}/{key}").status for key in batch.fresh] == [404, 200]


@both
def test_a_key_that_is_missing_is_assigned(batch: Batch, vba: Client) -> None:
    answer = vba.put(batch.path, json=[{}])

    assert results(answer) == [(batch.assigned, 201, "Created")]
    assert vba.get(f"{batch.single}/{batch.assigned}").status == 200


@both
def test_rows_without_a_key_fail_each_for_itself(
    batch: Batch, vba: Client, client: Client, sandbox: str, fail_once: Callable[[], None]
) -> None:
    fail_once()
    rows = [{**blank, batch.text: text} for text in "ab" for blank in ({}, batch.row(batch.blank))]

    failed = vba.put(batch.path, json=rows)
    again = vba.put(batch.path, json=rows[::-1])

    statuses = [[status for _, status, _ in results(one)] for one in (failed, again)]
    assert statuses == [[500] * 4, [201] * 4]
    before, after = (
        [one["key"] for one in client.get(f"/_mock/sandboxes/{sandbox}/journal/{number}").json["decided"]]
        for number in (1, 2)
    )
    assert before == after[::-1]
    assert len({*before, ""}) == 5


@both
def test_an_assigned_key_is_not_given_again(batch: Batch, vba: Client) -> None:
    vba.put(batch.path, json=[{}])
    vba.delete(f"{batch.single}/{batch.assigned}")

    again = vba.put(batch.path, json=[{}])

    assert results(again)[0][0] != batch.assigned


@both
def test_an_update_leaves_nothing_of_the_old_row(batch: Batch, vba: Client) -> None:
    vba.put(batch.path, json=[batch.row(batch.known, **{batch.text: "kept?"})])

    vba.put(batch.path, json=[batch.row(batch.known)])

    assert vba.get(f"{batch.single}/{batch.known}").json["data"][batch.text] is None


@both
def test_what_is_deleted_is_created_anew(batch: Batch, vba: Client) -> None:
    first, _ = batch.fresh
    vba.put(batch.path, json=[batch.row(first)])
    vba.delete(f"{batch.single}/{first}")

    answer = vba.put(batch.path, json=[batch.row(first)])

    assert results(answer) == [(first, 201, "Created")]


@both
def test_names_match_in_any_letter_case(batch: Batch, vba: Client) -> None:
    first, _ = batch.fresh

    answer = vba.put(batch.path, json=[{batch.member.upper(): first, "bogus": 1}])

    assert results(answer) == [(first, 201, "Created")]


@both
@pytest.mark.parametrize("body", [{}, 0, "x", True])
def test_a_body_that_is_no_list_names_the_list_that_was_wanted(batch: Batch, vba: Client, body: Any) -> None:
    status, detail = envelope(vba.put(batch.path, json=body))

    said = f"System.Collections.Generic.List`1[VBAPI.Models.{batch.model}]. Path: $ | LineNumber: 0"
    assert status == 400
    assert said in str(detail)


@both
def test_a_row_that_is_no_object_refuses_the_call(batch: Batch, vba: Client) -> None:
    first, _ = batch.fresh

    status, detail = envelope(vba.put(batch.path, json=[batch.row(first), 5]))

    assert status == 400
    assert f"converted to VBAPI.Models.{batch.model}. Path: $[1] " in str(detail)
    assert vba.get(f"{batch.single}/{first}").status == 404


@both
@pytest.mark.parametrize("media_type", ["text/json", "application/vnd.x+json"])
def test_every_documented_media_type_is_read(batch: Batch, vba: Client, media_type: str) -> None:
    answer = vba.put(batch.path, content=b"[]", headers={"content-type": media_type})

    assert answer.status == 207


def test_one_row_with_several_troubles_tells_of_each_on_a_line_of_its_own(rows: Rows) -> None:
    outcomes = rows.put({"invoice_Key": 1, "invoice_Number": "x" * 33, "invoice_Status": "y" * 17})

    assert len(outcomes) == 1
    number, status = outcomes[0][2].split("\n")
    assert "column 'Invoice_Number'" in number
    assert "column 'Invoice_Status'" in status


def test_a_payee_of_this_batch_can_be_paid_in_the_next(vba: Client, rows: Rows) -> None:
    vba.put("/payees-batch", json=[{"payee_ID": "P700", "name": "New"}])

    assert rows.put({"invoice_Key": 1, "payee_ID": "P700"}) == [(1, 201, "Created")]


def test_a_flag_that_is_no_boolean_refuses_the_call(vba: Client) -> None:
    answer = vba.put("/payees-batch", json=[{"payee_ID": "P700", "inactive": "yes"}])

    status, detail = envelope(answer)
    assert status == 400
    assert "System.Boolean. Path: $[0].inactive " in str(detail)


def test_an_empty_payee_id_asks_for_one(vba: Client) -> None:
    assert results(vba.put("/payees-batch", json=[{"payee_ID": ""}])) == [("1", 201, "Created")]


def test_a_fault_fails_its_row_before_anything_else_does(rows: Rows, assume: Assume) -> None:
    assume(row_faults="-3=418 Short and stout")

    outcomes = rows.put({"invoice_Key": -3, "payee_ID": "NOPE"}, {"invoice_Key": 3})

    assert outcomes == [(-3, 418, "Short and stout"), (3, 201, "Created")]


def test_a_text_that_is_too_long_changes_nothing_for_the_other_rows(rows: Rows, assume: Assume) -> None:
    assume(row_faults="-3=418 Short and stout")

    outcomes = rows.put(
        {"invoice_Key": -3, "payee_ID": "NOPE"}, {"invoice_Key": 4, "invoice_Number": "x" * 33}
    )

    assert outcomes[0] == (-3, 418, "Short and stout")
