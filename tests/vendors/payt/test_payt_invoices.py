from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.payt.records import invoice, still_open, totals, without

CONDITION = (
    "There is a new payment condition active on this invoice for which the follow-up has yet to be determined"
)


class TestOneBadOfThree:
    def test_the_answer_names_the_bad_one_and_counts_the_others(self, post: Any) -> None:
        answer = post(invoice("A1"), invoice("A2", debtor_number="NOPE"), invoice("A3"))

        assert answer.status == 201
        assert answer.body == b'{"success":true,"count":2,"errors":{"A2":["Debtor must exist"]}}'

    def test_the_good_ones_are_shown_and_the_bad_one_is_not(self, post: Any, shown: Any) -> None:
        post(invoice("A1"), invoice("A2", debtor_number="NOPE"), invoice("A3"))

        assert [shown("A1", "id"), shown("A2", "id"), shown("A3", "id")] == [
            {"id": "2603746"},
            None,
            {"id": "2603747"},
        ]

    def test_a_number_with_a_slash_is_found_by_it(self, post: Any, shown: Any) -> None:
        post(invoice("2026/001"))

        assert shown("2026%2F001", "invoice_number") == {"invoice_number": "2026/001"}

    def test_another_sandbox_knows_nothing_of_it(self, post: Any, neighbour: Client) -> None:
        post(invoice("A1"), invoice("A2", debtor_number="NOPE"), invoice("A3"))

        rows = neighbour.get("/v1/invoices?administration_id=81&invoice_numbers=A1,A2,A3").json

        assert rows == {"data": [], "pagination": {"cursor": None}}


class TestAnswer:
    def test_a_clean_call_has_empty_errors_and_no_warnings(self, post: Any) -> None:
        answer = post(invoice("A1"))

        assert (answer.status, answer.media_type) == (201, "application/json")
        assert answer.json == {"success": True, "count": 1, "errors": {}}

    def test_no_records_are_no_failure(self, post: Any) -> None:
        answer = post()

        assert (answer.status, answer.json) == (201, {"success": True, "count": 0, "errors": {}})

    def test_success_is_true_even_when_every_record_failed(self, post: Any) -> None:
        answer = post(invoice("A1", debtor_number="NOPE"), invoice("A2", currency_code="XQQ"))

        assert answer.json == {
            "success": True,
            "count": 0,
            "errors": {
                "A1": ["Debtor must exist"],
                "A2": ["Currency code is not included in the list"],
            },
        }

    def test_all_messages_of_a_record_come_in_field_order(self, post: Any) -> None:
        answer = post(invoice("A4", due_date="2026-05-01", amount_total="abc"))

        assert answer.json["errors"] == {
            "A4": ["Due date must be on or after the invoice date", "Amount total is not a number"]
        }

    def test_what_the_books_say_stands_beside_what_the_record_shows(self, post: Any) -> None:
        answer = post(invoice("A4", amount_open="x", amount_total="y", debtor_number="NOPE"))

        assert answer.json["errors"]["A4"] == [
            "Amount total is not a number",
            "Amount open is not a number",
            "Debtor must exist",
        ]

    def test_a_record_without_number_goes_by_its_identifier(self, post: Any) -> None:
        answer = post(invoice("", invoice_identifier="777"))

        assert answer.json["errors"] == {"777": ["Invoice number can't be blank"]}

    @pytest.mark.parametrize("number", ["", "  "])
    def test_a_record_without_number_and_identifier_goes_by_its_place(self, post: Any, number: str) -> None:
        answer = post(invoice("A1"), invoice(number))

        assert answer.json["errors"] == {"invoices[1]": ["Invoice number can't be blank"]}

    def test_numbers_do_for_texts_and_unknown_members_are_ignored(self, post: Any, shown: Any) -> None:
        post(invoice("A1", amount_total=100, amount_open=100.0, payment_term="30", nonsense={"a": 1}))

        assert shown("A1", "total_amount", "open_amount") == {
            "total_amount": "100.00",
            "open_amount": "100.00",
        }

    def test_the_administration_may_be_a_number(self, payt: Client) -> None:
        answer = payt.post("/v1/invoices", json={"administration_id": 81, "invoices": [invoice("A1")]})

        assert answer.json["count"] == 1


