from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.payt.samples import invoice, payment, still_open, totals

SUM = ["Payments do not add up to the paid amount"]
ORDER = ["Payments must be ordered chronologically"]
TAKEN = ["Payments origin identifier has already been taken"]


class TestImpliedPayment:
    def test_a_lower_open_amount_makes_one(self, post: Any, paid: Any) -> None:
        post(invoice("A1"))

        answer = post(invoice("A1", **still_open("60.00")))

        assert answer.json == {"success": True, "count": 1, "errors": {}}
        assert paid("A1") == [
            {
                "id": "7001",
                "administration_id": "81",
                "invoice_id": "2603746",
                "total_amount": "40.00",
                "total_book_amount": "40.00",
                "payment_date": "2026-01-05",
                "cost_type": "principal",
                "transaction_type": "payment",
                "payment_method": None,
                "description": None,
                "reason": None,
                "reversal_code": None,
                "updated_at": "2026-01-05T09:00:00Z",
            }
        ]

    def test_an_invoice_that_comes_paid_has_one(self, post: Any, shown: Any, paid: Any) -> None:
        post(invoice("B1", **still_open("0")))

        assert shown("B1", "open_amount", "payment_date") == {
            "open_amount": "0.00",
            "payment_date": "2026-01-05",
        }
        assert [row["total_amount"] for row in paid("B1")] == ["100.00"]

    def test_what_is_paid_is_listed_as_paid(self, post: Any, payt: Client) -> None:
        post(invoice("B1", **still_open("0")), invoice("B2"))

        rows = payt.get("/v1/invoices?administration_id=81&paid=true&invoice_numbers=B1,B2").json["data"]

        assert [row["invoice_number"] for row in rows] == ["B1"]

    def test_a_risen_open_amount_makes_a_negative_one(self, post: Any, paid: Any) -> None:
        post(invoice("A1", **still_open("60.00")))

        post(invoice("A1", **still_open("70.00")))

        assert [row["total_amount"] for row in paid("A1")] == ["40.00", "-10.00"]

    def test_a_changed_total_pays_nothing(self, post: Any, paid: Any) -> None:
        post(invoice("A1"))

        post(invoice("A1", **totals("120.00"), **still_open("120.00")))

        assert paid("A1") == []

    def test_an_invoice_that_is_open_again_has_no_payment_date(self, post: Any, shown: Any) -> None:
        post(invoice("B1", **still_open("0")))

        post(invoice("B1", **still_open("5")))

        assert shown("B1", "payment_date") == {"payment_date": None}

    def test_the_day_of_full_payment_stays(self, post: Any, shown: Any, set_clock: Any) -> None:
        post(invoice("B1", **still_open("0")))
        set_clock("2026-02-01T09:00:00Z")

        post(invoice("B1", **still_open("0")))

        assert shown("B1", "payment_date") == {"payment_date": "2026-01-05"}

    def test_the_book_amount_is_what_the_books_lost(self, post: Any, paid: Any) -> None:
        post(invoice("U1", currency_code="USD", book_amount_total="90.00", book_amount_open="90.00"))

        post(
            invoice(
                "U1",
                currency_code="USD",
                amount_open="60.00",
                book_amount_total="90.00",
                book_amount_open="54.00",
            )
        )

        assert [row["total_book_amount"] for row in paid("U1")] == ["36.00"]

    def test_a_credit_note_is_an_invoice_below_zero(self, post: Any, shown: Any, paid: Any) -> None:
        answer = post(invoice("CN1", **totals("-60.00"), **still_open("0")))

        assert answer.json == {"success": True, "count": 1, "errors": {}}
        assert shown("CN1", "total_amount") == {"total_amount": "-60.00"}
        assert [row["total_amount"] for row in paid("CN1")] == ["-60.00"]


