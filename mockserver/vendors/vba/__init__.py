"""VBA Software VBAPI: claim invoices and payees, in batches with a status per row, and one by one."""

from collections.abc import Callable, Mapping
from functools import partial

from mockserver.model import Reply
from mockserver.sandbox.store import State
from mockserver.vendor import Request, Vendor
from mockserver.vendors.vba import access, batches, messages, refusals, replies, tables
from mockserver.vendors.vba.tables import Table

_TABLES = (tables.CLAIM_INVOICE_TABLE, tables.PAYEE_TABLE)
_OF_RECORDS: Mapping[str, Callable[[Table, Request, State], Reply]] = {
    "list{}": replies.page_reply,
    "create{}": batches.create_record,
    "get{}": batches.show_record,
    "update{}": batches.replace_record,
    "delete{}": batches.delete_record,
}

VENDOR = Vendor(
    batches={
        "putClaimInvoiceBatch": batches.batch_handler(tables.CLAIM_INVOICE_TABLE),
        "putPayeesBatch": batches.batch_handler(tables.PAYEE_TABLE),
    },
    operations={
        "logIn": access.log_in,
        "refreshTokens": access.refresh_tokens,
        **{
            form.format(one.names.entity): partial(do, one)
            for one in _TABLES
            for form, do in _OF_RECORDS.items()
        },
    },
    refuse=refusals.refuse,
    refusals=messages.REFUSALS,
    classify=refusals.classify,
    admit=access.check_database,
    fault=refusals.fault_problem,
    formats={"date-time": tables.DATE_TIME_PATTERN},
)
