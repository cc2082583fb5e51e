"""A client that openapi-python-client made of specs/vba.yaml."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.clients.generated import Api, Made, opened, stated, warnings

VENDOR = "vba"

SANDBOX = {"vbasoftware_database": "sandbox"}
CLIENT = {"vbasoftware_client_id": "100", "vbasoftware_client_code": "ACME"}
MARCH = datetime(2026, 3, 31, tzinfo=UTC)


@pytest.fixture
def gate(base: str, made: Made) -> Iterator[Api]:
    """The client without any credential, on a database of a fresh sandbox."""
    with opened(made, f"{base}/vba", **SANDBOX) as api:
        yield api


@pytest.fixture
def vba(gate: Api) -> Api:
    """The client of a user who has logged in."""
    tokens = login(gate, "jdoe:harbor-42").log_in(**CLIENT).parsed.data.authentication_result
    return gate.signed_in(tokens.id_token, x_api_key="good-key")


def login(gate: Api, user: str) -> Api:
    """The client under a user's name and password."""
    return gate.signed_in(b64encode(user.encode()).decode(), "Basic", x_api_key="good-key")


def rows(vba: Api) -> list[Any]:
    """Three new invoices; the payee of the second one does not exist."""
    invoice = vba.models.ClaimInvoice
    return [
        invoice(invoice_key=2, invoice_number="INV-2", payee_id="P100", due_date=MARCH),
        invoice(invoice_key=3, invoice_number="INV-3", payee_id="NOPE"),
        invoice(invoice_key=4, invoice_number="INV-4"),
    ]


def outcomes(result: Any) -> list[tuple[str, Any, int, str]]:
    """Key, value, status and message of each row; a message is cut at its first quote."""
    return [(row.id[0].key, row.id[0].value, row.status, row.body.partition(' "')[0]) for row in result.data]


def keys(vba: Api, **asked: Any) -> list[int]:
    """The keys on one page of invoices."""
    return [invoice.invoice_key for invoice in vba.list_claim_invoice(**asked).parsed.data]


def test_the_generator_reads_the_spec_as_it_stands_without_a_warning(tmp_path: Path) -> None:
    assert warnings("vba", tmp_path) == []


def test_every_operation_is_made_with_all_its_answers(made: Made) -> None:
    assert made.endpoints() == stated("vba")


def test_a_login_gives_tokens(gate: Api) -> None:
    result = login(gate, "jdoe:harbor-42").log_in(**CLIENT).parsed

    assert isinstance(result, gate.models.LogInResult)
    assert result.data.authentication_result.expires_in == 86_400
    assert (result.data.challenge_name, result.error) == (None, None)


def test_a_newcomer_is_challenged(gate: Api) -> None:
    data = login(gate, "newcomer:first-day").log_in(**CLIENT).parsed.data

    assert (data.challenge_name, data.authentication_result) == ("NEW_PASSWORD_REQUIRED", None)


def test_a_wrong_password_is_told(gate: Api) -> None:
    answer = login(gate, "jdoe:guess").log_in(**CLIENT)

    assert isinstance(answer.parsed, gate.models.Failure)
    assert (answer.status_code, answer.parsed.error.detail) == (401, "Incorrect username or password.")


def test_a_refresh_token_gets_an_id_token_that_is_good(gate: Api, vba: Api) -> None:
    api = gate.with_headers(x_api_key="good-key")

    result = api.refresh_tokens(
        **CLIENT, expired_id_token="expired-token", refresh_token="good-refresh-token"
    ).parsed

    token = result.data.authentication_result.id_token
    assert isinstance(
        gate.signed_in(token, x_api_key="good-key").get_payee("P100").parsed, vba.models.PayeeResult
    )


def test_a_caller_without_a_key_meets_the_gateway(gate: Api) -> None:
    answer = gate.signed_in("good-token").get_claim_invoice(1001)

    assert (answer.status_code, answer.parsed) == (403, gate.models.GatewayMessage(message="Forbidden"))


def test_a_caller_without_a_right_to_the_database_meets_the_service(gate: Api) -> None:
    api = gate.signed_in("other-database-token", x_api_key="good-key")

    answer = api.get_claim_invoice(1001)

    assert isinstance(answer.parsed, gate.models.Failure)
    assert (answer.status_code, answer.parsed.error.title) == (403, "Forbidden")


def test_each_row_of_a_batch_has_its_own_result(vba: Api) -> None:
    answer = vba.put_claim_invoice_batch(body=rows(vba))

    assert answer.status_code == 207
    assert isinstance(answer.parsed, vba.models.BatchResult)
    assert outcomes(answer.parsed) == [
        ("Invoice_Key", 2, 201, "Created"),
        ("Invoice_Key", 3, 500, "The INSERT statement conflicted with the FOREIGN KEY constraint"),
        ("Invoice_Key", 4, 201, "Created"),
    ]


def test_the_good_rows_are_read_back(vba: Api) -> None:
    vba.put_claim_invoice_batch(body=rows(vba))

    stored = vba.get_claim_invoice(2).parsed.data

    assert isinstance(stored, vba.models.StoredClaimInvoice)
    assert (stored.invoice_number, stored.payee_id, stored.description) == ("INV-2", "P100", None)
    assert (stored.due_date, stored.entry_user) == ("2026-03-31T00:00:00", "jdoe")


