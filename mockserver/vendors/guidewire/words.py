"""ClaimCenter's words: the codes of each typelist with their names, and which attribute takes which."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.model import Json

TYPELISTS: Mapping[str, Mapping[str, str]] = {
    "ApprovalStatus": {"unapproved": "Unapproved", "approved": "Approved", "rejected": "Rejected"},
    "BulkInvoiceItemStatus": {
        "draft": "Draft",
        "inreview": "In review",
        "approved": "Approved",
        "checkpendingapproval": "Check pending approval",
        "awaitingsubmission": "Awaiting submission",
        "notvalid": "Not valid",
        "rejected": "Rejected",
        "submitting": "Submitting",
        "submitted": "Submitted",
        "pendingstop": "Pending stop",
        "stopped": "Stopped",
        "pendingvoid": "Pending void",
        "voided": "Voided",
        "pendingtransfer": "Pending transfer",
        "transferred": "Transferred",
    },
    "BulkInvoiceStatus": {
        "draft": "Draft",
        "inreview": "In review",
        "pendingitemvalidation": "Pending bulk invoice item validation",
        "invaliditems": "Invalid bulk invoice items",
        "rejected": "Rejected",
        "awaitingsubmission": "Awaiting submission",
        "requesting": "Requesting",
        "requested": "Requested",
        "onhold": "On hold",
        "issued": "Issued",
        "cleared": "Cleared",
        "pendingstop": "Pending stop",
        "stopped": "Stopped",
        "pendingvoid": "Pending void",
        "voided": "Voided",
        "initiatingcheckcreation": "Initiating check creation",
        "creatingchecks": "Creating checks",
    },
    "CostCategory": {
        "medical": "Medical",
        "legal": "Legal",
        "indemnity": "Indemnity",
        "body": "Body",
        "other": "Other",
        "unspecified": "Unspecified",
    },
    "CostType": {
        "claimcost": "Claim Cost",
        "aoexpense": "Expense - A&O",
        "dccexpense": "Expense - D&CC",
    },
    "Currency": {"usd": "USD", "jpy": "JPY", "eur": "EUR", "gbp": "GBP", "cad": "CAD", "aud": "AUD"},
    "DeliveryMethod": {"send": "Send", "hold": "Hold", "other": "Other"},
    "PaymentMethod": {"check": "Check", "eft": "EFT", "manual": "Manual"},
    "PaymentType": {"partial": "Partial", "final": "Final", "supplement": "Supplement"},
    "Reportability": {"notreportable": "Not reportable", "reportable": "Reportable"},
}

INVOICE_TYPELISTS: Mapping[str, str] = {
    "approvalStatus": "ApprovalStatus",
    "currency": "Currency",
    "defaultCostCategory": "CostCategory",
    "defaultCostType": "CostType",
    "defaultPaymentType": "PaymentType",
    "deliveryMethod": "DeliveryMethod",
    "paymentMethod": "PaymentMethod",
    "reportability": "Reportability",
    "status": "BulkInvoiceStatus",
}
"""The attributes of an invoice that hold a typekey."""

ITEM_TYPELISTS: Mapping[str, str] = {
    "costCategory": "CostCategory",
    "costType": "CostType",
    "paymentType": "PaymentType",
    "reservingCurrency": "Currency",
    "status": "BulkInvoiceItemStatus",
}
"""The attributes of an item that hold a typekey."""

ITEM_DEFAULTS: Mapping[str, str] = {
    "costType": "defaultCostType",
    "costCategory": "defaultCostCategory",
    "paymentType": "defaultPaymentType",
}
"""What an item takes from its invoice when it does not say. Source: Guidewire fact sheet §2.3."""

INVOICE_TEXTS = frozenset(
    {
        "approvalDate",
        "bulkInvoiceTotal",
        "checkNumber",
        "id",
        "invoiceNumber",
        "issueDate",
        "lastValidatedDate",
        "mailTo",
        "scheduledSendDate",
        "splitEqually",
        "valid",
        "validationAlerts",
    }
)
"""The attributes of an invoice that are shown as they are stored."""

ITEM_TEXTS = frozenset(
    {
        "dateOfService",
        "deductions",
        "description",
        "explanation",
        "id",
        "nonEroding",
        "servicePeriodEnd",
        "servicePeriodStart",
    }
)
"""The attributes of an item that are shown as they are stored."""

DATE_TIMES = ("scheduledSendDate", "dateOfService", "servicePeriodStart", "servicePeriodEnd")
"""The attributes that can be sent and hold a date-time: of an invoice the first, of an item the others."""

BANK_DATA = ("accountName", "bankAccount", "bankName", "bankRoutingNumber")
"""The attributes of an invoice that come from its payee's bank account. Assumed."""

INVOICE_ATTRIBUTES = frozenset(
    {
        *BANK_DATA,
        *INVOICE_TEXTS,
        *INVOICE_TYPELISTS,
        "approvedReportingAmount",
        "approvedTransactionAmount",
        "mailingAddress",
        "payTo",
        "payee",
        "payeeAddressBookUID",
        "totalReportingAmount",
        "totalTransactionAmount",
    }
)
"""Every name that an invoice knows, whether it can be written or not."""

ITEM_ATTRIBUTES = frozenset({*ITEM_TEXTS, *ITEM_TYPELISTS, "amount", "claim", "deductionsAmount", "exposure"})
"""Every name that an item knows."""

INVOICE_SUMMARY = frozenset(
    {"id", "invoiceNumber", "payTo", "payee", "scheduledSendDate", "status", "totalTransactionAmount"}
)
"""What a row of invoices shows. Source: Guidewire fact sheet §2.2."""

ITEM_SUMMARY = frozenset({"amount", "claim", "id", "status"})
"""What a row of items shows. Source: Guidewire fact sheet §2.3."""

ANSWERS: Mapping[str, str] = {
    "createBulkInvoice": "BulkInvoiceDetailResponse",
    "createBulkInvoiceItem": "BulkInvoiceItemDetailResponse",
    "getBulkInvoice": "BulkInvoiceResponse",
    "getBulkInvoiceItem": "BulkInvoiceItemResponse",
    "getBulkInvoiceItems": "BulkInvoiceItemCollection",
    "getBulkInvoices": "BulkInvoiceCollection",
    "updateBulkInvoice": "BulkInvoiceDetailResponse",
    "updateBulkInvoiceItem": "BulkInvoiceItemDetailResponse",
}
"""The schema of an operation's answer, where it can be asked for. Assumed: that it is named like this."""


def typekey(typelist: str, code: str) -> Json:
    """A code as it is answered, with its name."""
    return {"code": code, "name": TYPELISTS[typelist].get(code, code)}
