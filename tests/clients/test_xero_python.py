from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from xero_python.accounting import (
    Account,
    AccountingApi,
    BatchPayment,
    BatchPayments,
    Contact,
    Invoice,
    Invoices,
    LineItem,
    Payment,
)
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token
from xero_python.exceptions import AccountingBadRequestException, HTTPStatusException, NotFoundException
from xero_python.identity import IdentityApi

TENANT = "00000000-0000-4000-8000-000000000001"
FOREIGN = "00000000-0000-4000-8000-000000000003"
BANK = "5ec2f302-cd60-4f8b-a915-9229dd45e6fa"
R1 = "3323652c-155e-433b-8a73-4dde7cfbf410"
R2 = "e4abafb4-1f5b-4d9f-80b3-9a7b815bc302"
NOBODY = "00000000-0000-0000-0000-000000000000"
TOO_MUCH = "Payment amount exceeds the amount outstanding on this document"


@pytest.fixture
def signed_in() -> Callable[[str], ApiClient]:
    """The official client with a token."""

    def signed_in(token: str) -> ApiClient:
        client = ApiClient(Configuration(oauth2_token=OAuth2Token(client_id="id", client_secret="secret")))
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
    assert codes == {"BANK1", "BANKUSD", "CLEAR", "SALES", "OLDBANK", "OFFICE"}


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


def test_of_a_mixed_batch_the_good_invoice_is_paid_and_the_bad_one_is_not(accounting: Any) -> None:
    accounting.create_batch_payment(TENANT, mixed(), summarize_errors=False)

    assert (due(accounting, R1), due(accounting, R2)) == (Decimal(40), Decimal(100))


def test_summarised_errors_are_a_bad_request_with_the_first_message(accounting: Any) -> None:
    with pytest.raises(AccountingBadRequestException) as refused:
        accounting.create_batch_payment(TENANT, mixed(), summarize_errors=True)

    assert refused.value.reason == TOO_MUCH


def test_summarised_errors_name_the_bad_element_only(accounting: Any) -> None:
    with pytest.raises(AccountingBadRequestException) as refused:
        accounting.create_batch_payment(TENANT, mixed(), summarize_errors=True)

    elements = refused.value.error_data["Elements"]
    assert [one["Payments"][0]["Invoice"]["InvoiceID"] for one in elements] == [R2]


def test_a_batch_payment_is_among_all(accounting: Any) -> None:
    (made,) = accounting.create_batch_payment(
        TENANT, BatchPayments(batch_payments=[paying(R1, "60")])
    ).batch_payments

    found = accounting.get_batch_payments(TENANT).batch_payments

    assert made.batch_payment_id in {one.batch_payment_id for one in found}


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


def test_another_sandbox_has_not_seen_the_payment(
    url: str, accounting: Any, signed_in: Callable[[str], ApiClient]
) -> None:
    accounting.create_batch_payment(TENANT, mixed(), summarize_errors=False)

    other = AccountingApi(signed_in("good-token"), base_url=f"{url}/sandboxes/other/xero/api.xro/2.0")

    assert due(other, R1) == Decimal(100)
