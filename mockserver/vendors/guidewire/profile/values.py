"""How ClaimCenter's batches hold the values of bulk invoices, and what it changes in them."""

from __future__ import annotations

from mockserver.contract.profile import ValueChange, ValueRules

_AT = "/body/data/attributes"
_DECIMALS = {"bulkInvoiceTotal": 2}
_CHANGES = (
    ValueChange(
        "scheduledSendDate",
        "fraction lost",
        "a moment has milliseconds",
        "docs/vendors/guidewire.md#values",
        places=3,
    ),
)

CREATED_VALUES = ValueRules(
    at=_AT,
    schema="BulkInvoiceCreateAttributes",
    left_alone=("invoiceNumber", "payeeAddressBookUID"),
    decimals=_DECIMALS,
    changes=_CHANGES,
)
CHANGED_VALUES = ValueRules(
    at=_AT,
    schema="BulkInvoicePatchAttributes",
    left_alone=("payeeAddressBookUID",),
    decimals=_DECIMALS,
    changes=_CHANGES,
)
"""The payee is a reference; the number of a created invoice is its key here."""
