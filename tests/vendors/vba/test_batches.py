"""Rows that are stored in one step or in turn, and rows without key (docs/vendors/vba.md#state)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.client import Client, Response

Result = tuple[Any, int, str]


def results(answer: Response) -> list[Result]:
    """Key, status and message of every row of a 207."""
    assert answer.status == 207, answer.text
    return [(row["id"][0]["value"], row["status"], row["body"]) for row in answer.json["data"]]


@pytest.mark.parametrize(
    "more", [(), ({"invoice_Key": 7, "description": "again"},), ({"description": "without a key"},)], ids=str
)
def test_rows_stored_in_one_step_are_answered_as_rows_stored_in_turn(
    vba: Client, client: Client, sandbox: str, assume: Callable[..., None], more: tuple[object, ...]
) -> None:
    batch = [
        {"invoice_Key": 7, "payee_ID": "P100"},
        {"invoice_Key": 1001, "description": "Changed"},
        {"invoice_Key": 8, "payee_ID": "NOPE"},
        {"invoice_Key": 9, "invoice_Number": "x" * 500},
        *more,
    ]

    def put() -> tuple[list[Result], list[int]]:
        done = results(vba.put("/claim-invoice-batch", json=batch))
        return done, [one["invoice_Key"] for one in vba.get("/claim-invoice").json["data"]]

    at_once, kept_at_once = put()
    client.post(f"/_mock/sandboxes/{sandbox}/reset")
    assume(unique_invoice_number="on")

    assert put() == (at_once, kept_at_once)
    assert [status for _, status, _ in at_once[:4]] == [201, 200, 500, 500]
    assert kept_at_once[:3] == [7, 1001, 1002]


@pytest.mark.parametrize(
    "batch",
    [
        ("/claim-invoice-batch", {"invoice_Key": 0}, "description"),
        ("/payees-batch", {"payee_ID": ""}, "city"),
    ],
    ids=lambda batch: batch[0],
)
def test_rows_without_a_key_fail_each_for_itself(
    batch: tuple[str, dict[str, object], str],
    vba: Client,
    client: Client,
    sandbox: str,
    fail_once: Callable[[], None],
) -> None:
    path, blank, text = batch
    fail_once()
    rows = [{**key, text: value} for value in "ab" for key in ({}, blank)]

    failed, again = (vba.put(path, json=sent) for sent in (rows, rows[::-1]))

    statuses = [[status for _, status, _ in results(one)] for one in (failed, again)]
    assert statuses == [[500] * 4, [201] * 4]
    before, after = (
        [one["key"] for one in client.get(f"/_mock/sandboxes/{sandbox}/journal/{number}").json["decided"]]
        for number in (1, 2)
    )
    assert before == after[::-1]
    assert len({*before, ""}) == 5
