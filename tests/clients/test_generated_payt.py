"""A client that openapi-python-client made of specs/payt.yaml."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, date, datetime
from hashlib import sha3_512
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.clients.generated import Api, Made, stated, warnings

VENDOR = "payt"

UPLOAD = ("PUT", "/storage/uploads/{}")
"""Stands in for a storage host and takes whatever was announced, so that no client is made for it."""

BOOKS = {"administration_id": "81"}
APPLICATION = b64encode(b"sandbox-client:sandbox-secret").decode()
CALLBACK = "https://client.example.com/callback"
LETTER = b"A made up letter"
DIGEST = b64encode(sha3_512(LETTER).digest()).decode()
DECEMBER = datetime(2025, 12, 1, tzinfo=UTC)


@pytest.fixture
def application(anyone: Api) -> Api:
    """The client under an application's id and secret."""
    return anyone.signed_in(APPLICATION, "Basic")


@pytest.fixture
def payt(anyone: Api, application: Api) -> Api:
    """The client of an application that has got itself a token."""
    return anyone.signed_in(token(application, grant_type="client_credentials").access_token)


def token(application: Api, **grant: str) -> Any:
    """What a grant is exchanged for."""
    return application.post_oauth_token(body=application.models.TokenRequest(**grant)).parsed


def code(anyone: Api) -> str:
    """A code for reading invoices, from the address that the browser is sent to."""
    answer = anyone.get_oauth_authorize(
        client_id="sandbox-client",
        redirect_uri=CALLBACK,
        response_type=anyone.models.GetOauthAuthorizeResponseType.CODE,
        state="xyz",
        scope="invoices:read",
    )
    query = urlsplit(str(answer.headers["location"])).query
    return parse_qs(query)["code"][0]


def record(payt: Api, number: str, debtor: str = "D-1", **changes: Any) -> Any:
    """An invoice of a hundred euro."""
    amounts = ("amount_total", "amount_open", "book_amount_total", "book_amount_open")
    members = {
        "currency_code": "EUR",
        "invoice_number": number,
        "invoice_date": date(2026, 1, 1),
        "due_date": date(2026, 2, 1),
        "debtor_number": debtor,
        **dict.fromkeys(amounts, "100.00"),
    }
    return payt.models.InvoiceRecord(**{**members, **changes})


def post(payt: Api, *records: Any) -> Any:
    """What became of the invoices."""
    body = payt.models.InvoicesRequest(**BOOKS, invoices=list(records))
    return payt.post_v1_invoices(body=body).parsed


def patch(payt: Api, number: str, **changes: Any) -> Any:
    """What became of a change."""
    change = payt.models.InvoiceChange(invoice_number=number, **changes)
    body = payt.models.InvoiceChangesRequest(**BOOKS, invoices=[change])
    return payt.patch_v1_invoices(body=body).parsed


def shown(payt: Api, number: str, **asked: Any) -> Any:
    """An invoice by its number."""
    kind = payt.models.GetV1InvoicesIdIdentifierType.INVOICE_NUMBER
    return payt.get_v1_invoices_id(number, **BOOKS, identifier_type=kind, **asked).parsed


def named(payt: Api, *numbers: str) -> Any:
    """The body that names invoices."""
    return payt.models.InvoiceNames(**BOOKS, invoice_numbers=list(numbers))


def a_file(payt: Api) -> Any:
    """The body that announces the letter."""
    models = payt.models
    file = models.FileRecord(byte_size=len(LETTER), checksum=DIGEST, content_type="text/plain")
    return models.FilesRequest(**BOOKS, files=[file])


def paid(payt: Api, number: str) -> list[tuple[str, Any]]:
    """Amount and day of each payment on an invoice."""
    page = payt.get_v1_payments(**BOOKS, invoice_numbers=number).parsed
    return [(payment.total_amount, payment.payment_date) for payment in page.data]


def test_the_generator_leaves_out_the_storage_alone(tmp_path: Path) -> None:
    heading, reason = warnings("payt", tmp_path)

    said = "WARNING parsing PUT /storage/uploads/{token} within files. Endpoint will not be generated."
    assert heading == said
    assert {line.rpartition(" ")[0] for line in reason.splitlines()} == {"Unsupported content type"}