class TestPaymentSet:
    def test_it_has_to_add_up(self, post: Any, shown: Any) -> None:
        answer = post(invoice("B2", **still_open("70.00"), payments=[payment("P1", "20")]))

        assert answer.json == {"success": True, "count": 0, "errors": {"B2": SUM}}
        assert shown("B2") is None

    def test_it_adds_up_exactly(self, post: Any) -> None:
        answer = post(
            invoice("B2", **still_open("99.70"), payments=[payment("P1", "0.1"), payment("P2", "0.2")])
        )

        assert answer.json["count"] == 1

    def test_it_is_ordered_by_day(self, post: Any) -> None:
        later = payment("P2", "10.00", payment_date="2026-06-10")
        earlier = payment("P3", "20.00", payment_date="2026-06-05")

        answer = post(invoice("B3", **still_open("70.00"), payments=[later, earlier]))

        assert answer.json["errors"] == {"B3": ORDER}

    def test_a_payment_without_day_is_of_today(self, post: Any) -> None:
        today = payment("P2", "10.00")
        yesterday = payment("P3", "20.00", payment_date="2026-01-04")

        answer = post(invoice("B3", **still_open("70.00"), payments=[today, yesterday]))

        assert answer.json["errors"] == {"B3": ORDER}

    def test_only_payments_on_the_principal_count(self, post: Any, shown: Any) -> None:
        costs = payment("P6", "40.00", cost_type="administration_costs")

        post(invoice("F-1001", **totals("1210"), **still_open("1210"), payments=[costs]))

        assert shown("F-1001", "administration_costs_total", "administration_costs_open") == {
            "administration_costs_total": "40.00",
            "administration_costs_open": "0.00",
        }

    def test_what_it_leaves_out_is_deleted(self, post: Any, paid: Any, stored: Any) -> None:
        post(invoice("B4", **still_open("50"), payments=[payment("P4", "30"), payment("P5", "20")]))

        answer = post(invoice("B4", **still_open("70.00"), payments=[payment("P4", "30.00")]))

        assert answer.json["count"] == 1
        assert [(row["id"], row["total_amount"]) for row in paid("B4")] == [("7001", "30.00")]
        gone = stored()["payt/81"]["deleted_payments"]["7002"]
        assert (gone["origin_identifier"], gone["deleted_at"]) == ("P5", "2026-01-05T09:00:00Z")

    def test_it_replaces_all_implied_payments_too(self, post: Any, paid: Any) -> None:
        post(invoice("B4", **still_open("70")))
        post(invoice("B4", **still_open("50")))

        post(invoice("B4", **still_open("50"), payments=[payment("P4", "50")]))

        assert [row["id"] for row in paid("B4")] == ["7003"]

    def test_a_kept_payment_keeps_its_id_and_its_day(self, post: Any, paid: Any, set_clock: Any) -> None:
        post(invoice("B4", **still_open("70"), payments=[payment("P4", "30")]))
        set_clock("2026-01-09T09:00:00Z")

        post(invoice("B4", **still_open("60"), payments=[payment("P4", "40", description="more")]))

        assert [
            (row["id"], row["payment_date"], row["total_amount"], row["description"]) for row in paid("B4")
        ] == [("7001", "2026-01-05", "40.00", "more")]

    @pytest.mark.parametrize("payments", [[], None])
    def test_an_empty_one_removes_all(self, post: Any, paid: Any, payments: Any) -> None:
        post(invoice("B4", **still_open("70"), payments=[payment("P4", "30")]))

        post(invoice("B4", payments=payments))

        assert paid("B4") == []

    def test_an_empty_one_leaves_all_open(self, post: Any) -> None:
        answer = post(invoice("B4", **still_open("70"), payments=[]))

        assert answer.json["errors"] == {"B4": SUM}

    def test_a_payment_of_another_invoice_is_taken(self, post: Any) -> None:
        post(invoice("B4", **still_open("70"), payments=[payment("P4", "30")]))

        answer = post(invoice("B5", **still_open("70.00"), payments=[payment("P4", "30.00")]))

        assert answer.json == {"success": True, "count": 0, "errors": {"B5": TAKEN}}

    def test_a_payment_named_twice_is_taken(self, post: Any) -> None:
        answer = post(invoice("B5", **still_open("70"), payments=[payment("P4", "10"), payment("P4", "20")]))

        assert answer.json["errors"] == {"B5": TAKEN}

    def test_all_its_faults_are_told(self, post: Any) -> None:
        late = payment("P4", "abc", payment_date="2026-06-10", description="x" * 256)

        answer = post(invoice("B5", payments=[late, payment("P4", "20", payment_date="2026-06-01")]))

        assert answer.json["errors"]["B5"] == [
            "Payments amount is not a number",
            "Payments description is too long (maximum is 255 characters)",
            *ORDER,
            *TAKEN,
        ]

    def test_a_refused_record_leaves_its_payments_alone(self, post: Any, stored: Any) -> None:
        post(invoice("B4", **still_open("70"), payments=[payment("P4", "30")]))
        before = stored()

        post(invoice("B4", **still_open("60"), payments=[payment("P5", "40")], currency_code="XQQ"))

        assert stored() == before

    def test_the_last_payment_is_the_day_of_full_payment(self, post: Any, shown: Any) -> None:
        payments = [
            payment("P1", "30", payment_date="2026-06-05"),
            payment("P2", "70", payment_date="2026-06-10"),
        ]

        post(invoice("B6", **still_open("0"), payments=payments))

        assert shown("B6", "payment_date") == {"payment_date": "2026-06-10"}

    @pytest.mark.parametrize(
        ("changes", "book_amount"),
        [
            ({}, "26.67"),
            ({"book_amount": "26.5"}, "26.50"),
            ({"book_amount": None}, "26.67"),
        ],
    )
    def test_the_book_amount_follows_the_rate(
        self, post: Any, paid: Any, changes: Any, book_amount: str
    ) -> None:
        record = invoice("U2", currency_code="USD", amount_total="90.00", amount_open="60.00")

        post({**record, "book_amount_total": "80", "payments": [payment("P1", "30", **changes)]})

        assert [row["total_book_amount"] for row in paid("U2")] == [book_amount]

    def test_without_a_total_there_is_no_rate(self, post: Any, paid: Any) -> None:
        post(invoice("U3", **totals("0"), **still_open("-5"), payments=[payment("P1", "5")]))

        assert [row["total_book_amount"] for row in paid("U3")] == ["5.00"]
