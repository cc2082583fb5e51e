"""Xero Accounting API: batch payments, payments and invoices, and the books that they touch."""

from mockserver.vendor import BatchRoom, Vendor, one_by_one
from mockserver.vendors.xero import (
    access,
    accounts,
    bad_requests,
    batches,
    contacts,
    deleting,
    echo,
    history,
    idempotency,
    invoices,
    invoicing,
    paying,
    payments,
    refusals,
    rules,
    single,
    tokens,
    updating,
)
from mockserver.vendors.xero.assumptions import ASSUMPTIONS
from mockserver.vendors.xero.results import results

VENDOR = Vendor(
    batches={
        "createBatchPayment": BatchRoom(
            check=paying.check,
            apply=one_by_one(paying.create),
            render=results("BatchPayments", batches.created, echo.batch_payment),
            rules=(rules.batch_payment,),
        ),
        "createBatchPaymentHistoryRecord": BatchRoom(
            check=history.check,
            apply=one_by_one(history.create),
            render=results("HistoryRecords", history.created, history.echo),
            rules=(history.rule,),
        ),
        "createInvoices": BatchRoom(
            check=invoicing.check,
            apply=one_by_one(invoicing.create),
            render=results("Invoices", invoices.created, echo.invoice),
            rules=(rules.invoice,),
            warn=(rules.invoice_warnings,),
        ),
        "createPayments": BatchRoom(
            check=single.check,
            apply=one_by_one(single.create),
            render=results("Payments", single.created, echo.payment),
            rules=(rules.payment,),
        ),
        **dict.fromkeys(
            ("updateOrCreateInvoices", "updateInvoice"),
            BatchRoom(
                check=updating.check,
                apply=one_by_one(updating.keep),
                render=results("Invoices", invoices.created, echo.invoice),
            ),
        ),
    },
    operations={
        "getBatchPayments": batches.listing,
        "getBatchPayment": batches.show,
        "deleteBatchPayment": deleting.batch_named,
        "deleteBatchPaymentByUrlParam": deleting.batch,
        "getBatchPaymentHistory": history.listing,
        "getInvoices": invoices.listing,
        "getInvoice": invoices.show,
        "getAccounts": accounts.listing,
        "getAccount": accounts.show,
        "getPayments": payments.listing,
        "getPayment": payments.show,
        "deletePayment": deleting.payment,
        "getContacts": contacts.listing,
        "getContact": contacts.show,
        "getOrganisations": access.organisations,
        "getConnections": access.connections,
        "deleteConnection": access.disconnect,
        "requestToken": tokens.request_token,
        "revokeToken": tokens.revoke_token,
    },
    refuse=refusals.refuse,
    grade=bad_requests.grade,
    home=access.home,
    admit=access.admit,
    replay=idempotency.replay,
    remember=idempotency.remember,
    assumptions=ASSUMPTIONS,
    standing=("connections", "organisations", "refresh-tokens"),
)
