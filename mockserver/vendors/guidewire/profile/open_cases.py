"""What the documents leave open of single calls, so that another server may do either."""

from __future__ import annotations

from mockserver.contract.profile import OpenCase, ValueChange

OPEN_CASES = (
    OpenCase(
        "blanks round an invoice number",
        values=(
            ValueChange(
                "invoiceNumber",
                "trimmed",
                "whether the blanks at its ends are kept is assumed",
                "docs/vendors/guidewire.md#bulk-invoice",
            ),
        ),
    ),
)
