"""VBA Software VBAPI: claim invoices and payees, in batches with a status a row, and one by one."""

from mockserver.vendor import Vendor
from mockserver.vendors.vba import (
    access,
    batches,
    dates,
    faults,
    invoices,
    login,
    payees,
    refusals,
    rows,
    single,
)
from mockserver.vendors.vba.assumptions import ASSUMPTIONS

VENDOR = Vendor(
    batches={
        "putClaimInvoiceBatch": batches.room(invoices.TABLE),
        "putPayeesBatch": batches.room(payees.TABLE),
    },
    operations={
        "logIn": login.log_in,
        "refreshTokens": login.refresh,
        "listClaimInvoice": single.listing(invoices.TABLE),
        "createClaimInvoice": single.create(invoices.TABLE),
        "getClaimInvoice": single.show(invoices.TABLE),
        "updateClaimInvoice": single.replace(invoices.TABLE),
        "deleteClaimInvoice": single.remove(invoices.TABLE),
        "listPayee": single.listing(payees.TABLE),
        "createPayee": single.create(payees.TABLE),
        "getPayee": single.show(payees.TABLE),
        "updatePayee": single.replace(payees.TABLE),
        "deletePayee": single.remove(payees.TABLE),
    },
    refuse=refusals.refuse,
    grade=rows.grade,
    admit=access.admit,
    assumptions=ASSUMPTIONS,
    fault=faults.fault,
    formats={"date-time": dates.DATE_TIME_PATTERN},
)
