from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.payt.samples import invoice, still_open, totals

NUMBER_TAKEN = "Invoice number has already been taken"
IDENTIFIER_TAKEN = "Origin identifier has already been taken"


class TestUpsert:
    def test_the_same_record_again_touches_the_same_invoice(
        self, post: Any, shown: Any, paid: Any, set_clock: Any
    ) -> None:
        post(invoice("A1"))
        set_clock("2026-01-05T10:00:00Z")

        answer = post(invoice("A1"))

        assert answer.json == {"success": True, "count": 1, "errors": {}}
        assert shown("A1", "id", "updated_at") == {"id": "2603746", "updated_at": "2026-01-05T10:00:00Z"}
        assert paid("A1") == []

    def test_an_absent_member_stays_and_null_clears_it(self, post: Any, shown: Any) -> None:
        post(invoice("A1", description="first", category="x"))

        post(invoice("A1", category=None))

        assert shown("A1", "description", "category") == {"description": "first", "category": None}

    def test_dates_totals_and_texts_change(self, post: Any, shown: Any) -> None:
        post(invoice("A1"))

        post(invoice("A1", due_date="2026-08-01", **totals("120"), **still_open("120"), description="new"))

        assert shown("A1", "due_date", "total_amount", "description") == {
            "due_date": "2026-08-01",
            "total_amount": "120.00",
            "description": "new",
        }

    def test_an_identifier_is_adopted(self, post: Any, shown: Any) -> None:
        post(invoice("A1"))

        post(invoice("A1", invoice_identifier="900"))

        assert shown("A1", "id", "invoice_identifier") == {"id": "2603746", "invoice_identifier": "900"}

    def test_a_known_identifier_takes_a_new_number(self, post: Any, shown: Any) -> None:
        post(invoice("C1", invoice_identifier="900"))

        post(invoice("C9", invoice_identifier="900"))

        assert (shown("C1"), shown("C9", "id")) == (None, {"id": "2603746"})

    def test_a_known_number_under_another_identifier_is_taken(self, post: Any) -> None:
        post(invoice("C1", invoice_identifier="900"))

        answer = post(invoice("C1", invoice_identifier="901"))

        assert answer.json["count"] == 0
        assert answer.json["errors"] == {"C1": [NUMBER_TAKEN, IDENTIFIER_TAKEN]}

    def test_number_and_identifier_of_two_invoices_are_both_taken(self, post: Any) -> None:
        post(invoice("C1", invoice_identifier="900"), invoice("C2", invoice_identifier="901"))

        answer = post(invoice("C2", invoice_identifier="900"))

        assert answer.json["errors"] == {"C2": [NUMBER_TAKEN, IDENTIFIER_TAKEN]}

    def test_a_later_record_of_a_call_sees_the_earlier_ones(self, post: Any, shown: Any) -> None:
        answer = post(invoice("C1", invoice_identifier="900"), invoice("C2", invoice_identifier="900"))

        assert answer.json["count"] == 2
        assert (shown("C1"), shown("C2", "id")) == (None, {"id": "2603746"})


class TestRepeatedNumbers:
    def test_all_of_them_are_refused_under_one_key(self, post: Any, shown: Any) -> None:
        answer = post(invoice("C2"), invoice("C2"), invoice("C3"))

        assert answer.json == {
            "success": True,
            "count": 1,
            "errors": {"C2": ["Invoice numbers must be unique"]},
        }
        assert (shown("C2"), shown("C3", "id")) == (None, {"id": "2603746"})

    def test_their_other_faults_are_told_as_well(self, post: Any) -> None:
        answer = post(invoice("C2"), invoice("C2", due_date="2026-05-01"))

        assert answer.json["errors"] == {
            "C2": ["Invoice numbers must be unique", "Due date must be on or after the invoice date"]
        }

    def test_what_is_stored_under_that_number_stays(self, post: Any, shown: Any) -> None:
        post(invoice("C2", description="first"))

        post(invoice("C2", description="second"), invoice("C2", description="third"))

        assert shown("C2", "description") == {"description": "first"}


class TestWarnings:
    def test_the_debtor_of_an_invoice_stays(self, post: Any, shown: Any) -> None:
        post(invoice("A1"))

        answer = post(invoice("A1", debtor_number="D-2", description="new"))

        assert answer.json == {
            "success": True,
            "count": 1,
            "errors": {},
            "warnings": {"A1": ["Debtor cannot be changed"]},
        }
        assert shown("A1", "debtor_number", "description") == {"debtor_number": "D-1", "description": "new"}

    def test_the_moment_of_sending_stays_once_set(self, post: Any, shown: Any) -> None:
        post(invoice("A5", sent_at="2026-01-04T10:00:00+01:00"))

        answer = post(invoice("A5", sent_at="2026-01-05T10:00:00Z"))

        assert answer.json["warnings"] == {"A5": ["Sent at can no longer be changed"]}
        assert shown("A5", "sent_at") == {"sent_at": "2026-01-04T09:00:00Z"}

    def test_the_same_moment_again_is_no_change(self, post: Any) -> None:
        post(invoice("A5", sent_at="2026-01-04T10:00:00+01:00"))

        assert "warnings" not in post(invoice("A5", sent_at="2026-01-04T09:00:00Z")).json

    def test_what_is_not_sent_yet_can_be_marked_as_sent(self, post: Any, shown: Any) -> None:
        post(invoice("A5"))

        answer = post(invoice("A5", sent_at="2026-01-04T09:00:00Z"))

        assert "warnings" not in answer.json
        assert shown("A5", "sent_at") == {"sent_at": "2026-01-04T09:00:00Z"}

    def test_an_unknown_contact_is_left_out(self, post: Any) -> None:
        answer = post(invoice("A6", contact_identifier="C-9"), invoice("A7", contact_identifier="C-1"))

        assert answer.json["warnings"] == {"A6": ["Contact could not be found"]}

    def test_a_refused_record_has_no_warnings(self, post: Any) -> None:
        post(invoice("A1"))

        answer = post(invoice("A1", debtor_number="D-2", currency_code="XQQ"))

        assert "warnings" not in answer.json


class TestLabels:
    def test_they_replace_each_other_and_stay_when_left_out(self, post: Any, shown: Any) -> None:
        post(invoice("E1", labels=["a", "b"]))
        post(invoice("E1", labels=["b"]))

        post(invoice("E1"))

        assert shown("E1", "labels") == {"labels": [{"name": "b"}]}

    @pytest.mark.parametrize("labels", [[], None])
    def test_none_clears_them(self, post: Any, shown: Any, labels: Any) -> None:
        post(invoice("E1", labels=["a"]))

        post(invoice("E1", labels=labels))

        assert shown("E1", "labels") == {"labels": []}
