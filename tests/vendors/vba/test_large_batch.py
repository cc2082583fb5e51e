"""A thousand rows, good and bad among each other: each is accounted for once, in its place.

VBA's invoices carry no amounts; what is summed up is their keys.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.vba.conftest import results

FIRST = 5001
KEYS = range(FIRST, FIRST + 1000)
BAD: Mapping[int, Mapping[str, Any]] = {
    3: {"payee_ID": "NOPE"},
    5: {"invoice_Number": "x" * 33},
    7: {"due_Date": "1700-01-01"},
}
"""What is wrong with a row, by the last digit of its key."""

SAID = {
    3: "The INSERT statement conflicted with the FOREIGN KEY constraint",
    5: "String or binary data would be truncated in table 'VBADEMO.dbo.Claim_Invoice'",
    7: "SqlDateTime overflow.",
}
GOOD = [key for key in KEYS if key % 10 not in BAD]

Result = tuple[Any, int, str]


@pytest.fixture
def empty(vba: Client) -> Client:
    """A database without invoices."""
    return vba.within(vbasoftware_database="VBADEMO")


@pytest.fixture
def told(empty: Client) -> list[Result]:
    """What became of the thousand rows."""
    return results(empty.put("/claim-invoice-batch", json=[row(key) for key in KEYS]))


def row(key: int) -> dict[str, Any]:
    good = {"invoice_Key": key, "invoice_Number": f"INV-{key}", "payee_ID": "P100"}
    return {**good, **BAD.get(key % 10, {})}


def stored(client: Client) -> Iterator[dict[str, Any]]:
    """Every invoice, by pages as the header counts them."""
    pages = json.loads(client.get("/claim-invoice?pageSize=64").headers["x-pagination"])["TotalPages"]
    for page in range(1, pages + 1):
        yield from client.get(f"/claim-invoice?pageSize=64&page={page}").json["data"]


def test_every_row_is_told_of_once_and_in_its_place(told: list[Result]) -> None:
    assert [key for key, _, _ in told] == list(KEYS)


def test_the_counts_are_right(told: list[Result]) -> None:
    assert Counter((status, key % 10 in BAD) for key, status, _ in told) == {
        (201, False): 700,
        (500, True): 300,
    }


def test_every_bad_row_is_told_what_is_wrong_with_it(told: list[Result]) -> None:
    bad = [(key, body) for key, status, body in told if status == 500]

    assert [key for key, body in bad if not body.startswith(SAID[key % 10])] == []


@pytest.mark.usefixtures("told")
def test_the_good_rows_are_there_once_and_nothing_else(empty: Client) -> None:
    keys = [invoice["invoice_Key"] for invoice in stored(empty)]

    assert keys == GOOD
    assert sum(keys) == 3_850_500


@pytest.mark.usefixtures("told")
def test_each_row_holds_what_was_sent_for_it(empty: Client) -> None:
    held = [(invoice["invoice_Key"], invoice["invoice_Number"]) for invoice in stored(empty)]

    assert held == [(key, f"INV-{key}") for key in GOOD]


@pytest.mark.usefixtures("told")
def test_a_refused_row_leaves_no_trace(empty: Client, client: Client, sandbox: str) -> None:
    dump = client.get(f"/_mock/sandboxes/{sandbox}/dump").json

    assert sorted(dump["vba/VBADEMO"]["claim-invoices"]) == sorted(str(key) for key in GOOD)
    assert empty.get(f"/claim-invoice/{FIRST + 2}").status == 404


@pytest.mark.usefixtures("told")
def test_the_same_thousand_again_updates_the_good_ones(empty: Client) -> None:
    again = results(empty.put("/claim-invoice-batch", json=[row(key) for key in KEYS]))

    assert Counter(status for _, status, _ in again) == {200: 700, 500: 300}
    assert len(list(stored(empty))) == 700


def test_a_thousand_rows_without_key_are_given_a_thousand_keys(empty: Client) -> None:
    told = results(empty.put("/claim-invoice-batch", json=[{"description": f"{n}"} for n in range(1000)]))

    assert [key for key, _, _ in told] == list(range(1, 1001))
    assert [invoice["description"] for invoice in stored(empty)] == [f"{n}" for n in range(1000)]


def test_a_thousand_rows_for_ten_keys_leave_the_last_of_each(empty: Client) -> None:
    rows = [{"invoice_Key": n % 10 + 1, "description": f"{n}"} for n in range(1000)]

    told = results(empty.put("/claim-invoice-batch", json=rows))

    assert Counter(status for _, status, _ in told) == {201: 10, 200: 990}
    assert [invoice["description"] for invoice in stored(empty)] == [f"{n}" for n in range(990, 1000)]


def test_one_row_of_a_thousand_that_cannot_be_read_stores_none(empty: Client) -> None:
    rows: list[dict[str, Any]] = [{"invoice_Key": key} for key in KEYS]
    rows[999] = {"invoice_Key": "never"}

    answer = empty.put("/claim-invoice-batch", json=rows)

    assert answer.status == 400
    assert "Path: $[999].invoice_Key " in answer.json["error"]["detail"]
    assert list(stored(empty)) == []


def test_a_thousand_payees_are_told_of_one_by_one(empty: Client) -> None:
    rows = [{"payee_ID": f"Q{n}", "state": "Iowa" if n % 4 == 0 else "IA"} for n in range(1000)]

    told = results(empty.put("/payees-batch", json=rows))

    assert [key for key, _, _ in told] == [f"Q{n}" for n in range(1000)]
    assert Counter(status for _, status, _ in told) == {201: 750, 500: 250}
    assert '"TotalCount":751' in empty.get("/payees").headers["x-pagination"]
