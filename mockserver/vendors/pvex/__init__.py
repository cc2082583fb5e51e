"""PVEx: a practice system pushes invoices, all of them or none; one Web API controller and its readers."""

from __future__ import annotations

from mockserver.vendor import BatchRoom, Vendor
from mockserver.vendors.pvex import moments, rules
from mockserver.vendors.pvex.access import enter, issue_token
from mockserver.vendors.pvex.assumptions import ASSUMPTIONS
from mockserver.vendors.pvex.keeping import opened
from mockserver.vendors.pvex.operations import batch_reply, list_invoices, show_invoice, store_one
from mockserver.vendors.pvex.refusals import refuse

VENDOR = Vendor(
    batches={"postInvoiceBatch": BatchRoom(apply=opened, render=batch_reply, rules=(rules.own_rules,))},
    operations={
        "postInvoice": store_one,
        "listInvoices": list_invoices,
        "getInvoice": show_invoice,
        "issueToken": issue_token,
    },
    refuse=refuse,
    grade=rules.grade,
    enter=enter,
    assumptions=ASSUMPTIONS,
    formats={"date-time": moments.readable},
    standing=("users",),
)
