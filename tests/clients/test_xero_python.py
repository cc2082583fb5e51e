"""The vendor's published client over all that it has of this scope, model by model and error by error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from xero_python.accounting import (
    Account,
    AccountingApi,
    BatchPayment,
    BatchPaymentDelete,
    BatchPaymentDeleteByUrlParam,
    BatchPayments,
    Contact,
    HistoryRecord,
    HistoryRecords,
    Invoice,
    Invoices,
    LineItem,
    Payment,
    PaymentDelete,
    Payments,
)
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token, TokenApi
from xero_python.exceptions import (
    AccountingBadRequestException,
    HTTPStatusException,
    NotFoundException,
    RateLimitException,
)
from xero_python.identity import IdentityApi

TENANT = "00000000-0000-4000-8000-000000000001"
FOREIGN = "00000000-0000-4000-8000-000000000003"
BANK = "5ec2f302-cd60-4f8b-a915-9229dd45e6fa"
R1 = "3323652c-155e-433b-8a73-4dde7cfbf410"
R2 = "e4abafb4-1f5b-4d9f-80b3-9a7b815bc302"
R4 = "1abe1ed0-0000-4000-8000-000000000004"
DEPOSIT = "5a1ab1e0-0000-4000-8000-000000000007"
TWO_CURRENCIES = "d318c343-208e-49fe-b04a-45642349bcf1"
RECONCILED = "d318c343-208e-49fe-b04a-45642349bcf2"
RIDGEWAY = "c0ffee00-0000-4000-8000-000000000001"
HARBOUR_CONNECTION = "2f0a3ff5-6b6c-4d2c-8f3a-1d6e7a5b9c02"
NOBODY = "00000000-0000-0000-0000-000000000000"
TOO_MUCH = "Payment amount exceeds the amount outstanding on this document"


@pytest.fixture
def clients() -> Iterator[list[ApiClient]]:
    """The clients of a test; errors hold on to theirs, so its connections are closed for it."""
    made: list[ApiClient] = []
    yield made
    for client in made:
        client.rest_client.pool_manager.clear()


@pytest.fixture
def signed_in(clients: list[ApiClient]) -> Callable[[str], ApiClient]:
    """The official client with a token."""

    def signed_in(token: str) -> ApiClient:
        client = ApiClient(Configuration(oauth2_token=OAuth2Token(client_id="id", client_secret="secret")))
        clients.append(client)
        client.oauth2_token_getter(
            lambda: {
                "access_token": token,
                "scope": ["accounting"],
                "expires_in": 1800,
                "token_type": "Bearer",
            }
        )
        return client

    return signed_in


@pytest.fixture
def accounting(base: str, signed_in: Callable[[str], ApiClient]) -> Any:
    """The accounting API of a fresh sandbox."""
    return AccountingApi(signed_in("good-token"), base_url=f"{base}/xero/api.xro/2.0")


@pytest.fixture
def expired(base: str, signed_in: Callable[[str], ApiClient]) -> Any:
    """The same with a token that has run out."""
    return AccountingApi(signed_in("expired-token"), base_url=f"{base}/xero/api.xro/2.0")


@pytest.fixture
def assume(url: str, base: str) -> Callable[..., None]:
    """Turn assumptions of the sandbox."""

    def assume(**values: str) -> None:
        named = {f"xero.{name}": value for name, value in values.items()}
        sandbox = base.rpartition("/")[2]
        httpx.patch(f"{url}/_mock/sandboxes/{sandbox}/assumptions", json=named).raise_for_status()

    return assume


@pytest.fixture
def app(base: str, clients: list[ApiClient], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The client of an app that renews its tokens; `kept` is the token that it has."""
    for name in ("client_credentials_token_url", "refresh_token_url"):
        monkeypatch.setattr(TokenApi, name, f"{base}/xero/connect/token")
    monkeypatch.setattr(TokenApi, "revoke_token_url", f"{base}/xero/connect/revocation")
    client = ApiClient(Configuration(oauth2_token=OAuth2Token(client_id="my-app", client_secret="secret")))
    clients.append(client)
    client.kept = {
        "access_token": "expired-token",
        "refresh_token": "good-refresh-token",
        "scope": ["accounting.transactions", "accounting.settings.read", "offline_access"],
        "expires_in": 1800,
        "token_type": "Bearer",
    }
    client.oauth2_token_getter(lambda: client.kept)
    client.oauth2_token_saver(lambda token: setattr(client, "kept", token))
    return client


