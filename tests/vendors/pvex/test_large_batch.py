"""A thousand invoices, good and bad among each other: each is accounted for once, in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.support.client import Client, Response
from tests.vendors.pvex.samples import BATCH, FORM, GENERAL, XML, form, invoice, xml

NUMBERS = range(1000)
BAD: Mapping[int, tuple[str, str, str]] = {
    3: ("Number", "", "The Number field is required."),
    5: ("Amount", "many", GENERAL),
    7: ("SyncId", "   ", "The SyncId field is required."),
}
"""What is wrong with an invoice, by the last digit of its number: a member, its value, what is said of it."""

GOOD = [number for number in NUMBERS if number % 10 not in BAD]

Assume = Callable[..., None]


def amount(number: int) -> str:
    return f"{number // 100}.{number % 100:02}"


def good(number: int) -> dict[str, Any]:
    return invoice(Number=f"N-{number}", Id=f"I-{number:04}", RowKey=number, Amount=amount(number))


def mixed(number: int) -> dict[str, Any]:
    member, value, _ = BAD.get(number % 10, ("Number", f"N-{number}", ""))
    return {**good(number), member: value}


def push(pvex: Client, invoices: Iterable[Mapping[str, Any]]) -> Response:
    return pvex.post(BATCH, json=list(invoices))


def stored(pvex: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pvex.get("/api/Invoice?subscriberId=SUB-1").json
    return found


def test_every_bad_one_of_a_thousand_is_told_of_once(pvex: Client) -> None:
    answer = push(pvex, map(mixed, NUMBERS))

    bad = [(number, *BAD[number % 10]) for number in NUMBERS if number % 10 in BAD]
    assert answer.status == 400
    assert answer.json["ModelState"] == {
        f"invoices[{number}].{member}": [said] for number, member, _, said in bad
    }


def test_the_readers_faults_stand_first_and_all_in_the_order_of_the_wire(pvex: Client) -> None:
    told = list(push(pvex, map(mixed, NUMBERS)).json["ModelState"])

    amounts = [f"invoices[{number}].Amount" for number in NUMBERS if number % 10 == 5]
    others = [f"invoices[{n}].{BAD[n % 10][0]}" for n in NUMBERS if n % 10 in (3, 7)]
    assert told == amounts + others


def test_of_a_batch_with_a_bad_one_nothing_is_stored(pvex: Client) -> None:
    push(pvex, map(mixed, NUMBERS))

    assert stored(pvex) == []


@pytest.mark.parametrize("body", [None, xml(*map(good, GOOD))], ids=["json", "xml"])
def test_the_good_ones_are_stored_once_each_with_exact_amounts(pvex: Client, body: bytes | None) -> None:
    answer = push(pvex, map(good, GOOD)) if body is None else pvex.post(BATCH, content=body, headers=XML)

    kept = stored(pvex)
    assert answer.status == 200
    assert [(one["Id"], one["RowKey"], str(one["Amount"])) for one in kept] == [
        (f"I-{number:04}", number, amount(number)) for number in GOOD
    ]
    assert sum(one["Amount"] for one in kept) == Decimal("3495.00")


def test_the_echo_has_a_thousand_in_the_order_of_the_wire(pvex: Client, assume: Assume) -> None:
    assume(success_body="echo")

    answer = push(pvex, map(good, reversed(NUMBERS)))

    assert [one["RowKey"] for one in answer.json] == list(reversed(NUMBERS))


def test_the_same_thousand_again_replaces_them(pvex: Client, assume: Assume) -> None:
    push(pvex, map(good, NUMBERS))
    assume(success_body="count")

    answer = push(pvex, ({**good(number), "Number": "again"} for number in NUMBERS))

    assert answer.text == "1000"
    assert {one["Number"] for one in stored(pvex)} == {"again"}
    assert len(stored(pvex)) == 1000


def test_a_thousand_for_ten_ids_leave_the_last_of_each(pvex: Client) -> None:
    push(pvex, ({**good(number), "Id": f"I-{number % 10}"} for number in NUMBERS))

    assert [one["RowKey"] for one in stored(pvex)] == list(range(990, 1000))


def test_nulls_among_a_thousand_are_neither_stored_nor_counted(pvex: Client, assume: Assume) -> None:
    assume(success_body="count")

    answer = pvex.post(BATCH, json=[good(n) if n % 4 else None for n in NUMBERS])

    assert answer.text == "750"
    assert len(stored(pvex)) == 750


@pytest.mark.parametrize(("left", "kept"), [("atomic", 0), ("stop_at_first", 600)])
def test_a_fault_of_the_database_leaves_what_the_assumption_says(
    pvex: Client, assume: Assume, left: str, kept: int
) -> None:
    assume(db_failure=left, faulty_ids="I-0600")

    answer = push(pvex, map(good, NUMBERS))

    assert (answer.status, answer.json) == (500, {"Message": GENERAL})
    assert [one["RowKey"] for one in stored(pvex)] == list(range(kept))


def test_forty_three_in_a_form_are_told_of_in_their_order(pvex: Client) -> None:
    answer = pvex.post(BATCH, content=form(*map(mixed, range(43))), headers=FORM)

    amounts = [f"invoices[{number}].Amount" for number in (5, 15, 25, 35)]
    others = [f"invoices[{n}].{BAD[n % 10][0]}" for n in range(43) if n % 10 in (3, 7)]
    assert list(answer.json["ModelState"]) == amounts + others
    assert stored(pvex) == []
