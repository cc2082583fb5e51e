"""Xero Accounting API: batch payments, payments, invoices, and the organisation's books behind them."""

from mockserver.vendor import BatchHandler, Vendor, store_each
from mockserver.vendors.xero import accounts, attachments, bank_transactions, faults, idempotency, refusals
from mockserver.vendors.xero.contacts import contact_changes, contacts
from mockserver.vendors.xero.credits import BATCHES as CREDIT_BATCHES
from mockserver.vendors.xero.credits import OPERATIONS as CREDIT_OPERATIONS
from mockserver.vendors.xero.faults import extra_outcome
from mockserver.vendors.xero.history import history_records
from mockserver.vendors.xero.identity import access
from mockserver.vendors.xero.invoices import creation, online, representation, updates
from mockserver.vendors.xero.payments import batch_payments, deletions, payments
from mockserver.vendors.xero.replies.batch_results import render_prepared_results, render_results
from mockserver.vendors.xero.settings import lists as settings_lists

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
        **history_records.BATCHES,
        **bank_transactions.BATCHES,
        "createInvoices": BatchHandler(
            check=creation.check_invoice,
            apply=store_each(creation.create_invoice),
            render=render_prepared_results(
                "Invoices",
                representation.represent_created_invoices,
                representation.represent_rejected_invoice,
            ),
            rules=(refusals.nul_problems, creation.new_invoice_problems),
            warning_rules=(creation.invoice_warnings,),
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
                check=updates.check_invoice_update,
                apply=store_each(updates.update_or_create_invoice),
                rules=(refusals.nul_problems,),
                render=render_prepared_results(
                    "Invoices",
                    representation.represent_created_invoices,
                    representation.represent_rejected_invoice,
                    updates.identify_rejected,
                ),
                extra_outcome=extra_outcome("InvoiceNumber", "InvoiceID", "LineItemID"),
            ),
        ),
        **deletions.BATCHES,
        **contact_changes.BATCHES,
        **CREDIT_BATCHES,
    },
    operations={
        "getBatchPayments": batch_payments.list_batch_payments,
        "getBatchPayment": batch_payments.get_batch_payment,
        **attachments.OPERATIONS,
        **bank_transactions.OPERATIONS,
        **history_records.OPERATIONS,
        **online.OPERATIONS,
        "getInvoices": representation.list_invoices,
        "getInvoice": representation.get_invoice,
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
    replay=idempotency.replay,
    remember=idempotency.remember,
    fault=faults.fault_problem,
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