class TestRecordFaults:
    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"due_date": "2026-05-31"}, "Due date must be on or after the invoice date"),
            ({"invoice_date": "2026-02-30"}, "Invoice date is invalid"),
            ({"due_date": "tomorrow"}, "Due date is invalid"),
            ({"currency_code": "eur"}, "Currency code is not included in the list"),
            ({"currency_code": "XQQ"}, "Currency code is not included in the list"),
            ({"amount_open": "1,000.00"}, "Amount open is not a number"),
            ({"book_amount_total": ""}, "Book amount total is not a number"),
            ({"book_amount_open": "9" * 256}, "Book amount open is too long (maximum is 255 characters)"),
            ({"description": "x" * 256}, "Description is too long (maximum is 255 characters)"),
            ({"invoice_number": "x" * 256}, "Invoice number is too long (maximum is 255 characters)"),
            ({"invoice_identifier": "x" * 256}, "Origin identifier is too long (maximum is 255 characters)"),
            ({"labels": ["x" * 256]}, "Labels is too long (maximum is 255 characters)"),
            (
                {"payment_condition": "X9"},
                CONDITION,
            ),
        ],
    )
    def test_each_refuses_its_record_and_stores_nothing(
        self, post: Any, stored: Any, changes: Any, message: str
    ) -> None:
        before = stored()

        answer = post(invoice("C4", **changes))

        assert (answer.status, answer.json["count"]) == (201, 0)
        assert list(answer.json["errors"].values()) == [[message]]
        assert stored() == before

    def test_an_invoice_without_any_debtor_has_none(self, post: Any) -> None:
        answer = post(without(invoice("C5"), "debtor_number"))

        assert answer.json["errors"] == {"C5": ["Debtor must exist"]}

    def test_a_debtor_may_go_by_its_identifier(self, post: Any, shown: Any) -> None:
        post(invoice("C5", debtor_number=None, debtor_identifier="1002"))

        assert shown("C5", "debtor_number") == {"debtor_number": "D-2"}

    def test_a_description_of_255_characters_is_taken(self, post: Any, shown: Any) -> None:
        post(invoice("C6", description="é" * 255))

        assert shown("C6", "description") == {"description": "é" * 255}


class TestExactAmounts:
    def test_more_digits_than_a_float_has_are_kept(self, post: Any, shown: Any) -> None:
        post(invoice("M1", **totals("12345678901234567890.12"), **still_open("12345678901234567890.12")))

        assert shown("M1", "total_amount")["total_amount"] == "12345678901234567890.12"

    def test_a_number_on_the_wire_is_exact_too(self, payt: Client, shown: Any) -> None:
        text = '"amount_total": 900719925474099.3, "amount_open": 900719925474099.3'
        body = _with_amounts(text)

        payt.post("/v1/invoices", content=body, headers={"content-type": "application/json"})

        assert shown("M2", "open_amount") == {"open_amount": "900719925474099.30"}

    def test_the_longest_amounts_are_reckoned_with(self, post: Any, paid: Any) -> None:
        post(invoice("M3", **totals("9" * 255), **still_open("0.01")))

        assert paid("M3")[0]["total_amount"] == "9" * 254 + "8.99"

    def test_half_a_cent_that_is_taken_is_printed_upwards(self, post: Any, shown: Any, assume: Any) -> None:
        assume(cent_fractions="rounded")

        post(invoice("M4", **totals("1000.005"), **still_open("-0.001")))

        assert shown("M4", "total_amount", "open_amount") == {
            "total_amount": "1000.01",
            "open_amount": "0.00",
        }


def _with_amounts(text: str) -> bytes:
    return (
        '{"administration_id": "81", "invoices": [{"currency_code": "EUR", "invoice_number": "M2", '
        '"invoice_date": "2026-06-01", "due_date": "2026-07-01", "debtor_number": "D-1", '
        f'"book_amount_total": "1", "book_amount_open": "1", {text}}}]}}'
    ).encode()