def test_every_other_operation_is_made_with_all_its_answers(made: Made) -> None:
    wanted = stated("payt")
    del wanted[UPLOAD]

    assert made.endpoints() == wanted


def test_a_code_is_exchanged_for_a_token_of_its_scope(anyone: Api, application: Api) -> None:
    found = token(application, grant_type="authorization_code", code=code(anyone), redirect_uri=CALLBACK)

    assert isinstance(found, anyone.models.Token)
    assert (found.scope, found.expires_in) == ("invoices:read", 7200)
    reader = anyone.signed_in(found.access_token)
    assert isinstance(reader.get_v1_invoices(**BOOKS).parsed, anyone.models.InvoicesPage)
    assert reader.get_v1_debtors(**BOOKS).parsed.code == "forbidden"


def test_a_refresh_token_is_good_until_it_was_used(application: Api) -> None:
    first = token(application, grant_type="refresh_token", refresh_token="sandbox-refresh-token")
    second = token(application, grant_type="refresh_token", refresh_token=first.refresh_token)

    assert isinstance(second, application.models.Token)
    assert len({first.access_token, second.access_token}) == 2


def test_an_application_with_a_wrong_secret_gets_an_error_of_oauth(anyone: Api) -> None:
    stranger = anyone.signed_in(b64encode(b"sandbox-client:guess").decode(), "Basic")

    found = token(stranger, grant_type="client_credentials")

    assert isinstance(found, anyone.models.OAuthError)
    assert found.error == "invalid_client"


def test_a_revoked_token_is_good_no_more(anyone: Api, application: Api) -> None:
    given = token(application, grant_type="client_credentials").access_token
    body = application.models.TokenName(token=given)
    before = application.post_oauth_introspect(body=body).parsed.active

    application.post_oauth_revoke(body=body)

    assert (before, application.post_oauth_introspect(body=body).parsed.active) == (True, False)
    assert anyone.signed_in(given).get_v1_invoices(**BOOKS).parsed.code == "unauthorized"


def test_of_a_mixed_call_the_good_invoices_count_and_the_bad_ones_are_named(payt: Api) -> None:
    outcome = post(payt, record(payt, "A1"), record(payt, "A2", debtor="NOPE"), record(payt, "A3"))

    assert isinstance(outcome, payt.models.SuccessEntity)
    assert (outcome.success, outcome.count) == (True, 2)
    assert outcome.errors.additional_properties == {"A2": ["Debtor must exist"]}


def test_the_good_invoices_are_read_back(payt: Api) -> None:
    post(payt, record(payt, "A1"), record(payt, "A2", debtor="NOPE"))

    found = payt.get_v1_invoices(**BOOKS, invoice_numbers="A1,A2").parsed.data

    assert [type(invoice) for invoice in found] == [payt.models.Invoice]
    assert (found[0].invoice_number, found[0].open_amount) == ("A1", "100.00")
    assert (found[0].invoice_date, found[0].debtor_id) == (date(2026, 1, 1), "501")


def test_a_body_that_cannot_be_read_changes_nothing(payt: Api) -> None:
    bad = record(payt, "A2")
    bad.currency_code = None

    refused = post(payt, record(payt, "A1"), bad)

    assert isinstance(refused, payt.models.ErrorEntity)
    assert (refused.code, shown(payt, "A1").code) == ("unprocessable_entity", "not_found")


def test_a_new_debtor_can_be_sent_an_invoice(payt: Api) -> None:
    debtor = payt.models.DebtorRecord(debtor_number="D-9", name="Bakker BV", debtor_identifier="1009")
    body = payt.models.DebtorsRequest(**BOOKS, debtors=[debtor])

    outcomes = [payt.post_v1_debtors(body=body).parsed, post(payt, record(payt, "A1", debtor="D-9"))]

    kind = payt.models.GetV1DebtorsIdIdentifierType.DEBTOR_NUMBER
    found = payt.get_v1_debtors_id("D-9", **BOOKS, identifier_type=kind).parsed
    assert [outcome.count for outcome in outcomes] == [1, 1]
    assert isinstance(found, payt.models.Debtor)
    assert (found.name, shown(payt, "A1").debtor_id) == ("Bakker BV", found.id)


