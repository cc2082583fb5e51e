"""VBA Software VBAPI: claim invoices and payees, in batches with a status per row, and one by one."""

from mockserver.vendor import Vendor
from mockserver.vendors.vba import access, batches, messages, refusals, tables

_TABLES = (tables.CLAIM_INVOICE_TABLE, tables.PAYEE_TABLE)
_OF_RECORDS = {
    "list{}": batches.list_handler,
    "create{}": batches.create_handler,
    "get{}": batches.show_handler,
    "update{}": batches.replace_handler,
    "delete{}": batches.delete_handler,
}

VENDOR = Vendor(
    batches={
        "putClaimInvoiceBatch": batches.batch_handler(tables.CLAIM_INVOICE_TABLE),
        "putPayeesBatch": batches.batch_handler(tables.PAYEE_TABLE),
    },
    operations={
        "logIn": access.log_in,
        "refreshTokens": access.refresh_tokens,
        **{form.format(one.names.entity): make(one) for one in _TABLES for form, make in _OF_RECORDS.items()},
    },
    refuse=refusals.refuse,
    refusals=messages.REFUSALS,
    classify=refusals.classify,
    admit=access.check_database,
    fault=refusals.fault_problem,
    formats={"date-time": tables.DATE_TIME_PATTERN},
)