def test_the_bad_row_left_nothing(vba: Api) -> None:
    vba.put_claim_invoice_batch(body=rows(vba))

    answer = vba.get_claim_invoice(3)

    assert isinstance(answer.parsed.error, vba.models.Refusal)
    assert (answer.status_code, answer.parsed.error.status) == (404, 404)
    assert answer.parsed.error.detail == "The requested resource (3) was not found."


def test_a_second_batch_updates(vba: Api) -> None:
    vba.put_claim_invoice_batch(body=rows(vba))

    result = vba.put_claim_invoice_batch(body=rows(vba)[2:]).parsed

    assert outcomes(result) == [("Invoice_Key", 4, 200, "Updated")]


def test_an_update_replaces_the_whole_record(vba: Api) -> None:
    sent = vba.models.ClaimInvoice(invoice_key=1001, invoice_number="INV-1001a", payee_id=None)

    response = vba.update_claim_invoice(1001, body=sent).parsed.data

    assert (response.invoice_number, response.payee_id, response.invoice_status) == ("INV-1001a", None, None)
    assert vba.get_claim_invoice(1001).parsed.data == response


def test_an_invoice_without_a_key_of_its_own_is_given_one(vba: Api) -> None:
    created = vba.create_claim_invoice(body=vba.models.ClaimInvoice(invoice_key=0)).parsed.data

    assert vba.get_claim_invoice(created.invoice_key).parsed.data == created


def test_a_deleted_invoice_is_gone(vba: Api) -> None:
    answer = vba.delete_claim_invoice(1001)

    assert isinstance(answer.parsed, vba.models.Emptied)
    assert (answer.parsed.data, vba.get_claim_invoice(1001).status_code) == (None, 404)


def test_invoices_come_in_pages_and_in_order(vba: Api) -> None:
    vba.put_claim_invoice_batch(body=rows(vba))

    answer = vba.list_claim_invoice(page=2, page_size=3, sort_by="invoice_Key:desc")

    assert isinstance(answer.parsed, vba.models.ClaimInvoiceList)
    assert [invoice.invoice_key for invoice in answer.parsed.data] == [2]
    assert json.loads(answer.headers["x-pagination"]) == {
        "TotalCount": 4,
        "TotalPages": 2,
        "CurrentPage": 2,
        "PageSize": 3,
    }


def test_another_database_has_invoices_of_its_own(vba: Api) -> None:
    assert (keys(vba), keys(vba, vbasoftware_database="OTHER")) == ([1001, 1002], [])


def test_payees_are_created_and_updated_together(vba: Api) -> None:
    payee = vba.models.Payee

    result = vba.put_payees_batch(
        body=[payee(payee_id="P300", inactive=False), payee(payee_id="P400", name="x" * 129), payee(name="N")]
    ).parsed

    assert isinstance(result, vba.models.BatchResult)
    assert [(row.id[0].value, row.status) for row in result.data] == [
        ("P300", 200),
        ("P400", 500),
        ("1", 201),
    ]


def test_a_new_payee_can_be_paid(vba: Api) -> None:
    created = vba.create_payee(body=vba.models.Payee(payee_id="P400", name="Harbor Dental")).parsed.data
    invoice = vba.models.ClaimInvoice(invoice_key=5, payee_id="P400")

    result = vba.put_claim_invoice_batch(body=[invoice]).parsed

    assert isinstance(created, vba.models.StoredPayee)
    assert (created.name, created.wire_transfer, created.city) == ("Harbor Dental", False, None)
    assert outcomes(result) == [("Invoice_Key", 5, 201, "Created")]


def test_every_operation_goes_well_in_one_journey(vba: Api) -> None:
    models = vba.models
    answers = [
        vba.refresh_tokens(**CLIENT, expired_id_token="x", refresh_token="good-refresh-token"),
        vba.create_payee(body=models.Payee(payee_id="P400")),
        vba.put_payees_batch(body=[models.Payee(payee_id="P400", name="Harbor Dental")]),
        vba.update_payee("P400", body=models.Payee(payee_id="P400", city="Madison")),
        vba.create_claim_invoice(body=models.ClaimInvoice(invoice_key=5, payee_id="P400")),
        vba.put_claim_invoice_batch(body=[models.ClaimInvoice(invoice_key=6)]),
        vba.update_claim_invoice(5, body=models.ClaimInvoice(invoice_key=5)),
        vba.get_claim_invoice(5),
        vba.delete_claim_invoice(5),
        vba.delete_payee("P400"),
        vba.get_payee("P100"),
        vba.list_payee(sort_by="name:asc"),
        vba.list_claim_invoice(),
    ]

    assert [type(answer.parsed) for answer in answers] == [
        models.LogInResult,
        models.PayeeResult,
        models.BatchResult,
        models.PayeeResult,
        models.ClaimInvoiceResult,
        models.BatchResult,
        models.ClaimInvoiceResult,
        models.ClaimInvoiceResult,
        models.Emptied,
        models.Emptied,
        models.PayeeResult,
        models.PayeeList,
        models.ClaimInvoiceList,
    ]
    assert vba.called == vba.all
