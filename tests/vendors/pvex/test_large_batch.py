"""A thousand invoices, good and bad among each other: each is accounted for once, in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from mockserver.vendors.pvex.rules import DECLARED_ORDER
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
WHOLE = dict.fromkeys(DECLARED_ORDER, "1") | dict.fromkeys(
    ("DateTime", "ApiCreateDate", "ApiLastChangeDate"), "12/16/2025"
)
WHOLE |= dict.fromkeys(("Deleted", "IsComplete", "IsPaid"), "true")


def amount(number: int) -> str:
    return f"{number // 100}.{number % 100:02}"


def good(number: int) -> dict[str, Any]:
    return invoice(Number=f"N-{number}", Id=f"I-{number:04}", RowKey=number, Amount=amount(number))


def mixed(number: int) -> dict[str, Any]:
    member, value, _ = BAD.get(number % 10, ("Number", f"N-{number}", ""))
    return {**good(number), member: value}


def push(pvex: Client, invoices: Iterable[Mapping[str, Any]]) -> Response:
    return pvex.post(BATCH, json=list(invoices))


def stored(pvex: Client, subscriber: str = "SUB-1") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pvex.get(f"/api/Invoice?subscriberId={subscriber}").json
    return found


def told(numbers: Iterable[int]) -> list[tuple[str, list[str]]]:
    """What is told of the bad ones: the reader's faults first, all in the order of the wire."""
    bad = [(number, *BAD[number % 10]) for number in numbers if number % 10 in BAD]
    bad.sort(key=lambda one: one[1] != "Amount")
    return [(f"invoices[{number}].{member}", [said]) for number, member, _, said in bad]


def test_every_bad_one_of_a_thousand_is_told_of_once_and_nothing_is_stored(pvex: Client) -> None:
    answer = push(pvex, map(mixed, NUMBERS))

    assert (answer.status, list(answer.json["ModelState"].items())) == (400, told(NUMBERS))
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


@pytest.mark.parametrize(("left", "kept"), [("atomic", 0), ("stop_at_first", 600)])
def test_a_fault_of_the_database_leaves_what_the_assumption_says(
    pvex: Client, assume: Callable[..., None], left: str, kept: int
) -> None:
    assume(db_failure=left, faulty_ids="I-0600")

    answer = push(pvex, map(good, NUMBERS))

    assert (answer.status, answer.json) == (500, {"Message": GENERAL})
    assert [one["RowKey"] for one in stored(pvex)] == list(range(kept))


def test_forty_three_in_a_form_are_told_of_in_their_order(pvex: Client) -> None:
    answer = pvex.post(BATCH, content=form(*map(mixed, range(43))), headers=FORM)

    assert list(answer.json["ModelState"]) == [name for name, _ in told(range(43))]
    assert stored(pvex) == []


@pytest.mark.parametrize(("count", "status", "kept"), [(43, 200, 43), (44, 400, 0)])
def test_a_form_has_a_thousand_keys_at_most(pvex: Client, count: int, status: int, kept: int) -> None:
    answer = pvex.post(BATCH, content=form(*({**WHOLE, "Id": str(n)} for n in range(count))), headers=FORM)

    assert (answer.status, len(stored(pvex, "1"))) == (status, kept)