def paying(invoice: str, amount: str) -> Any:
    """A batch of one payment."""
    payment = Payment(invoice=Invoice(invoice_id=invoice), amount=Decimal(amount))
    return BatchPayment(account=Account(account_id=BANK), date=date(2019, 2, 22), payments=[payment])


def mixed() -> Any:
    """A batch that is paid and one that is not."""
    return BatchPayments(batch_payments=[paying(R1, "60"), paying(R2, "500")])


def due(accounting: Any, invoice: str) -> Decimal:
    """What is left to pay."""
    found: Decimal = accounting.get_invoice(TENANT, invoice).invoices[0].amount_due
    return found


def test_accounts_are_those_of_the_tenant(accounting: Any) -> None:
    found = accounting.get_accounts(TENANT)

    codes = {account.code for account in found.accounts}
    assert {"BANK1", "BANKUSD", "CLEAR", "SALES", "OLDBANK", "OFFICE", "090", "200", "610", "800"} <= codes


def test_an_invoice_that_was_created_is_read_back(accounting: Any) -> None:
    line = LineItem(
        description="Consulting", quantity=Decimal(2), unit_amount=Decimal("12.35"), account_code="SALES"
    )
    invoice = Invoice(type="ACCREC", contact=Contact(name="Ridgeway University"), line_items=[line])

    created = accounting.create_invoices(TENANT, Invoices(invoices=[invoice]), summarize_errors=False)

    read = accounting.get_invoice(TENANT, created.invoices[0].invoice_id).invoices[0]
    assert (read.sub_total, read.line_items[0].description) == (Decimal("24.70"), "Consulting")


def test_of_a_mixed_batch_the_good_one_is_created_and_the_bad_one_told(accounting: Any) -> None:
    good, bad = accounting.create_batch_payment(TENANT, mixed(), summarize_errors=False).batch_payments

    assert (good.validation_errors, good.total_amount, good.status) == (None, Decimal(60), "AUTHORISED")
    assert (bad.batch_payment_id, bad.validation_errors[0].message) == (NOBODY, TOO_MUCH)


def test_summarised_errors_are_a_bad_request_with_the_first_message(accounting: Any) -> None:
    with pytest.raises(AccountingBadRequestException) as refused:
        accounting.create_batch_payment(TENANT, mixed(), summarize_errors=True)

    elements = refused.value.error_data["Elements"]
    assert refused.value.reason == TOO_MUCH
    assert [one["Payments"][0]["Invoice"]["InvoiceID"] for one in elements] == [R2]


def test_a_batch_payment_is_read_by_its_id(accounting: Any) -> None:
    (made,) = accounting.create_batch_payment(
        TENANT, BatchPayments(batch_payments=[paying(R1, "60")])
    ).batch_payments

    (found,) = accounting.get_batch_payment(TENANT, made.batch_payment_id).batch_payments

    assert (found.type, found.total_amount, found.date) == ("RECBATCH", Decimal(60), date(2019, 2, 22))


def test_the_same_idempotency_key_pays_once(accounting: Any) -> None:
    batch = BatchPayments(batch_payments=[paying(R1, "30")])

    first = accounting.create_batch_payment(TENANT, batch, idempotency_key="k-1")
    second = accounting.create_batch_payment(TENANT, batch, idempotency_key="k-1")

    assert first.batch_payments[0].batch_payment_id == second.batch_payments[0].batch_payment_id
    assert due(accounting, R1) == Decimal(70)


def test_connections_are_those_of_the_token(base: str, signed_in: Callable[[str], ApiClient]) -> None:
    identity = IdentityApi(signed_in("good-token"), base_url=f"{base}/xero")

    found = identity.get_connections()

    assert [one.tenant_name for one in found] == ["Demo Company (NZ)", "Harbour Trading Pty"]


