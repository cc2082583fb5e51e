"""How Payt names the values of a record in its answers, and what it changes in them."""

from __future__ import annotations

from mockserver.contract.profile import ValueChange, ValueRules

_SHOWN_AS = {
    "amount_total": "total_amount",
    "amount_open": "open_amount",
    "book_amount_total": "book_total_amount",
    "book_amount_open": "book_open_amount",
}
INVOICE_VALUES = ValueRules(
    shown_as=_SHOWN_AS,
    left_alone=("debtor_number", "debtor_identifier"),
    decimals=dict.fromkeys(_SHOWN_AS, 2),
    changes=(
        ValueChange(
            "sent_at",
            "fraction lost",
            "a moment has microseconds",
            "docs/vendors/payt.md#conventions",
            places=6,
        ),
        ValueChange(
            "sent_at", "kept", "one that is set stays, with a warning", "docs/vendors/payt.md#sending"
        ),
    ),
)
"""The debtor of an invoice is a reference."""