def test_a_debtor_is_taken_in_part_with_a_warning(payt: Api) -> None:
    debtor = payt.models.DebtorRecord(
        debtor_number="D-2", name="De Vries", debtor_identifier="1002", vat_number="123"
    )

    outcome = payt.post_v1_debtors(body=payt.models.DebtorsRequest(**BOOKS, debtors=[debtor])).parsed

    assert outcome.warnings.additional_properties == {"D-2": ["VAT number is invalid"]}


def test_a_payment_in_an_invoice_is_read_by_itself(payt: Api) -> None:
    payment = payt.models.PaymentRecord(amount="40.00", origin_identifier="P4", payment_date=date(2026, 1, 3))

    post(payt, record(payt, "A1", amount_open="60.00", book_amount_open="60.00", payments=[payment]))

    assert (paid(payt, "A1"), shown(payt, "A1").open_amount) == ([("40.00", date(2026, 1, 3))], "60.00")


def test_what_is_no_longer_open_was_paid_today(payt: Api) -> None:
    post(payt, record(payt, "A1"))

    outcome = patch(payt, "A1", amount_open="25.00", book_amount_open="25.00")

    assert (outcome.count, paid(payt, "A1")) == (1, [("75.00", date(2026, 1, 5))])


def test_a_change_leaves_the_rest_as_it_is(payt: Api) -> None:
    outcome = patch(payt, "F-1002", category="repairs", order_number=None)

    found = shown(payt, "F-1002")
    assert isinstance(outcome, payt.models.SuccessEntity)
    assert (found.category, found.description, found.total_amount) == ("repairs", "Reparatie", "90.75")


def test_a_change_to_an_unknown_invoice_is_named(payt: Api) -> None:
    outcome = patch(payt, "ZZ", category="x")

    assert (outcome.count, outcome.errors.additional_properties) == (0, {"not_found": ["ZZ"]})


def test_a_blocked_invoice_is_paused_until_it_is_resumed(payt: Api) -> None:
    blocked = payt.patch_v1_invoices_block(body=named(payt, "F-1002")).parsed
    paused = shown(payt, "F-1002").paused_at
    resumed = payt.patch_v1_invoices_resume(body=named(payt, "F-1002")).parsed

    assert [type(outcome) for outcome in (blocked, resumed)] == [payt.models.SuccessEntity] * 2
    assert (paused, shown(payt, "F-1002").paused_at) == (datetime(2026, 1, 5, 9, tzinfo=UTC), None)


def test_an_uploaded_file_is_shown_with_its_invoice(payt: Api) -> None:
    [upload] = payt.post_v1_files(body=a_file(payt)).parsed
    stored = httpx.put(upload.url, content=LETTER, headers={"content-type": "text/plain"})
    document = payt.models.DocumentRecordType0(checksum=DIGEST, filename="letter.txt")

    outcome = post(payt, record(payt, "A1", document=document))

    found = shown(payt, "A1", fields='{"only": ["document_url"]}')
    assert isinstance(upload, payt.models.Upload)
    assert stored.status_code == 204
    assert outcome.to_dict() == {"success": True, "count": 1, "errors": {}}
    assert isinstance(found, payt.models.InvoicePart)
    assert found.document_url.startswith("http")


def test_a_cursor_leads_through_all_pages(payt: Api) -> None:
    post(payt, *(record(payt, f"A{number}") for number in range(1, 4)))
    pages = [payt.get_v1_invoices(**BOOKS, per_page=2).parsed]

    while pages[-1].pagination.cursor is not None:
        pages.append(payt.get_v1_invoices(**BOOKS, per_page=2, cursor=pages[-1].pagination.cursor).parsed)

    numbers = [[invoice.invoice_number for invoice in page.data] for page in pages]
    assert numbers == [["F-1001", "F-1002"], ["A1", "A2"], ["A3"]]


def test_fields_leave_the_rest_out(payt: Api) -> None:
    found = shown(payt, "F-1001", fields='{"only": ["labels"]}')

    assert isinstance(found, payt.models.InvoicePart)
    assert found.to_dict() == {"labels": [{"name": "onderhoud"}]}