def test_an_unknown_batch_payment_is_not_found(accounting: Any) -> None:
    with pytest.raises(NotFoundException):
        accounting.get_batch_payment(TENANT, "11111111-1111-4111-8111-111111111111")


def test_an_expired_token_is_401(expired: Any) -> None:
    with pytest.raises(HTTPStatusException) as refused:
        expired.get_accounts(TENANT)

    assert refused.value.status == 401


def test_a_tenant_of_somebody_else_is_403(accounting: Any) -> None:
    with pytest.raises(HTTPStatusException) as refused:
        accounting.get_accounts(FOREIGN)

    assert refused.value.status == 403


# Batch payments, deleted and remembered


def test_a_batch_payment_is_deleted(accounting: Any) -> None:
    (made,) = accounting.create_batch_payment(
        TENANT, BatchPayments(batch_payments=[paying(R1, "100")])
    ).batch_payments
    wanted = BatchPaymentDelete(batch_payment_id=made.batch_payment_id, status="DELETED")

    (deleted,) = accounting.delete_batch_payment(TENANT, wanted).batch_payments

    assert (deleted.status, deleted.payments, deleted.total_amount) == ("DELETED", [], Decimal(100))
    assert due(accounting, R1) == Decimal(100)


def test_a_batch_payment_is_deleted_by_its_path(accounting: Any) -> None:
    wanted = BatchPaymentDeleteByUrlParam(status="DELETED")

    (deleted,) = accounting.delete_batch_payment_by_url_param(TENANT, TWO_CURRENCIES, wanted).batch_payments

    assert (deleted.status, deleted.total_amount) == ("DELETED", Decimal(640))


def test_batch_payments_are_filtered_and_sorted(accounting: Any) -> None:
    found = accounting.get_batch_payments(TENANT, where='Status=="AUTHORISED"', order="Date DESC")

    assert [one.batch_payment_id for one in found.batch_payments] == [TWO_CURRENCIES, RECONCILED]


def test_a_filter_that_cannot_be_parsed_is_a_bad_request(accounting: Any) -> None:
    with pytest.raises(AccountingBadRequestException) as refused:
        accounting.get_batch_payments(TENANT, where="Foo==1")

    assert refused.value.error_data["ErrorNumber"] == 16


def test_batch_payments_changed_since(accounting: Any) -> None:
    since = datetime(2019, 2, 22, tzinfo=UTC)

    found = accounting.get_batch_payments(TENANT, if_modified_since=since).batch_payments

    assert [one.batch_payment_id for one in found] == [TWO_CURRENCIES]


def test_a_batch_in_two_currencies_has_both_amounts(accounting: Any) -> None:
    (found,) = accounting.get_batch_payment(TENANT, TWO_CURRENCIES).batch_payments

    assert [(one.amount, one.bank_amount) for one in found.payments] == [
        (Decimal(495), Decimal(540)),
        (Decimal(100), Decimal(100)),
    ]
    assert found.updated_date_utc == datetime(2019, 2, 22, 20, 6, 27, 783000, UTC)


def test_a_text_that_is_too_long_is_told_without_breaking_the_model(accounting: Any) -> None:
    sent = {
        "BatchPayments": [
            {
                "Account": {"AccountID": BANK},
                "Particulars": "thirteen-long",
                "Date": "2019-02-22",
                "Payments": [{"Invoice": {"InvoiceID": R1}, "Amount": 1}],
            }
        ]
    }

    (failed,) = accounting.create_batch_payment(TENANT, sent, summarize_errors=False).batch_payments

    assert failed.particulars is None
    assert failed.validation_errors[0].message == "Particulars is too long. Maximum of 12 characters allowed"


def test_a_note_goes_into_the_history(accounting: Any) -> None:
    note = HistoryRecords(history_records=[HistoryRecord(details="Hello World")])

    (made,) = accounting.create_batch_payment_history_record(TENANT, TWO_CURRENCIES, note).history_records

    found = accounting.get_batch_payment_history(TENANT, TWO_CURRENCIES).history_records
    assert (made.details, made.date_utc) == ("Hello World", datetime(2026, 1, 5, 9, tzinfo=UTC))
    assert [(one.changes, one.details) for one in found] == [("Note", "Hello World"), ("Approved", "")]


