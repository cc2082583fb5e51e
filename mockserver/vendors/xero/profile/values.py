"""What Xero changes by design in the values of its documents, and which it works out itself."""

from __future__ import annotations

from mockserver.contract.profile import ValueChange, ValueRules

_NUMBERS = "docs/vendors/xero.md#dates-and-numbers"
_OF_ANSWERS = (
    "StatusAttributeString",
    "HasErrors",
    "HasValidationErrors",
    "HasAttachments",
    "HasAccount",
    "Payments.StatusAttributeString",
    "Payments.HasValidationErrors",
    "Payments.HasAccount",
    "DateString",
    "DueDateString",
)
_REFERENCES = ("Contact", "Account", "BankAccount", "Invoice", "CreditNote", "Payments.Invoice")
_WORKED_OUT = (
    "SubTotal",
    "Total",
    "TotalTax",
    "RemainingCredit",
    "AppliedAmount",
    "CurrencyRate",
    "SentToContact",
    "IsCustomer",
    "IsSupplier",
    "LineItems.TaxType",
    "LineItems.TaxAmount",
    "LineItems.LineAmount",
)
"""The good documents are without tax and in the organisation's currency; a new contact is neither customer
nor supplier."""

DOCUMENT_VALUES = ValueRules(
    left_alone=(*_OF_ANSWERS, *_REFERENCES, *_WORKED_OUT),
    changes=(
        *(
            ValueChange(name, "time added", "a day is shown as midnight UTC", _NUMBERS)
            for name in ("Date", "DueDate", "ExpectedPaymentDate", "PlannedPaymentDate")
        ),
        *(
            ValueChange(name, "rounded", "an amount has two decimals", _NUMBERS, places=2)
            for name in ("LineItems.UnitAmount", "Payments.Amount", "Amount")
        ),
        *(
            ValueChange(f"LineItems.{name}", "rounded", "it has four decimals", _NUMBERS, places=4)
            for name in ("Quantity", "DiscountRate", "DiscountAmount")
        ),
    ),
)
