"""A thousand invoices in a call, good and bad ones mixed: each is accounted for, in order, to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.client import Client, Response
from tests.vendors.payt.samples import invoice, payment, still_open, totals

THOUSAND = range(1, 1001)
DUE_AND_TOTAL = ["Due date must be on or after the invoice date", "Amount total is not a number"]


def record(number: int) -> dict[str, Any]:
    """Of every five the second and the fourth are bad, the third is paid in part, the fifth warned of."""
    amounts = {**totals(f"{number}.{number % 100:02d}"), **still_open(f"{number}.{number % 100:02d}")}
    name = f"N-{number:04d}"
    match number % 5:
        case 2:
            return invoice(name, **amounts, debtor_number="NOPE")
        case 3:
            part = [payment(f"P-{number}", "0.07"), payment(f"Q-{number}", "0.03")]
            rest = f"{Decimal(amounts['amount_total']) - Decimal('0.10')}"
            return invoice(name, **{**amounts, **still_open(rest)}, payments=part)
        case 4:
            return invoice(name, **{**amounts, "amount_total": "abc"}, due_date="2026-05-01")
        case 0:
            return invoice(name, **amounts, document={"checksum": "x" * 88})
        case _:
            return invoice(name, **amounts)


def numbers(*remainders: int) -> list[str]:
    return [f"N-{number:04d}" for number in THOUSAND if number % 5 in remainders]


@pytest.fixture
def answer(post: Any) -> Response:
    """What becomes of the thousand."""
    answered: Response = post(*map(record, THOUSAND))
    return answered


def listed(payt: Client, what: str) -> list[dict[str, Any]]:
    """All records of a kind that the thousand left, by the cursor."""
    path = f"/v1/{what}?administration_id=81&updated_after=2026-01-01T00:00:00Z&per_page=128"
    page = payt.get(path).json
    rows: list[dict[str, Any]] = page["data"]
    while (cursor := page["pagination"]["cursor"]) is not None:
        page = payt.get(f"{path}&cursor={cursor}").json
        rows += page["data"]
    return rows


def test_every_record_is_accounted_for_once(answer: Response) -> None:
    told = answer.json

    assert (answer.status, told["success"], told["count"]) == (201, True, 600)
    assert told["count"] + len(told["errors"]) == 1000
    assert len(told["warnings"]) == 200


def test_errors_and_warnings_stand_in_the_order_of_the_records(answer: Response) -> None:
    assert list(answer.json["errors"]) == numbers(2, 4)
    assert list(answer.json["warnings"]) == numbers(0)


def test_every_record_is_told_its_own_faults(answer: Response) -> None:
    told = answer.json

    assert {tuple(told["errors"][number]) for number in numbers(2)} == {("Debtor must exist",)}
    assert {tuple(told["errors"][number]) for number in numbers(4)} == {tuple(DUE_AND_TOTAL)}
    assert {tuple(texts) for texts in told["warnings"].values()} == {("Document could not be found",)}


def test_the_good_ones_are_stored_in_order(payt: Client, answer: Response) -> None:
    rows = listed(payt, "invoices")

    assert answer.status == 201
    assert [row["invoice_number"] for row in rows] == numbers(0, 1, 3)
    assert [row["id"] for row in rows] == [str(2603745 + place) for place in range(1, 601)]


def test_amounts_add_up_to_the_cent(payt: Client, answer: Response) -> None:
    rows = listed(payt, "invoices")

    assert answer.status == 201
    assert sum(Decimal(row["total_amount"]) for row in rows) == Decimal("300593.00")
    assert sum(Decimal(row["open_amount"]) for row in rows) == Decimal("300573.00")


def test_payments_are_those_of_the_invoices_that_came_with_some(payt: Client, answer: Response) -> None:
    rows = listed(payt, "payments")

    assert answer.status == 201
    assert [row["total_amount"] for row in rows] == ["0.07", "0.03"] * 200
    assert sum(Decimal(row["total_book_amount"]) for row in rows) == Decimal("20.00")


def test_refused_ones_left_no_trace(post: Any, stored: Any) -> None:
    refused = [record(number) for number in THOUSAND if number % 5 in (2, 4)]
    before = stored()

    assert post(*refused).json["count"] == 0

    assert stored() == before


def test_the_thousand_again_is_no_news(payt: Client, post: Any, answer: Response) -> None:
    first = listed(payt, "invoices")

    assert post(*map(record, THOUSAND)).json == answer.json

    assert listed(payt, "invoices") == first
    assert len(listed(payt, "payments")) == 400


def test_a_thousand_changes_are_each_made(payt: Client, answer: Response) -> None:
    changes = [{"invoice_number": f"N-{number:04d}", "category": f"c-{number}"} for number in THOUSAND]

    changed = payt.patch("/v1/invoices", json={"administration_id": "81", "invoices": changes})

    assert answer.status == 201
    assert changed.json == {"success": True, "count": 600, "errors": {"not_found": numbers(2, 4)}}
    assert [row["category"] for row in listed(payt, "invoices")] == [
        f"c-{number}" for number in THOUSAND if number % 5 in (0, 1, 3)
    ]


def test_one_record_of_a_thousand_that_cannot_be_read_stores_none(post: Any, stored: Any) -> None:
    before = stored()

    answered = post(*(invoice(f"N-{number}") for number in range(999)), invoice("N-999", labels="a"))

    assert (answered.status, answered.json["message"]) == (422, "invoices[999][labels] is invalid")
    assert stored() == before
