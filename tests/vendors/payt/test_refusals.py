from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client, Response
from tests.vendors.payt.samples import invoice, line, payment, without

JSON = {"content-type": "application/json"}
MALFORMED = "message body does not match declared format"


def refusal(answer: Response) -> tuple[int, str, str, str]:
    """Status, media type, code and message; there is nothing else in a refusal."""
    assert set(answer.json) == {"code", "message"}
    return answer.status, answer.media_type, answer.json["code"], answer.json["message"]


def unprocessable(message: str) -> tuple[int, str, str, str]:
    return 422, "application/json", "unprocessable_entity", message


class TestBodies:
    """What cannot be read, or breaks the form, ends the call and changes nothing."""

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            (b"{", MALFORMED),
            (b"", "administration_id is missing, invoices is missing"),
            (b"{}", "administration_id is missing, invoices is missing"),
            (b"[]", MALFORMED),
            (b"null", MALFORMED),
            (b'"text"', MALFORMED),
            (b'{"administration_id": "81"}', "invoices is missing"),
            (b'{"invoices": []}', "administration_id is missing"),
            (b'{"administration_id": null, "invoices": []}', "administration_id is invalid"),
            (b'{"administration_id": true, "invoices": []}', "administration_id is invalid"),
            (b'{"administration_id": "81", "invoices": {}}', "invoices is invalid"),
            (
                b'{"administration_id": "81", "invoices": [1, "x"]}',
                "invoices[0] is invalid, invoices[1] is invalid",
            ),
            (b'{"administration_id": "81", "invoices": [NaN]}', MALFORMED),
            (b'{"administration_id": "81\xff", "invoices": []}', MALFORMED),
            (b'{"administration_id": "\\ud800", "invoices": []}', MALFORMED),
            (b"[" * 100_000, MALFORMED),
            (b'{"administration_id": ' + b"9" * 5_000 + b', "invoices": []}', MALFORMED),
        ],
    )
    def test_each_is_refused_and_stores_nothing(
        self, payt: Client, stored: Any, body: bytes, message: str
    ) -> None:
        before = stored()

        answer = payt.post("/v1/invoices", content=body, headers=JSON)

        assert refusal(answer) == unprocessable(message)
        assert stored() == before

    @pytest.mark.parametrize(
        ("record", "message"),
        [
            (without(invoice("A2"), "currency_code"), "invoices[1][currency_code] is missing"),
            (without(invoice("A2"), "invoice_number"), "invoices[1][invoice_number] is missing"),
            (invoice("A2", invoice_number=None), "invoices[1][invoice_number] is invalid"),
            (invoice("A2", description=[]), "invoices[1][description] is invalid"),
            (invoice("A2", amount_total=True), "invoices[1][amount_total] is invalid"),
            (invoice("A2", payment_method="gold"), "invoices[1][payment_method] does not have a valid value"),
            (invoice("A2", sent_at="yesterday"), "invoices[1][sent_at] is invalid"),
            (invoice("A2", sent_at="0001-01-01T00:00:00+10:00"), "invoices[1][sent_at] is invalid"),
            (invoice("A2", payment_term="soon"), "invoices[1][payment_term] is invalid"),
            (invoice("A2", payment_term=2**31), "invoices[1][payment_term] is invalid"),
            (invoice("A2", labels="a"), "invoices[1][labels] is invalid"),
            (invoice("A2", labels=[{}]), "invoices[1][labels][0] is invalid"),
            (invoice("A2", document="x"), "invoices[1][document] is invalid"),
            (invoice("A2", document={"destroy": "x"}), "invoices[1][document][destroy] is invalid"),
            (
                invoice("A2", payments=[payment("P1", "1", cost_type="fees")]),
                "invoices[1][payments][0][cost_type] does not have a valid value",
            ),
            (
                invoice("A2", payments=[{"amount": "1"}]),
                "invoices[1][payments][0][origin_identifier] is missing",
            ),
            (invoice("A2", payments=[7]), "invoices[1][payments][0] is invalid"),
            (
                invoice("A2", invoice_lines=[line(line_order="first")]),
                "invoices[1][invoice_lines][0][line_order] is invalid",
            ),
        ],
    )
    def test_what_the_reader_refuses_in_one_record_ends_the_call(
        self, post: Any, stored: Any, record: Any, message: str
    ) -> None:
        before = stored()

        answer = post(invoice("A1"), record)

        assert refusal(answer) == unprocessable(message)
        assert stored() == before

    def test_all_faults_are_joined_in_order(self, post: Any) -> None:
        answer = post(
            without(without(invoice("A1"), "due_date"), "amount_open"),
            invoice("A2", payment_method="gold", labels=1.5),
        )

        assert refusal(answer) == unprocessable(
            "invoices[0][due_date] is missing, invoices[0][amount_open] is missing, "
            "invoices[1][payment_method] does not have a valid value, invoices[1][labels] is invalid"
        )

    def test_record_faults_are_not_told_when_the_call_ends(self, post: Any) -> None:
        answer = post(invoice("A1", amount_total="abc"), without(invoice("A2"), "due_date"))

        assert refusal(answer) == unprocessable("invoices[1][due_date] is missing")

    @pytest.mark.parametrize("media_type", ["text/plain", "application/xml", ""])
    def test_another_media_type_is_unsupported(self, payt: Client, stored: Any, media_type: str) -> None:
        before = stored()

        answer = payt.post("/v1/invoices", content=b"<a/>", headers={"content-type": media_type})

        assert refusal(answer) == (
            415,
            "application/json",
            "unsupported_media_type",
            "The provided content-type is not supported",
        )
        assert stored() == before

    def test_a_body_over_the_limit_is_too_large(self, payt: Client, stored: Any) -> None:
        before = stored()

        answer = payt.post("/v1/invoices", content=b" " * (10 * 1024 * 1024 + 1), headers=JSON)

        assert refusal(answer) == (
            413,
            "application/json",
            "payload_too_large",
            "The request body is too large",
        )
        assert stored() == before

    def test_more_records_than_the_server_takes_are_too_many(self, payt: Client) -> None:
        answer = payt.post("/v1/invoices", json={"administration_id": "81", "invoices": [0] * 10_001})

        assert refusal(answer) == (
            413,
            "application/json",
            "payload_too_large",
            "The request holds too many records",
        )


