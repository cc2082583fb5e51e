"""Xero Accounting API: batch payments, payments, invoices, and the organisation's books behind them."""

from mockserver.vendor import Vendor
from mockserver.vendors.xero import (
    access,
    attachments_and_history,
    bank_transactions,
    batch_payments,
    contacts,
    invoice_changes,
    invoices,
    payments,
    refusals,
    settings,
    settings_changes,
    sign_in,
)
from mockserver.vendors.xero.credits import BATCHES as CREDIT_BATCHES
from mockserver.vendors.xero.credits import OPERATIONS as CREDIT_OPERATIONS

VENDOR = Vendor(
    batches={
        **attachments_and_history.BATCHES,
        **bank_transactions.BATCHES,
        **batch_payments.BATCHES,
        **contacts.BATCHES,
        **CREDIT_BATCHES,
        **invoice_changes.BATCHES,
        **payments.BATCHES,
        **settings_changes.BATCHES,
    },
    operations={
        **access.OPERATIONS,
        **attachments_and_history.OPERATIONS,
        **bank_transactions.OPERATIONS,
        **batch_payments.OPERATIONS,
        **contacts.OPERATIONS,
        **CREDIT_OPERATIONS,
        **invoices.OPERATIONS,
        **payments.OPERATIONS,
        **settings.OPERATIONS,
        **settings_changes.OPERATIONS,
        **sign_in.OPERATIONS,
    },
    refuse=refusals.refuse,
    refusals=refusals.REFUSALS,
    challenge="",
    classify=refusals.classify,
    admit=access.admit,
    replay=access.replay,
    remember=access.remember,
    fault=refusals.fault_problem,
    kept_when_empty=(
        "branding-themes",
        "connections",
        "currencies",
        "organisations",
        "refresh-tokens",
        "tax-rates",
        "users",
    ),
)