def test_deleted_invoices_are_told_of(payt: Api) -> None:
    [found] = payt.get_v1_invoices_deleted(**BOOKS, deleted_after=DECEMBER).parsed.data

    assert isinstance(found, payt.models.DeletedInvoice)
    assert (found.id, found.deleted_at) == ("2603740", datetime(2025, 12, 28, 10, tzinfo=UTC))


def test_a_vat_rate_is_a_number_when_it_is_read(payt: Api) -> None:
    rate = payt.models.VatRateRecord(code="BE6", rate="6", name="BTW 6%")

    payt.post_v1_vat_rates(body=payt.models.VatRatesRequest(**BOOKS, vat_rates=[rate]))

    found = payt.get_v1_vat_rates(**BOOKS).parsed.data[-1]
    assert isinstance(found, payt.models.VatRate)
    assert (found.code, found.rate, found.category.value) == ("BE6", 6, "regular")


def test_every_operation_goes_well_in_one_journey(anyone: Api, application: Api, payt: Api) -> None:
    models = payt.models
    debtor = models.DebtorRecord(debtor_number="D-9", name="Bakker BV", debtor_identifier="1009")
    contact = models.ContactRecord(contact_identifier="C-9", firstname="Sanne")
    condition = models.PaymentConditionRecord(code="60", name="60 dagen")
    rate = models.VatRateRecord(code="NL9", name="BTW laag")
    known = models.TokenName(token="full-token")
    answers = [
        application.post_oauth_introspect(body=known),
        payt.get_v1_administrations(),
        payt.get_v1_administrations_administration_id(81),
        payt.post_v1_payment_conditions(
            body=models.PaymentConditionsRequest(**BOOKS, payment_conditions=[condition])
        ),
        payt.post_v1_vat_rates(body=models.VatRatesRequest(**BOOKS, vat_rates=[rate])),
        payt.get_v1_vat_rates(**BOOKS),
        payt.post_v1_contacts(body=models.ContactsRequest(**BOOKS, contacts=[contact])),
        payt.get_v1_contacts(**BOOKS, contact_identifiers="C-9"),
        payt.post_v1_debtors(body=models.DebtorsRequest(**BOOKS, debtors=[debtor])),
        payt.get_v1_debtors(**BOOKS, updated_after=DECEMBER),
        payt.get_v1_debtors_id("501", **BOOKS),
        payt.patch_v1_invoices_block(body=named(payt, "F-1002")),
        payt.patch_v1_invoices_resume(body=named(payt, "F-1002")),
        payt.get_v1_invoices(**BOOKS, paid=True, order=models.GetV1InvoicesOrder.DUE_DATE_DESC),
        payt.get_v1_invoices_deleted(**BOOKS, deleted_after=DECEMBER),
        payt.get_v1_invoices_id("2603744", **BOOKS),
        payt.get_v1_payments(**BOOKS),
        payt.get_v1_payments_deleted(**BOOKS, deleted_after=DECEMBER),
        application.post_oauth_revoke(body=known),
    ]
    outcomes = [post(payt, record(payt, "A1")), patch(payt, "A1", category="x")]
    uploads = payt.post_v1_files(body=a_file(payt)).parsed
    code(anyone)

    assert [type(answer.parsed) for answer in answers] == [
        models.Introspection,
        models.AdministrationsPage,
        models.Administration,
        models.SuccessEntity,
        models.SuccessEntity,
        models.VatRatesPage,
        models.SuccessEntity,
        models.ContactsPage,
        models.SuccessEntity,
        models.DebtorsPage,
        models.Debtor,
        models.SuccessEntity,
        models.SuccessEntity,
        models.InvoicesPage,
        models.DeletedInvoicesPage,
        models.Invoice,
        models.PaymentsPage,
        models.DeletedPaymentsPage,
        models.PostOauthRevokeResponse200,
    ]
    assert [outcome.count for outcome in outcomes] == [1, 1]
    assert [upload.checksum for upload in uploads] == [DIGEST]
    assert payt.called == payt.all
