from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.payt.samples import invoice, line, still_open, totals, without

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


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([line(vat_rate_code="XX")], "Invoice lines vat rate must exist"),
        ([line(vat_percentage="19")], "Invoice lines vat percentage does not match the vat rate"),
        (
            [line(total_excl_tax_amount=None)],
            "Invoice lines total excl tax amount or total incl tax amount must be present",
        ),
        ([line(line_order=2), line(line_order=2)], "Invoice lines line order has already been taken"),
        ([line(line_order=2), line()], "Invoice lines line order has already been taken"),
        ([line(vat_amount="much")], "Invoice lines vat amount is not a number"),
        ([line(description="")], "Invoice lines description can't be blank"),
    ],
)
def test_a_faulty_line_refuses_its_invoice(post: Any, shown: Any, lines: Any, message: str) -> None:
    answer = post(invoice("E2", invoice_lines=lines))

    assert answer.json == {"success": True, "count": 0, "errors": {"E2": [message]}}
    assert shown("E2") is None


def test_what_is_left_out_is_computed(post: Any, shown: Any) -> None:
    post(invoice("E3", invoice_lines=[line()]))

    assert shown("E3", "invoice_lines")["invoice_lines"] == [
        {
            "description": "Service",
            "vat_rate_code": "NL21",
            "vat_percentage": "21",
            "vat_amount": "2.10",
            "total_excl_tax_amount": "10.00",
            "total_incl_tax_amount": "12.10",
            "product_price": None,
            "product_unit": "piece",
            "product_quantity": "1",
            "line_order": 1,
        }
    ]


@pytest.mark.parametrize(
    ("sent", "totals"),
    [
        ({"total_excl_tax_amount": "9.99"}, ["9.99", "2.10", "12.09"]),
        ({"total_excl_tax_amount": None, "total_incl_tax_amount": "12.10"}, ["10.00", "2.10", "12.10"]),
        ({"total_excl_tax_amount": None, "total_incl_tax_amount": "10.00"}, ["8.26", "1.74", "10.00"]),
        ({"total_excl_tax_amount": "10", "total_incl_tax_amount": "12"}, ["10.00", "2.00", "12.00"]),
        ({"total_excl_tax_amount": "10", "vat_amount": "2.11"}, ["10.00", "2.11", "12.11"]),
        (
            {"total_excl_tax_amount": None, "total_incl_tax_amount": "12", "vat_amount": "2.5"},
            ["9.50", "2.50", "12.00"],
        ),
        ({"vat_rate_code": "NL0", "vat_percentage": "0.00"}, ["10.00", "0.00", "10.00"]),
    ],
)
def test_each_total_follows_from_the_others(post: Any, shown: Any, sent: Any, totals: list[str]) -> None:
    post(invoice("E4", invoice_lines=[line(**sent)]))

    (printed,) = shown("E4", "invoice_lines")["invoice_lines"]
    names = ("total_excl_tax_amount", "vat_amount", "total_incl_tax_amount")
    assert [printed[name] for name in names] == totals


def test_lines_replace_each_other(post: Any, shown: Any) -> None:
    post(invoice("E5", invoice_lines=[line(description="first"), line(description="second")]))

    post(invoice("E5", invoice_lines=[line(description="third", line_order=7)]))

    assert [one["description"] for one in shown("E5", "invoice_lines")["invoice_lines"]] == ["third"]


def test_lines_stay_when_left_out(post: Any, shown: Any) -> None:
    post(invoice("E5", invoice_lines=[line()]))

    post(invoice("E5"))

    assert len(shown("E5", "invoice_lines")["invoice_lines"]) == 1


@pytest.mark.parametrize(
    ("created_at", "sent_at"),
    [
        ("2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z"),
        ("2026-01-05T09:00:01Z", "2026-01-05T10:30:00Z"),
        ("2026-01-05T09:29:59Z", "2026-01-05T10:30:00Z"),
        ("2026-01-05T23:10:00Z", "2026-01-06T00:30:00Z"),
    ],
)
def test_an_invoice_is_sent_in_the_round_an_hour_after_it_came(
    post: Any, shown: Any, set_clock: Any, created_at: str, sent_at: str
) -> None:
    set_clock(created_at)
    post(invoice("A1"))

    set_clock("2026-02-01T00:00:00Z")

    assert shown("A1", "sent_at") == {"sent_at": sent_at}


def test_what_came_with_a_moment_of_its_own_is_not_sent_again(post: Any, shown: Any, set_clock: Any) -> None:
    post(invoice("A1", sent_at="2026-01-05T08:00:00+01:00"))

    set_clock("2026-02-01T00:00:00Z")

    assert shown("A1", "sent_at") == {"sent_at": "2026-01-05T07:00:00Z"}


def test_a_change_after_the_round_is_the_latest_touch(post: Any, shown: Any, set_clock: Any) -> None:
    post(invoice("A1"))
    set_clock("2026-01-05T12:00:00Z")

    post(invoice("A1", category="x"))

    assert shown("A1", "sent_at", "updated_at") == {
        "sent_at": "2026-01-05T10:00:00Z",
        "updated_at": "2026-01-05T12:00:00Z",
    }
