"""Contract profile of Xero beside `profile.yaml`: headers, batches, and the readers of outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from mockserver.contract.profile import BatchProfile, Facts, Profile, ValueChange, ValueRules
from mockserver.vendors.xero.profile import calls, documents, payments

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

_READERS = {
    calls.NEW_BANK_TRANSACTIONS: ("createBankTransactions",),
    calls.BANK_TRANSACTIONS: ("updateBankTransaction", "updateOrCreateBankTransactions"),
    calls.BATCH_PAYMENTS: ("createBatchPayment",),
    calls.NOTES: (
        "createBankTransactionHistoryRecord",
        "createBatchPaymentHistoryRecord",
        "createContactHistory",
        "createCreditNoteHistory",
        "createInvoiceHistory",
        "createPaymentHistory",
    ),
    calls.NEW_CONTACTS: ("createContacts",),
    calls.ALLOCATIONS: (
        "createCreditNoteAllocation",
        "createOverpaymentAllocations",
        "createPrepaymentAllocations",
    ),
    calls.NEW_CREDIT_NOTES: ("createCreditNotes",),
    calls.NEW_ACCOUNTS: ("createAccount",),
    calls.NEW_ITEMS: ("createItems",),
    calls.ITEMS: ("updateItem", "updateOrCreateItems"),
    calls.NEW_INVOICES: ("createInvoices",),
    calls.POSTED_PAYMENTS: ("createPayment",),
    calls.PAYMENTS: ("createPayments",),
    calls.DELETED_BATCH_PAYMENTS: ("deleteBatchPayment", "deleteBatchPaymentByUrlParam"),
    calls.DELETED_PAYMENTS: ("deletePayment",),
    calls.CONTACTS: ("updateContact", "updateOrCreateContacts"),
    calls.CREDIT_NOTES: ("updateCreditNote", "updateOrCreateCreditNotes"),
    calls.INVOICES: ("updateInvoice", "updateOrCreateInvoices"),
}


def _headers(facts: Facts, tenant: int) -> Mapping[str, str]:
    return {"xero-tenant-id": (facts["tenant"], facts["other_tenant"])[tenant]}


def _batch_profiles(facts: Facts) -> tuple[BatchProfile, ...]:
    """Return the batch profiles; idempotency keys belong to caller and organisation.

    Elements of one key are each done (assumed: docs/vendors/xero.md#state); payments in full repeat no key.
    """
    twice = partial(replace, twice="each", twice_positions=("first", "none", "call"))
    return tuple(
        replace(
            subject,
            tenants=2 if facts["other_tenant"] else 1,
            key_header="Idempotency-Key",
            again="same",
            conflict_status=400,
            values=DOCUMENT_VALUES,
        )
        for subject in (
            twice(payments.batch_payments_in_parts(facts)),
            payments.batch_payments_in_full(facts),
            twice(documents.updated_invoices(facts)),
            twice(documents.new_invoices(facts)),
            twice(payments.single_payments(facts)),
            twice(payments.posted_payments(facts)),
            twice(payments.updated_contacts()),
            twice(documents.received_money(facts)),
            twice(documents.credit_notes(facts)),
        )
    )


def complete(profile: Profile) -> Profile:
    """Add headers, batches and readers."""
    readers = {operation: call.read for call, operations in _READERS.items() for operation in operations}
    return replace(profile, headers=_headers, batches=_batch_profiles, readers=readers)
