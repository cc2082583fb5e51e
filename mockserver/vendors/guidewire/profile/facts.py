"""How the facts of Guidewire are found at a server: no read shows a payee, and claims are not asked for."""

from __future__ import annotations

from mockserver.contract.profile import FactCheck, FactRead

_BULK_INVOICES = (
    FactRead("getBulkInvoice", {"bulkInvoiceId": "{bulk_invoices}"}),
    FactRead("getBulkInvoices", query={"pageSize": "100"}, rows="/data", key="/attributes/id", size=100),
)

FACT_CHECKS = (
    FactCheck("payee", needed_by=("runBatch",)),
    FactCheck("claim", needed_by=("runBatch",)),
    FactCheck("bulk_invoices", _BULK_INVOICES, needed_by=("runBatch",), parts=","),
    FactCheck("prefix", made_up=True),
)
