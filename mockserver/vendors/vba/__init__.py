"""VBA Software VBAPI: claim invoices in batches, 207 with a status and a message per row."""

from mockserver.vendor import BatchRoom, Vendor
from mockserver.vendors.vba import access, dates, invoices, payees, refusals, rows

VENDOR = Vendor(
    batches={
        "putClaimInvoiceBatch": BatchRoom(apply=invoices.upsert, render=invoices.multi_status),
    },
    operations={
        "listClaimInvoice": invoices.listing,
        "getClaimInvoice": invoices.show,
        "listPayee": payees.listing,
        "createPayee": payees.create,
        "getPayee": payees.show,
    },
    refuse=refusals.refuse,
    grade=rows.grade,
    gateway=access.gateway,
    admit=access.admit,
    formats={"date-time": dates.DATE_TIME_PATTERN},
)
