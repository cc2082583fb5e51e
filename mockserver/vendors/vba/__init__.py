"""VBA Software VBAPI: claim invoices and payees, in batches with a status per row, and one by one."""

from mockserver.vendor import Vendor
from mockserver.vendors.vba import (
    access,
    batches,
    claim_invoices,
    dates,
    faults,
    payees,
    refusals,
    single_records,
)

VENDOR = Vendor(
    batches={
        "putClaimInvoiceBatch": batches.batch_handler(claim_invoices.TABLE),
        "putPayeesBatch": batches.batch_handler(payees.TABLE),
    },
    operations={
        "logIn": access.log_in,
        "refreshTokens": access.refresh_tokens,
        "listClaimInvoice": single_records.list_handler(claim_invoices.TABLE),
        "createClaimInvoice": single_records.create_handler(claim_invoices.TABLE),
        "getClaimInvoice": single_records.show_handler(claim_invoices.TABLE),
        "updateClaimInvoice": single_records.replace_handler(claim_invoices.TABLE),
        "deleteClaimInvoice": single_records.delete_handler(claim_invoices.TABLE),
        "listPayee": single_records.list_handler(payees.TABLE),
        "createPayee": single_records.create_handler(payees.TABLE),
        "getPayee": single_records.show_handler(payees.TABLE),
        "updatePayee": single_records.replace_handler(payees.TABLE),
        "deletePayee": single_records.delete_handler(payees.TABLE),
    },
    refuse=refusals.refuse,
    classify=refusals.classify,
    admit=access.check_database,
    fault=faults.fault_problem,
    formats={"date-time": dates.DATE_TIME_PATTERN},
)