# Invoices


def test_invoices_come_by_the_page(accounting: Any) -> None:
    found = accounting.get_invoices(
        TENANT, where='InvoiceNumber>="R1" AND Total==100', page=2, page_size=3, order="InvoiceNumber"
    )

    assert [one.invoice_number for one in found.invoices] == ["R4", "R5", "R6"]
    assert found.invoices[0].line_items[0].description == "Consulting"


def test_invoices_are_picked_by_lists(accounting: Any) -> None:
    found = accounting.get_invoices(TENANT, i_ds=[R1, R2], statuses=["AUTHORISED"]).invoices

    assert {one.invoice_number for one in found} == {"R1", "R2"}


def test_an_invoice_is_changed_by_its_path(accounting: Any) -> None:
    change = Invoices(invoices=[Invoice(status="AUTHORISED", reference="Approved at last")])

    (changed,) = accounting.update_invoice(TENANT, R4, change).invoices

    assert (changed.status, changed.reference, changed.total) == (
        "AUTHORISED",
        "Approved at last",
        Decimal(100),
    )


def test_invoices_are_changed_and_created_together(accounting: Any) -> None:
    line = LineItem(description="Hours", quantity=Decimal(1), unit_amount=Decimal(80), account_code="SALES")
    new = Invoice(type="ACCREC", contact=Contact(contact_id=RIDGEWAY), line_items=[line])
    sent = Invoices(invoices=[Invoice(invoice_id=R1, reference="Spring term"), new])

    changed, created = accounting.update_or_create_invoices(TENANT, sent, summarize_errors=False).invoices

    assert (changed.reference, changed.status_attribute_string) == ("Spring term", "OK")
    assert (created.status, created.sub_total) == ("DRAFT", Decimal(80))


# Payments


def test_a_payment_is_made_and_taken_back(accounting: Any) -> None:
    payment = Payment(
        invoice=Invoice(invoice_id=R1),
        account=Account(code="BANK1"),
        date=date(2019, 2, 22),
        amount=Decimal(40),
    )

    (made,) = accounting.create_payments(TENANT, Payments(payments=[payment])).payments
    paid = due(accounting, R1)
    (deleted,) = accounting.delete_payment(TENANT, made.payment_id, PaymentDelete(status="DELETED")).payments

    assert (made.status, paid) == ("AUTHORISED", Decimal(60))
    assert (deleted.status, due(accounting, R1)) == ("DELETED", Decimal(100))


def test_payments_come_by_the_page_and_show_their_batch(accounting: Any) -> None:
    found = accounting.get_payments(TENANT, page=1, page_size=10, order="Date").payments

    batches = {one.batch_payment.batch_payment_id for one in found if one.batch_payment}
    assert (len(found), batches) == (9, {TWO_CURRENCIES, RECONCILED})


def test_a_payment_is_read_by_its_id(accounting: Any) -> None:
    (found,) = accounting.get_payment(TENANT, DEPOSIT).payments

    assert (found.amount, found.reference, found.is_reconciled) == (Decimal(30), "Deposit", False)


# What surrounds them


def test_an_account_is_read_by_its_id(accounting: Any) -> None:
    (found,) = accounting.get_account(TENANT, BANK).accounts

    assert (found.code, found.type.value, found.currency_code.value) == ("BANK1", "BANK", "NZD")


def test_contacts_are_searched_and_read(accounting: Any) -> None:
    (found,) = accounting.get_contacts(TENANT, search_term="ridgeway", page=1).contacts

    (read,) = accounting.get_contact(TENANT, found.contact_id).contacts
    assert (read.name, read.phones[1].phone_number) == ("Ridgeway University", "555-0101")


def test_the_organisation_is_read(accounting: Any) -> None:
    (found,) = accounting.get_organisations(TENANT).organisations

    assert (found.organisation_id, found.base_currency.value) == (TENANT, "NZD")
    assert found.period_lock_date == date(2015, 12, 31)


