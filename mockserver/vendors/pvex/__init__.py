"""PVEx: a practice system pushes a single invoice, or a batch that is stored as a whole or not at all."""

from __future__ import annotations

from mockserver.vendor import BatchHandler, Vendor
from mockserver.vendors.pvex import rules
from mockserver.vendors.pvex.invoices import (
    apply_batch,
    list_invoices,
    render_batch,
    show_invoice,
    store_invoice,
)
from mockserver.vendors.pvex.messages import REFUSALS
from mockserver.vendors.pvex.refusals import admit, extra_outcome, fault_problem, issue_token, refuse

VENDOR = Vendor(
    batches={
        "postInvoiceBatch": BatchHandler(
            apply=apply_batch,
            render=render_batch,
            rules=(rules.item_problems,),
            extra_outcome=extra_outcome,
        )
    },
    operations={
        "postInvoice": store_invoice,
        "listInvoices": list_invoices,
        "getInvoice": show_invoice,
        "issueToken": issue_token,
    },
    refuse=refuse,
    refusals=REFUSALS,
    classify=rules.classify,
    admit=admit,
    fault=fault_problem,
    formats={"date-time": rules.is_date},
    kept_when_empty=("users",),
)
