"""What assumptions do together, or to other records than those of their own files."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.payt.samples import debtor, invoice, payment, still_open, without


class TestBrokenRecords:
    """A record that cannot be read refuses only itself."""

    @pytest.fixture(autouse=True)
    def _spared(self, assume: Any) -> None:
        assume(broken_record="refuses_record")

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"debtor_number": ["NOPE"]}, "Debtor number is invalid"),
            ({"sent_at": "yesterday", "debtor_number": "NOPE"}, "Sent at is invalid"),
            (
                {"document": {"checksum": 5.5}},
                "Document checksum is the wrong length (should be 88 characters)",
            ),
            ({"invoice_lines": [7]}, "Invoice lines is invalid"),
            (
                {"payments": [payment("P1", "1", cost_type="fees")]},
                "Payments cost type is not included in the list",
            ),
        ],
    )
    def test_what_cannot_be_read_is_told(self, post: Any, changes: Any, message: str) -> None:
        told = post(invoice("A1", **changes), invoice("A2")).json

        assert told["count"] == 1
        assert told["errors"]["A1"][0] == message

    @pytest.mark.parametrize("member", ["invoice_date", "due_date", "currency_code", "amount_open"])
    @pytest.mark.parametrize("value", [None, ["x"], {}], ids=["null", "list", "object"])
    def test_what_a_change_cannot_read_is_told(self, payt: Client, member: str, value: Any) -> None:
        records = [{"invoice_number": "F-1001", member: value}, {"invoice_number": "F-1002", "category": "x"}]

        told = payt.patch("/v1/invoices", json={"administration_id": "81", "invoices": records}).json

        words = f"{member[0].upper()}{member[1:].replace('_', ' ')} is invalid"
        assert told == {"success": True, "count": 1, "errors": {"F-1001": [words]}}

    def test_members_that_nobody_knows_hinder_nothing(self, post: Any) -> None:
        answer = post(invoice("A1", colour=[{}], debtor_number="NOPE"), without(invoice("A2"), "due_date"))

        assert answer.json["errors"] == {"A1": ["Debtor must exist"], "A2": ["Due date can't be blank"]}

    def test_debtors_are_spared_too(self, payt: Client) -> None:
        debtors = [debtor("D-9"), 5, {"debtor_number": "D-8"}, debtor("D-7", vat_number=[])]

        answer = payt.post("/v1/debtors", json={"administration_id": "81", "debtors": debtors})

        assert answer.json == {
            "success": True,
            "count": 1,
            "errors": {
                "debtors[1]": ["Record is invalid"],
                "D-8": ["Name can't be blank", "Origin identifier can't be blank"],
                "D-7": ["VAT number is invalid"],
            },
        }

    @pytest.mark.parametrize(
        ("kind", "record", "errors"),
        [
            ("contacts", {"contact_identifier": {}}, {"contacts[0]": ["Contact identifier is invalid"]}),
            ("vat_rates", {"code": []}, {"vat_rates[0]": ["Code is invalid"]}),
            ("payment_conditions", {"code": "60"}, {"60": ["Name can't be blank"]}),
        ],
    )
    def test_so_is_all_else(self, payt: Client, kind: str, record: Any, errors: Any) -> None:
        answer = payt.post(f"/v1/{kind}", json={"administration_id": "81", kind: [record]})

        assert answer.json == {"success": True, "count": 0, "errors": errors}

    def test_a_body_that_is_broken_outside_its_records_is_refused(self, payt: Client) -> None:
        assert payt.post("/v1/invoices", json={"administration_id": "81"}).status == 422

    def test_files_have_no_place_for_it(self, payt: Client) -> None:
        answer = payt.post("/v1/files", json={"administration_id": "81", "files": [5]})

        assert (answer.status, answer.json["message"]) == (422, "files[0] is invalid")


def test_amounts_keep_their_length_when_texts_have_none(post: Any, assume: Any) -> None:
    assume(text_limit="none")

    answer = post(invoice("A1", amount_total="9" * 256, description="x" * 1000))

    assert answer.json["errors"] == {"A1": ["Amount total is too long (maximum is 255 characters)"]}


def test_a_fixed_number_stays_when_the_identifier_comes_with_another(
    post: Any, shown: Any, assume: Any
) -> None:
    post(invoice("A1", invoice_identifier="900"))
    assume(first_values="fixed")

    answer = post(invoice("A2", invoice_identifier="900"))

    assert answer.json["warnings"] == {"A2": ["Invoice number cannot be changed"]}
    assert (shown("A1", "invoice_identifier"), shown("A2")) == ({"invoice_identifier": "900"}, None)


def test_fixed_totals_are_what_payments_add_up_to(post: Any, assume: Any) -> None:
    post(invoice("A1"))
    assume(first_values="fixed")

    answer = post(invoice("A1", amount_total="500", payments=[payment("P1", "30")], **still_open("70")))

    assert answer.json == {
        "success": True,
        "count": 1,
        "errors": {},
        "warnings": {"A1": ["Amount total cannot be changed"]},
    }


def test_a_new_invoice_has_nothing_fixed(post: Any, assume: Any) -> None:
    assume(first_values="fixed", sent_at_change="error", missing_document="error", debtor_change="applied")

    assert post(invoice("A1", sent_at="2026-01-05T08:00:00Z")).json["count"] == 1


def test_numbers_twice_in_a_call_are_one_invoice_in_order(post: Any, paid: Any, assume: Any) -> None:
    assume(repeated_number="in_order")

    post(invoice("A1"), invoice("A1", **still_open("60")), invoice("A1", **still_open("10")))

    assert [row["total_amount"] for row in paid("A1")] == ["40.00", "50.00"]


def test_payments_that_are_null_count_as_left_out_where_null_does(post: Any, paid: Any, assume: Any) -> None:
    assume(null_members="ignored")

    post(invoice("A1", **still_open("60")))
    answer = post(invoice("A1", payments=None, **still_open("50")))

    assert answer.json["count"] == 1
    assert [row["total_amount"] for row in paid("A1")] == ["40.00", "10.00"]


class TestSparedRecords:
    """Where a broken record refuses only itself, so does one of another type or without a zone."""

    @pytest.fixture(autouse=True)
    def _spared(self, assume: Any) -> None:
        assume(broken_record="refuses_record")

    def test_another_type_stays_with_its_record(self, post: Any, assume: Any) -> None:
        assume(other_types="refused")

        told = post(invoice("A1", payment_term="14"), invoice("A2", payment_term=14)).json

        assert told == {"success": True, "count": 1, "errors": {"A1": ["Payment term is invalid"]}}

    def test_a_missing_zone_stays_with_its_record(self, post: Any, assume: Any) -> None:
        assume(missing_offset="refused")

        told = post(invoice("A1", sent_at="2026-06-01T09:30:00"), invoice("A2")).json

        assert told == {"success": True, "count": 1, "errors": {"A1": ["Sent at is invalid"]}}

    def test_a_moment_without_a_zone_is_readable(self, post: Any) -> None:
        told = post(invoice("A1", sent_at="2026-06-01T09:30:00", debtor_number="NOPE")).json

        assert told["errors"] == {"A1": ["Debtor must exist"]}
