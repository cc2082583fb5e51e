"""PATCH of invoices: what is absent stays."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.payt.samples import invoice, line, payment, still_open

CLEAN = {"success": True, "count": 1, "errors": {}}


@pytest.fixture
def change(payt: Client) -> Any:
    """Change invoices of administration 81."""

    def change(*records: Any) -> Any:
        return payt.patch("/v1/invoices", json={"administration_id": "81", "invoices": list(records)})

    return change


def refused(number: str, *messages: str) -> Any:
    return {"success": True, "count": 0, "errors": {number: list(messages)}}


def test_only_what_is_named_changes(post: Any, change: Any, shown: Any) -> None:
    post(invoice("A1", description="Roof", category="a"))
    before = shown("A1")

    assert change({"invoice_number": "A1", "category": "b"}).json == CLEAN

    assert shown("A1") == {**before, "category": "b"}


def test_an_open_amount_that_falls_is_paid(post: Any, change: Any, paid: Any) -> None:
    post(invoice("A1"))

    change({"invoice_number": "A1", **still_open("25")})

    assert [row["total_amount"] for row in paid("A1")] == ["75.00"]


def test_payments_have_to_add_up_to_what_is_stored(post: Any, change: Any, paid: Any) -> None:
    post(invoice("A1", payments=[payment("P1", "30")], **still_open("70")))

    assert change({"invoice_number": "A1", "payments": [payment("P2", "20")]}).json == refused(
        "A1", "Payments do not add up to the paid amount"
    )
    assert change({"invoice_number": "A1", "payments": [payment("P2", "30")]}).json == CLEAN
    assert len(paid("A1")) == 1


def test_a_due_date_is_held_against_the_stored_invoice_date(post: Any, change: Any) -> None:
    post(invoice("A1"))

    answer = change({"invoice_number": "A1", "due_date": "2026-05-31"})

    assert answer.json == refused("A1", "Due date must be on or after the invoice date")


def test_lines_stay_whatever_is_said_of_them(post: Any, change: Any, shown: Any) -> None:
    post(invoice("A1", invoice_lines=[line()]))

    assert change({"invoice_number": "A1", "invoice_lines": [line(vat_rate_code="XX"), 5]}).json == CLEAN
    assert len(shown("A1", "invoice_lines")["invoice_lines"]) == 1


def test_an_identifier_can_be_given_later_but_not_twice(post: Any, change: Any, shown: Any) -> None:
    post(invoice("A1"), invoice("A2"))

    assert change({"invoice_number": "A1", "invoice_identifier": "900"}).json == CLEAN
    assert change({"invoice_number": "A2", "invoice_identifier": "900"}).json == refused(
        "A2", "Origin identifier has already been taken"
    )
    assert shown("A1", "invoice_identifier") == {"invoice_identifier": "900"}


def test_an_unknown_invoice_is_told_of_as_that_alone(change: Any) -> None:
    answer = change({"invoice_number": "ZZ", "debtor_number": "NOPE", "due_date": "soon"})

    assert answer.json == {"success": True, "count": 0, "errors": {"not_found": ["ZZ"]}}


def test_a_change_needs_the_scope_of_writing(payt: Client) -> None:
    reader = payt.within(authorization="Bearer read-token")

    answer = reader.patch("/v1/invoices", json={"administration_id": "81", "invoices": []})

    assert (answer.status, answer.json["message"]) == (403, "Missing permission: invoices:write")


def test_an_unknown_number_is_told_of_once(change: Any) -> None:
    answer = change({"invoice_number": "ZZ"}, {"invoice_number": "YY"}, {"invoice_number": "ZZ"})

    assert answer.json == {"success": True, "count": 0, "errors": {"not_found": ["ZZ", "YY"]}}


@pytest.mark.parametrize("number", ["", "  "])
def test_a_blank_number_is_told_of_as_blank_and_not_as_unknown(change: Any, number: str) -> None:
    answer = change({"invoice_number": number}, {"invoice_number": number, "invoice_identifier": "800"})

    message = ["Invoice number can't be blank"]
    assert answer.json["errors"] == {"invoices[0]": message, "800": message}
