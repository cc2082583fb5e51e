"""VBA Software VBAPI: claim invoices and payees, in batches with a status per row, and one by one."""

from mockserver.vendor import Vendor
from mockserver.vendors.vba import access, batches, messages, refusals, tables

VENDOR = Vendor(
    batches={
        "putClaimInvoiceBatch": batches.batch_handler(tables.CLAIM_INVOICE_TABLE),
        "putPayeesBatch": batches.batch_handler(tables.PAYEE_TABLE),
    },
    operations={
        "logIn": access.log_in,
        "refreshTokens": access.refresh_tokens,
        "listClaimInvoice": batches.list_handler(tables.CLAIM_INVOICE_TABLE),
        "createClaimInvoice": batches.create_handler(tables.CLAIM_INVOICE_TABLE),
        "getClaimInvoice": batches.show_handler(tables.CLAIM_INVOICE_TABLE),
        "updateClaimInvoice": batches.replace_handler(tables.CLAIM_INVOICE_TABLE),
        "deleteClaimInvoice": batches.delete_handler(tables.CLAIM_INVOICE_TABLE),
        "listPayee": batches.list_handler(tables.PAYEE_TABLE),
        "createPayee": batches.create_handler(tables.PAYEE_TABLE),
        "getPayee": batches.show_handler(tables.PAYEE_TABLE),
        "updatePayee": batches.replace_handler(tables.PAYEE_TABLE),
        "deletePayee": batches.delete_handler(tables.PAYEE_TABLE),
    },
    refuse=refusals.refuse,
    refusals=messages.REFUSALS,
    classify=refusals.classify,
    admit=access.check_database,
    fault=refusals.fault_problem,
    formats={"date-time": tables.DATE_TIME_PATTERN},
)
