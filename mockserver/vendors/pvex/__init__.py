"""PVEx: a practice system pushes invoices, all of them or none; one Web API controller and its readers."""

from __future__ import annotations

from mockserver.vendor import BatchRoom, Vendor
from mockserver.vendors.pvex import moments, rules
from mockserver.vendors.pvex.access import admit, issue_token
from mockserver.vendors.pvex.assumptions import ASSUMPTIONS
from mockserver.vendors.pvex.keeping import opened
from mockserver.vendors.pvex.limits import told, told_of_batch, told_of_refusal
from mockserver.vendors.pvex.mishaps import fault, phantom
from mockserver.vendors.pvex.operations import batch_reply, list_invoices, show_invoice, store_one
from mockserver.vendors.pvex.refusals import refuse

VENDOR = Vendor(
    batches={
        "postInvoiceBatch": BatchRoom(
            apply=opened, render=told_of_batch(batch_reply), rules=(rules.own_rules,), phantom=phantom
        )
    },
    operations={
        "postInvoice": told(store_one),
        "listInvoices": told(list_invoices),
        "getInvoice": told(show_invoice),
        "issueToken": told(issue_token),
    },
    refuse=told_of_refusal(refuse),
    grade=rules.grade,
    admit=admit,
    fault=fault,
    assumptions=ASSUMPTIONS,
    formats={"date-time": moments.readable},
    standing=("users",),
)
