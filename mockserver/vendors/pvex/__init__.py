"""PVEx: a practice system pushes invoices, all of them or none; one Web API controller and its readers."""

from __future__ import annotations

from mockserver.vendor import BatchRoom, Vendor, one_by_one
from mockserver.vendors.pvex import moments, rules
from mockserver.vendors.pvex.operations import list_invoices, show_invoice, store_invoice
from mockserver.vendors.pvex.refusals import refuse
from mockserver.vendors.pvex.render import batch_reply

VENDOR = Vendor(
    batches={
        "postInvoiceBatch": BatchRoom(
            apply=one_by_one(store_invoice),
            render=batch_reply,
            rules=(rules.utf16_length, rules.own_date_forms),
        )
    },
    operations={"listInvoices": list_invoices, "getInvoice": show_invoice},
    refuse=refuse,
    grade=rules.grade,
    formats={"date-time": moments.readable},
)
