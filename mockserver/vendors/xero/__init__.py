"""Xero Accounting API: batch payments and invoices, element by element, and the books that they touch."""

from mockserver.vendor import BatchRoom, Vendor, one_by_one
from mockserver.vendors.xero import (
    access,
    accounts,
    batches,
    contacts,
    echo,
    idempotency,
    invoices,
    invoicing,
    paying,
    payments,
    refusals,
    rules,
)
from mockserver.vendors.xero.results import results

VENDOR = Vendor(
    batches={
        "createBatchPayment": BatchRoom(
            check=paying.check,
            apply=one_by_one(paying.create),
            render=results("BatchPayments", batches.created, echo.batch_payment),
            rules=(rules.batch_payment,),
        ),
        "createInvoices": BatchRoom(
            check=invoicing.check,
            apply=one_by_one(invoicing.create),
            render=results("Invoices", invoices.created, echo.invoice),
            rules=(rules.invoice,),
            warn=(rules.invoice_warnings,),
        ),
    },
    operations={
        "getBatchPayments": batches.listing,
        "getBatchPayment": batches.show,
        "getInvoices": invoices.listing,
        "getInvoice": invoices.show,
        "getAccounts": accounts.listing,
        "getAccount": accounts.show,
        "getPayments": payments.listing,
        "getPayment": payments.show,
        "getContacts": contacts.listing,
        "getContact": contacts.show,
        "getOrganisations": access.organisations,
        "getConnections": access.connections,
    },
    refuse=refusals.refuse,
    grade=refusals.grade,
    admit=access.admit,
    replay=idempotency.replay,
    remember=idempotency.remember,
    standing=("connections", "organisations"),
)
