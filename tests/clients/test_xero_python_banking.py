"""The vendor's published client over bank transactions, attachments, online invoices and histories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from xero_python.accounting import (
    Account,
    AccountingApi,
    Allocation,
    Allocations,
    BankTransaction,
    BankTransactions,
    Contact,
    HistoryRecord,
    HistoryRecords,
    Invoice,
    LineAmountTypes,
    LineItem,
)
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token
from xero_python.exceptions import NotFoundException

TENANT = "00000000-0000-4000-8000-000000000001"
R1 = "3323652c-155e-433b-8a73-4dde7cfbf410"
R4_DRAFT = "1abe1ed0-0000-4000-8000-000000000004"
DEPOSIT = "5a1ab1e0-0000-4000-8000-000000000007"


@pytest.fixture
def accounting(base: str, tmp_path: Path) -> Iterator[Any]:
    """The accounting API of a fresh sandbox; the client keeps what it downloads in a folder of its own."""
    settings = Configuration(oauth2_token=OAuth2Token(client_id="id", client_secret="secret"))
    settings.temp_folder_path = str(tmp_path)
    client = ApiClient(settings)
    token = {
        "access_token": "good-token",
        "scope": ["accounting.transactions"],
        "expires_in": 1800,
        "token_type": "Bearer",
    }
    client.oauth2_token_getter(lambda: token)
    yield AccountingApi(client, base_url=f"{base}/xero/api.xro/2.0")
    client.rest_client.pool_manager.clear()


def spending(amount: str, code: str = "BANK1") -> Any:
    """Money spent on paper."""
    return BankTransaction(
        type="SPEND",
        contact=Contact(name="Paper & Pen Supplies"),
        line_items=[
            LineItem(description="Paper", quantity=1, unit_amount=Decimal(amount), account_code="OFFICE")
        ],
        bank_account=Account(code=code),
    )


def test_a_mixed_batch_of_bank_transactions_is_told_one_by_one(accounting: Any) -> None:
    sent = BankTransactions(bank_transactions=[spending("23"), spending("23", "SALES")])

    good, bad = accounting.create_bank_transactions(TENANT, sent, summarize_errors=False).bank_transactions

    assert (good.sub_total, good.total_tax, good.status_attribute_string) == (20, 3, "OK")
    assert bad.validation_errors[0].message == "Only accounts of type BANK can be used as a bank account"


def test_a_bank_transaction_is_read_changed_and_deleted(accounting: Any) -> None:
    sent = BankTransactions(bank_transactions=[spending("23")])
    (made,) = accounting.update_or_create_bank_transactions(TENANT, sent).bank_transactions
    key = made.bank_transaction_id

    def change(**members: Any) -> Any:
        changed = BankTransaction(
            **{"type": "SPEND", "line_items": [], "bank_account": Account(code="BANK1"), **members}
        )
        sent = BankTransactions(bank_transactions=[changed])
        return accounting.update_bank_transaction(TENANT, key, sent).bank_transactions[0]

    assert (change(reference="Card").reference, change(status="DELETED").status) == ("Card", "DELETED")
    assert accounting.get_bank_transaction(TENANT, key).bank_transactions[0].status == "DELETED"
    assert len(accounting.get_bank_transactions(TENANT, where='Status=="DELETED"').bank_transactions) == 2


def test_what_was_received_too_much_is_taken_off_an_invoice(accounting: Any) -> None:
    received = BankTransaction(
        type="RECEIVE-OVERPAYMENT",
        contact=Contact(name="Ridgeway University"),
        line_items=[LineItem(description="Paid twice", line_amount=Decimal(30))],
        bank_account=Account(code="BANK1"),
        line_amount_types=LineAmountTypes.NOTAX,
    )
    sent = BankTransactions(bank_transactions=[received])
    (made,) = accounting.create_bank_transactions(TENANT, sent).bank_transactions
    taken = Allocation(invoice=Invoice(invoice_id=R1), amount=Decimal(10), date=date(2019, 3, 5))
    part = Allocations(allocations=[taken])
    accounting.create_overpayment_allocations(TENANT, made.overpayment_id, part)

    (found,) = accounting.get_overpayment(TENANT, made.bank_transaction_id).overpayments

    assert (found.overpayment_id, found.remaining_credit) == (made.overpayment_id, 20)


def test_a_file_goes_up_and_comes_back(accounting: Any) -> None:
    sent = bytes(range(256))

    (made,) = accounting.create_invoice_attachment_by_file_name(
        TENANT, R1, "plan.png", body=sent, include_online=True
    ).attachments

    assert (made.mime_type, made.content_length, made.include_online) == ("image/png", 256, True)
    assert len(accounting.get_invoice_attachments(TENANT, R1).attachments) == 1
    for read, name in (
        (accounting.get_invoice_attachment_by_file_name, "plan.png"),
        (accounting.get_invoice_attachment_by_id, made.attachment_id),
    ):
        assert Path(read(TENANT, R1, name, content_type="image/png")).read_bytes() == sent
    assert accounting.get_invoice(TENANT, R1).invoices[0].has_attachments is True


def test_a_sale_is_seen_online_and_a_draft_is_not(accounting: Any) -> None:
    (found,) = accounting.get_online_invoice(TENANT, R1).online_invoices

    assert found.online_invoice_url.startswith("https://in.xero.example/")
    with pytest.raises(NotFoundException):
        accounting.get_online_invoice(TENANT, R4_DRAFT)


@pytest.mark.parametrize(
    ("write", "read", "key"),
    [
        ("create_invoice_history", "get_invoice_history", R1),
        ("create_payment_history", "get_payment_history", DEPOSIT),
    ],
)
def test_notes_go_into_histories(accounting: Any, write: str, read: str, key: str) -> None:
    note = HistoryRecords(history_records=[HistoryRecord(details="Hello World")])
    call: Callable[..., Any] = getattr(accounting, write)
    call(TENANT, key, note)

    found = getattr(accounting, read)(TENANT, key).history_records
    assert (found[0].changes, found[0].details) == ("Note", "Hello World")