def test_a_connection_is_parted(base: str, signed_in: Callable[[str], ApiClient]) -> None:
    identity = IdentityApi(signed_in("good-token"), base_url=f"{base}/xero")

    identity.delete_connection(HARBOUR_CONNECTION)

    assert [one.tenant_name for one in identity.get_connections()] == ["Demo Company (NZ)"]


def test_connections_of_one_sign_in(base: str, signed_in: Callable[[str], ApiClient]) -> None:
    identity = IdentityApi(signed_in("good-token"), base_url=f"{base}/xero")

    (found,) = identity.get_connections(auth_event_id="6c1b0e5e-2f6d-4b0a-9b57-7d6f0d9c1a01")

    assert (found.id, found.tenant_type) == ("2f0a3ff5-6b6c-4d2c-8f3a-1d6e7a5b9c01", "ORGANISATION")


# Tokens


def test_a_token_is_renewed_and_enters(base: str, app: Any) -> None:
    app.refresh_oauth2_token()

    accounting = AccountingApi(app, base_url=f"{base}/xero/api.xro/2.0")
    assert app.kept["refresh_token"] != "good-refresh-token"
    assert len(accounting.get_batch_payments(TENANT).batch_payments) == 2


def test_a_token_that_is_about_to_end_is_renewed_by_itself(base: str, app: Any) -> None:
    app.kept = {**app.kept, "expires_at": 0}

    found = AccountingApi(app, base_url=f"{base}/xero/api.xro/2.0").get_accounts(TENANT)

    assert "BANK1" in {account.code for account in found.accounts}
    assert app.kept["access_token"] != "expired-token"


def test_a_token_of_the_app_itself(base: str, app: Any) -> None:
    app.get_client_credentials_token()

    accounting = AccountingApi(app, base_url=f"{base}/xero/api.xro/2.0")
    assert len(accounting.get_batch_payments(TENANT).batch_payments) == 2


def test_a_token_is_given_up(base: str, app: Any) -> None:
    app.refresh_oauth2_token()
    token = app.kept["access_token"]

    app.revoke_oauth2_token()
    app.last_response.close()  # the client leaves it unread

    headers = {"authorization": f"Bearer {token}", "xero-tenant-id": TENANT}
    assert app.kept["access_token"] is None
    assert httpx.get(f"{base}/xero/api.xro/2.0/Accounts", headers=headers).status_code == 401


# Faults


def test_too_many_calls_are_told_by_their_limit(accounting: Any, assume: Callable[..., None]) -> None:
    assume(quotas="on", call_limits="60/5/1")
    due(accounting, R1)

    with pytest.raises(RateLimitException) as refused:  # a POST: others would be tried again, tomorrow
        accounting.delete_payment(TENANT, DEPOSIT, PaymentDelete(status="DELETED"))

    assert (refused.value.status, refused.value.rate_limit) == (429, "day")


def test_an_organisation_that_is_offline_says_so(accounting: Any, assume: Callable[..., None]) -> None:
    assume(availability="offline")

    with pytest.raises(HTTPStatusException) as refused:
        accounting.get_accounts(TENANT)

    assert (refused.value.status, refused.value.body) == (503, b"The Organisation is offline")


def test_a_call_that_broke_after_its_work_is_answered_by_its_key(
    accounting: Any, assume: Callable[..., None]
) -> None:
    batch = BatchPayments(batch_payments=[paying(R1, "30")])
    assume(availability="failing_after_commit")
    with pytest.raises(HTTPStatusException):
        accounting.create_batch_payment(TENANT, batch, idempotency_key="k-1")
    assume(availability="up")

    (made,) = accounting.create_batch_payment(TENANT, batch, idempotency_key="k-1").batch_payments

    assert (made.status, due(accounting, R1)) == ("AUTHORISED", Decimal(70))


def test_no_content_is_an_exception_to_the_client(accounting: Any, assume: Callable[..., None]) -> None:
    assume(unmodified="304")

    with pytest.raises(HTTPStatusException) as response:
        accounting.get_batch_payments(TENANT, if_modified_since=datetime(2026, 1, 1, tzinfo=UTC))

    assert response.value.status == 304
