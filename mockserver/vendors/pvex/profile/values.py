"""What PVEx changes by design in the values that it keeps."""

from __future__ import annotations

from mockserver.contract.profile import ValueChange, ValueRules

INVOICE_VALUES = ValueRules(
    decimals={"Amount": -1, "BalanceDue": -1},
    changes=(
        ValueChange(
            "ApiLastChangeDate",
            "null is filled",
            "an invoice that names no last change was changed now",
            "docs/vendors/pvex.md#state",
        ),
        ValueChange("ApiCreateDate", "kept", "the first one stays", "docs/vendors/pvex.md#state"),
    ),
)
"""The scale of an amount is kept."""
