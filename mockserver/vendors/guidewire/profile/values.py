"""How ClaimCenter's batches hold the values of bulk invoices, and what it changes in them."""

from __future__ import annotations

from mockserver.contract.value_rules import ValueRules

_AT = "/body/data/attributes"
_DECIMALS = {"bulkInvoiceTotal": 2}

CREATED_VALUES = ValueRules(
    at=_AT, schema="BulkInvoiceCreateAttributes", left_alone=("invoiceNumber",), decimals=_DECIMALS
)
CHANGED_VALUES = ValueRules(at=_AT, schema="BulkInvoicePatchAttributes", decimals=_DECIMALS)
