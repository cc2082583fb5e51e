"""Xero Accounting API: batch payments, payments, invoices, and the organisation's books behind them."""

from mockserver.vendor import BatchHandler, Vendor, store_each
from mockserver.vendors.xero import (
    access,
    accounts,
    attachments_and_history,
    bank_transactions,
    batch_payments,
    contacts,
    invoice_changes,
    invoices,
    payments,
    refusals,
)
from mockserver.vendors.xero import settings as settings_lists
from mockserver.vendors.xero.answers import render_prepared_results, render_results
from mockserver.vendors.xero.credits import BATCHES as CREDIT_BATCHES
from mockserver.vendors.xero.credits import OPERATIONS as CREDIT_OPERATIONS
from mockserver.vendors.xero.refusals import extra_outcome

VENDOR = Vendor(
    batches={
        "createBatchPayment": BatchHandler(
            check=batch_payments.check_batch_payment,
            apply=store_each(batch_payments.create_batch_payment),
            render=render_results(
                "BatchPayments",
                batch_payments.represent_created_batch_payment,
                batch_payments.represent_rejected_batch_payment,
            ),
            rules=(refusals.nul_problems, batch_payments.batch_payment_problems),
            extra_outcome=extra_outcome("Reference", "BatchPaymentID", "PaymentID"),
        ),
        **attachments_and_history.HISTORY_BATCHES,
        **bank_transactions.BATCHES,
        "createInvoices": BatchHandler(
            check=invoice_changes.check_invoice,
            apply=store_each(invoice_changes.create_invoice),
            render=render_prepared_results(
                "Invoices",
                invoices.represent_created_invoices,
                invoices.represent_rejected_invoice,
            ),
            rules=(refusals.nul_problems, invoice_changes.new_invoice_problems),
            warning_rules=(invoice_changes.invoice_warnings,),
            extra_outcome=extra_outcome("InvoiceNumber", "InvoiceID", "LineItemID"),
        ),
        "createPayments": BatchHandler(
            check=payments.check_payment,
            apply=store_each(payments.create_payment),
            render=render_prepared_results(
                "Payments", payments.represent_created_payments, payments.represent_rejected_payment
            ),
            rules=(refusals.nul_problems, payments.payment_problems),
            extra_outcome=extra_outcome("Reference", "PaymentID"),
        ),
        **dict.fromkeys(
            ("updateOrCreateInvoices", "updateInvoice"),
            BatchHandler(
                check=invoice_changes.check_invoice_update,
                apply=store_each(invoice_changes.update_or_create_invoice),
                rules=(refusals.nul_problems,),
                render=render_prepared_results(
                    "Invoices",
                    invoices.represent_created_invoices,
                    invoices.represent_rejected_invoice,
                    invoice_changes.identify_rejected,
                ),
                extra_outcome=extra_outcome("InvoiceNumber", "InvoiceID", "LineItemID"),
            ),
        ),
        **batch_payments.BATCHES,
        **contacts.BATCHES,
        **CREDIT_BATCHES,
    },
    operations={
        "getBatchPayments": batch_payments.list_batch_payments,
        "getBatchPayment": batch_payments.get_batch_payment,
        **attachments_and_history.ATTACHMENT_OPERATIONS,
        **bank_transactions.OPERATIONS,
        **attachments_and_history.HISTORY_OPERATIONS,
        **invoices.OPERATIONS,
        "getInvoices": invoices.list_invoices,
        "getInvoice": invoices.get_invoice,
        "getAccounts": accounts.list_accounts,
        "getAccount": accounts.get_account,
        "getPayments": payments.list_payments,
        "getPayment": payments.get_payment,
        "getContacts": contacts.list_contacts,
        "getContact": contacts.get_contact,
        "getOrganisations": access.list_organisations,
        **settings_lists.OPERATIONS,
        "getConnections": access.list_connections,
        "deleteConnection": access.delete_connection,
        "requestToken": access.request_token,
        "revokeToken": access.revoke_token,
        **CREDIT_OPERATIONS,
    },
    refuse=refusals.refuse,
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