class TestParameters:
    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ("", "administration_id is missing"),
            ("?administration_id=81&per_page=501", "per_page does not have a valid value"),
            ("?administration_id=81&per_page=0", "per_page does not have a valid value"),
            ("?administration_id=81&per_page=many", "per_page is invalid"),
            ("?administration_id=81&order=id", "order does not have a valid value"),
            ("?administration_id=81&paid=perhaps", "paid is invalid"),
            ("?administration_id=81&updated_after=yesterday", "updated_after is invalid"),
            ("?administration_id=81&book_amount_total_gte=NaN", "book_amount_total_gte is invalid"),
            ("?administration_id=81&cursor=last", "cursor is invalid"),
            ("?administration_id=81&fields=id", "fields is invalid"),
            ('?administration_id=81&fields={"only":["id",]}', "fields is invalid"),
            (
                "?per_page=501&cursor=x",
                "administration_id is missing, cursor is invalid, per_page does not have a valid value",
            ),
        ],
    )
    def test_each_fault_is_named(self, payt: Client, query: str, message: str) -> None:
        assert refusal(payt.get(f"/v1/invoices{query}")) == unprocessable(message)

    def test_an_administration_is_a_number_in_a_path(self, payt: Client) -> None:
        answer = payt.get("/v1/administrations/first")

        assert refusal(answer) == unprocessable("administration_id is invalid")

    def test_an_identifier_type_is_one_of_three(self, payt: Client) -> None:
        answer = payt.get("/v1/invoices/A1?administration_id=81&identifier_type=name")

        assert refusal(answer) == unprocessable("identifier_type does not have a valid value")

    def test_an_unknown_parameter_is_ignored(self, payt: Client) -> None:
        assert payt.get("/v1/invoices?administration_id=81&colour=red").status == 200


class TestPaths:
    def test_an_unknown_path_is_not_found(self, payt: Client) -> None:
        assert refusal(payt.get("/v1/nothing")) == (404, "application/json", "not_found", "Not found")

    def test_an_unknown_invoice_is_not_found(self, payt: Client) -> None:
        answer = payt.get("/v1/invoices/A9?administration_id=81&identifier_type=invoice_number")

        assert refusal(answer) == (404, "application/json", "not_found", "Invoice not found")

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    def test_payments_cannot_be_written(self, payt: Client, method: str) -> None:
        answer = payt.request(method, "/v1/payments", json={})

        assert refusal(answer) == (405, "application/json", "method_not_allowed", "Method not allowed")
        assert answer.headers["allow"] == "GET"

    def test_the_path_that_a_known_client_uses_answers_too(self, payt: Client) -> None:
        assert payt.get("/api/v1/invoices?administration_id=81").status == 200

    def test_too_many_headers_are_refused(self, payt: Client) -> None:
        answer = payt.get("/v1/administrations", headers={f"x-{number}": "x" for number in range(100)})

        assert refusal(answer) == (
            431,
            "application/json",
            "request_header_fields_too_large",
            "The request headers are too large",
        )


class TestNuls:
    """A text with a NUL refuses its record, wherever in it, and is told of once a member."""

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"invoice_identifier": "a\0"}, "Origin identifier is invalid"),
            ({"labels": ["a\0", "b\0"]}, "Labels is invalid"),
            ({"payments": [payment("P\0", "0")]}, "Payments origin identifier is invalid"),
            ({"invoice_lines": [line(product_unit="\0")]}, "Invoice lines product unit is invalid"),
        ],
    )
    def test_it_stays_with_its_record(self, payt: Client, changes: Any, message: str) -> None:
        records = [invoice("A1", **changes), invoice("A2")]

        answer = payt.post("/v1/invoices", json={"administration_id": "81", "invoices": records})

        assert answer.json == {"success": True, "count": 1, "errors": {"A1": [message]}}

    def test_what_is_ignored_may_hold_one(self, payt: Client) -> None:
        record = invoice("A1", unknown={"a": "\0"}, payments=[payment("P1", "0", unknown="\0")])

        answer = payt.post("/v1/invoices", json={"administration_id": "81", "invoices": [record]})

        assert answer.json == {"success": True, "count": 1, "errors": {}}

    def test_an_escaped_backslash_before_the_digits_is_none(self, payt: Client) -> None:
        record = invoice("A1", description="\\u0000")

        answer = payt.post("/v1/invoices", json={"administration_id": "81", "invoices": [record]})

        assert answer.json == {"success": True, "count": 1, "errors": {}}

    def test_of_a_file_it_ends_the_call(self, payt: Client) -> None:
        file = {"byte_size": 1, "checksum": "A" * 88, "content_type": "text\0plain"}

        answer = payt.post("/v1/files", json={"administration_id": "81", "files": [file]})

        assert refusal(answer) == unprocessable("files[0][content_type] is invalid")
